"""Attention within the windows of a map, and maps cut into patches: channels last, as transformers have them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from archspec.ops.attention import heads_divide
from archspec.ops.base import TAKEN, Call, Op, Operand, Tiles, Window, pair
from archspec.ops.fields import Count, Kernels, Limits, Paddings, Probability
from archspec.ops.spatial import ceil_div, channels_last, said, times
from archspec.shapes import Demand, Dim, Shape

_HIDDEN = 512
"""Features of the perceptron that makes the biases of the second version."""


class WindowAttention(Op):
    """(N, H, W, C) -> the same. Each place attends to those of its window, with a learned bias for each offset.

    `- attn: {op: window_attention, heads: 3, window: 7, shift: 3}`

    Windows tile the map from the top left, which is filled up with zeros to whole ones. With a `shift` they start that
    many rows and columns further, and those that hang over the edge are cut there; along a side of a single window
    nothing is shifted. Liu et al. 2021 (Swin Transformer, sec. 3.2), torchvision's ShiftedWindowAttention: the biases
    start from a truncated normal distribution, `init` of `linear` fills its two linears as well. Its MACs are those of
    the projections and the two products, filled-up places included; it counts as two weighted layers, as `attention`.
    """

    name: ClassVar[str] = "window_attention"
    summary: ClassVar[str] = "attention within windows of a map"
    weighted: ClassVar[int] = 2
    piece: ClassVar[str] = "WindowAttention"
    linears: ClassVar[tuple[str, ...]] = ("qkv", "proj")
    ranks: ClassVar[frozenset[int] | None] = frozenset({4})
    aliases: ClassVar[dict[str, str]] = {
        "num_heads": "heads",
        "window_size": "window",
        "shift_size": "shift",
        "qkv_bias": "bias",
        "attention_dropout": "dropout",
        "dim": TAKEN,
    }

    heads: Count
    window: Kernels
    shift: Paddings = 0
    bias: bool = True
    dropout: Probability = 0.0

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        (x,) = inputs
        yield from channels_last(self.name, x)
        yield heads_divide(self.name, self.heads, x.channels)
        for size, shift in zip(pair(self.window), pair(self.shift), strict=True):
            yield Demand(
                size,
                ">=",
                shift + 1,
                "E0320",
                f"the shift of `{self.name}` is a whole window",
                f"expected less than the window's {size}, found {shift}",
                "the paper shifts by half a window: `shift: window // 2`",
                option="shift",
            )

    def tensors(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        rows, columns = pair(self.window)
        places = (2 * rows - 1) * (2 * columns - 1)
        return {"relative_position_bias_table": (places, self.heads), **self._projections(inputs[0].channels)}

    def buffers(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        rows, columns = pair(self.window)
        return {"relative_position_index": ((rows * columns) * (rows * columns),)}

    def macs(self, *inputs: Shape) -> Dim:
        batch, height, width, channels = inputs[0].dims
        rows, columns = pair(self.window)
        windows = ceil_div(height, rows) * ceil_div(width, columns)
        places = rows * columns
        return batch * windows * (channels * places * (4 * channels + 2 * places))

    def receptive(self) -> Tiles:
        return Tiles()

    def module(self, *inputs: Shape) -> Call:
        return Call(
            f"support.{self.piece}",
            (inputs[0].channels, self.heads, pair(self.window)),
            said(shift=(pair(self.shift), (0, 0)), bias=(self.bias, True), dropout=(self.dropout, 0.0)),
        )

    def label(self, *inputs: Shape) -> str:
        shifted = "shifted " if any(pair(self.shift)) else ""
        return f"{times(self.window)} {shifted}window attention, {self.heads} heads"

    def _projections(self, width: int) -> dict[str, tuple[int, ...]]:
        if not self.bias:
            return {"qkv.weight": (3 * width, width), "proj.weight": (width, width)}
        return {
            "qkv.weight": (3 * width, width),
            "qkv.bias": (3 * width,),
            "proj.weight": (width, width),
            "proj.bias": (width,),
        }


class WindowAttentionV2(WindowAttention):
    """(N, H, W, C) -> the same. As `window_attention`, by the cosine of queries and keys, with a bias that is computed.

    `- attn: {op: window_attention_v2, heads: 3, window: 8, shift: 4}`

    Each head has a learned factor for its cosines, and a small perceptron makes the biases from the logarithms of the
    offsets. Liu et al. 2022 (Swin Transformer V2, sec. 3), torchvision's ShiftedWindowAttentionV2; as there, keys have
    no bias. `init` of `linear` fills its four linears as well, and the MACs of the perceptron count, once a batch.
    """

    name: ClassVar[str] = "window_attention_v2"
    summary: ClassVar[str] = "cosine attention within windows of a map"
    piece: ClassVar[str] = "WindowAttentionV2"
    linears: ClassVar[tuple[str, ...]] = ("qkv", "proj", "cpb_mlp.0", "cpb_mlp.2")

    def tensors(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        return {
            "logit_scale": (self.heads, 1, 1),
            **self._projections(inputs[0].channels),
            "cpb_mlp.0.weight": (_HIDDEN, 2),
            "cpb_mlp.0.bias": (_HIDDEN,),
            "cpb_mlp.2.weight": (self.heads, _HIDDEN),
        }

    def buffers(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        rows, columns = pair(self.window)
        return {"relative_coords_table": (1, 2 * rows - 1, 2 * columns - 1, 2), **super().buffers(*inputs)}

    def macs(self, *inputs: Shape) -> Dim:
        rows, columns = pair(self.window)
        return super().macs(*inputs) + (2 * rows - 1) * (2 * columns - 1) * (_HIDDEN * (2 + self.heads))


class SpaceToDepth(Op):
    """(N, H, W, C) -> (N, ceil(H / size), ceil(W / size), C * size^2): the places of each patch become channels.

    `- patches: {op: space_to_depth, size: 2}`

    The first column of a patch comes first, from top to bottom. A map that patches do not tile is filled up with zeros
    at the bottom and right. With a linear after it the patch merging of Liu et al. 2021 (Swin Transformer, sec. 3.1).
    """

    name: ClassVar[str] = "space_to_depth"
    summary: ClassVar[str] = "the places of each patch become channels"
    ranks: ClassVar[frozenset[int] | None] = frozenset({4})
    aliases: ClassVar[dict[str, str]] = {"block_size": "size", "downscale_factor": "size", "scale": "size"}

    size: Annotated[int, Limits(ge=2, le=64)]

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        yield from channels_last(self.name, inputs[0])

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        batch, height, width, _ = x.dims
        size = self.size
        return Shape((batch, ceil_div(height, size), ceil_div(width, size), x.channels * (size * size)), x.axes)

    def receptive(self) -> Window:
        return Window((self.size, self.size), (self.size, self.size))

    def function(self, *inputs: Shape) -> Call:
        return Call("support.space_to_depth", (Operand(0), self.size))

    def label(self, *inputs: Shape) -> str:
        return f"{times(self.size)} patches"


OPS: tuple[type[Op], ...] = (WindowAttention, WindowAttentionV2, SpaceToDepth)
