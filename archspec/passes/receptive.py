"""The receptive field: how many input pixels one value of the last map before global pooling depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archspec.ir.graph import Graph, handed_on
from archspec.lazy import lazy
from archspec.ops.base import GlobalWindow, Op, SteppedAs, Tiles, Window
from archspec.passes.plain import by_identity, plain
from archspec.passes.shapes import BodyShapes, Shapes, UnitShapes
from archspec.shapes import Shape

if TYPE_CHECKING:
    from fractions import Fraction

fractions = lazy("fractions")

Number: TypeAlias = "int | Fraction"
"""A fraction only after layers that enlarge a map: arithmetic with integers is quicker."""


class Field(NamedTuple):
    """A field of `extent` + 1 pixels, its neighbours `jump` pixels apart; `pooled` once a global pool closed it.

    `everything` marks a value that attention, or a linear over tokens, let see the whole input, or that windows
    let see more or less of it, depending on its place.
    """

    extent: Number = 0
    jump: Number = 1
    pooled: bool = False
    everything: bool = False

    @property
    def pixels(self) -> int:
        """The receptive field in pixels of the input."""
        return int(self.extent) + 1


def receptive_field(graph: Graph, shapes: Shapes) -> int | None:
    """The receptive field in pixels along the larger axis; None without maps, or where a value may see the whole map.

    Along a path r grows by (kernel - 1) * jump and jump by the stride (Dumoulin & Visin 2016, sec. 2); where paths
    meet, and of several outputs, the widest counts. A gate that pools globally (squeeze-and-excitation) does not close
    the map it scales.
    """
    fields = output_fields(graph, shapes)
    widest = [field for field, output in zip(fields, graph.outputs, strict=False) if output.mode == "always"]
    return None if not widest or any(field.everything for field in widest) else max(field.pixels for field in widest)


def output_fields(graph: Graph, shapes: Shapes) -> tuple[Field, ...]:
    """The field of each output of the network; none where no input is a map. An input that is none closes none."""
    starts = tuple(Field(pooled=given.shape.rank != 4) for given in graph.inputs)
    return () if all(start.pooled for start in starts) else Fields().through(shapes.root, starts)


class Fields:
    """Fields through bodies, once per distinct body: from another start the answer is shifted and scaled."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, tuple[Field, ...]], tuple[Field, ...]] = {}

    def through(self, shapes: BodyShapes, starts: tuple[Field, ...]) -> tuple[Field, ...]:
        """The field at each output, for these fields at the inputs."""
        scale, shift = (starts[0].jump, starts[0].extent) if starts else (1, 0)
        relative = tuple(
            Field(_ratio(s.extent - shift, scale), _ratio(s.jump, scale), s.pooled, s.everything) for s in starts
        )
        key = (id(shapes.body), relative)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._through(shapes, relative)
        return tuple(Field(shift + f.extent * scale, f.jump * scale, f.pooled, f.everything) for f in found)

    def _through(self, shapes: BodyShapes, starts: tuple[Field, ...]) -> tuple[Field, ...]:
        fields = self.nodes(shapes, starts)
        return tuple(fields[ref.node][ref.output] for _, ref in shapes.body.outputs)

    def nodes(self, shapes: BodyShapes, starts: tuple[Field, ...]) -> dict[str, tuple[Field, ...]]:
        """The fields inside one body: at its inputs by name, and at the outputs of each node by key."""
        named = zip(shapes.body.inputs, starts, strict=True)
        fields: dict[str, tuple[Field, ...]] = {name: (start,) for name, start in named}
        for node in shapes.body.nodes:
            into = tuple([fields[ref.node][ref.output] for ref in node.inputs])
            if node.key in shapes.children:
                fields[node.key] = self.through(shapes.children[node.key], into)
            elif node.key in shapes.units:
                for unit in shapes.units[node.key]:
                    into = self.units(unit, into[: len(node.inputs)], unit.count)
                fields[node.key] = into
            else:
                here = _widest(into)
                after = _after(node.target, here, into, shapes.nodes[node.key]) if isinstance(node.target, Op) else here
                fields[node.key] = (after,) * len(shapes.nodes[node.key])
        return fields

    def units(self, unit: UnitShapes, into: tuple[Field, ...], count: int) -> tuple[Field, ...]:
        """The fields after the first `count` of a run's units."""
        width = len(into)
        for index in range(count):
            before = into[:width]  # a unit may have more outputs than the next one takes
            if unit.body is not None:
                after = self.through(unit.body, before)
            else:
                after = (_after(unit.run.target, before[0], before, unit.outputs),) * len(unit.outputs)  # type: ignore[arg-type]
            steady = len(into) == len(after) == 1 and after[0].jump == into[0].jump
            if steady and after[0].pooled == into[0].pooled:
                step = after[0].extent - into[0].extent
                return (after[0]._replace(extent=after[0].extent + step * (count - index - 1)),)
            into = handed_on(before, after)
        return into


def _widest(fields: tuple[Field, ...]) -> Field:
    if len(fields) == 1:
        return fields[0]
    open_ones = [f for f in fields if not f.pooled] or list(fields)
    if not open_ones:
        return Field(pooled=True)  # a learned tensor is no map either
    jump, everything = max(f.jump for f in open_ones), any(f.everything for f in open_ones)
    return Field(max(f.extent for f in open_ones), jump, open_ones[0].pooled, everything)


@by_identity
def reading(op: Op) -> Window | GlobalWindow | SteppedAs | Tiles | None:
    """Which places of its input a place of its output reads; None: the one that it stands at."""
    return plain(op).receptive()


def _after(op: Op, before: Field, operands: tuple[Field, ...], outputs: tuple[Shape, ...]) -> Field:
    rule = reading(op)
    if op.weighted and outputs[0].axes[-1] == "T":
        return before._replace(everything=True)  # a linear over tokens mixes all places
    if rule is None or before.pooled:
        return before
    if isinstance(rule, SteppedAs):
        return before._replace(jump=operands[rule.operand].jump)
    if isinstance(rule, Tiles):
        return before._replace(everything=True)
    if isinstance(rule, GlobalWindow):
        return before._replace(everything=True) if op.name == "attention" else before._replace(pooled=True)
    return _windowed(rule, before)


def _windowed(rule: Window, before: Field) -> Field:
    reach, step, scale = max(rule.kernel) - 1, max(rule.stride), max(rule.scale)
    if not reach and step == scale:
        return before
    extent, jump = before.extent + reach * before.jump, _ratio(before.jump * step, scale)
    return Field(extent, jump, before.pooled, before.everything)


def _ratio(number: Number, by: Number) -> Number:
    if by == 1:
        return number
    ratio: Number = number // by if number % by == 0 else fractions.Fraction(number) / by
    return ratio
