"""The stages of a network, as its spec names them: rows of tables, brackets of figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from archspec.ir.graph import Body, Graph, Node, Repeat
from archspec.ops.base import Op
from archspec.passes.cost import Amount, Costs
from archspec.passes.shapes import BodyShapes, Shapes
from archspec.shapes import Shape


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what it is called, what comes out of it, how many blocks it has, and what it costs."""

    name: str
    output: Shape
    blocks: int
    amount: Amount


def stages(graph: Graph, shapes: Shapes) -> tuple[Stage, ...]:
    """The stages in order; neighbouring pieces of the same name are one stage."""
    rows: list[Stage] = []
    for stage in _walk(shapes.root, "", Costs()):
        if rows and rows[-1].name == stage.name:
            last = rows[-1]
            stage = replace(stage, blocks=last.blocks + stage.blocks, amount=last.amount + stage.amount)
            rows.pop()
        rows.append(stage)
    return tuple(rows)


def stage_name(node: Node, around: str) -> str:
    """The stage of a node: its section (its own name among the stages), the stage around it, else its own name."""
    if around:
        return around
    name = node.path or node.key
    if node.section is not None:
        return name if node.section == "stages" else node.section
    return "" if isinstance(node.target, Op) or node.target is None else name


def _walk(shapes: BodyShapes, around: str, costs: Costs) -> Iterator[Stage]:
    amounts = costs.nodes(shapes)
    for node in shapes.body.nodes:
        name = stage_name(node, around)
        inner = shapes.children.get(node.key)
        if inner is not None and node.section is None and any(child.section for child in inner.body.nodes):
            yield from _walk(inner, "", costs)
        elif node.target is not None:
            yield Stage(name, shapes.nodes[node.key][0], _blocks(node, inner), amounts[node.key])


def _blocks(node: Node, inner: BodyShapes | None) -> int:
    """The units of a repeat, 1 for a block; for a container what is inside."""
    if isinstance(node.target, Repeat):
        return node.target.count
    if inner is None or not isinstance(node.target, Body):
        return 0
    if node.target.kind == "block":
        return 1
    return sum(_blocks(child, inner.children.get(child.key)) for child in inner.body.nodes)
