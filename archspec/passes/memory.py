"""Activation memory: what inference needs at once, and what training keeps for the backward pass."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from archspec.ir.graph import Body, Graph, Node
from archspec.passes.shapes import BodyShapes, Shapes, UnitShapes
from archspec.records import Record
from archspec.shapes import Shape

BYTES = 4


class Memory(Record):
    """Bytes of fp32 activations for one example at the nominal size, parameters excluded.

    `inference_peak_bytes`: the most that is alive at once, each value freed after its last reader. `training_bytes`:
    the outputs of all ops together, an upper bound of what autograd keeps.
    """

    inference_peak_bytes: int
    training_bytes: int


def activation_memory(graph: Graph, shapes: Shapes) -> Memory:
    """Activation memory of a network at its nominal size, batch 1."""
    usage = _Usage()
    inputs = sum(size_bytes(shape) for shape in shapes.root.inputs)
    return Memory(inputs + usage.peak(shapes.root), usage.total(shapes.root))


@lru_cache(maxsize=4096)
def size_bytes(shape: Shape) -> int:
    """The bytes of one fp32 tensor of this shape, batch 1 and nominal sizes."""
    return BYTES * prod(int(size or 1) for size in shape.at({"N": 1}))


class _Usage:
    """Peaks and totals of bodies beyond their inputs, once per distinct body."""

    def __init__(self) -> None:
        self._peaks: dict[int, int] = {}
        self._totals: dict[int, int] = {}

    def peak(self, shapes: BodyShapes) -> int:
        if id(shapes) not in self._peaks:
            self._peaks[id(shapes)] = self._peak(shapes)
        return self._peaks[id(shapes)]

    def _peak(self, shapes: BodyShapes) -> int:
        last = _last_uses(shapes.body)
        alive: dict[str, int] = {}
        total = most = 0
        for index, node in enumerate(shapes.body.nodes):
            own = 0 if node.target is None else sum(size_bytes(shape) for shape in shapes.nodes[node.key])
            inner = own
            if node.key in shapes.children:
                inner = max(own, self.peak(shapes.children[node.key]))
            elif node.key in shapes.units:
                inner = max(own, *(self._unit_peak(unit) for unit in shapes.units[node.key]))
            most = max(most, total + inner)
            alive[node.key] = own
            total += own
            for name in {node.key, *(ref.node for ref in node.inputs)}:
                if last.get(name, index) <= index:
                    total -= alive.pop(name, 0)
        return most

    def _unit_peak(self, unit: UnitShapes) -> int:
        own = sum(size_bytes(shape) for shape in unit.outputs)
        return max(own, self.peak(unit.body)) if unit.body is not None else own

    def total(self, shapes: BodyShapes) -> int:
        if id(shapes) not in self._totals:
            self._totals[id(shapes)] = sum(self._node_total(node, shapes) for node in shapes.body.nodes)
        return self._totals[id(shapes)]

    def _node_total(self, node: Node, shapes: BodyShapes) -> int:
        if node.target is None:
            return 0
        if node.key in shapes.children:
            return self.total(shapes.children[node.key])
        if node.key in shapes.units:
            return sum(
                unit.count * (self.total(unit.body) if unit.body is not None else self._outputs(unit))
                for unit in shapes.units[node.key]
            )
        return sum(size_bytes(shape) for shape in shapes.nodes[node.key])

    def _outputs(self, unit: UnitShapes) -> int:
        return sum(size_bytes(shape) for shape in unit.outputs)


def _last_uses(body: Body) -> dict[str, int]:
    last = {ref.node: index for index, node in enumerate(body.nodes) for ref in node.inputs}
    return {**last, **{ref.node: len(body.nodes) for _, ref in body.outputs}}
