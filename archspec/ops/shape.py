"""Ops that move values about and compute nothing."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Annotated, ClassVar

from pydantic import Field

from archspec.ops.base import Call, Op, Operand
from archspec.ops.fields import Axes, Axis
from archspec.ops.named_axes import axis_exists
from archspec.shapes import Demand, Dim, Shape


class Identity(Op):
    """(N, *) -> the same.

    `- skip: {op: identity}`

    torch.nn.Identity.
    """

    name: ClassVar[str] = "identity"
    summary: ClassVar[str] = "its input"

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.Identity")


class Flatten(Op):
    """(N, C, H, W) -> (N, C*H*W); with axes [H, W] into T and order [N, T, C]: (N, C, H, W) -> (N, H*W, C).

    `- flatten: {op: flatten}`
    `- patches: {op: flatten, axes: [H, W], into: T, order: [N, T, C]}`

    torch.flatten, followed by a permute where `order` says so; the second form makes a ViT's tokens.
    """

    name: ClassVar[str] = "flatten"
    summary: ClassVar[str] = "several axes become one"
    aliases: ClassVar[dict[str, str]] = {"start_dim": "axes", "end_dim": "axes", "dims": "axes"}

    axes: Axes | None = None
    into: Axis = "D"
    order: Axes | None = None

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        (x,) = inputs
        for label in self.axes or ():
            yield from axis_exists(self.name, x, label, "axes")
        labels = "".join(self.axes or x.axes[1:])
        yield Demand(int(labels in x.axes), "==", 1, "E0310", "`flatten` needs axes side by side",
                     f"expected neighbours among {x.axes}, found {labels}", option="axes")
        if self.order:
            yield from reorders(self.name, self._merged(x).axes, self.order)

    def shape(self, *inputs: Shape) -> Shape:
        merged = self._merged(inputs[0])
        return permuted(merged, self.order) if self.order else merged

    def function(self, *inputs: Shape) -> Call:
        (x,) = inputs
        start, end = self._range(x)
        last: tuple[int, ...] = () if end == x.rank else (end - 1,)
        flat = Call("torch.flatten", (Operand(0), start, *last))
        if not self.order:
            return flat
        return Call("Tensor.permute", (flat, *places(self._merged(x).axes, self.order)))

    def _range(self, x: Shape) -> tuple[int, int]:
        if self.axes is None:
            return 1, x.rank
        start = x.axis(self.axes[0])
        return start, start + len(self.axes)

    def _merged(self, x: Shape) -> Shape:
        start, end = self._range(x)
        return Shape((*x.dims[:start], _product(x.dims[start:end]), *x.dims[end:]),
                     x.axes[:start] + self.into + x.axes[end:])


class Permute(Op):
    """(N, C, H, W) -> (N, H, W, C) with order NHWC: the axes in another order.

    `- {op: permute, order: NHWC}`

    torch.permute.
    """

    name: ClassVar[str] = "permute"
    summary: ClassVar[str] = "axes in another order"
    aliases: ClassVar[dict[str, str]] = {"dims": "order", "axes": "order"}

    order: Annotated[str, Field(pattern="^[A-Z]{1,8}$")]

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        yield from reorders(self.name, inputs[0].axes, tuple(self.order))

    def shape(self, *inputs: Shape) -> Shape:
        return permuted(inputs[0], tuple(self.order))

    def function(self, *inputs: Shape) -> Call:
        return Call("Tensor.permute", (Operand(0), *places(inputs[0].axes, tuple(self.order))))


def _product(dims: tuple[Dim, ...]) -> Dim:
    return prod(dims)


def permuted(x: Shape, order: tuple[str, ...]) -> Shape:
    """The shape with its axes in this order of labels."""
    return Shape(tuple(x.dims[x.axis(label)] for label in order), "".join(order))


def places(axes: str, order: tuple[str, ...]) -> tuple[int, ...]:
    """Where each label of the new order stood."""
    return tuple(axes.index(label) for label in order)


def reorders(op: str, axes: str, order: tuple[str, ...]) -> Iterator[Demand]:
    """The demand that an order names each axis once and leaves the batch first."""
    yield Demand(int(sorted(axes) == sorted(order) and order[0] == axes[0]), "==", 1, "E0310",
                 f"the order of `{op}` does not name each axis once, the batch first",
                 f"expected {', '.join(axes)} in some order, found {', '.join(order)}", option="order")


OPS: tuple[type[Op], ...] = (Identity, Flatten, Permute)
