"""Wiring that does not nest: lanes while they can be told apart, else Graphviz, else plain layers, never in silence."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterable
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from figure_geometry import SOLID, overlap
from figure_nets import NETS
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec import pipeline
from archspec.backends.figure import draw_figure, drawing, graphviz_layout, layers
from archspec.backends.figure.outline import Fork, Step, Tangle, walk
from archspec.backends.figure.reading import read
from archspec.backends.figure.scene import Scene
from archspec.backends.figure.spread import Layouter, Node
from archspec.checked import Checked
from archspec.cli import main
from archspec.diagnostics import UsageError

ARRANGERS = [layers.arrange, graphviz_layout.arrange]


def wired(count: int, seed: int) -> str:
    """A randomly wired network (Xie et al. 2019): each unit reads the sum of one to three of those before it."""
    dice = random.Random(seed)
    lines = ["archspec: 1", "name: wired", "input: x[N, 8, H=16, W=16]", "net:"]
    for index in range(count):
        some = sorted(dice.sample(range(index), min(index, dice.randint(1, 3))))
        read = [f"n{other}" for other in some] or ["x"]
        if len(read) > 1:
            lines.append(f"  - s{index}: {{op: add, from: [{', '.join(read)}]}}")
            read = [f"s{index}"]
        lines.append(f"  - n{index}: {{op: conv2d, from: {read[0]}, out: 8, kernel: 3, padding: 1}}")
    names = ", ".join(f"n{index}" for index in range(count))
    return "\n".join([*lines, f"  - all: {{op: concat, from: [{names}]}}", f"output: [N, {8 * count}, 16, 16]", ""])


def faults(scene: Scene) -> list[str]:
    """Boxes on boxes, and wires, which may be slanted here, through boxes."""
    boxes = [box for box in scene.boxes if box.shape in SOLID]
    found = [f"{a.lines} on {b.lines}" for a, b in combinations(boxes, 2) if overlap(a, b)]
    for wire in scene.wires:
        for (x1, y1), (x2, y2) in pairwise(wire.points):
            for step in range(1, 40):
                x, y = x1 + (x2 - x1) * step / 40, y1 + (y2 - y1) * step / 40
                found += [
                    f"wire through {box.lines}"
                    for box in boxes
                    if box.x + 1 < x < box.right - 1 and box.y + 1 < y < box.bottom - 1
                ]
    return found


@pytest.mark.parametrize("layout", ["layers", "dot"])
@pytest.mark.parametrize("name", ["wired", "exclusive_gating110", "crossed", "resnet50_fpn"])
def test_nothing_is_crossed(name: str, layout: str) -> None:
    if layout == "dot" and graphviz_layout.find_program() is None:
        pytest.skip("no dot on this machine")
    checked = pipeline.check(wired(14, 1) if name == "wired" else NETS.get(name, name))
    scene = draw_figure(checked, layout=layout, wrap=False).scene
    assert faults(scene) == []
    assert all(0 <= x <= scene.width and 0 <= y <= scene.height for wire in scene.wires for x, y in wire.points)


def test_the_judge_sees_a_crossing() -> None:
    scene = draw_figure(pipeline.check(wired(14, 1)), layout="layers").scene
    moved = tuple(part.moved(3.0, 14.0) if index % 7 == 3 else part for index, part in enumerate(scene.parts))
    assert faults(Scene(scene.width, scene.height, moved))


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Node], list[tuple[int, int]]]:
    count = draw(st.integers(1, 9))
    nodes = [
        Node(draw(st.sampled_from([10.0, 60.0, 112.0])), draw(st.sampled_from([10.0, 17.0, 80.0])))
        for _ in range(count)
    ]
    wires = []
    for goal in range(count):
        sources = draw(st.lists(st.integers(-1, goal - 1), min_size=1, max_size=3, unique=True))
        wires += [(source, goal) for source in sources]
    return nodes, wires


@pytest.mark.parametrize("arrange", ARRANGERS, ids=["layers", "dot"])
@settings(max_examples=25, deadline=None)
@given(graph=graphs())
def test_layouters_keep_their_contract(arrange: Layouter, graph: tuple[list[Node], list[tuple[int, int]]]) -> None:
    """Nodes apart and below what they read from; wires from the middle below the one to the middle above the other."""
    if arrange is graphviz_layout.arrange and graphviz_layout.find_program() is None:
        pytest.skip("no dot on this machine")
    nodes, wires = graph
    made = arrange(nodes, wires)
    assert set(made.wires) == set(wires)
    for (a, (ax, ay)), (b, (bx, by)) in combinations(enumerate(made.places), 2):
        beside = abs(ax - bx) >= (nodes[a].width + nodes[b].width) / 2 - 0.5
        assert beside or ay + nodes[a].height <= by + 0.5 or by + nodes[b].height <= ay + 0.5
    for (source, goal), points in made.wires.items():
        x, y = made.places[source] if source >= 0 else (0.0, 0.0)
        start = (x, y + (nodes[source].height if source >= 0 else 0.0))
        assert points[0] == pytest.approx(start, abs=0.6) and points[-1] == pytest.approx(made.places[goal], abs=0.6)
        assert points[0][1] < points[-1][1]


def test_auto_leaves_the_column_only_where_lanes_fail() -> None:
    for name in ("resnet34", "googlenet", "exclusive_gating110"):
        assert draw_figure(pipeline.check(name)).remarks == ()
    (remark,) = draw_figure(pipeline.check(wired(14, 1))).remarks
    assert remark.startswith("wired: too many wires cross")
    assert draw_figure(pipeline.check(wired(14, 1)), layout="column").remarks == ()


def test_without_dot_layers_are_drawn_and_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    spec = tmp_path / "wired.yaml"
    spec.write_text(wired(14, 1), encoding="utf-8")
    assert main(["draw", str(spec), "-o", str(tmp_path / "wired.svg")]) == 0
    said = capsys.readouterr().err
    assert "note: wired: too many wires cross" in said and "plain layers" in said and "extra is `dot`" in said
    plain = draw_figure(pipeline.check(wired(14, 1)), layout="layers")
    assert plain.scene == draw_figure(pipeline.check(wired(14, 1))).scene
    assert main(["draw", str(spec), "-o", str(tmp_path / "other.svg"), "--layout", "dot"]) == 2
    said = capsys.readouterr().err
    assert "no `dot` program" in said and "pip install -e '.[dot]'" in said and not (tmp_path / "other.svg").exists()


def test_a_program_that_fails_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphviz_layout, "find_program", lambda: "false")
    with pytest.raises(UsageError, match="false failed"):
        draw_figure(pipeline.check(wired(14, 1)), layout="dot")
    with pytest.raises(UsageError, match="no layout `circo`"):
        draw_figure(pipeline.check("lenet"), layout="circo")


def dense(count: int, reads: Callable[[int], Iterable[int]]) -> Checked:
    """Layers that read so many layers before them, as `reads` says of each."""
    items = "".join(
        f"  - k{i}: {{op: concat, from: [{', '.join(f'c{j}' for j in reads(i))}], axis: C}}\n"
        f"  - c{i}: {{op: conv2d, out: 8, kernel: 1}}\n"
        for i in range(1, count)
    )
    first = "  - c0: {op: conv2d, out: 8, kernel: 1}\n"
    return pipeline.check(f"archspec: 1\nname: dense\ninput: x[N, 3, 8, 8]\nnet:\n{first}{items}")


def test_wiring_beyond_any_layout_is_drawn_in_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of these took a minute and a gigabyte, or ended in a stack overflow."""
    monkeypatch.setattr(graphviz_layout, "find_program", lambda: "false")  # is asked for few wires only, and fails
    every = dense(60, range)
    figure = draw_figure(every)
    assert figure.remarks == ("dense: too many wires cross for any layout, and run in lanes beside the column",)
    assert sum(len(wire.points) > 2 for wire in figure.scene.wires) > 1000
    with pytest.raises(UsageError, match="too many wires to be laid out in layers"):
        draw_figure(every, layout="layers")
    (remark,) = draw_figure(dense(22, range)).remarks
    assert remark.endswith("laid out in plain layers")


def test_forks_in_forks_end_in_a_tangle() -> None:
    items = "".join(
        f"  - c{i}: {{op: conv2d, out: 3, kernel: 1}}\n  - a{i}: {{op: add, from: [c{i}, x]}}\n" for i in range(200)
    )
    deep = pipeline.check(f"archspec: 1\nname: deep\ninput: x[N, 3, 8, 8]\nnet:\n{items}")
    drawn = [item for group in read(deep).groups for item in walk(group.chain)]
    assert {type(item) for item in drawn} == {Fork, Step, Tangle}
    assert all(draw_figure(deep).render(form) for form in ("svg", "text", "mermaid"))


def test_what_needs_no_places_is_not_placed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "compose", lambda *_: pytest.fail("placed"))
    figure = draw_figure(pipeline.check(wired(14, 1)))
    assert figure.description and all(figure.render(form) for form in ("text", "dot", "mermaid"))
