"""Figures over the whole zoo: nothing overlaps, labels fit, skips end where they should, bytes are stable."""

from __future__ import annotations

import cProfile
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
from figure_geometry import SOLID, contains, on_edge, overlap
from figure_nets import NETS

from archspec import pipeline
from archspec.backends.figure import Figure, draw_figure
from archspec.backends.figure.describe import shortcuts
from archspec.backends.figure.theme import THEMES
from archspec.checked import Checked
from archspec.diagnostics import UsageError
from archspec.ir.graph import Body, Repeat
from archspec.ops.base import Op
from archspec.spec import zoo

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).parent / "golden"
SVG = "{http://www.w3.org/2000/svg}"
NAMES = [address for entry in zoo.entries() for address in (entry.name, *(f"{entry.name}@{v}" for v in entry.variants))]
NAMES += [*NETS, "small"]
SMALL = """\
archspec: 1
name: small
input: x[N, 3, H=8, W=8]
blocks:
  unit:
    params: {out: int, stride: int = 1}
    in: x[N, C, H, W]
    body:
      - conv1: {op: conv2d, out: out, kernel: 3, stride: stride, padding: 1}
      - relu: {op: relu}
      - conv2: {op: conv2d, out: out, kernel: 3, padding: 1}
      - short: {op: conv2d, from: x, out: out, kernel: 1, stride: stride, when: C != out}
      - add: {op: add, from: [conv2, short]}
stem: [{conv: {op: conv2d, out: 8, kernel: 3, padding: 1}}]
stages: [{layer1: {op: unit, out: 8, repeat: 5}}, {layer2: {op: unit, out: 16, repeat: 3, first: {stride: 2}}}]
head: [{pool: {op: adaptive_avg_pool2d, size: 1}}, {flatten: {op: flatten}}, {fc: {op: linear, out: 2}}]
output: [N, 2]
"""


@cache
def checked(name: str) -> Checked:
    return pipeline.check({"small": SMALL, **NETS}.get(name, name))


@cache
def figure(*names: str, level: str = "block", theme: str = "auto") -> Figure:
    return draw_figure(*map(checked, names), level=level, theme=theme)


def projections(target: Op | Body | Repeat | None) -> int:
    """Shortcuts with a convolution, counted by the names that the zoo's residual specs give them."""
    if isinstance(target, Repeat):
        return sum(run.count * projections(run.target) for run in target.runs)
    if not isinstance(target, Body):
        return 0
    return sum(
        int(
            node.target is not None
            and (node.key == "downsample" or (target.name == "residual" and node.key == "conv3"))
        )
        + projections(node.target)
        for node in target.nodes
    )


RESIDUAL = ["resnet18", "resnet34", "resnet50", "resnet152", "resnet34@resnet34_C", "resnet34@plain34", "tf_resnet50",
            "d2l_resnet18", "preact_imagenet"]  # fmt: skip


@pytest.mark.parametrize("name", RESIDUAL)
def test_dashed_wires_are_the_projections_of_the_graph(name: str) -> None:
    expected = projections(checked(name).graph.body)
    wires = [wire for wire in figure(name, level="layer").scene.wires if wire.kind == "projection" and wire.dot]
    assert len(wires) == expected
    assert shortcuts(figure(name).outlines[0]).get("projection", 0) == expected
    assert figure(name).dot.count("style=dashed") <= expected


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("resnet34", {"identity": 13, "projection": 3}),
        ("resnet50", {"identity": 12, "projection": 4}),
        ("resnet34@resnet34_A", {"identity": 13, "pad": 3}),
        ("resnet34@resnet34_C", {"projection": 16}),
        ("resnet34@plain34", {}),
        ("resnet_cifar@resnet1202", {"identity": 598, "pad": 2}),
        ("preact_cifar@constant_scaling110", {"gated": 54}),
        ("preact_cifar@exclusive_gating110", {"gated": 54}),
        ("preact_cifar@shortcut_only_gating110", {"gated": 54}),
        ("preact_cifar@dropout_shortcut110", {"gated": 54}),
        ("preact_cifar@convolution_shortcut110", {"projection": 54}),
        ("googlenet", {}),
        ("vgg19", {}),
        ("senet", {"identity": 4}),
        ("dense", {"identity": 9}),
        ("unet", {"identity": 2}),
        ("siamese", {}),
    ],
)
def test_shortcuts_are_counted_by_kind(name: str, kinds: dict[str, int]) -> None:
    assert shortcuts(figure(name).outlines[0]) == kinds


def test_a_projection_never_hides_in_a_fold() -> None:
    """ResNet-34 is 3, 1 + 3, 1 + 5, 1 + 2."""
    badges = [box.lines[0] for box in figure("resnet34").scene.boxes if box.shape == "badge"]
    assert badges[:-1] == ["×3", "×3", "×5", "×2"]  # the last one is the legend's
    assert len([box for box in figure("resnet34").scene.boxes if box.shape == "card"]) == 7


def test_orders_of_activation_are_drawn_where_they_are_the_point() -> None:
    def labels(name: str) -> list[str]:
        return [line for box in figure(name).scene.boxes for line in box.lines]

    assert "BN, ReLU" not in labels("preact_cifar@original110")
    for variant in ("bn_after_addition110", "relu_before_addition110", "full_preactivation110"):
        assert "BN, ReLU" in labels(f"preact_cifar@{variant}")
    assert {"ReLU", "BN"} <= set(labels("preact_cifar@relu_only_preactivation110"))


def test_parallel_branches_stand_side_by_side() -> None:
    scene = figure("googlenet").scene
    card = next(box for box in scene.boxes if box.shape == "card")
    tops = [box.y for box in scene.boxes if box.shape in SOLID and contains(card, box)]
    assert tops.count(min(tops)) == 4


def test_networks_are_aligned_by_output_size() -> None:
    drawn = figure("vgg19", "resnet34@plain34", "resnet34", level="layer")
    assert [t.text for t in drawn.scene.texts if "×" in t.text and t.bold] == [
        "224×224", "112×112", "56×56", "28×28", "14×14", "7×7", "1×1",
    ]  # fmt: skip
    pools = [box.y for box in drawn.scene.boxes if box.lines[:1] in (("2×2 max pool, /2",), ("3×3 max pool, /2",))]
    assert len(set(pools)) == 5
    assert not [(a, b) for a, b in combinations(drawn.scene.boxes, 2) if overlap(a, b)]


def test_networks_of_other_sizes_stand_apart() -> None:
    sizes = [t.text for t in figure("resnet34", "resnet_cifar@resnet20").scene.texts if "×" in t.text and t.bold]
    assert sizes[-4:] == ["32×32", "16×16", "8×8", "1×1"]


@pytest.mark.parametrize("name", ["small", "resnet50", "googlenet@googlenet_aux", "vgg19"])
@pytest.mark.parametrize("level", ["stage", "block", "layer"])
def test_documents_are_well_formed(name: str, level: str) -> None:
    drawn = figure(name, level=level)
    root = ElementTree.fromstring(drawn.svg)
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{SVG}title") == drawn.title
    assert root.findtext(f"{SVG}desc") == drawn.description
    assert not root.findall(f".//{SVG}marker") and not root.findall(f".//{SVG}script")
    assert "prefers-color-scheme:dark" in drawn.svg and "var(--as-ink)" in drawn.svg
    assert "var(" not in drawn.baked() and len({figure(name, level=level, theme=theme).svg for theme in THEMES}) == 4
    assert ElementTree.fromstring(drawn.baked()).findall(f".//{SVG}text")
    assert drawn._repr_svg_() == drawn.svg


NAMED = SMALL.replace("repeat: 5", 'repeat: 5, names: "unit_{i+1}"')


@pytest.mark.parametrize("text", [SMALL, NAMED, NETS["senet"], NETS["unet"]])
def test_boxes_say_which_module_they_stand_for(text: str) -> None:
    """The built network is the judge: every drawn layer is one of its modules, and every repeated unit too."""
    network = pipeline.check(text)
    modules = dict(pipeline.module(network, init=False).named_modules())
    boxes = [box for box in draw_figure(network, level="layer").scene.boxes if " conv," in " ".join(box.lines)]
    assert len(boxes) >= 5
    assert not [box.path for box in boxes if type(modules.get(box.path)).__name__ != "Conv2d"]
    cards = [box for box in draw_figure(network).scene.boxes if box.shape == "card"]
    assert not [box.path for box in cards if box.path not in modules]


def test_no_input_hangs_on_another() -> None:
    """Two inputs are two bare words, and no wire leads to them."""
    scene = figure("siamese").scene
    inputs = [box for box in scene.boxes if box.shape == "bare"]
    assert [box.lines for box in inputs] == [("a",), ("b",)]
    assert not [wire for wire in scene.wires for box in inputs if on_edge(box, *wire.points[-1])]


TWINS = """\
archspec: 1
name: twins
input: ["a[N, 8, H=8, W=8]", "b[N, 8, H, W]"]
blocks:
  unit:
    in: x[N, C, H, W]
    body: [conv1: {op: conv2d, out: C, kernel: 1}, relu: {op: relu}, conv2: {op: conv2d, out: C, kernel: 1}]
net:
  - left: {op: unit, repeat: 3, from: a}
  - right: {same: left, from: b}
  - deep: {op: conv2d, out: 8, kernel: 1, from: left}
  - again: {same: deep, from: right}
  - both: {op: add, from: [deep, again]}
"""


def test_who_shares_weights_says_with_whom() -> None:
    for level, shared in (
        ("block", ["= left", "1×1 conv, 8 = deep"]),
        ("layer", [*(f"1×1 conv, 8 = left.{i}.conv{k}" for i in range(3) for k in (1, 2)), "1×1 conv, 8 = deep"]),
    ):
        drawn = draw_figure(pipeline.check(TWINS), level=level)  # type: ignore[arg-type]
        lines = [" ".join(box.lines) for box in drawn.scene.boxes]
        assert [line for line in lines if "=" in line] == [*shared, "= a"]  # the last in the legend
        assert "with the weights of a" in drawn.svg
    for form in ("mermaid", "dot", "text"):
        assert "unit, weights of left" in str(draw_figure(pipeline.check(TWINS)).render(form))


def test_auxiliary_outputs_are_drawn_beside_the_trunk() -> None:
    labels = [box.lines[0] for box in figure("googlenet@googlenet_aux").scene.boxes if box.lines]
    assert {"aux_logits1 (training only)", "aux_logits2 (training only)"} <= set(labels)


@pytest.mark.parametrize("suffix", ["svg", "dot"])
def test_golden(suffix: str) -> None:
    path = GOLDEN / f"figure_small.{suffix}"
    text = figure("small").baked() if suffix == "svg" else figure("small").dot
    if os.environ.get("ARCHSPEC_WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8")


def test_bytes_do_not_depend_on_the_hash_seed() -> None:
    script = (
        "import sys, hashlib; from archspec import pipeline; "
        "f = pipeline.draw('resnet34', 'googlenet'); "
        "sys.stdout.write(hashlib.sha256((f.svg + f.dot).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True, text=True, check=True, encoding="utf-8",
        ).stdout
        for seed in ("0", "4711")
    }  # fmt: skip
    assert len(digests) == 1


def test_drawing_does_not_grow_with_depth() -> None:
    shallow, deep = checked("resnet_cifar@resnet20"), checked("resnet_cifar@resnet1202")

    def calls(network: Checked) -> int:
        profile = cProfile.Profile()
        profile.runcall(lambda: draw_figure(network).svg)
        return sum(entry.callcount for entry in profile.getstats())

    draw_figure(shallow)  # what is computed once is not counted
    assert len(draw_figure(deep).scene.parts) == len(draw_figure(shallow).scene.parts)
    assert calls(deep) < 1.1 * calls(shallow)


def test_saving(tmp_path: Path) -> None:
    drawn = figure("small")
    assert drawn.save(tmp_path / "a.svg").read_text(encoding="utf-8") == drawn.svg
    assert drawn.save(tmp_path / "a.DOT").read_text(encoding="utf-8") == drawn.dot
    for name in ("a.gif", "a"):
        with pytest.raises(UsageError, match="figure"):
            drawn.save(tmp_path / name)
        assert not (tmp_path / name).exists()


def test_usage_errors() -> None:
    with pytest.raises(UsageError, match="no level `deep`"):
        draw_figure(checked("small"), level="deep")
    with pytest.raises(UsageError, match="no theme `pink`"):
        draw_figure(checked("small"), theme="pink")
    with pytest.raises(UsageError, match="nothing to draw"):
        draw_figure()


def test_equal_blocks_at_different_places_have_paths_of_their_own() -> None:
    """A body is read once, and its boxes stand below the block that is drawn, not below the first equal one."""
    boxes = pipeline.draw("identity34").scene.boxes
    paths = [box.path for box in boxes if box.path and box.shape != "bar"]
    assert len(paths) == len(set(paths)) and {"layer3.4.conv1", "layer3.5.add"} <= set(paths)
