"""The stages of a figure: each stands once, what they cost is the network's cost, and inputs come from nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from figure_geometry import on_edge
from figure_nets import NETS
from fuzz.grow import grow

from archspec import pipeline
from archspec.backends.figure import draw_figure
from archspec.backends.figure.describe import describe
from archspec.backends.figure.outline import Card, Chain, Fork, Step
from archspec.backends.figure.reading import Level, read
from archspec.backends.figure.scene import Scene, Wire
from archspec.backends.figure.sketch import sketch
from archspec.backends.figure.spans import opened
from archspec.backends.stages import stages
from archspec.checked import Checked
from archspec.diagnostics import SpecError

LATE = """\
archspec: 1
name: late
input: ["x[N, 3, H=32, W=32]", "t[N, 16]", "s[N, 7, 12]"]
net:
  - c1: {op: conv2d, from: x, out: 8, kernel: 3, padding: 1, stride: 2}
  - pool: {op: adaptive_avg_pool2d, size: 1}
  - flat: {op: flatten}
  - cat: {op: concat, from: [flat, t], axis: D}
  - fc: {op: linear, out: 12}
  - tok: {op: linear, from: s, out: 12}
  - mean: {op: mean, axes: [T]}
  - sum: {op: add, from: [fc, mean]}
  - out: {op: linear, out: 3}
"""

SKETCH = """\
late
56.6 kMACs · 719 parameters · 3 layers

1×1         image         t         s
              │           │         │
     [ 3×3 conv, 8, /2 ]  │     [ fc 12 ]
              │           │         │
     ( global avg pool )  │  [ mean over T ]
              ╰─────┬─────╯         │
                [ concat ]          │
                    │               │
                [ fc 12 ]           │
                    ╰───────┬───────╯
                            ⊕
                            │
                         [ fc 3 ]
"""


def misfits(checked: Checked) -> list[tuple[str, object]]:
    """Figures whose stages do not cost what the network does, or name a stage twice."""
    found: list[tuple[str, object]] = []
    whole = checked.cost.macs, checked.cost.parameters
    levels: tuple[Level, ...] = ("stage", "block", "layer")
    for level in levels:
        outline = read(checked, level)
        if not any(group.name for group in outline.groups):
            continue
        names = [part.name for group in outline.groups for part in group.parts or (group,) if part.name]
        if len(names) > len(set(names)):
            found.append((level, names))
        for groups in (outline.groups, opened(outline)[0].groups):
            if (sum(group.macs for group in groups), sum(group.parameters for group in groups)) != whole:
                found.append((level, [(group.name, group.macs, group.parameters) for group in groups]))
    return found


@pytest.mark.parametrize("name", ["unet", "inception_v3", "googlenet@googlenet_aux", "resnet50_fpn", "vit", *NETS])
def test_the_stages_of_a_figure_cost_what_the_network_costs(name: str) -> None:
    assert not misfits(pipeline.check(NETS.get(name, name)))


def test_the_stages_of_random_networks_cost_what_the_network_costs() -> None:
    judged = 0
    for seed in range(120):
        try:
            checked = grow(Random(seed)).check()
        except SpecError:
            continue
        judged += 1
        assert not misfits(checked), seed
        rows = stages(checked.graph, checked.shapes)
        assert sum(row.amount.macs for row in rows) == checked.cost.macs, seed
        assert sum(row.amount.parameters for row in rows) == checked.cost.parameters, seed
        cells = [row.amount for row in pipeline.table(checked).rows if row.amount is not None]
        assert sum(cell.macs for cell in cells) == checked.cost.macs, seed
        assert sum(cell.parameters for cell in cells) == checked.cost.parameters, seed
    assert judged > 60


def test_a_stage_that_goes_on_behind_a_long_shortcut_is_said_once() -> None:
    assert describe(read(pipeline.check("unet"))).endswith(
        "Stages: level1 (1 block), pool1, level2 (1 block), pool2, level3 (1 block), pool3, level4 (1 block), pool4, "
        "bottom (1 block), dropout, up4 (1 block), up3 (1 block), up2 (1 block), up1 (1 block), head."
    )  # fmt: skip
    text = sketch([read(pipeline.check("googlenet@googlenet_aux"))])
    assert "inception4a to aux1" in text  # a head of its own is drawn beside the trunk, and costs where it leaves
    assert "inception4a: inception" in sketch([read(pipeline.check("googlenet@googlenet_aux"), "stage")])


def test_a_stage_within_which_a_long_shortcut_starts_or_ends_is_drawn_with_it() -> None:
    conv = "{op: conv2d, out: 3, kernel: 3, padding: 1}"
    text = (
        "archspec: 1\nname: skip\ninput: x[N, 3, 8, 8]\nstages:\n"
        f"  - enc: [{{a: {conv}}}, {{b: {conv}}}]\n  - mid: [{{c: {conv}}}, {{d: {conv}}}]\n"
        f"  - dec: [{{sum: {{op: add, from: [%s, mid]}}}}, {{e: {conv}}}]\n  - out: {conv}\n"
    )
    for start, groups in (
        ("enc.a", [("enc to dec", 5), ("out", 1)]),
        ("enc", [("enc", 2), ("mid to dec", 3), ("out", 1)]),
        ("x", [("enc to dec", 5), ("out", 1)]),
    ):
        outline = read(pipeline.check(text % start))
        drawn = [(group.name, sum(step.weighted for step in steps(group.chain))) for group in outline.groups]
        assert drawn == groups, start
        assert [group.parameters for group in outline.groups] == [84 * count for _, count in groups]


def steps(chain: Chain) -> Iterator[Step]:
    for item in chain:
        if isinstance(item, Step):
            yield item
        elif isinstance(item, Fork):
            yield from (step for branch in item.branches for step in steps(branch.chain))
        elif isinstance(item, Card):
            yield from (step for _ in range(item.count) for step in steps(item.chain))


def test_a_network_of_activations_alone_shows_them() -> None:
    text = "archspec: 1\nname: small\ninput: x[N, 3, 8, 8]\nnet: [{op: batch_norm}, {op: relu}]\n"
    assert "BN, ReLU" in sketch([read(pipeline.check(text))])


def test_an_input_that_joins_late_is_an_input() -> None:
    checked = pipeline.check(LATE)
    assert sketch([read(checked)]) == SKETCH
    assert describe(read(checked)) == "late: 56.6 kMACs, 719 parameters, 3 layers."
    scene = draw_figure(checked).scene
    assert not [wire for wire in scene.wires if not _starts(wire, scene)]
    assert {wire.kind for wire in scene.wires} == {"flow"}


def _starts(wire: Wire, scene: Scene) -> bool:
    """Whether a wire comes from somewhere: a box, or another wire."""
    x, y = wire.points[0]
    others = [other for other in scene.wires if other is not wire]
    joined = any(abs(point[0] - x) + abs(point[1] - y) < 0.1 for other in others for point in other.points)
    return joined or any(on_edge(box, x, y) for box in scene.boxes)


def test_a_column_that_goes_on_has_no_name_to_repeat() -> None:
    items = "".join(f"  - c{i}: {{op: conv2d, out: 8, kernel: 3, padding: 1}}\n" for i in range(64))
    checked = pipeline.check(f"archspec: 1\nname: long\ninput: x[N, 3, 8, 8]\nnet:\n{items}")
    assert ">, continued" not in draw_figure(checked).render("svg")


def test_sketches_side_by_side_are_aligned_on_output_size() -> None:
    """Rows of one size begin on one line, the wire goes on in between; each column is its own sketch."""
    names = ("plain18", "resnet18", "lenet")
    alone = [sketch([read(pipeline.check(name))]).splitlines() for name in names]
    lines = sketch([read(pipeline.check(name)) for name in names]).splitlines()
    assert sorted(line.count("56×56") for line in lines if "56×56" in line) == [2]
    assert sorted(line.count("14×14") for line in lines if "14×14" in line) == [3]
    bare, start = ("", "│"), 0
    for own in alone:
        wide = max(map(len, own))
        column = [line[start : start + wide].rstrip() for line in lines if not line.startswith("shortcuts")]
        said = [line for line in own if not line.startswith("shortcuts")]
        assert [line for line in column if line.strip() not in bare] == [
            each for each in said if each.strip() not in bare
        ]
        start += wide + 4
