"""Activation memory: what inference needs at once, and what training keeps for the backward pass."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from archspec.ir.graph import Body, Graph
from archspec.passes.shapes import BodyShapes, Shapes, UnitShapes
from archspec.records import Record
from archspec.shapes import Shape

BYTES, ID_BYTES = 4, 8


class Memory(Record):
    """Bytes of fp32 activations for one example at the nominal size, parameters excluded.

    `inference_peak_bytes`: the most that is alive at once, each value freed after its last reader. `training_bytes`:
    the inputs and the outputs of all ops together, more than what autograd keeps.
    """

    inference_peak_bytes: int
    training_bytes: int


def activation_memory(graph: Graph, shapes: Shapes) -> Memory:
    """Activation memory of a network at its nominal size, batch 1."""
    peak, total = _Usages().of(shapes.root)
    inputs = sum(size_bytes(shape) for shape in shapes.root.inputs)
    return Memory(inputs + peak, inputs + total)


@lru_cache(maxsize=4096)
def size_bytes(shape: Shape) -> int:
    """The bytes of one tensor of this shape, fp32, or 64-bit integers for ids; batch 1 and nominal sizes."""
    return (ID_BYTES if shape.holds_ids else BYTES) * prod(int(size or 1) for size in shape.at({"N": 1}))


_Usage = tuple[int, int]
"""Bytes beyond the inputs of a body: the most that is alive at once, and all outputs of ops together."""


class _Usages:
    """Usages once per distinct body."""

    def __init__(self) -> None:
        self._known: dict[int, _Usage] = {}

    def of(self, shapes: BodyShapes) -> _Usage:
        found = self._known.get(id(shapes))
        if found is None:
            found = self._known[id(shapes)] = self._of(shapes)
        return found

    def _of(self, shapes: BodyShapes) -> _Usage:
        last = _last_uses(shapes.body)
        alive: dict[str, int] = {}
        now = most = total = 0
        for index, node in enumerate(shapes.body.nodes):
            own = 0 if node.target is None else _bytes(shapes.nodes[node.key])
            inner, made = own, own
            if node.key in shapes.children:
                inner, made = self.of(shapes.children[node.key])
            elif node.key in shapes.units:
                inner, made = self._units(shapes.units[node.key])
            most = max(most, now + own, now + inner)
            total += made
            alive[node.key] = own
            now += own
            for name in {node.key, *[ref.node for ref in node.inputs]}:
                if last.get(name, index) <= index:
                    now -= alive.pop(name, 0)
        return most, total

    def _units(self, units: tuple[UnitShapes, ...]) -> _Usage:
        peak = total = 0
        for unit in units:
            own = _bytes(unit.outputs)
            inner, made = self.of(unit.body) if unit.body is not None else (own, own)
            peak, total = max(peak, own, inner), total + unit.count * made
        return peak, total


def _bytes(shapes: tuple[Shape, ...]) -> int:
    return size_bytes(shapes[0]) if len(shapes) == 1 else sum(map(size_bytes, shapes))


def _last_uses(body: Body) -> dict[str, int]:
    last = {ref.node: index for index, node in enumerate(body.nodes) for ref in node.inputs}
    return {**last, **{ref.node: len(body.nodes) for _, ref in body.outputs}}
