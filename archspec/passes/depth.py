"""Weighted layers on the longest path: the 152 of ResNet-152.

The papers count convolutions and fully connected layers. An attention holds two on the way of a value, and counts as
the same attention written out with linears does.
"""

from __future__ import annotations

from archspec.ir.graph import Graph, handed_on
from archspec.ops.base import Op
from archspec.passes.shapes import BodyShapes, Shapes, UnitShapes


def weighted_layers(graph: Graph, shapes: Shapes) -> int:
    """The most weighted layers on a path from an input to an output, those of training only aside."""
    depths = _Longest().through(shapes.root, (0,) * len(shapes.root.inputs))
    return max((d for d, output in zip(depths, graph.outputs, strict=True) if output.mode == "always"), default=0)


class _Longest:
    """Depths through bodies, per output, once per distinct body: from equal starts the answer only shifts."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, tuple[int, ...]], tuple[int, ...]] = {}

    def through(self, shapes: BodyShapes, starts: tuple[int, ...]) -> tuple[int, ...]:
        """The depth at each output, for these depths at the inputs."""
        base = min(starts, default=0)
        key = (id(shapes.body), tuple(start - base for start in starts))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._through(shapes, key[1])
        return tuple(base + depth for depth in found)

    def _through(self, shapes: BodyShapes, starts: tuple[int, ...]) -> tuple[int, ...]:
        named = zip(shapes.body.inputs, starts, strict=True)
        depths: dict[str, tuple[int, ...]] = {name: (start,) for name, start in named}
        for node in shapes.body.nodes:
            into = tuple([depths[ref.node][ref.output] for ref in node.inputs])
            if node.key in shapes.children:
                depths[node.key] = self.through(shapes.children[node.key], into)
            elif node.key in shapes.units:
                for unit in shapes.units[node.key]:
                    into = self._unit(unit, into[: len(node.inputs)])
                depths[node.key] = into
            else:
                own = node.target.weighted if isinstance(node.target, Op) else 0
                depths[node.key] = (max(into, default=0) + own,) * len(shapes.nodes[node.key])
        return tuple(depths[ref.node][ref.output] for _, ref in shapes.body.outputs)

    def _unit(self, unit: UnitShapes, into: tuple[int, ...]) -> tuple[int, ...]:
        count, target, width = unit.count, unit.run.target, len(into)
        while count:
            before = into[:width]  # a unit may have more outputs than the next one takes
            if unit.body is not None:
                after = self.through(unit.body, before)
            else:
                after = (max(before) + (target.weighted if isinstance(target, Op) else 0),) * len(unit.outputs)
            if len(into) == len(after) == 1:
                return (into[0] + count * (after[0] - into[0]),)
            into, count = handed_on(before, after), count - 1
        return into
