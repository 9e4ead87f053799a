"""The fully connected layer."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import ClassVar

from archspec.ops.base import APART, TAKEN, Call, Op
from archspec.ops.fields import Channels
from archspec.ops.spatial import said
from archspec.shapes import Demand, Dim, Shape, nominal

FEATURE_AXES = "CD"
TOKEN_AXES = "CDT"
"""What a linear may mix: features, or, after a permute, tokens (Tolstikhin et al. 2021, MLP-Mixer)."""
FIXED = "needs a fixed number of"


class Linear(Op):
    """(N, *, D) -> (N, *, out), over the last axis: features (C or D), or tokens (T), as many at every size.

    `- fc: {op: linear, out: num_classes}`

    torch.nn.Linear.
    """

    name: ClassVar[str] = "linear"
    summary: ClassVar[str] = "fully connected layer over the last axis"
    weighted: ClassVar[int] = 1
    aliases: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("activation", "act", "norm"), APART),
        "out_features": "out",
        "units": "out",
        "features": "out",
        "use_bias": "bias",
        **dict.fromkeys(("in_features", "in"), TAKEN),
    }

    out: Channels
    bias: bool = True

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        yield from last_axis_holds(TOKEN_AXES, self.name, inputs[0])

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return x.replace(x.rank - 1, self.out)

    def tensors(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        weight = (self.out, features(inputs[0]))
        return {"weight": weight, "bias": (self.out,)} if self.bias else {"weight": weight}

    def macs(self, *inputs: Shape) -> Dim:
        (x,) = inputs
        return self.out * features(x) * prod(x.dims[:-1])

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.Linear", (features(inputs[0]), self.out), said(bias=(self.bias, True)))

    def label(self, *inputs: Shape) -> str:
        return f"fc {self.out}"


def features(x: Shape) -> int:
    """The size of the last axis."""
    size = x.dims[-1]
    return size if isinstance(size, int) else nominal(size)


def last_axis_holds_features(op: str, x: Shape) -> Iterator[Demand]:
    """The demand that the last axis holds features and is a number, not the width of a map."""
    return last_axis_holds(FEATURE_AXES, op, x)


def last_axis_holds(labels: str, op: str, x: Shape) -> Iterator[Demand]:
    """The demand that the last axis has one of these labels and is a number."""
    yield Demand(
        int(x.axes[-1] in labels and x.rank > 1),
        "==",
        1,
        "E0314",
        f"`{op}` on a feature map",
        f"it works on the last axis: expected features (C or D), found {x.axes[-1]} of {x.axes} {x}",
        "put {op: flatten} before it"
        if x.dims[2:] == (1, 1)
        else "put {op: flatten} or {op: adaptive_avg_pool2d, size: 1} and {op: flatten} before it",
    )
    yield from _fixed(op, x.axes[-1], x.dims[-1])


def fixed_features(op: str, x: Shape) -> Iterator[Demand]:
    """The demand that the features which an op has weights for are as many as at the nominal size."""
    return _fixed(op, x.axes[x.channel_axis], x.dims[x.channel_axis])


def _fixed(op: str, label: str, size: Dim) -> Iterator[Demand]:
    if isinstance(size, int):
        return
    expected = size.at({})
    what, before = ("tokens", "patches") if label == "T" else ("features", "flatten")
    yield Demand(
        size if expected is not None else 0,
        "==",
        expected if expected is not None else 1,
        "E0314",
        f"`{op}` {FIXED} {what}",
        f"expected {expected}, as at the nominal size, found {size}"
        if expected is not None
        else f"found {size} {what}, which depends on the size of the input",
        f"put {{op: adaptive_avg_pool2d, size: 1}} before the {before}"
        + ("" if expected is not None else ", or give H and W a nominal size in `input:`"),
    )


OPS: tuple[type[Op], ...] = (Linear,)
