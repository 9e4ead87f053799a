"""The stages of a network, as its spec names them: rows of tables, brackets of figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archspec.ir.graph import Body, Graph, Node, Repeat
from archspec.ops.base import Op
from archspec.passes.cost import Amount, Costs
from archspec.passes.shapes import BodyShapes, Shapes
from archspec.records import Record, replace
from archspec.shapes import Shape


class Stage(Record):
    """One stage: what it is called, what comes out of it, how many blocks it has, what it costs, and its nodes.

    `run` marks a run of plain layers between named stages, called by its first and last.
    """

    name: str
    output: Shape
    blocks: int
    amount: Amount
    parts: tuple[Part, ...]
    run: bool = False


class Part(Record):
    """A node of a stage, and the body that it stands in."""

    node: Node
    around: BodyShapes


def stages(graph: Graph, shapes: Shapes) -> tuple[Stage, ...]:
    """The stages in order; neighbouring pieces of the same name are one stage.

    A network without sections has no stages but its layers.
    """
    rows: list[Stage] = []
    found = list(_walk(shapes.root, "", Costs(graph)))
    if not any(stage.name for stage in found):
        found = list(_layers_of(shapes.root, Costs(graph)))
    for stage in found:
        if rows and rows[-1].name == stage.name:
            last = rows[-1]
            stage = replace(
                stage, blocks=last.blocks + stage.blocks, amount=last.amount + stage.amount,
                parts=last.parts + stage.parts,
            )  # fmt: skip
            rows.pop()
        rows.append(stage)
    return tuple(row if row.name else replace(row, name=_run_name(row.parts), run=True) for row in rows)


def _run_name(parts: tuple[Part, ...]) -> str:
    """Two runs have two names: figures and tables tell stages apart by them."""
    return range_name([part.node.place for part in parts])


def range_name(names: Sequence[str]) -> str:
    """What neighbours are called together: by the first and the last, which may be ranges themselves."""
    first, last = names[0].split(" to ")[0], names[-1].split(" to ")[-1]
    return names[0] if len(names) == 1 else f"{first} to {last}"


def stage_name(node: Node, around: str) -> str:
    """The stage of a node: the stage around it, else its section (its own name among the stages), else its own name."""
    if around:
        return around
    name = node.place
    if node.section is not None:
        return name if node.section == "stages" else node.section
    return "" if isinstance(node.target, Op) or node.target is None else name


def is_transparent(node: Node, inner: BodyShapes | None) -> bool:
    """Whether a container is no stage but holds stages: it has no section, and its items have."""
    return inner is not None and node.section is None and any(child.section for child in inner.body.nodes)


def is_divided(node: Node, inner: BodyShapes | None) -> bool:
    """Whether a container is a stage for each size of its map: one of `stages` that holds no blocks, as VGG's."""
    if inner is None or inner.body.kind != "container" or node.section != "stages" or count_blocks(node, inner):
        return False
    return len({size_text(outputs[0]) for outputs in inner.nodes.values() if outputs[0].rank == 4}) > 1


def divided_name(name: str, output: Shape) -> str:
    """The name of a part of a divided stage."""
    return f"{name} {size_text(output)}"


def size_text(shape: Shape) -> str:
    """The size of a map: `56×56`, `197 tokens`, `1×1` for a vector."""
    sizes = shape.at({"N": 1})[1:]
    if shape.rank == 4:
        spatial = [size for size, axis in zip(sizes, shape.axes[1:], strict=True) if axis != "C"]
        return "×".join("?" if size is None else str(size) for size in spatial)
    return f"{sizes[0]} tokens" if shape.rank == 3 or shape.holds_ids else "1×1"


def count_blocks(node: Node, inner: BodyShapes | None) -> int:
    """The units of a repeat, 1 for a block, what is inside a container; a block of one layer is only a layer."""
    if isinstance(node.target, Repeat):
        return sum(run.count for run in node.target.runs if isinstance(run.target, Body) and _layers(run.target) > 1)
    if inner is None:
        return 0
    if inner.body.kind == "block":
        return int(_layers(inner.body) > 1)
    return sum(count_blocks(child, inner.children.get(child.key)) for child in inner.body.nodes)


def _walk(shapes: BodyShapes, around: str, costs: Costs, divided: bool = False) -> Iterator[Stage]:
    amounts = costs.nodes(shapes)
    for node in shapes.body.nodes:
        inner = shapes.children.get(node.key)
        name, output = stage_name(node, around), shapes.nodes[node.key][0]
        if costs.is_idle(node):
            inner = None  # a head of training only is one stage, whatever is inside
        if inner is not None and is_transparent(node, inner):
            yield from _walk(inner, "", costs)
        elif inner is not None and (divided or is_divided(node, inner)):
            yield from _walk(inner, name, costs, divided=True)
        elif node.target is not None:
            name = divided_name(name, output) if divided else name
            yield Stage(name, output, count_blocks(node, inner), amounts[node.key], (Part(node, shapes),))


def _layers_of(shapes: BodyShapes, costs: Costs) -> Iterator[Stage]:
    amounts = costs.nodes(shapes)
    for node in shapes.body.nodes:
        if node.target is not None:
            parts = (Part(node, shapes),)
            yield Stage(node.place, shapes.nodes[node.key][0], 0, amounts[node.key], parts)


def _layers(body: Body) -> int:
    return sum(_target_layers(node.target) for node in body.nodes)


def _target_layers(target: Op | Body | Repeat | None) -> int:
    if isinstance(target, Body):
        return _layers(target)
    if isinstance(target, Repeat):
        return sum(run.count * _target_layers(run.target) for run in target.runs)
    return target.weighted if target is not None else 0
