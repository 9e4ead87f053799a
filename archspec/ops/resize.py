"""Ops that take a map to another size without a learned window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from archspec.ops.base import Call, Op, Operand, Slice, SteppedAs, Window, pair
from archspec.ops.conv import groups_divide
from archspec.ops.fields import Count, Kernels, Limits
from archspec.ops.spatial import ceil_div, channels_first, said, step
from archspec.shapes import Demand, Shape

MAPS = frozenset({4})

_REACH = {"nearest": 1, "bilinear": 2, "bicubic": 4}
"""How many values of a row an interpolated one depends on."""


class Subsample2d(Op):
    """(N, C, H, W) -> (N, C, ceil(H / stride), ceil(W / stride)): every stride-th row and column.

    `- sub: {op: subsample2d, stride: 2}`

    `x[:, :, ::2, ::2]`; what a 1x1 convolution of that stride reads.
    """

    name: ClassVar[str] = "subsample2d"
    summary: ClassVar[str] = "every stride-th row and column"
    ranks: ClassVar[frozenset[int] | None] = MAPS

    stride: Kernels

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        yield from channels_first(self.name, inputs[0])

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rows, columns = pair(self.stride)
        return Shape((*x.dims[:2], ceil_div(x.dims[2], rows), ceil_div(x.dims[3], columns)), x.axes)

    def receptive(self) -> Window:
        return Window((1, 1), pair(self.stride))

    def function(self, *inputs: Shape) -> Call:
        rows, columns = pair(self.stride)
        index = (Slice(), Slice(), Slice(None, None, rows), Slice(None, None, columns))
        return Call("operator.getitem", (Operand(0), index))

    def label(self, *inputs: Shape) -> str:
        return f"subsample{step(self.stride)}"


class Upsample2d(Op):
    """(N, C, H, W) -> (N, C, scale*H, scale*W).

    `- up: {op: upsample2d, scale: 2, mode: bilinear, align_corners: true}`

    torch.nn.Upsample. `align_corners` is for bilinear and bicubic.
    """

    name: ClassVar[str] = "upsample2d"
    summary: ClassVar[str] = "a whole multiple of height and width"
    ranks: ClassVar[frozenset[int] | None] = MAPS
    aliases: ClassVar[dict[str, str]] = {"scale_factor": "scale", "factor": "scale"}

    scale: Kernels
    mode: Literal["nearest", "bilinear", "bicubic"] = "nearest"
    align_corners: bool = False

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        yield from channels_first(self.name, inputs[0])
        yield _corners(self.mode, self.align_corners)

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rows, columns = pair(self.scale)
        return Shape((*x.dims[:2], x.dims[2] * rows, x.dims[3] * columns), x.axes)

    def receptive(self) -> Window:
        reach = _REACH[self.mode]
        return Window((reach, reach), scale=pair(self.scale))

    def module(self, *inputs: Shape) -> Call:
        return Call(
            "nn.Upsample",
            (),
            (
                ("scale_factor", self.scale),
                *said(mode=(self.mode, "nearest"), align_corners=(self.align_corners, False)),
            ),
        )

    def label(self, *inputs: Shape) -> str:
        return f"upsample ×{pair(self.scale)[0]}"


class ResizeLike(Op):
    """(N, C, H, W), (N, K, H', W') -> (N, C, H', W'): the first input at the size of the second.

    `- up: {op: resize_like, from: [deep, skip], mode: bilinear}`

    torch.nn.functional.interpolate.
    """

    name: ClassVar[str] = "resize_like"
    summary: ClassVar[str] = "the first input at the size of the second"
    inputs: ClassVar[int | None] = 2
    ranks: ClassVar[frozenset[int] | None] = MAPS

    mode: Literal["nearest", "bilinear", "bicubic"] = "nearest"
    align_corners: bool = False

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        for x in inputs:
            yield from channels_first(self.name, x)
        yield _corners(self.mode, self.align_corners)

    def shape(self, *inputs: Shape) -> Shape:
        x, like = inputs
        return Shape((*x.dims[:2], *like.dims[2:]), x.axes)

    def receptive(self) -> SteppedAs:
        return SteppedAs(1)

    def function(self, *inputs: Shape) -> Call:
        size = Call("operator.getitem", (Call("Tensor.size", (Operand(1),)), Slice(2)))
        options = said(mode=(self.mode, "nearest"), align_corners=(self.align_corners, False))
        return Call("F.interpolate", (Operand(0),), (("size", size), *options))


class CropLike(Op):
    """(N, C, H, W), (N, K, H', W') -> (N, C, H', W'): the centre of the first input, as large as the second.

    `- crop: {op: crop_like, from: [enc3, up]}`

    The copy and crop of U-Net (Ronneberger et al. 2015). An odd row or column is cut at the bottom or right.
    """

    name: ClassVar[str] = "crop_like"
    summary: ClassVar[str] = "the centre of the first input, as large as the second"
    inputs: ClassVar[int | None] = 2
    ranks: ClassVar[frozenset[int] | None] = MAPS

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        x, like = inputs
        for each in inputs:
            yield from channels_first(self.name, each)
        for side, size, target in zip(("height", "width"), x.dims[2:], like.dims[2:], strict=True):
            yield Demand(
                size,
                ">=",
                target,
                "E0325",
                "`crop_like` cannot make a map larger",
                f"expected a {side} of at least {target}, found {size}",
                "swap the inputs, or use resize_like",
                operand=0,
            )

    def shape(self, *inputs: Shape) -> Shape:
        x, like = inputs
        return Shape((*x.dims[:2], *like.dims[2:]), x.axes)

    def function(self, *inputs: Shape) -> Call:
        return Call("support.crop_like", (Operand(0), Operand(1)))


class PixelShuffle(Op):
    """(N, C * scale^2, H, W) -> (N, C, scale*H, scale*W): channels become places.

    `- up: {op: pixel_shuffle, scale: 2}`

    torch.nn.PixelShuffle; Shi et al. 2016.
    """

    name: ClassVar[str] = "pixel_shuffle"
    summary: ClassVar[str] = "channels become places"
    ranks: ClassVar[frozenset[int] | None] = MAPS
    aliases: ClassVar[dict[str, str]] = {"upscale_factor": "scale"}

    scale: Annotated[int, Limits(ge=1, le=64)]

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        (x,) = inputs
        yield from channels_first(self.name, x)
        yield Demand(
            self.scale * self.scale,
            "divides",
            x.channels,
            "E0313",
            "`pixel_shuffle` needs channels that its squared scale divides",
            f"expected a multiple of {self.scale * self.scale}, found {x.channels}",
            option="scale",
        )

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return Shape(
            (x.dims[0], x.channels // (self.scale * self.scale), x.dims[2] * self.scale, x.dims[3] * self.scale), x.axes
        )

    def receptive(self) -> Window:
        return Window((1, 1), scale=(self.scale, self.scale))

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.PixelShuffle", (self.scale,))


class ChannelShuffle(Op):
    """(N, C, H, W) -> the same, with the channels of all groups dealt out in turn.

    `- shuffle: {op: channel_shuffle, groups: 2}`

    torch.nn.ChannelShuffle; Zhang et al. 2017 (ShuffleNet).
    """

    name: ClassVar[str] = "channel_shuffle"
    summary: ClassVar[str] = "the channels of all groups in turn"
    ranks: ClassVar[frozenset[int] | None] = MAPS

    groups: Count

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        yield from channels_first(self.name, inputs[0])
        yield from groups_divide(self.name, self.groups, inputs[0].channels)

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.ChannelShuffle", (self.groups,))


def _corners(mode: Any, align_corners: bool) -> Demand:
    return Demand(
        int(not align_corners or mode != "nearest"),
        "==",
        1,
        "E0326",
        "`align_corners` has no meaning for mode nearest",
        "found mode: nearest, align_corners: true",
        "mode: bilinear, or leave align_corners out",
        option="align_corners",
    )


OPS: tuple[type[Op], ...] = (Subsample2d, Upsample2d, ResizeLike, CropLike, PixelShuffle, ChannelShuffle)
