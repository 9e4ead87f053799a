"""The gallery shows what the commands beside its pictures draw today."""

from __future__ import annotations

import importlib.util
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPEC = importlib.util.spec_from_file_location("gallery", ROOT / "docs" / "gallery.py")
assert SPEC is not None and SPEC.loader is not None
gallery = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(gallery)


def test_the_gallery_is_current() -> None:
    stale = [path.name for path, text in gallery.made().items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run `python docs/gallery.py` and look at the pictures"


def test_every_picture_is_one_of_the_gallery_and_small() -> None:
    names = {f"{picture.name}.svg" for picture in gallery.PICTURES}
    assert {path.name for path in gallery.IMAGES.glob("*")} == names
    for name in names:
        path = gallery.IMAGES / name
        assert path.stat().st_size < 100_000
        title = ElementTree.parse(path).getroot().find("{http://www.w3.org/2000/svg}desc")
        assert title is not None and title.text
    assert "docs/images/resnet34.svg" in (ROOT / "README.md").read_text(encoding="utf-8")
