"""Ops that join several inputs.

Operands must match exactly: torch would broadcast (4, 8, 7, 7) + (4, 8, 1, 1) without a word. Two exceptions, both
visible in the shape: an operand whose batch axis is the number 1 comes from a `param` and is the same for every sample;
and in a product, an axis of size 1 is a gate, as in squeeze-and-excitation.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Any, ClassVar

from archspec.ops.base import Call, Op, Operand, Value
from archspec.ops.fields import Axis
from archspec.ops.named_axes import axis_exists, channels_or
from archspec.shapes import Demand, Dim, Shape

GATE_HELP = "a gate of channels keeps the axes of its map: 1x1 `conv2d`s in place of `flatten` and `linear`"
MATCH_HELP = "project the smaller branch (a 1x1 conv2d with the same stride), or concat along an axis"


class Add(Op):
    """(N, *), (N, *), … -> (N, *): the sum of inputs of equal shape.

    `- add: {op: add, from: [bn3, downsample]}`

    torch.add, without its broadcasting.
    """

    name: ClassVar[str] = "add"
    summary: ClassVar[str] = "sum of equal shapes"
    inputs: ClassVar[int | None] = None

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        yield from equal(self.name, inputs, gates=False)

    def shape(self, *inputs: Shape) -> Shape:
        return widest(inputs)

    def function(self, *inputs: Shape) -> Value:
        return fold("operator.add", len(inputs))

    def label(self, *inputs: Shape) -> str:
        return "+"


class Mul(Op):
    """(N, *), (N, *), … -> (N, *): the product of inputs of equal shape; an axis of size 1 is repeated (a gate).

    `- mul: {op: mul, from: [gate, x]}`

    torch.mul; the gate of Hu et al. 2018 (squeeze-and-excitation) is (N, C, 1, 1).
    """

    name: ClassVar[str] = "mul"
    summary: ClassVar[str] = "product; an axis of size 1 is a gate"
    inputs: ClassVar[int | None] = None

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        yield from equal(self.name, inputs, gates=True)

    def shape(self, *inputs: Shape) -> Shape:
        return widest(inputs)

    def function(self, *inputs: Shape) -> Value:
        return fold("operator.mul", len(inputs))

    def label(self, *inputs: Shape) -> str:
        return "×"


class Concat(Op):
    """(N, C1, H, W), (N, C2, H, W), … -> (N, C1 + C2 + …, H, W): one after another along an axis, all others equal.

    `- concat: {op: concat, from: [x, conv2]}`

    Along the channels, or features, if no `axis` is named. torch.cat. A `param` with a batch axis of 1 (a class token)
    is repeated for every sample.
    """

    name: ClassVar[str] = "concat"
    summary: ClassVar[str] = "inputs one after another along an axis"
    inputs: ClassVar[int | None] = None
    aliases: ClassVar[dict[str, str]] = {"dim": "axis"}

    axis: Axis | None = None

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        first = _sampled(inputs)
        for index, x in enumerate(inputs):
            yield from same_rank(self.name, first, x, index)
        label = channels_or(self.axis, first)
        yield from axis_exists(self.name, first, label)
        along = first.axis(label)
        for index, x in enumerate(inputs):
            for axis in range(first.rank):
                if axis != along and not (axis == 0 and _shared(x)):
                    yield Demand(
                        x.dims[axis],
                        "==",
                        first.dims[axis],
                        "E0301",
                        f"inputs of `{self.name}` differ in axis {first.axes[axis]}",
                        f"along {label} all other axes must match: expected {_with_star(first, along)}, found {x}",
                        operand=index,
                    )

    def shape(self, *inputs: Shape) -> Shape:
        first = _sampled(inputs)
        along = first.axis(channels_or(self.axis, first))
        total: Dim = inputs[0].dims[along]
        for x in inputs[1:]:
            total = total + x.dims[along]
        return first.replace(along, total)

    def function(self, *inputs: Shape) -> Call:
        first = _sampled(inputs)
        batch = Call("Tensor.size", (Operand(inputs.index(first)), 0))
        rows: list[Any] = [
            Call("Tensor.expand", (Operand(index), batch, *(-1,) * (x.rank - 1)))
            if _shared(x) and not _shared(first)
            else Operand(index)
            for index, x in enumerate(inputs)
        ]
        return Call("torch.cat", (tuple(rows),), (("dim", first.axis(channels_or(self.axis, first))),))


class Stack(Op):
    """(N, *), (N, *), … -> (N, k, *): k inputs of equal shape along a new axis, the second unless `at` says otherwise.

    `- stack: {op: stack, from: [a, b], axis: K}`

    torch.stack. `axis` is the label of the new axis.
    """

    name: ClassVar[str] = "stack"
    summary: ClassVar[str] = "equal shapes along a new axis"
    inputs: ClassVar[int | None] = None
    aliases: ClassVar[dict[str, str]] = {"dim": "at"}

    axis: Axis
    at: int = 1

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        yield from equal(self.name, inputs, gates=False, rows=False)
        rank = inputs[0].rank
        yield Demand(
            int(1 <= self.at <= rank),
            "==",
            1,
            "E0320",
            "the place of the new axis is out of range",
            f"expected 1 to {rank}, found {self.at}",
            option="at",
        )
        yield Demand(
            int(self.axis not in inputs[0].axes),
            "==",
            1,
            "E0310",
            "the new axis of `stack` exists already",
            f"the inputs have the axes {inputs[0].axes}, found {self.axis}",
            option="axis",
        )

    def shape(self, *inputs: Shape) -> Shape:
        (x, at) = (inputs[0], self.at)
        return Shape((*x.dims[:at], len(inputs), *x.dims[at:]), x.axes[:at] + self.axis + x.axes[at:])

    def function(self, *inputs: Shape) -> Call:
        operands = tuple(Operand(index) for index in range(len(inputs)))
        return Call("torch.stack", (operands,), (("dim", self.at),))


def fold(path: str, count: int) -> Value:
    """An operator over the operands from left to right; of one operand, the operand."""
    operands: list[Value] = [Operand(index) for index in range(count)]
    return reduce(lambda left, right: Call(path, (left, right)), operands)


def widest(inputs: tuple[Shape, ...]) -> Shape:
    """The shape to which inputs of equal shape but for axes of size 1 are broadcast."""
    first = inputs[0]
    if inputs.count(first) == len(inputs):
        return first
    return Shape(
        tuple(next((d for d in dims if d != 1), 1) for dims in zip(*(x.dims for x in inputs), strict=True)),
        max((x.axes for x in inputs), key=lambda axes: axes == first.axes),
    )


def equal(op: str, inputs: tuple[Shape, ...], gates: bool, rows: bool = True) -> Iterator[Demand]:
    """The demands that all inputs have one shape, but for shared rows (batch axis 1) and, if allowed, gates."""
    first = _sampled(inputs)
    for index, x in enumerate(inputs):
        yield from same_rank(op, first, x, index, GATE_HELP if gates and {x.rank, first.rank} == {2, 4} else None)
    wide = widest(inputs) if gates else first
    for index, x in enumerate(inputs):
        for axis, (size, expected) in enumerate(zip(x.dims, wide.dims, strict=True)):
            if size == 1 and (gates or (axis == 0 and rows)):
                continue
            yield Demand(
                size,
                "==",
                expected,
                "E0301",
                f"inputs of `{op}` have different shapes",
                f"expected {wide}, found {x}: they differ in axis {first.axes[axis]}",
                MATCH_HELP,
                operand=index,
            )


def same_rank(op: str, first: Shape, x: Shape, index: int, help_: str | None = None) -> Iterator[Demand]:
    """The demand that an input has as many axes as the first."""
    yield Demand(
        x.rank,
        "==",
        first.rank,
        "E0301",
        f"inputs of `{op}` have different numbers of axes",
        f"expected {first.rank} axes as in {first}, found {x.rank} in {x}",
        help_,
        operand=index,
    )


def _shared(x: Shape) -> bool:
    return x.dims[0] == 1


def _sampled(inputs: tuple[Shape, ...]) -> Shape:
    return next((x for x in inputs if not _shared(x)), inputs[0])


def _with_star(x: Shape, along: int) -> str:
    return "[" + ", ".join("*" if axis == along else str(size) for axis, size in enumerate(x.dims)) + "]"


OPS: tuple[type[Op], ...] = (Add, Mul, Concat, Stack)
