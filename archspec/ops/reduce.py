"""Ops that make one value of many along whole axes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from archspec.ops.base import Call, GlobalWindow, Op, Operand
from archspec.ops.fields import Axes
from archspec.ops.named_axes import axis_exists, not_the_batch
from archspec.shapes import Demand, Shape

_FEATURES = frozenset("CD")


class Mean(Op):
    """(N, T, D) -> (N, D) with axes T; with keepdim: (N, C, H, W) -> (N, C, 1, 1) with axes HW.

    `- pool: {op: mean, axes: T}`

    torch.mean over the axes named, which disappear unless `keepdim: true`.
    """

    name: ClassVar[str] = "mean"
    summary: ClassVar[str] = "the mean over axes"
    aliases: ClassVar[dict[str, str]] = {"axis": "axes", "dim": "axes", "keep": "keepdim"}

    axes: Axes
    keepdim: bool = False

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        (x,) = inputs
        for label in self.axes:
            yield from axis_exists(self.name, x, label, "axes")
            yield from not_the_batch(self.name, x, label, "axes")
        yield Demand(
            len(set(self.axes)),
            "==",
            len(self.axes),
            "E0310",
            "`mean` names an axis twice",
            f"expected different axes, found {', '.join(self.axes)}",
            option="axes",
        )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        kept = [(1 if label in self.axes else size, label) for size, label in zip(x.dims, x.axes, strict=True)]
        if not self.keepdim:
            kept = [(size, label) for size, label in kept if label not in self.axes]
        return Shape(tuple(size for size, _ in kept), "".join(label for _, label in kept))

    def receptive(self) -> GlobalWindow | None:
        return None if _FEATURES.issuperset(self.axes) else GlobalWindow()

    def function(self, *inputs: Shape) -> Call:
        (x,) = inputs
        places = tuple(x.axis(label) for label in self.axes)
        over = places if len(places) > 1 else places[0]
        return Call("Tensor.mean", (Operand(0), over), (("keepdim", True),) if self.keepdim else ())

    def label(self, *inputs: Shape) -> str:
        return f"mean over {', '.join(self.axes)}"


OPS: tuple[type[Op], ...] = (Mean,)
