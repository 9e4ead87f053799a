"""Normalisation."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Annotated, ClassVar

from archspec.ops.base import TAKEN, Call, Op
from archspec.ops.conv import groups_divide
from archspec.ops.fields import Count, Epsilon, Limits
from archspec.ops.linear import features, fixed_features, last_axis_holds_features
from archspec.ops.spatial import channels_first, said
from archspec.shapes import Demand, Dim, Shape

EPSILON = {
    "epsilon": "eps",
    "elementwise_affine": "affine",
    "num_features": TAKEN,
    "normalized_shape": TAKEN,
    "num_channels": TAKEN,
}


class BatchNorm(Op):
    """(N, C, H, W) -> the same; also (N, C). Normalises each channel over the batch and, in evaluation, by its history.

    `- bn1: {op: batch_norm}`

    torch.nn.BatchNorm2d, BatchNorm1d; Ioffe and Szegedy 2015. `momentum` is torch's: the weight of the new batch.
    """

    name: ClassVar[str] = "batch_norm"
    summary: ClassVar[str] = "batch normalisation"
    ranks: ClassVar[frozenset[int] | None] = frozenset({2, 4})
    aliases: ClassVar[dict[str, str]] = {**EPSILON, "track_running_stats": "track"}

    eps: Epsilon = 1e-5
    momentum: Annotated[float, Limits(gt=0, le=1)] = 0.1
    affine: bool = True
    track: bool = True

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        (x,) = inputs
        yield from channels_first(self.name, x)
        if self.track or self.affine:
            yield from fixed_features(self.name, x)
        if not self.track:
            yield from _several(self.name, prod(x.dims[2:]), "channel", "track: true")

    def tensors(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        size = inputs[0].channels
        return {"weight": (size,), "bias": (size,)} if self.affine else {}

    def buffers(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        size = inputs[0].channels
        return {"running_mean": (size,), "running_var": (size,), "num_batches_tracked": ()} if self.track else {}

    def module(self, *inputs: Shape) -> Call:
        (x,) = inputs
        return Call(
            "nn.BatchNorm2d" if x.rank == 4 else "nn.BatchNorm1d",
            (x.channels,),
            said(
                eps=(self.eps, 1e-5),
                momentum=(self.momentum, 0.1),
                affine=(self.affine, True),
                track_running_stats=(self.track, True),
            ),
        )

    def label(self, *inputs: Shape) -> str:
        return "BN"


class LayerNorm(Op):
    """(N, *, D) -> the same. Normalises over the last axis, which must hold features (C or D).

    `- ln: {op: layer_norm, eps: 0.000001}`

    torch.nn.LayerNorm; Ba et al. 2016.
    """

    name: ClassVar[str] = "layer_norm"
    summary: ClassVar[str] = "layer normalisation over the last axis"
    aliases: ClassVar[dict[str, str]] = EPSILON

    eps: Epsilon = 1e-5
    affine: bool = True
    bias: bool = True

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        yield from last_axis_holds_features(self.name, inputs[0])

    def tensors(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        return _affine(features(inputs[0]), self.affine, self.bias)

    def module(self, *inputs: Shape) -> Call:
        return Call(
            "nn.LayerNorm",
            (features(inputs[0]),),
            said(eps=(self.eps, 1e-5), elementwise_affine=(self.affine, True), bias=(self.bias, True)),
        )

    def label(self, *inputs: Shape) -> str:
        return "LN"


class LayerNorm2d(Op):
    """(N, C, H, W) -> the same. Normalises over the channels at each place of a map.

    `- {op: layer_norm2d, eps: 0.000001}`

    torchvision's LayerNorm2d; Liu et al. 2022 (ConvNeXt).
    """

    name: ClassVar[str] = "layer_norm2d"
    summary: ClassVar[str] = "layer normalisation over the channels of a map"
    ranks: ClassVar[frozenset[int] | None] = frozenset({4})
    aliases: ClassVar[dict[str, str]] = EPSILON

    eps: Epsilon = 1e-5
    affine: bool = True
    bias: bool = True

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        yield from channels_first(self.name, inputs[0])

    def tensors(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        return _affine(inputs[0].channels, self.affine, self.bias)

    def module(self, *inputs: Shape) -> Call:
        return Call(
            "support.LayerNorm2d",
            (inputs[0].channels,),
            said(eps=(self.eps, 1e-5), elementwise_affine=(self.affine, True), bias=(self.bias, True)),
        )

    def label(self, *inputs: Shape) -> str:
        return "LN"


class GroupNorm(Op):
    """(N, C, H, W) -> the same. Normalises groups of channels of each sample.

    `- gn: {op: group_norm, groups: 32}`

    torch.nn.GroupNorm; Wu and He 2018. One group is layer normalisation over the whole map, C groups instance norm.
    """

    name: ClassVar[str] = "group_norm"
    summary: ClassVar[str] = "group normalisation"
    ranks: ClassVar[frozenset[int] | None] = frozenset({4})
    aliases: ClassVar[dict[str, str]] = {**EPSILON, "num_groups": "groups"}

    groups: Count
    eps: Epsilon = 1e-5
    affine: bool = True

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        yield from channels_first(self.name, inputs[0])
        yield from groups_divide(self.name, self.groups, inputs[0].channels)
        values = inputs[0].channels // self.groups * prod(inputs[0].dims[2:])
        yield from _several(self.name, values, "group", "fewer groups, or normalise before the map is pooled")

    def tensors(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        return _affine(inputs[0].channels, self.affine, True)

    def module(self, *inputs: Shape) -> Call:
        return Call(
            "nn.GroupNorm", (self.groups, inputs[0].channels), said(eps=(self.eps, 1e-5), affine=(self.affine, True))
        )

    def label(self, *inputs: Shape) -> str:
        return "GN"


def _several(op: str, values: Dim, of: str, help: str) -> Iterator[Demand]:
    yield Demand(
        values,
        ">=",
        2,
        "E0327",
        f"`{op}` of a single sample has one value to normalise",
        f"expected at least 2 values for each {of} of a sample, found {values}",
        help,
    )


def _affine(size: int, affine: bool, bias: bool) -> dict[str, tuple[int, ...]]:
    if not affine:
        return {}
    return {"weight": (size,), "bias": (size,)} if bias else {"weight": (size,)}


OPS: tuple[type[Op], ...] = (BatchNorm, LayerNorm, LayerNorm2d, GroupNorm)
