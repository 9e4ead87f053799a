"""Ops that move values about and compute nothing."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Annotated, ClassVar

from archspec.ops.base import Call, Op, Operand, Slice
from archspec.ops.fields import Axes, Axis, Extents, Limits, Sizes
from archspec.ops.named_axes import axis_exists, channels_or, not_the_batch
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
        yield Demand(
            int(labels in x.axes),
            "==",
            1,
            "E0310",
            "`flatten` needs axes side by side",
            f"expected neighbours among {x.axes}, found {labels}",
            option="axes",
        )
        others = "".join(label for label in x.axes if label not in labels)
        yield Demand(
            int(self.into not in others),
            "==",
            1,
            "E0310",
            f"`flatten` makes a second axis {self.into}",
            f"the other axes are {others}, found into: {self.into}",
            option="into",
        )
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
        return Shape(
            (*x.dims[:start], _product(x.dims[start:end]), *x.dims[end:]), x.axes[:start] + self.into + x.axes[end:]
        )


class Permute(Op):
    """(N, C, H, W) -> (N, H, W, C) with order NHWC: the axes in another order.

    `- {op: permute, order: NHWC}`

    torch.permute.
    """

    name: ClassVar[str] = "permute"
    summary: ClassVar[str] = "axes in another order"
    aliases: ClassVar[dict[str, str]] = {"dims": "order", "axes": "order"}

    order: Axes

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        yield from reorders(self.name, inputs[0].axes, self.order)

    def shape(self, *inputs: Shape) -> Shape:
        return permuted(inputs[0], self.order)

    def function(self, *inputs: Shape) -> Call:
        return Call("Tensor.permute", (Operand(0), *places(inputs[0].axes, self.order)))


class Reshape(Op):
    """(N, *) -> the sizes given, which hold as many values.

    `- {op: reshape, to: [N, groups, C // groups, H, W], axes: [N, G, C, H, W]}`

    torch.reshape. `axes` labels the result where its rank alone does not.
    """

    name: ClassVar[str] = "reshape"
    summary: ClassVar[str] = "the same values in another shape"
    aliases: ClassVar[dict[str, str]] = {"shape": "to", "size": "to"}

    to: Sizes
    axes: Axes | None = None

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        (x,) = inputs
        yield Demand(
            _product(self.to),
            "==",
            _product(x.dims),
            "E0322",
            "`reshape` changes the number of values",
            f"expected the {_product(x.dims)} values of {x}, found {_product(self.to)}",
            option="to",
        )
        if self.axes:
            yield Demand(
                len(self.axes),
                "==",
                len(self.to),
                "E0310",
                "`axes` of `reshape` do not fit its sizes",
                f"expected {len(self.to)} labels, found {len(self.axes)}",
                option="axes",
            )
        computed = [size for size in self.to if not isinstance(size, int) and size not in x.dims]
        yield Demand(
            1,
            ">=",
            len(computed),
            "E0322",
            "`reshape` can work out one size only",
            f"expected sizes of its input {x} but for one, found {' and '.join(map(str, computed))}",
            option="to",
        )

    def shape(self, *inputs: Shape) -> Shape:
        return Shape.of(*self.to, axes="".join(self.axes) if self.axes else None)

    def function(self, *inputs: Shape) -> Call:
        return Call("Tensor.reshape", (Operand(0), *(self._at_run_time(size, inputs[0]) for size in self.to)))

    def _at_run_time(self, size: Dim, x: Shape) -> int | Call:
        if isinstance(size, int):
            return size
        return Call("Tensor.size", (Operand(0), x.dims.index(size))) if size in x.dims else -1


class Select(Op):
    """(N, T, D) -> (N, D) with axis T: one entry of an axis, which disappears.

    `- cls: {op: select, axis: T, index: 0}`

    torch.select; a negative index counts from the end.
    """

    name: ClassVar[str] = "select"
    summary: ClassVar[str] = "one entry of an axis"
    aliases: ClassVar[dict[str, str]] = {"dim": "axis"}

    axis: Axis
    index: Annotated[int, Limits(ge=-(2**20), le=2**20)] = 0

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        (x,) = inputs
        yield from axis_exists(self.name, x, self.axis)
        yield from not_the_batch(self.name, x, self.axis)
        size = x.dims[x.axis(self.axis)]
        yield Demand(
            size,
            ">=",
            self.index + 1 if self.index >= 0 else -self.index,
            "E0320",
            f"the index of `select` is outside axis {self.axis}",
            f"expected an index of the {size} entries along {self.axis} of {x}, found {self.index}",
            option="index",
        )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        at = x.axis(self.axis)
        return Shape(x.dims[:at] + x.dims[at + 1 :], x.axes[:at] + x.axes[at + 1 :])

    def function(self, *inputs: Shape) -> Call:
        at = inputs[0].axis(self.axis)
        return Call("operator.getitem", (Operand(0), (*(Slice(),) * at, self.index)))


class Split(Op):
    """(N, C, H, W) -> parts of (N, C / parts, H, W): an axis cut into equal parts, or into the sizes given.

    `- halves: {op: split, parts: 2}`
    `- heads: {op: split, sizes: [64, 32]}`

    Along the channels, or features, if no `axis` is named. torch.split. Its outputs are `from: halves.0`,
    `from: halves.1`.
    """

    name: ClassVar[str] = "split"
    summary: ClassVar[str] = "an axis cut into parts"
    aliases: ClassVar[dict[str, str]] = {"dim": "axis", "chunks": "parts"}

    axis: Axis | None = None
    parts: Annotated[int, Limits(ge=2, le=1024)] | None = None
    sizes: Extents | None = None

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        (x,) = inputs
        label = channels_or(self.axis, x)
        yield from axis_exists(self.name, x, label)
        yield from not_the_batch(self.name, x, label)
        yield Demand(
            int((self.parts is None) != (self.sizes is None)),
            "==",
            1,
            "E0321",
            "`split` needs either `parts` or `sizes`",
            "expected one of them, found " + ("neither" if self.parts is None else "both"),
        )
        size = x.dims[x.axis(label)]
        if self.sizes is not None:
            yield Demand(
                size,
                "==",
                sum(self.sizes),
                "E0321",
                "the sizes of `split` do not add up to its axis",
                f"expected a sum of {size}, found {sum(self.sizes)}",
                option="sizes",
            )
        elif self.parts is not None:
            yield Demand(
                self.parts,
                "divides",
                size,
                "E0321",
                "`split` cannot cut its axis into equal parts",
                f"expected a divisor of {size}, found {self.parts}",
                option="parts",
            )

    def shape(self, *inputs: Shape) -> tuple[Shape, ...]:
        (x,) = inputs
        at = x.axis(channels_or(self.axis, x))
        if self.sizes is not None:
            return tuple(x.replace(at, size) for size in self.sizes)
        parts = self.parts or 1
        return (x.replace(at, x.dims[at] // parts),) * parts

    def function(self, *inputs: Shape) -> Call:
        at = inputs[0].axis(channels_or(self.axis, inputs[0]))
        if self.sizes is not None:
            return Call("torch.split", (Operand(0), self.sizes), (("dim", at),))
        return Call("torch.chunk", (Operand(0), self.parts), (("dim", at),))


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
    yield Demand(
        int(sorted(axes) == sorted(order) and order[0] == axes[0]),
        "==",
        1,
        "E0310",
        f"the order of `{op}` does not name each axis once, the batch first",
        f"expected {', '.join(axes)} in some order, found {', '.join(order)}",
        help=_relabelled(axes, order),
        option="order",
    )


def _relabelled(axes: str, order: tuple[str, ...]) -> str | None:
    """The order meant, where one label is another's: features of tokens are C when they were channels."""
    strange, left = set(order) - set(axes), set(axes) - set(order)
    if len(strange) != 1 or len(left) != 1 or len(order) != len(axes):
        return None
    (wrong,), (right,) = strange, left
    return f"write `order: {''.join(order).replace(wrong, right)}`: the axis called {wrong} here has the label {right}"


OPS: tuple[type[Op], ...] = (Identity, Flatten, Permute, Reshape, Select, Split)
