"""Figures over the whole zoo: nothing overlaps, labels fit, skips end where they should, bytes are stable."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from figure_nets import NETS
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec import pipeline
from archspec.backends.figure import Figure, draw_figure
from archspec.backends.figure.column import compose
from archspec.backends.figure.describe import shortcuts
from archspec.backends.figure.lettering import width
from archspec.backends.figure.nest import Nesting
from archspec.backends.figure.order import DECOR, fold
from archspec.backends.figure.outline import Card, Chain, Family, Group, Outline, Step
from archspec.backends.figure.scene import Box, Rule, Scene, Text, Wire
from archspec.backends.figure.theme import THEMES
from archspec.checked import Checked
from archspec.diagnostics import UsageError
from archspec.ir.graph import Body, Repeat
from archspec.ops.base import Op
from archspec.shapes import Shape
from archspec.spec import zoo

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).parent / "golden"
SVG = "{http://www.w3.org/2000/svg}"
NAMES = [address for entry in zoo.entries() for address in (entry.name, *(f"{entry.name}@{v}" for v in entry.variants))]
NAMES += [*NETS, "small"]
SOLID = ("rect", "pill", "circle", "bare")
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


def overlap(a: Box, b: Box, slack: float = 0.01) -> bool:
    return min(a.right, b.right) - max(a.x, b.x) > slack and min(a.bottom, b.bottom) - max(a.y, b.y) > slack


def contains(outer: Box, inner: Box) -> bool:
    return outer.x <= inner.x and outer.y <= inner.y and inner.right <= outer.right and inner.bottom <= outer.bottom


def on_edge(box: Box, x: float, y: float) -> bool:
    inside = box.x - 0.01 <= x <= box.right + 0.01 and box.y - 0.01 <= y <= box.bottom + 0.01
    return inside and (
        min(abs(x - box.x), abs(x - box.right)) < 0.01 or min(abs(y - box.y), abs(y - box.bottom)) < 0.01
    )


def crosses(wire: Wire, box: Box) -> bool:
    """Whether a stretch of the wire runs through the inside of the box."""
    for (x1, y1), (x2, y2) in pairwise(wire.points):
        stretch = Box(min(x1, x2), min(y1, y2), abs(x1 - x2), abs(y1 - y2), "rect")
        thick = Box(stretch.x - 0.1, stretch.y - 0.1, stretch.width + 0.2, stretch.height + 0.2, "rect")
        if overlap(thick, box, 0.25):
            return True
    return False


def text_box(text: Text) -> Box:
    wide = width(text.text, text.size, text.bold)
    x = text.x - (wide / 2 if text.anchor == "middle" else wide if text.anchor == "end" else 0.0)
    return Box(x, text.y - text.size * 0.75, wide, text.size * 0.95, "rect")


@pytest.mark.parametrize("name", NAMES)
def test_geometry(name: str) -> None:
    check_geometry(figure(name).scene)


def check_geometry(scene: Scene) -> None:
    """Nothing overlaps, wires cross no box, everything is inside the picture."""
    solid = [box for box in scene.boxes if box.shape in SOLID]
    cards = [box for box in scene.boxes if box.shape == "card"]
    assert not [(a, b) for a, b in combinations(solid, 2) if overlap(a, b)]
    assert not [
        (a, b) for a, b in combinations(cards, 2) if overlap(a, b) and not contains(a, b) and not contains(b, a)
    ]
    assert not [(card, box) for card in cards for box in solid if overlap(card, box) and not contains(card, box)]
    assert not [(wire, box) for wire in scene.wires for box in solid if crosses(wire, box)]
    badges = [box for box in scene.boxes if box.shape == "badge"]
    assert not [(badge, box) for badge in badges for box in solid if overlap(badge, box)]
    for text in scene.texts:
        around = text_box(text)
        assert around.x >= -0.01 and around.right <= scene.width and around.bottom <= scene.height
        assert not [box for box in solid if overlap(around, box)], text
        assert not [rule for rule in scene.parts if isinstance(rule, Rule) and _strikes(rule, around)], text
    for box in scene.boxes:
        assert box.x >= 0 and box.right <= scene.width and box.y >= 0 and box.bottom <= scene.height


def _strikes(rule: Rule, text: Box) -> bool:
    (x1, y1), (x2, y2) = rule.start, rule.end
    return overlap(Box(min(x1, x2), min(y1, y2) - 0.1, abs(x2 - x1) + 0.2, abs(y2 - y1) + 0.2, "rect"), text, 0.15)


@pytest.mark.parametrize("name", NAMES)
def test_labels_fit_their_boxes(name: str) -> None:
    for box in figure(name).scene.boxes:
        assert all(width(line, box.size) <= box.width for line in box.lines)
        assert len(box.lines) * box.size <= box.height + 1.0


@pytest.mark.parametrize("name", NAMES)
def test_every_skip_ends_on_a_box(name: str) -> None:
    check_skips(figure(name).scene)


def check_skips(scene: Scene) -> None:
    """Each wire that leaves another ends on the edge of a box, and begins on a trunk."""
    solid = [box for box in scene.boxes if box.shape in SOLID]
    drawn = [wire for wire in scene.wires if wire.dot]
    for wire in drawn:
        assert any(on_edge(box, *wire.points[-1]) for box in solid)
        x, y = wire.points[0]
        stretches = [ends for w in scene.wires if w.kind == "flow" for ends in pairwise(w.points)]
        assert any(x1 == x2 == x and y1 - 0.01 <= y <= y2 + 0.01 for (x1, y1), (x2, y2) in stretches)


@st.composite
def outlines(draw: st.DrawFn) -> Outline:
    """A network of random wiring: anything acyclic with one exit."""
    shape = Shape.of(1, 16, 8, 8)
    families: dict[str, Family] = {"conv2d": "layer", "relu": "act", "max_pool2d": "pool", "scale": "op"}
    joins = ("add", "mul", "concat")
    sources: list[tuple[int, ...]] = []
    steps: list[Step] = []
    for index in range(draw(st.integers(1, 14))):
        given = draw(st.lists(st.integers(max(-1, index - 4), index - 1), min_size=1, max_size=3))
        op = draw(st.sampled_from(joins if len(given) > 1 else sorted(families)))
        steps.append(Step(op, families.get(op, "join"), op, op, "", shape, weighted=op == "conv2d"))
        sources.append(tuple(given))
    needed, waiting = set[int](), [len(steps) - 1]
    while waiting:
        place = waiting.pop()
        if place >= 0 and place not in needed:
            needed.add(place)
            waiting.extend(sources[place])
    chain = Nesting(sources, lambda place: (steps[place],)).chain(sorted(needed), -1, [len(steps) - 1])
    carded: Chain = (Card("unit", draw(st.integers(1, 3)), fold(chain, DECOR), "unit", shape),)
    return Outline("random", (), Step("input", "input", "x", "", "x", shape), (Group("a", carded), Group("b", chain)))


@settings(max_examples=80, deadline=None)
@given(outlines())
def test_random_wirings(outline: Outline) -> None:
    scene = compose([outline])
    check_geometry(scene)
    check_skips(scene)


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

    def seconds(network: Checked) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            assert draw_figure(network).svg
            times.append(time.perf_counter() - start)
        return min(times)

    assert len(draw_figure(deep).scene.parts) == len(draw_figure(shallow).scene.parts)
    assert seconds(deep) < 3 * seconds(shallow)


def test_saving(tmp_path: Path) -> None:
    drawn = figure("small")
    assert drawn.save(tmp_path / "a.svg").read_text(encoding="utf-8") == drawn.svg
    assert drawn.save(tmp_path / "a.DOT").read_text(encoding="utf-8") == drawn.dot
    for name in ("a.png", "a"):
        with pytest.raises(UsageError, match=r"cannot write a figure.*\n.*\.svg or \.dot"):
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
