"""Performs a `Call` with torch, and says in plain torch what the support pieces mean: the oracle of the op tests."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archspec.ops.base import Call, Op, Operand, Operands, Parameter, Slice
from archspec.shapes import Shape


def same_padding(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """TensorFlow's rule, https://www.tensorflow.org/api_docs/python/tf/nn (notes on padding)."""
    kernel = (kernel - 1) * dilation + 1
    total = max(kernel - stride, 0) if size % stride == 0 else max(kernel - size % stride, 0)
    return total // 2, total - total // 2


def pad_same(x: Tensor, kernel: Any, stride: Any, dilation: Any, value: float = 0.0) -> Tensor:
    kernel, stride, dilation = (v if isinstance(v, tuple) else (v, v) for v in (kernel, stride, dilation))
    top = same_padding(x.shape[2], kernel[0], stride[0], dilation[0])
    left = same_padding(x.shape[3], kernel[1], stride[1], dilation[1])
    return F.pad(x, (*left, *top), value=value)


class Conv2dSame(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(pad_same(x, self.kernel_size, self.stride, self.dilation))


class ConvTranspose2dSame(nn.ConvTranspose2d):
    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        rows, columns = x.shape[2] * self.stride[0], x.shape[3] * self.stride[1]
        return super().forward(x)[..., :rows, :columns]


class MaxPool2dSame(nn.Module):
    def __init__(self, kernel_size: Any, stride: Any = None, dilation: Any = 1) -> None:
        super().__init__()
        self.options = kernel_size, kernel_size if stride is None else stride, dilation

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride, dilation = self.options
        return F.max_pool2d(pad_same(x, kernel, stride, dilation, float("-inf")), kernel, stride, 0, dilation)


class AvgPool2dSame(nn.Module):
    def __init__(self, kernel_size: Any, stride: Any = None) -> None:
        super().__init__()
        self.options = kernel_size, kernel_size if stride is None else stride

    def forward(self, x: Tensor) -> Tensor:
        def mean(y: Tensor) -> Tensor:
            return F.avg_pool2d(pad_same(y, *self.options, 1), *self.options)

        return mean(x) / mean(torch.ones_like(x))


class DropPath(nn.Module):
    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.p:
            return x
        kept = torch.empty([len(x)] + [1] * (x.ndim - 1)).bernoulli_(1 - self.p)
        return x * kept / (1 - self.p) if self.p < 1 else x * kept


class LayerNorm2d(nn.LayerNorm):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def causal_mask(x: Tensor) -> Tensor:
    return torch.tensor([[other > own for other in range(x.shape[1])] for own in range(x.shape[1])], device=x.device)


def crop_like(x: Tensor, like: Tensor) -> Tensor:
    (height, width), (rows, columns) = x.shape[2:], like.shape[2:]
    top, left = (height - rows) // 2, (width - columns) // 2
    return x[:, :, top : top + rows, left : left + columns]


def space_to_depth(x: Tensor, size: int) -> Tensor:
    """torch's own, of which the channels come in another order: channel, row, column for column, row, channel."""
    x = F.pad(x, (0, 0, 0, -x.shape[2] % size, 0, -x.shape[1] % size)).permute(0, 3, 1, 2)
    apart = F.pixel_unshuffle(x, size).unflatten(1, (x.shape[1], size, size))
    return apart.permute(0, 4, 5, 3, 2, 1).flatten(3)


class WindowAttention(nn.Module):
    """Window by window, each place by its number on the map: who may see whom follows from where both stand."""

    def __init__(self, dim: int, heads: int, window: Any, shift: Any = (0, 0), bias: bool = True, dropout: float = 0.0):
        super().__init__()
        self.heads, self.window, self.shift, self.dropout = heads, window, shift, dropout
        rows, columns = window
        self.relative_position_bias_table = nn.Parameter(torch.randn((2 * rows - 1) * (2 * columns - 1), heads) / 50)
        self.qkv, self.proj = nn.Linear(dim, 3 * dim, bias), nn.Linear(dim, dim, bias)
        places = [(i, j) for i in range(rows) for j in range(columns)]
        index = [(i - k + rows - 1) * (2 * columns - 1) + j - m + columns - 1 for i, j in places for k, m in places]
        self.register_buffer("relative_position_index", torch.tensor(index))

    def forward(self, x: Tensor) -> Tensor:
        (rows, columns), (height, width) = self.window, x.shape[1:3]
        tall, wide = -(-height // rows) * rows, -(-width // columns) * columns
        down, right = self.shift[0] if tall > rows else 0, self.shift[1] if wide > columns else 0
        x = F.pad(x, (0, 0, 0, wide - width, 0, tall - height))
        out = torch.zeros_like(x)
        for top in range(down, tall + down, rows):
            for left in range(right, wide + right, columns):
                places = [(i, j) for i in range(top, top + rows) for j in range(left, left + columns)]
                row, column = torch.tensor([i % tall for i, _ in places]), torch.tensor([j % wide for _, j in places])
                over = [(i >= tall, j >= wide) for i, j in places]
                mask = torch.tensor([[0.0 if a == b else -100.0 for b in over] for a in over])
                out[:, row, column] = self.attended(x[:, row, column], mask)
        return out[:, :height, :width]

    def attended(self, x: Tensor, mask: Tensor) -> Tensor:
        q, k, v = (part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, 2))
        bias = self.relative_position_bias_table.T[:, self.relative_position_index].unflatten(1, mask.shape)
        weights = torch.softmax(q @ k.mT / math.sqrt(q.shape[3]) + bias + mask, 3)
        seen = F.dropout(weights, self.dropout, self.training) @ v
        return self.proj(seen.transpose(1, 2).flatten(2))


class WindowAttentionV2(WindowAttention):
    def __init__(self, dim: int, heads: int, window: Any, **options: Any) -> None:
        super().__init__(dim, heads, window, **options)
        self.relative_position_bias_table, index = None, self._buffers.pop("relative_position_index")
        self.logit_scale = nn.Parameter(torch.full((heads, 1, 1), math.log(10)))
        self.cpb_mlp = nn.Sequential(nn.Linear(2, 512), nn.ReLU(), nn.Linear(512, heads, bias=False))
        scaled = [[8 * k / max(side - 1, 1) for k in range(1 - side, side)] for side in window]
        logs = [[math.copysign(math.log2(abs(z) + 1) / math.log2(8), z) for z in side] for side in scaled]
        self.register_buffer("relative_coords_table", torch.tensor([[[(i, j) for j in logs[1]] for i in logs[0]]]))
        self.register_buffer("relative_position_index", index)

    def forward(self, x: Tensor) -> Tensor:
        self.biases = 16 * torch.sigmoid(self.cpb_mlp(self.relative_coords_table).flatten(0, 2))
        return super().forward(x)

    def attended(self, x: Tensor, mask: Tensor) -> Tensor:
        q, k, v = (part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, 2))
        if self.qkv.bias is not None:
            k = k - self.qkv.bias.chunk(3)[1].unflatten(0, (self.heads, 1, -1))
        cosine = F.normalize(q, dim=3) @ F.normalize(k, dim=3).mT
        bias = self.biases.T[:, self.relative_position_index].unflatten(1, mask.shape)
        weights = torch.softmax(cosine * self.logit_scale.exp().clamp(max=100) + bias + mask, 3)
        return self.proj((F.dropout(weights, self.dropout, self.training) @ v).transpose(1, 2).flatten(2))


def window_partition(x: Tensor, window: tuple[int, int], grid: bool = False) -> Tensor:
    """Window by window, each cut from the map by where it starts and how far apart its places lie."""
    (rows, columns), (height, width) = window, x.shape[2:]
    assert height % rows == width % columns == 0
    down, across = height // rows, width // columns
    starts = [(i, j) for i in range(down) for j in range(across)]
    if grid:
        cut = [x[:, :, i::down, j::across] for i, j in starts]
    else:
        cut = [x[:, :, i * rows : (i + 1) * rows, j * columns : (j + 1) * columns] for i, j in starts]
    return torch.stack([part.flatten(2).mT for part in cut], 1)


def window_reverse(tokens: Tensor, like: Tensor, window: tuple[int, int], grid: bool = False) -> Tensor:
    """Each token to the place whose number a map of numbers has at the token's place among windows."""
    numbers = torch.arange(like[0, 0].numel()).view(1, 1, *like.shape[2:])
    order = window_partition(numbers, window, grid)[0, ..., 0]
    assert tokens.shape[1:3] == order.shape and len(tokens) == len(like)
    return tokens.flatten(1, 2)[:, order.flatten().argsort()].mT.unflatten(2, like.shape[2:])


class RelativeAttention(nn.Module):
    """By torch's own attention, head by head of each window, with the offsets' biases as its mask."""

    def __init__(self, dim: int, heads: int, window: Any, scale: Any = None, bias: bool = True, dropout: float = 0.0):
        super().__init__()
        self.heads, self.scale, self.dropout = heads, scale, dropout
        like = WindowAttention(dim, heads, window, (0, 0), bias)
        self.relative_position_bias_table, places = like.relative_position_bias_table, math.prod(window)
        self.register_buffer("relative_position_index", like.relative_position_index.view(places, places))
        self.to_qkv, self.merge = like.qkv, like.proj

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(-3, -2) for part in self.to_qkv(x).chunk(3, -1))
        mask = self.relative_position_bias_table.T[:, self.relative_position_index]
        mask = mask.expand(*q.shape[:-1], q.shape[-2])
        dropout = self.dropout if self.training else 0.0
        seen = F.scaled_dot_product_attention(q, k, v, mask, dropout, scale=self.scale)
        return self.merge(seen.transpose(-3, -2).flatten(-2))


PIECES = (
    Conv2dSame, ConvTranspose2dSame, MaxPool2dSame, AvgPool2dSame, DropPath, LayerNorm2d, WindowAttention,
    WindowAttentionV2, RelativeAttention, causal_mask, crop_like, space_to_depth, window_partition, window_reverse,
)  # fmt: skip
SUPPORT = {piece.__name__: piece for piece in PIECES}


class Performer(nn.Module):
    """One op as a module, made from nothing but its calls."""

    def __init__(self, op: Op, inputs: Sequence[Shape]) -> None:
        super().__init__()
        made = op.module(*inputs)
        self.own = self.run_value(made, ()) if made is not None else None
        self.output = op.function(*inputs)

    def forward(self, *xs: Tensor) -> Any:
        return self.own(*xs) if self.output is None else self.run_value(self.output, xs)

    def run_value(self, value: Any, xs: tuple[Tensor, ...]) -> Any:
        if isinstance(value, Operand):
            return xs[value.index]
        if isinstance(value, Operands):
            return xs
        if isinstance(value, Parameter):
            return self.own
        if isinstance(value, Slice):
            return slice(value.start, self.run_value(value.stop, xs), value.step)
        if isinstance(value, tuple):
            return tuple(self.run_value(item, xs) for item in value)
        if not isinstance(value, Call):
            return value
        args = [self.run_value(arg, xs) for arg in value.args]
        return self.find(value.path)(*args, **{name: self.run_value(arg, xs) for name, arg in value.kwargs})

    def find(self, path: str) -> Any:
        if path == "module":
            return self.own
        room, _, name = path.partition(".")
        if room == "support":
            return SUPPORT[name]
        rooms = {"nn": nn, "F": F, "torch": torch, "operator": operator, "Tensor": Tensor}
        return operator.attrgetter(name)(rooms[room])
