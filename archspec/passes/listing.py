"""Every layer of a network in the order of execution: all units of a repeat, each with a place of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archspec.expressions import parse_template
from archspec.ir.graph import Graph, Node, Ref, Repeat
from archspec.ops.base import Op
from archspec.passes.cost import Amount, Costs, op_amount
from archspec.passes.shapes import BodyShapes, Shapes, UnitShapes
from archspec.records import Record, replace
from archspec.shapes import Shape

Sources = tuple[str, ...]


class Layer(Record):
    """One op: its path in the state_dict, where its inputs come from, shapes, and cost.

    `sources` are paths of layers or names of inputs; of an op with several outputs, `halves.1` is the second. What is
    run a second time has its own path, and no parameters.
    """

    path: str
    op: Op
    sources: Sources
    inputs: tuple[Shape, ...]
    output: Shape
    amount: Amount

    @property
    def label(self) -> str:
        """What it is, in the words of figures: `3×3 conv, 64, /2`."""
        return self.op.label(*self.inputs)


class Listing(Record):
    """All layers, and the sources of the network's outputs."""

    layers: tuple[Layer, ...]
    outputs: Sources


def list_layers(graph: Graph, shapes: Shapes) -> Listing:
    """The layers of a network. Its length is that of the flat network, thousands for the deepest."""
    walk = _Walk(Costs(graph))
    ends = walk.body(shapes.root, tuple(given.name for given in graph.inputs), "", False)
    return Listing(tuple(walk.layers), ends)


class _Walk:
    def __init__(self, costs: Costs) -> None:
        self.costs = costs
        self.layers: list[Layer] = []

    def body(self, shapes: BodyShapes, sources: Sources, around: str, free: bool) -> Sources:
        """Add the layers of a body, and tell where its outputs come from; `free`: its parameters are counted."""
        known: dict[str, Sources] = {name: (source,) for name, source in zip(shapes.body.inputs, sources, strict=True)}
        amounts = self.costs.nodes(shapes)
        for node in shapes.body.nodes:
            start = len(self.layers)
            into = tuple(_source(known, ref) for ref in node.inputs)
            known[node.key] = self._node(node, shapes, into, around, amounts, free or node.shares is not None)
            if self.costs.is_idle(node):
                self.layers[start:] = map(_idle, self.layers[start:])
        return tuple(_source(known, ref) for _, ref in shapes.body.outputs)

    def _node(
        self, node: Node, shapes: BodyShapes, into: Sources, around: str, amounts: Mapping[str, Amount], free: bool
    ) -> Sources:
        if node.target is None:
            return into[:1]
        if node.key in shapes.children:
            return self.body(shapes.children[node.key], into, _joined(around, node.place), free)
        if isinstance(node.target, Repeat):
            return self._units(shapes.units[node.key], node.target, into, _joined(around, node.place), free)
        path, outputs = _joined(around, node.place), shapes.nodes[node.key]
        return self._op(Layer(path, node.target, into, shapes.into(node), outputs[0], amounts[node.key]), outputs, free)  # type: ignore[arg-type]

    def _units(self, units: tuple[UnitShapes, ...], repeat: Repeat, into: Sources, around: str, free: bool) -> Sources:
        taken, names = len(into), unit_names(repeat)
        for unit in units:
            for _ in range(unit.count):
                path, target = _joined(around, next(names)), unit.run.target
                if unit.body is not None:
                    into = self.body(unit.body, into[:taken], path, free)
                elif isinstance(target, Op):
                    amount = op_amount(target, unit.inputs)
                    layer = Layer(path, target, into[:taken], unit.inputs, unit.outputs[0], amount)
                    into = self._op(layer, unit.outputs, free)
        return into

    def _op(self, layer: Layer, outputs: tuple[Shape, ...], free: bool) -> Sources:
        self.layers.append(replace(layer, amount=Amount(0, layer.amount.macs)) if free else layer)
        return tuple(f"{layer.path}.{index}" if index else layer.path for index in range(len(outputs)))


def unit_names(repeat: Repeat) -> Iterator[str]:
    """The names of a repeat's units: its template's, else 0, 1, …."""
    template = parse_template(repeat.template) if repeat.template is not None else None
    for index in range(repeat.count):
        yield template.render({"i": index}) if template is not None else str(index)


def _source(known: Mapping[str, Sources], ref: Ref) -> str:
    return known[ref.node][ref.output]


def _idle(layer: Layer) -> Layer:
    return replace(layer, amount=Amount(layer.amount.parameters, 0))


def _joined(around: str, step: str) -> str:
    return ".".join(part for part in (around, step) if part)
