"""Nothing overlaps, no wire crosses a box, labels fit, skips end where they should: the zoo at every level, the nets of
figure_nets, random specs and random wirings. And that the judge sees each of these faults.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from random import Random

import pytest
from figure_geometry import faults
from figure_nets import NETS
from figure_truth import untruths
from fuzz.grow import grow
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec import pipeline
from archspec.backends.figure import LEVELS, draw_figure
from archspec.backends.figure.column import compose
from archspec.backends.figure.nest import Nesting
from archspec.backends.figure.order import DECOR, fold
from archspec.backends.figure.outline import Card, Chain, Family, Group, Outline, Step
from archspec.backends.figure.scene import Box, Part, Scene, Text, Wire
from archspec.backends.figure.wrapped import PAGE
from archspec.checked import Checked
from archspec.diagnostics import SpecError
from archspec.records import replace
from archspec.shapes import Shape
from archspec.spec import zoo

ADDRESSES = [a for entry in zoo.entries() for a in (entry.name, *(f"{entry.name}@{v}" for v in entry.variants))]
COMPARISONS = [
    ("vgg19", "resnet34@plain34", "resnet34"),
    ("resnet18", "resnet50"),
    ("resnet34", "resnet_cifar@resnet20"),
    ("unet", "dense"),
    ("googlenet", "googlenet@googlenet_aux"),
]


@cache
def checked(name: str) -> Checked:
    return pipeline.check(NETS.get(name, name))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", [*(entry.name for entry in zoo.entries()), *NETS])
def test_networks(name: str, level: str) -> None:
    assert not faults(draw_figure(checked(name), level=level).scene)


@pytest.mark.parametrize("name", ADDRESSES)
def test_variants(name: str) -> None:
    assert not faults(draw_figure(checked(name)).scene)


SEVERAL_OUTPUTS = ["resnet50_fpn", "googlenet@googlenet_aux", "tf_resnet50"]
TRUE = [(name, "block") for name in (*(entry.name for entry in zoo.entries()), SEVERAL_OUTPUTS[1], *NETS)]


@pytest.mark.parametrize(("name", "level"), [*TRUE, *((name, "layer") for name in (*SEVERAL_OUTPUTS, *NETS))])
def test_every_layer_and_output_is_where_the_graph_has_it(name: str, level: str) -> None:
    assert not untruths(draw_figure(checked(name), level=level, wrap=False).scene, checked(name))


def test_the_judge_sees_a_lost_layer_and_a_moved_output() -> None:
    network = checked("resnet50_fpn")
    scene = draw_figure(network, wrap=False).scene
    lost = [part for part in scene.parts if not (isinstance(part, Box) and part.path == "fpn.layer_blocks.1.0")]
    assert "not drawn: fpn.layer_blocks.1.0" in untruths(replace(scene, parts=tuple(lost)), network)
    names = {"p3": "p4", "p4": "p3"}
    moved = [
        replace(part, lines=(names[part.lines[0]],)) if isinstance(part, Box) and part.lines[:1] in (("p3",), ("p4",))
        else part for part in scene.parts
    ]  # fmt: skip
    assert [fault[:9] for fault in untruths(replace(scene, parts=tuple(moved)), network)] == ["output p3", "output p4"]


@pytest.mark.parametrize("names", COMPARISONS, ids=" ".join)
@pytest.mark.parametrize("level", LEVELS)
def test_comparisons(names: tuple[str, ...], level: str) -> None:
    assert not faults(draw_figure(*map(checked, names), level=level).scene)


@pytest.mark.parametrize(
    ("name", "blocks"),
    [
        ("resnet50", ["layer1.0", "layer2.0", "layer2.1"]),
        ("googlenet", ["inception3a", "inception5b"]),
        ("preact_cifar@exclusive_gating110", ["layer1.0", "layer2.0", "layer2.1"]),
        ("dense", ["block1.0", "transition1"]),
        ("senet", ["layer1.0"]),
    ],
)
def test_blocks_at_close_range(name: str, blocks: list[str]) -> None:
    assert not faults(draw_figure(checked(name), block=blocks).scene)


@pytest.mark.parametrize("name", ["resnet34", "preact_cifar", "senet", "unet", "dense", "googlenet"])
def test_with_norms_and_activations_shown(name: str) -> None:
    for show in (["norm"], ["act"], ["norm", "act"]):
        assert not faults(draw_figure(checked(name), show=show).scene)


def test_random_specs() -> None:
    drawn = 0
    for seed in range(50):
        try:
            network = grow(Random(seed)).check()
        except SpecError:
            continue
        drawn += 1
        for level in LEVELS:
            assert not faults(draw_figure(network, level=level).scene), (seed, level)
    assert drawn > 15


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
    assert not faults(compose([outline]))


@pytest.mark.parametrize("name", ["resnet34", "resnet152", "googlenet", "preact_cifar", "dense", "vgg19"])
@pytest.mark.parametrize("level", ["block", "layer"])
def test_a_page_holds_it_with_text_of_6_points(name: str, level: str) -> None:
    """Printed at 6.75 by 9 inches, or that for each of its pages."""
    scene = draw_figure(checked(name), level=level).scene
    smallest = min([text.size for text in scene.texts] + [box.size for box in scene.boxes if box.lines])
    scale = min(1.0, 6.75 * 72 / PAGE[0])
    assert scale * smallest >= 5.99
    assert scene.width <= PAGE[0]
    ends = [0.0, *scene.breaks, scene.height]
    assert max(end - start for start, end in pairwise(ends)) <= 9 * 72 / scale + 1.0


@pytest.mark.parametrize("name", ["resnet34", "resnet152", "resnet_cifar@resnet110", "googlenet@googlenet_aux"])
def test_wrapping_loses_no_box(name: str) -> None:
    def boxes(scene: Scene) -> list[tuple[str, tuple[str, ...]]]:
        return [(box.path, box.lines) for box in scene.boxes if box.path and box.shape != "bar"]

    wrapped, straight = (draw_figure(checked(name), level="layer", wrap=wrap).scene for wrap in (True, False))
    assert boxes(wrapped) == boxes(straight)
    assert wrapped.height < straight.height or wrapped.breaks


def _first(scene: Scene, wanted: Callable[[Part], bool]) -> int:
    return next(index for index, part in enumerate(scene.parts) if wanted(part))


def _layer(part: Part) -> bool:
    return isinstance(part, Box) and part.lines == ("3×3 conv, 64",)


def _skip(part: Part) -> bool:
    return isinstance(part, Wire) and part.kind == "identity" and part.dot


def _narrowed(wire: Wire, reach: float) -> Wire:
    most = wire.points[0][0] + reach
    return replace(wire, points=tuple((min(x, most), y) for x, y in wire.points))


MUTATIONS: dict[str, tuple[Callable[[Part], bool], Callable[..., Part]]] = {
    "overlap": (_layer, lambda box: box.moved(0.0, 12.0)),
    "half in a card": (lambda p: isinstance(p, Box) and p.shape == "card", lambda box: replace(box, width=60.0)),
    "outside": (_layer, lambda box: replace(box, x=-3.0)),
    "label too large": (_layer, lambda box: replace(box, lines=("x" * 40,))),
    "wire through box": (_skip, lambda wire: _narrowed(wire, 20.0)),
    "text on box": (lambda p: isinstance(p, Text) and p.role == "projection", lambda text: text.moved(-70.0, 20.0)),
    "text on wire": (lambda p: isinstance(p, Text) and p.role == "projection", lambda text: text.moved(-12.0, 0.0)),
    "text outside": (lambda p: isinstance(p, Text), lambda text: replace(text, x=-30.0)),
    "text of 5": (lambda p: isinstance(p, Text), lambda text: replace(text, size=5.0)),
    "no arrowhead": (lambda p: isinstance(p, Wire) and p.arrow, lambda wire: replace(wire, arrow=False)),
    "ends nowhere": (_skip, lambda w: replace(w, points=(*w.points[:-1], (w.points[-1][0] + 4.0, w.points[-1][1])))),
    "begins nowhere": (_skip, lambda w: replace(w, points=((w.points[0][0] + 4.0, w.points[0][1]), *w.points[1:]))),
    "shortcut without arrowhead": (_skip, lambda wire: replace(wire, arrow=False)),
}  # fmt: skip


@pytest.mark.parametrize("fault", MUTATIONS)
def test_the_judge_sees(fault: str) -> None:
    wanted, change = MUTATIONS[fault]
    scene = draw_figure(checked("resnet34")).scene
    place = _first(scene, wanted)
    parts = (*scene.parts[:place], change(scene.parts[place]), *scene.parts[place + 1 :])
    assert not faults(scene)
    assert any(found.startswith(fault) for found in faults(replace(scene, parts=parts)))
