"""One body of the graph as a flat list of atoms with edges: containers opened, absent steps passed through.

An atom is an op, or a block or repeat that is drawn as a whole. Constants (`param` nodes) leave no atom: nothing flows
through them from the input.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from archspec.backends.stages import divided_name, is_divided, is_transparent, stage_name
from archspec.expressions import Template, parse_template
from archspec.ir.graph import Body, GraphInput, Node, Repeat
from archspec.ops.base import Op
from archspec.passes.shapes import BodyShapes, UnitShapes
from archspec.records import Record, field
from archspec.shapes import Shape

SOURCE = -1
Port = int | None
"""The atom that a value comes from, SOURCE for an input of the body; None for a constant."""


Drawn = Op | BodyShapes | tuple[UnitShapes, ...] | GraphInput
"""An op, a block with its shapes, the units of a repeat, or one of several inputs of the network."""


class Atom(Record):
    """A drawn node: what it is, where its values come from (positions of atoms, SOURCE for an input), its stage.

    `units` names the units of a repeat, where they are not just counted. `again` names the node beside it whose module
    it runs once more.
    """

    target: Drawn
    path: str
    inputs: tuple[Shape, ...]
    output: Shape
    sources: tuple[int, ...]
    stage: str
    units: Template | None = None
    again: str = ""

    def unit_path(self, index: int) -> str:
        """Where a unit of a repeat stands."""
        name = self.units.render({"i": index}) if self.units is not None else str(index)
        return f"{self.path}.{name}" if self.path else name


class Flattening(Record, frozen=False):
    """Opens bodies into `atoms`. Containers are always opened, blocks where `blocks` says so.

    `runs` has the stages of plain layers, by the identity of their nodes.
    """

    blocks: bool
    staged: bool = False
    runs: Mapping[int, str] = field(default_factory=dict)
    atoms: list[Atom] = field(default_factory=list)
    divided: set[str] = field(default_factory=set)

    def inputs(self, given: tuple[GraphInput, ...], shapes: tuple[Shape, ...]) -> tuple[Port, ...]:
        """The ports of a network's inputs: the entry itself for one, an atom for each of several."""
        if len(given) == 1:
            return (SOURCE,)
        for one, shape in zip(given, shapes, strict=True):
            self.atoms.append(Atom(one, one.name, (), shape, (SOURCE,), ""))
        return tuple(range(len(given)))

    def entrances(self, shapes: BodyShapes, path: str) -> tuple[Port, ...]:
        """The ports of a block that is drawn as a whole: what flows through it is the first, the rest stand by name."""
        for name, shape in list(zip(shapes.body.inputs, shapes.inputs, strict=True))[1:]:
            given = GraphInput(name, shape, shapes.body.span)
            self.atoms.append(Atom(given, f"{path}.{name}", (), shape, (SOURCE,), ""))
        return (SOURCE, *range(len(self.atoms)))

    def run(
        self, shapes: BodyShapes, ports: tuple[Port, ...], path: str, stage: str = "", again: str = ""
    ) -> list[Port]:
        """Add the atoms of a body fed by `ports`; the ports of its outputs."""
        values: dict[tuple[str, int], Port] = {
            (name, 0): port for name, port in zip(shapes.body.inputs, ports, strict=True)
        }
        for node in shapes.body.nodes:
            place = ".".join(part for part in (path, node.place) if part)
            first = (
                shapes.body.node(node.shares).place if node.shares is not None else again and f"{again}.{node.place}"
            )
            made = self._node(node, shapes, values, place, stage, first)
            values.update({(node.key, index): port for index, port in enumerate(made)})
        return [values[ref.node, ref.output] for _, ref in shapes.body.outputs]

    def _node(
        self, node: Node, shapes: BodyShapes, values: Mapping[tuple[str, int], Port], place: str, stage: str, again: str
    ) -> list[Port]:
        outputs = shapes.nodes[node.key]
        ports = [values[ref.node, ref.output] for ref in node.inputs]
        live = [(ref, port) for ref, port in zip(node.inputs, ports, strict=True) if port is not None]
        if not live:
            return [None] * len(outputs)
        if node.target is None:
            return [live[0][1]]
        inner = shapes.children.get(node.key)
        if self.staged and not is_transparent(node, inner):
            stage = stage_name(node, stage) or self.runs.get(id(node), "")
            if is_divided(node, inner):
                self.divided.add(stage)
        if inner is not None and (self.blocks or not _whole(inner.body)):
            return self.run(inner, tuple(ports), place, stage, again)
        self._add(node, shapes, [(shapes.of(ref), port) for ref, port in live], place, stage, again)
        return [len(self.atoms) - 1] * len(outputs)

    def _add(
        self, node: Node, shapes: BodyShapes, live: list[tuple[Shape, int]], place: str, stage: str, again: str
    ) -> None:
        target = shapes.children.get(node.key) or shapes.units.get(node.key) or node.target
        output = shapes.nodes[node.key][0]
        stage = divided_name(stage, output) if stage in self.divided else stage
        inputs, sources = tuple(shape for shape, _ in live), tuple(port for _, port in live)
        named = node.target.template if isinstance(node.target, Repeat) else None
        units = parse_template(named) if named is not None else None
        self.atoms.append(Atom(cast("Drawn", target), place, inputs, output, sources, stage, units, again))


def _whole(body: Body) -> bool:
    """Whether a body can be drawn as one thing: a block that takes one value and gives one."""
    return body.kind == "block" and len(body.inputs) == 1 and len(body.outputs) == 1
