"""One body of the graph as a flat list of atoms with edges: containers opened, absent steps passed through.

An atom is an op, or a block or repeat that is drawn as a whole. Constants (`param` nodes) leave no atom: nothing flows
through them from the input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from archspec.ir.graph import Body, Node, Ref, Repeat
from archspec.ops.base import Op
from archspec.shapes import Shape

ShapesOf = Callable[[Body, tuple[Shape, ...]], Mapping[str, tuple[Shape, ...]]]
Port = tuple[int, Shape] | None
"""The atom that a value comes from and its shape; None for a constant."""
SOURCE = -1


@dataclass(frozen=True, slots=True)
class Atom:
    """A drawn node: what it is, where its values come from (positions of atoms, SOURCE for an input), its stage."""

    target: Op | Body | Repeat
    path: str
    inputs: tuple[Shape, ...]
    output: Shape
    sources: tuple[int, ...]
    stage: str


@dataclass(slots=True)
class Flattening:
    """Opens bodies into `atoms`; `opened` says of a block whether its steps are drawn among those around it."""

    shapes_of: ShapesOf
    opened: Callable[[Body, tuple[Shape, ...]], bool]
    atoms: list[Atom] = field(default_factory=list)

    def run(self, body: Body, ports: tuple[Port, ...], path: str, stage: str = "") -> dict[str, Port]:
        """Add the atoms of `body`, fed by `ports`; the ports of its outputs by name."""
        shapes = self.shapes_of(body, tuple(port[1] for port in ports if port is not None))
        values: dict[tuple[str, int], Port] = {(name, 0): port for name, port in zip(body.inputs, ports, strict=True)}
        for node in body.nodes:
            place = f"{path}.{node.path}" if path and node.path else node.path or path
            for index, port in enumerate(self._node(node, values, shapes[node.key], place, stage)):
                values[node.key, index] = port
        return {name: values[ref.node, ref.output] for name, ref in body.outputs}

    def _node(
        self,
        node: Node,
        values: Mapping[tuple[str, int], Port],
        outputs: tuple[Shape, ...],
        place: str,
        stage: str,
    ) -> list[Port]:
        ports = tuple(_port(values, ref) for ref in node.inputs)
        live = tuple(port for port in ports if port is not None)
        stage = _stage(node, stage)
        if not live:
            return [None] * len(outputs)
        if node.target is None:
            return [live[0]]
        if isinstance(node.target, Body) and self._opens(node.target, ports):
            return list(self.run(node.target, ports, place, stage).values())
        sources = tuple(source for source, _ in live)
        inputs = tuple(shape for _, shape in live)
        self.atoms.append(Atom(node.target, place, inputs, outputs[0], sources, stage))
        return [(len(self.atoms) - 1, shape) for shape in outputs]

    def _opens(self, body: Body, ports: tuple[Port, ...]) -> bool:
        if body.kind == "container" or len(ports) != 1 or len(body.outputs) != 1:
            return True
        return self.opened(body, tuple(port[1] for port in ports if port is not None))


def _port(values: Mapping[tuple[str, int], Port], ref: Ref) -> Port:
    return values[ref.node, ref.output]


def _stage(node: Node, around: str) -> str:
    """The stage that a node belongs to: its section, its own name among the stages, else the nearest named thing."""
    name = node.path or node.key
    if node.section is not None:
        return name if node.section == "stages" else node.section
    return around or ("" if isinstance(node.target, Op) else name)
