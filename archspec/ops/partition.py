"""Maps cut into windows of tokens, tokens that attend within them, and windows put back on their map."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Annotated, ClassVar

from archspec.ops.attention import heads_divide
from archspec.ops.base import TAKEN, Call, Op, Operand, SteppedAs, Tiles, pair
from archspec.ops.fields import Count, Kernels, Limits, Probability
from archspec.ops.linear import features, last_axis_holds_features
from archspec.ops.spatial import channels_first, said, times
from archspec.shapes import Demand, Dim, Shape


class WindowPartition(Op):
    """(N, C, H, W) -> (N, G, T, C): a map cut into windows, which must tile it; the places of each row by row.

    `- tokens: {op: window_partition, window: 7}`

    With `grid: true` a window's places are spread evenly over the map, as far apart as there are windows along a side,
    each window one place further: the grids of Tu et al. 2022 (MaxViT, sec. 3.2). `window_reverse` puts them back.
    """

    name: ClassVar[str] = "window_partition"
    summary: ClassVar[str] = "a map cut into windows of tokens"
    ranks: ClassVar[frozenset[int] | None] = frozenset({4})
    aliases: ClassVar[dict[str, str]] = {"window_size": "window", "partition_size": "window", "size": "window"}

    window: Kernels
    grid: bool = False

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        yield from channels_first(self.name, inputs[0])
        yield from tiles(self.name, self.window, inputs[0])

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        rows, columns = pair(self.window)
        return Shape((x.dims[0], (x.dims[2] // rows) * (x.dims[3] // columns), rows * columns, x.dims[1]), "NGTC")

    def function(self, *inputs: Shape) -> Call:
        return Call("support.window_partition", (Operand(0), pair(self.window)), said(grid=(self.grid, False)))

    def label(self, *inputs: Shape) -> str:
        return f"{times(self.window)} {'grids' if self.grid else 'windows'}"


class WindowReverse(WindowPartition):
    """(N, G, T, C), (N, K, H, W) -> (N, C, H, W): windows back on a map, which is as large as the second input.

    `- map: {op: window_reverse, from: [tokens, x], window: 7}`

    What `window_partition` of the same window makes of a map of that size, turned back.
    """

    name: ClassVar[str] = "window_reverse"
    summary: ClassVar[str] = "windows of tokens back on their map"
    inputs: ClassVar[int | None] = 2

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        x, like = inputs
        yield from channels_first(self.name, like)
        yield from tiles(self.name, self.window, like)
        batch, _, height, width = like.dims
        rows, columns = pair(self.window)
        found = {"N": batch, "G": (height // rows) * (width // columns), "T": rows * columns}
        yield Demand(
            int(x.axes == "NGTC"),
            "==",
            1,
            "E0310",
            "`window_reverse` takes the tokens of windows",
            f"expected axes NGTC, as `window_partition` makes them, found {x.axes} {x}",
            operand=0,
        )
        for (label, expected), size in zip(found.items(), x.dims, strict=False):
            yield Demand(
                size,
                "==",
                expected,
                "E0301",
                "the windows of `window_reverse` are not those of its map",
                f"expected {expected} along {label}, of a map {like} in windows of {times(self.window)}, found {size}",
                operand=0,
            )

    def shape(self, *inputs: Shape) -> Shape:
        x, like = inputs
        return Shape((x.dims[0], x.dims[3], *like.dims[2:]), like.axes)

    def receptive(self) -> SteppedAs:
        return SteppedAs(1)

    def function(self, *inputs: Shape) -> Call:
        given = (Operand(0), Operand(1), pair(self.window))
        return Call("support.window_reverse", given, said(grid=(self.grid, False)))

    def label(self, *inputs: Shape) -> str:
        return f"{super().label(*inputs)} to map"


class RelativeAttention(Op):
    """(N, T, D) or (N, G, T, D) -> the same. Tokens of a window attend to each other, with a learned bias by offset.

    `- attend: {op: relative_attention, heads: 2, window: 7}`

    The tokens are the places of a window, or of a whole map, row by row; which places those are is for the items before
    it to say: neighbours, or some that lie apart, as in the windows and grids of Tu et al. 2022 (MaxViT, sec. 3.2). Dai
    et al. 2021 (CoAtNet, sec. 2.1); torchvision's RelativePositionalMultiHeadAttention, which has one over the root of
    all features, not of a head's, as `scale`. Biases start from a truncated normal distribution, `init` of `linear`
    fills its two linears as well. MACs are those of the projections and the two products.
    """

    name: ClassVar[str] = "relative_attention"
    summary: ClassVar[str] = "attention with a bias for each offset"
    weighted: ClassVar[int] = 2
    linears: ClassVar[tuple[str, ...]] = ("to_qkv", "merge")
    ranks: ClassVar[frozenset[int] | None] = frozenset({3, 4})
    aliases: ClassVar[dict[str, str]] = {
        "num_heads": "heads",
        "window_size": "window",
        "size": "window",
        "scale_factor": "scale",
        "attention_dropout": "dropout",
        "dim": TAKEN,
        "feat_dim": TAKEN,
    }

    heads: Count
    window: Kernels
    scale: Annotated[float, Limits(gt=0)] | None = None
    bias: bool = True
    dropout: Probability = 0.0

    def demands(self, *inputs: Shape) -> Iterator[Demand]:
        (x,) = inputs
        yield from last_axis_holds_features(self.name, x)
        yield heads_divide(self.name, self.heads, features(x))
        yield Demand(
            int(x.axes[-2] == "T"),
            "==",
            1,
            "E0310",
            "`relative_attention` is among tokens",
            f"expected T as the axis before the last, found {x.axes} {x}",
            "put {op: flatten, axes: HW, into: T, order: NTC} before it",
        )
        yield Demand(
            x.dims[-2],
            "==",
            self._places,
            "E0320",
            "the window of `relative_attention` has not as many places as there are tokens",
            f"expected {self._places} tokens, the places of {times(self.window)}, found {x.dims[-2]}",
            option="window",
        )

    def tensors(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        width = features(inputs[0])
        rows, columns = pair(self.window)
        linears = (("to_qkv", 3 * width), ("merge", width))
        held = {"weight": (width,), "bias": ()} if self.bias else {"weight": (width,)}
        return {
            "relative_position_bias_table": ((2 * rows - 1) * (2 * columns - 1), self.heads),
            **{f"{linear}.{tensor}": (out, *rest) for linear, out in linears for tensor, rest in held.items()},
        }

    def buffers(self, *inputs: Shape) -> dict[str, tuple[int, ...]]:
        return {"relative_position_index": (self._places, self._places)}

    def macs(self, *inputs: Shape) -> Dim:
        *groups, tokens, width = inputs[0].dims
        return prod(groups) * (width * (tokens * (4 * features(inputs[0]) + 2 * self._places)))

    def receptive(self) -> Tiles:
        return Tiles()

    def module(self, *inputs: Shape) -> Call:
        return Call(
            "support.RelativeAttention",
            (features(inputs[0]), self.heads, pair(self.window)),
            said(scale=(self.scale, None), bias=(self.bias, True), dropout=(self.dropout, 0.0)),
        )

    def label(self, *inputs: Shape) -> str:
        return f"{times(self.window)} relative attention, {self.heads} heads"

    @property
    def _places(self) -> int:
        rows, columns = pair(self.window)
        return rows * columns


def tiles(op: str, window: int | tuple[int, int], x: Shape) -> Iterator[Demand]:
    """The demand that windows tile a map."""
    for side, size, length in zip(("height", "width"), x.dims[2:], pair(window), strict=True):
        yield Demand(
            length,
            "divides",
            size,
            "E0313",
            f"the windows of `{op}` do not tile its map",
            f"expected a {side} that is a multiple of {length}, found {size}",
            option="window",
        )


OPS: tuple[type[Op], ...] = (WindowPartition, WindowReverse, RelativeAttention)
