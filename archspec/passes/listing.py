"""Every layer of a network in the order of execution: all units of a repeat, each with a place of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archspec.ir.graph import Graph, Node, Repeat, handed_on
from archspec.ops.base import Op
from archspec.passes.cost import Amount, Costs, op_amount
from archspec.passes.shapes import BodyShapes, Shapes, UnitShapes
from archspec.records import Record, replace
from archspec.shapes import Shape

Sources = tuple[str, ...]


class Layer(Record):
    """One op: its path in the state_dict, where its inputs come from, shapes, and cost.

    `sources` are paths of layers or names of inputs; of an op with several outputs, `halves.1` is the second. What is
    run a second time has its own path, and no parameters; `weights_of` is the path of what it runs again, or that has
    the tensors it is tied to. `inits` are its own (tensor, scheme).
    """

    path: str
    op: Op
    sources: Sources
    inputs: tuple[Shape, ...]
    output: Shape
    amount: Amount
    inits: tuple[tuple[str, Any], ...] = ()
    weights_of: str = ""

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
    ends = walk.body(shapes.root, tuple(given.name for given in graph.inputs), "", "")
    return Listing(tuple(walk.layers), ends)


class _Walk:
    def __init__(self, costs: Costs) -> None:
        self.costs = costs
        self.layers: list[Layer] = []

    def body(self, shapes: BodyShapes, sources: Sources, around: str, again: str) -> Sources:
        """Add the layers of a body, and tell where its outputs come from; `again` is the path of what runs again."""
        known: dict[str, Sources] = {name: (source,) for name, source in zip(shapes.body.inputs, sources, strict=True)}
        amounts = self.costs.nodes(shapes)
        for node in shapes.body.nodes:
            start = len(self.layers)
            into = tuple(known[ref.node][ref.output] for ref in node.inputs)
            known[node.key] = self._node(node, shapes, into, around, amounts, again)
            if self.costs.is_idle(node):
                self.layers[start:] = [replace(one, amount=replace(one.amount, macs=0)) for one in self.layers[start:]]
        return tuple(known[ref.node][ref.output] for _, ref in shapes.body.outputs)

    def _node(
        self, node: Node, shapes: BodyShapes, into: Sources, around: str, amounts: Mapping[str, Amount], again: str
    ) -> Sources:
        if node.target is None:
            return into[:1]
        path, first = _joined(around, node.place), again and _joined(again, node.place)
        if node.shares is not None:
            first = _joined(again or around, shapes.body.node(node.shares).place)
        if node.key in shapes.children:
            return self.body(shapes.children[node.key], into, path, first)
        if isinstance(node.target, Repeat):
            return self._units(shapes.units[node.key], node.target, into, path, first)
        tied = ", ".join(other for _, other in node.ties)
        layer = Layer(
            path, node.target, into, shapes.into(node), shapes.nodes[node.key][0], amounts[node.key],  # type: ignore[arg-type]
            node.inits, first or tied,
        )  # fmt: skip
        return self._op(layer, shapes.nodes[node.key], bool(first))

    def _units(self, units: tuple[UnitShapes, ...], repeat: Repeat, into: Sources, around: str, again: str) -> Sources:
        taken, names = len(into), repeat.names()
        for unit in units:
            for _ in range(unit.count):
                name, target = next(names), unit.run.target
                path, first = _joined(around, name), again and _joined(again, name)
                into = into[:taken]
                if unit.body is not None:
                    into = handed_on(into, self.body(unit.body, into, path, first))
                elif isinstance(target, Op):
                    amount, inits = op_amount(target, unit.inputs), unit.run.inits
                    layer = Layer(path, target, into, unit.inputs, unit.outputs[0], amount, inits, first)
                    into = handed_on(into, self._op(layer, unit.outputs, bool(first)))
        return into

    def _op(self, layer: Layer, outputs: tuple[Shape, ...], free: bool) -> Sources:
        self.layers.append(replace(layer, amount=replace(layer.amount, parameters=0)) if free else layer)
        return tuple(f"{layer.path}.{index}" if index else layer.path for index in range(len(outputs)))


def _joined(around: str, step: str) -> str:
    return ".".join(part for part in (around, step) if part)
