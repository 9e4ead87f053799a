"""Pooling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from archspec.ops.base import Call, GlobalWindow, Op, Window, pair
from archspec.ops.fields import Kernels, SamePadding
from archspec.ops.spatial import ceil_div, channels_first, fits, holes, not_empty, reach, said, slide, step, times
from archspec.shapes import Demand, Dim, Shape

TORCH_NAMES = {
    **dict.fromkeys(("kernel_size", "size", "window"), "kernel"),
    "ceil_mode": "ceil",
    "strides": "stride",
    "pool_size": "kernel",
    "k": "kernel",
    "s": "stride",
    "pad": "padding",
    "p": "padding",
}


class _Pool(Op):
    """A window that slides over a map and leaves the channels as they are."""

    ranks: ClassVar[frozenset[int] | None] = frozenset({4})
    aliases: ClassVar[dict[str, str]] = TORCH_NAMES

    kernel: Kernels
    stride: Kernels | None = None
    padding: SamePadding = 0

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        (x,) = inputs
        yield from channels_first(self.name, x)
        if isinstance(self.padding, str):
            return
        for padding, kernel in zip(pair(self.padding), pair(self.kernel), strict=True):
            yield Demand(
                kernel,
                ">=",
                2 * padding,
                "E0316",
                f"the padding of `{self.name}` is over half its kernel",
                f"expected at most {kernel // 2}, found {padding}",
                "a smaller padding, or {op: pad2d} before it",
                option="padding",
            )
        (height, width), (top, left) = x.dims[2:], pair(self.padding)
        if self._ceil:
            yield from not_empty(self.name, x, self.shape(x))
        else:
            yield from fits(self.name, x, (height + 2 * top, width + 2 * left), self._reach)

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return Shape((*x.dims[:2], *self._map(x)), x.axes)

    def receptive(self) -> Window:
        stride = pair(self._stride)
        if isinstance(self.padding, str):
            (tall, wide) = self._reach
            return Window(self._reach, stride, (max(tall - stride[0], 0) // 2, max(wide - stride[1], 0) // 2))
        return Window(self._reach, stride, pair(self.padding))

    @property
    def _ceil(self) -> bool:
        return False

    @property
    def _dilation(self) -> tuple[int, int]:
        return 1, 1

    @property
    def _stride(self) -> int | tuple[int, int]:
        return self.kernel if self.stride is None else self.stride

    @property
    def _reach(self) -> tuple[int, int]:
        return reach(pair(self.kernel), self._dilation)

    def _map(self, x: Shape) -> tuple[Dim, Dim]:
        stride = pair(self._stride)
        if isinstance(self.padding, str):
            return ceil_div(x.dims[2], stride[0]), ceil_div(x.dims[3], stride[1])
        return slide(x, pair(self.kernel), stride, pair(self.padding), self._dilation, self._ceil)


class MaxPool2d(_Pool):
    """(N, C, H, W) -> (N, C, H', W') with H' = floor((H + 2*padding - dilation*(kernel - 1) - 1) / stride) + 1.

    `- maxpool: {op: max_pool2d, kernel: 3, stride: 2, padding: 1}`

    `stride` is the kernel where not said; `ceil: true` rounds up; `padding: tf_same` is TensorFlow's (H' = ceil(H /
    stride)). Padding counts as minus infinity. torch.nn.MaxPool2d.
    """

    name: ClassVar[str] = "max_pool2d"
    summary: ClassVar[str] = "the largest value of each window"

    dilation: Kernels = 1
    ceil: bool = False

    def module(self, *inputs: Shape) -> Call:
        if isinstance(self.padding, str):
            return Call(
                "support.MaxPool2dSame", (self.kernel,), said(stride=(self.stride, None), dilation=(self.dilation, 1))
            )
        return Call(
            "nn.MaxPool2d",
            (),
            (
                ("kernel_size", self.kernel),
                *said(
                    stride=(self.stride, None),
                    padding=(self.padding, 0),
                    dilation=(self.dilation, 1),
                    ceil_mode=(self.ceil, False),
                ),
            ),
        )

    def label(self, *inputs: Shape) -> str:
        return f"{times(self.kernel)} max pool{holes(self._dilation)}{step(self._stride)}"

    @property
    def _ceil(self) -> bool:
        return self.ceil

    @property
    def _dilation(self) -> tuple[int, int]:
        return pair(self.dilation)


class AvgPool2d(_Pool):
    """(N, C, H, W) -> (N, C, H', W') with H' = floor((H + 2*padding - kernel) / stride) + 1.

    `- pool: {op: avg_pool2d, kernel: 2}`

    `stride` is the kernel where not said; `ceil: true` rounds up; `padding: tf_same` is TensorFlow's, which averages
    real values only. torch.nn.AvgPool2d.
    """

    name: ClassVar[str] = "avg_pool2d"
    summary: ClassVar[str] = "the mean of each window"

    ceil: bool = False
    count_include_pad: bool = True

    def module(self, *inputs: Shape) -> Call:
        if isinstance(self.padding, str):
            return Call("support.AvgPool2dSame", (self.kernel,), said(stride=(self.stride, None)))
        return Call(
            "nn.AvgPool2d",
            (),
            (
                ("kernel_size", self.kernel),
                *said(
                    stride=(self.stride, None),
                    padding=(self.padding, 0),
                    ceil_mode=(self.ceil, False),
                    count_include_pad=(self.count_include_pad, True),
                ),
            ),
        )

    def label(self, *inputs: Shape) -> str:
        return f"{times(self.kernel)} avg pool{step(self._stride)}"

    @property
    def _ceil(self) -> bool:
        return self.ceil


class _AdaptivePool(Op):
    """A map of any size brought to a given one."""

    ranks: ClassVar[frozenset[int] | None] = frozenset({4})
    aliases: ClassVar[dict[str, str]] = {"output_size": "size", "out": "size"}

    size: Kernels

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        yield from channels_first(self.name, inputs[0])

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return Shape((*x.dims[:2], *pair(self.size)), x.axes)

    def receptive(self) -> GlobalWindow:
        return GlobalWindow()


class AdaptiveAvgPool2d(_AdaptivePool):
    """(N, C, H, W) -> (N, C, size, size); size 1 is global average pooling.

    `- avgpool: {op: adaptive_avg_pool2d, size: 1}`

    torch.nn.AdaptiveAvgPool2d; Lin et al. 2013 (Network in Network).
    """

    name: ClassVar[str] = "adaptive_avg_pool2d"
    summary: ClassVar[str] = "means over a grid of windows of any size"

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.AdaptiveAvgPool2d", (self.size,))

    def label(self, *inputs: Shape) -> str:
        return "global avg pool" if pair(self.size) == (1, 1) else f"avg pool to {times(self.size)}"


class AdaptiveMaxPool2d(_AdaptivePool):
    """(N, C, H, W) -> (N, C, size, size); size 1 is global max pooling.

    `- pool: {op: adaptive_max_pool2d, size: 1}`

    torch.nn.AdaptiveMaxPool2d.
    """

    name: ClassVar[str] = "adaptive_max_pool2d"
    summary: ClassVar[str] = "maxima over a grid of windows of any size"

    def module(self, *inputs: Shape) -> Call:
        return Call("nn.AdaptiveMaxPool2d", (self.size,))

    def label(self, *inputs: Shape) -> str:
        return "global max pool" if pair(self.size) == (1, 1) else f"max pool to {times(self.size)}"


OPS: tuple[type[Op], ...] = (MaxPool2d, AvgPool2d, AdaptiveAvgPool2d, AdaptiveMaxPool2d)
