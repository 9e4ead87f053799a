"""Convolutions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from archspec.ops.base import APART, TAKEN, Call, Op, Window, pair
from archspec.ops.fields import Channels, ConvPadding, Count, Kernels, Paddings, SamePadding
from archspec.ops.spatial import ceil_div, channels_first, fits, holes, not_empty, reach, said, slide, step, times
from archspec.shapes import Demand, Dim, Shape

TORCH_NAMES = {
    **dict.fromkeys(("activation", "act", "norm", "bn"), APART),
    **dict.fromkeys(("kernel_size", "size"), "kernel"),
    "out_channels": "out",
    "filters": "out",
    "channels": "out",
    "strides": "stride",
    "pad": "padding",
    "p": "padding",
    "k": "kernel",
    "s": "stride",
    "dilation_rate": "dilation",
    "use_bias": "bias",
    **dict.fromkeys(("in_channels", "in", "inplanes"), TAKEN),
}


class Conv2d(Op):
    """(N, C, H, W) -> (N, out, H', W') with H' = floor((H + 2*padding - dilation*(kernel - 1) - 1) / stride) + 1.

    `- conv1: {op: conv2d, out: 64, kernel: 7, stride: 2, padding: 3, bias: false}`

    `padding: same` keeps the size (stride 1). `padding: tf_same` is TensorFlow's: H' = ceil(H / stride), the padding
    depends on the size and its odd row goes to the bottom. torch.nn.Conv2d.
    """

    name: ClassVar[str] = "conv2d"
    summary: ClassVar[str] = "2-D convolution"
    ranks: ClassVar[frozenset[int] | None] = frozenset({4})
    weighted: ClassVar[int] = 1
    aliases: ClassVar[dict[str, str]] = TORCH_NAMES

    out: Channels
    kernel: Kernels
    stride: Kernels = 1
    padding: ConvPadding = 0
    dilation: Kernels = 1
    groups: Count = 1
    bias: bool = True

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        (x,) = inputs
        yield from channels_first(self.name, x)
        yield from groups_divide(self.name, self.groups, x.channels, self.out)
        if self.padding == "same":
            for stride in pair(self.stride):
                yield Demand(
                    stride,
                    "==",
                    1,
                    "E0319",
                    "`padding: same` needs a stride of 1",
                    f"expected stride 1, found {stride}",
                    "padding: tf_same, or padding: kernel//2 for an odd kernel",
                    option="stride",
                )
        elif self.padding != "tf_same":
            (height, width), (top, left) = x.dims[2:], pair(self.padding)
            yield from fits(self.name, x, (height + 2 * top, width + 2 * left), self._reach)

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return Shape((x.dims[0], self.out, *self._map(x)), x.axes)

    def tensors(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        weight = (self.out, inputs[0].channels // self.groups, *pair(self.kernel))
        return {"weight": weight, "bias": (self.out,)} if self.bias else {"weight": weight}

    def macs(self, *inputs: Shape) -> Dim:
        (x,) = inputs
        (height, width), (rows, columns) = self._map(x), pair(self.kernel)
        return self.out * (x.channels // self.groups) * rows * columns * (x.dims[0] * (height * width))

    def receptive(self) -> Window:
        tall, wide = self._reach
        stride = pair(self.stride)
        if isinstance(self.padding, str):
            same = (1, 1) if self.padding == "same" else stride
            return Window((tall, wide), stride, (max(tall - same[0], 0) // 2, max(wide - same[1], 0) // 2))
        return Window((tall, wide), stride, pair(self.padding))

    def module(self, *inputs: Shape) -> Call:
        padding = 0 if self.padding == "tf_same" else self.padding
        return Call(
            "support.Conv2dSame" if self.padding == "tf_same" else "nn.Conv2d",
            (inputs[0].channels, self.out),
            (
                ("kernel_size", self.kernel),
                *said(
                    stride=(self.stride, 1),
                    padding=(padding, 0),
                    dilation=(self.dilation, 1),
                    groups=(self.groups, 1),
                    bias=(self.bias, True),
                ),
            ),
        )

    def label(self, *inputs: Shape) -> str:
        depthwise = self.groups != 1 and self.groups == inputs[0].channels
        kind = "dw conv" if depthwise else "conv" if self.groups == 1 else f"conv g{self.groups}"
        return f"{times(self.kernel)} {kind}, {self.out}{holes(self.dilation)}{step(self.stride)}"

    @property
    def _reach(self) -> tuple[int, int]:
        return reach(pair(self.kernel), pair(self.dilation))

    def _map(self, x: Shape) -> tuple[Dim, Dim]:
        height, width = x.dims[2:]
        if self.padding == "same":
            return height, width
        stride = pair(self.stride)
        if self.padding == "tf_same":
            return ceil_div(height, stride[0]), ceil_div(width, stride[1])
        return slide(x, pair(self.kernel), stride, pair(self.padding), pair(self.dilation))


class ConvTranspose2d(Op):
    """(N, C, H, W) -> (N, out, H', W'), H' = (H - 1)*stride - 2*padding + dilation*(kernel - 1) + output_padding + 1.

    `- up: {op: conv_transpose2d, out: 64, kernel: 2, stride: 2}`

    `padding: tf_same` is TensorFlow's: H' = H * stride, of an odd number of rows to cut the last at the bottom.
    torch.nn.ConvTranspose2d.
    """

    name: ClassVar[str] = "conv_transpose2d"
    summary: ClassVar[str] = "2-D transposed convolution"
    ranks: ClassVar[frozenset[int] | None] = frozenset({4})
    weighted: ClassVar[int] = 1
    aliases: ClassVar[dict[str, str]] = TORCH_NAMES

    out: Channels
    kernel: Kernels
    stride: Kernels = 1
    padding: SamePadding = 0
    output_padding: Paddings = 0
    groups: Count = 1
    bias: bool = True
    dilation: Kernels = 1

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        (x,) = inputs
        yield from channels_first(self.name, x)
        yield from groups_divide(self.name, self.groups, x.channels, self.out)
        for extra, stride, dilation in zip(
            pair(self.output_padding), pair(self.stride), pair(self.dilation), strict=True
        ):
            larger = max(stride, dilation)
            if self.padding == "tf_same":
                yield Demand(
                    extra,
                    "==",
                    0,
                    "E0315",
                    "`output_padding` beside `padding: tf_same`",
                    f"the size is the input's times the stride: expected no `output_padding`, found {extra}",
                    "leave `output_padding` out",
                    option="output_padding",
                )
            yield Demand(
                larger,
                ">=",
                extra + 1,
                "E0315",
                "`output_padding` is too large",
                f"expected less than max(stride, dilation) = {larger}, found {extra}",
                option="output_padding",
            )
        yield from not_empty(self.name, x, self.shape(x))

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        return Shape((x.dims[0], self.out, self._side(x, 0), self._side(x, 1)), x.axes)

    def tensors(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        weight = (inputs[0].channels, self.out // self.groups, *pair(self.kernel))
        return {"weight": weight, "bias": (self.out,)} if self.bias else {"weight": weight}

    def macs(self, *inputs: Shape) -> Dim:
        (x,) = inputs
        rows, columns = pair(self.kernel)
        return x.channels * (self.out // self.groups) * rows * columns * (x.dims[0] * (x.dims[2] * x.dims[3]))

    def receptive(self) -> Window:
        kernel, stride = reach(pair(self.kernel), pair(self.dilation)), pair(self.stride)
        return Window(((kernel[0] - 1) // stride[0] + 1, (kernel[1] - 1) // stride[1] + 1), scale=stride)

    def module(self, *inputs: Shape) -> Call:
        padding, extra = self.padding, self.output_padding
        if padding == "tf_same":
            padding, extra = (_single(max(a, 0), max(b, 0)) for a, b in zip(*self._trims, strict=True))
        return Call(
            "support.ConvTranspose2dSame" if self._is_cut else "nn.ConvTranspose2d",
            (inputs[0].channels, self.out),
            (
                ("kernel_size", self.kernel),
                *said(
                    stride=(self.stride, 1),
                    padding=(padding, 0),
                    output_padding=(extra, 0),
                    groups=(self.groups, 1),
                    bias=(self.bias, True),
                    dilation=(self.dilation, 1),
                ),
            ),
        )

    def label(self, *inputs: Shape) -> str:
        up = pair(self.stride)
        larger = "" if up == (1, 1) else f", ×{up[0]}"
        return f"{times(self.kernel)} deconv, {self.out}{holes(self.dilation)}{larger}"

    @property
    def _trims(self) -> list[tuple[int, int]]:
        """The padding and output padding of TensorFlow's SAME along both axes, one row more where that is odd."""
        windows = zip(reach(pair(self.kernel), pair(self.dilation)), pair(self.stride), strict=True)
        return [((window - stride) // 2, stride - window) for window, stride in windows]

    @property
    def _is_cut(self) -> bool:
        """Whether a row or column is left that torch's paddings, equal on both sides, do not cut."""
        return self.padding == "tf_same" and any(extra < 0 and extra % 2 for _, extra in self._trims)

    def _side(self, x: Shape, axis: int) -> Dim:
        if self.padding == "tf_same":
            return x.dims[2 + axis] * pair(self.stride)[axis]
        kernel, stride, dilation = pair(self.kernel)[axis], pair(self.stride)[axis], pair(self.dilation)[axis]
        trim = dilation * (kernel - 1) + pair(self.output_padding)[axis] + 1 - 2 * pair(self.padding)[axis]
        return (x.dims[2 + axis] - 1) * stride + trim


def _single(height: int, width: int) -> int | tuple[int, int]:
    return height if height == width else (height, width)


def groups_divide(op: str, groups: int, channels: int, out: int | None = None) -> Iterator[Demand]:
    """The demands that groups divide the channels that come in and those that go out."""
    for side, number in (("input", channels), ("output", out)):
        if number is not None and number % groups:
            yield Demand(
                groups,
                "divides",
                number,
                "E0313",
                f"`groups` does not divide the {side} channels of `{op}`",
                f"expected a divisor of {number}, found {groups}",
                f"{side} channels that are a multiple of {groups}, or other groups",
                option="groups",
            )


OPS: tuple[type[Op], ...] = (Conv2d, ConvTranspose2d)
