"""Learned tensors that are no layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from archspec.ops.base import Call, Op, Operand, Parameter, Value
from archspec.ops.fields import Axes, Extents, Limits
from archspec.ops.linear import fixed_features
from archspec.shapes import Demand, Shape

Start = Literal["zeros", "ones", "normal", "trunc_normal", "uniform"]


class Param(Op):
    """() -> the size given. A learned tensor of its own: a class token, a position embedding.

    `- pos_embedding: {op: param, size: [1, T, D], start: normal, std: 0.02}`

    torch.nn.Parameter. A batch axis of 1 means the same for every sample: `add`, `mul` and `concat` repeat it. `start`
    says how it is filled: zeros, ones, normal or trunc_normal of deviation `std`, or uniform in [-std, std].
    """

    name: ClassVar[str] = "param"
    summary: ClassVar[str] = "a learned tensor"
    inputs: ClassVar[int | None] = 0
    aliases: ClassVar[dict[str, str]] = {"shape": "size"}

    size: Extents
    start: Start = "zeros"
    std: Annotated[float, Limits(gt=0)] = 1.0
    axes: Axes | None = None

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        if self.axes is not None:
            yield Demand(
                len(self.axes),
                "==",
                len(self.size),
                "E0310",
                "`axes` of `param` do not fit its size",
                f"expected {len(self.size)} labels, found {len(self.axes)}",
                option="axes",
            )

    def shape(self, *inputs: Shape) -> Shape:
        return Shape.of(*self.size, axes="".join(self.axes) if self.axes else None)

    def tensors(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        return {"": self.size}

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.Parameter", (filled(self.size, self.start, self.std),))

    def function(self, *inputs: Shape) -> Value:
        return Parameter()


class Scale(Op):
    """(N, *) -> the same, times a constant, or a learned number for each channel or for all.

    `- half: {op: scale, value: 0.5}`
    `- layer_scale: {op: scale, value: 0.000001, learned: true}`

    With `learned: true`, `value` is the start: LayerScale (Touvron et al. 2021), or with `per: tensor, value: 0` ReZero
    (Bachlechner et al. 2020). The tensor is (C, 1, 1) for a map, (D) for features, () for `per: tensor`.
    """

    name: ClassVar[str] = "scale"
    summary: ClassVar[str] = "a factor, constant or learned"
    aliases: ClassVar[dict[str, str]] = {"init": "value", "factor": "value"}

    value: float = 1.0
    per: Literal["channel", "tensor"] = "channel"
    learned: bool = False

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        if self.learned and self.per == "channel":
            yield from fixed_features(self.name, inputs[0])

    def tensors(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        return {"": self._size(inputs[0])} if self.learned else {}

    def module(self, *inputs: Shape) -> Call | None:
        if not self.learned:
            return None
        return Call("nn.Parameter", (Call("torch.full", (self._size(inputs[0]), self.value)),))

    def function(self, *inputs: Shape) -> Call:
        return Call("operator.mul", (Operand(0), Parameter() if self.learned else self.value))

    def label(self, *inputs: Shape) -> str:
        if self.learned:
            return "×γ" if self.per == "channel" else "×α"
        return f"×{self.value:g}".replace("-", "−")

    def _size(self, x: Shape) -> tuple[int, ...]:
        if self.per == "tensor":
            return ()
        return (x.channels, *(1,) * (x.rank - 1 - x.channel_axis))


def filled(size: tuple[int, ...], start: str, std: float) -> Call:
    """A tensor of this size, filled as `start` says, as a call."""
    if start in ("zeros", "ones"):
        return Call(f"torch.{start}", size)
    empty = Call("torch.empty", size)
    if start == "uniform":
        return Call("Tensor.uniform_", (empty, -std, std))
    if start == "trunc_normal":
        return Call("nn.init.trunc_normal_", (empty,), (("std", std),))
    return Call("Tensor.normal_", (empty,), (("std", std),))


OPS: tuple[type[Op], ...] = (Param, Scale)
