"""The reference interpreter's own layers for what torch has no module for."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def _pair(value: Any) -> tuple[int, int]:
    return tuple(value) if isinstance(value, tuple | list) else (value, value)


def _same(x: Tensor, kernel: Any, stride: Any, dilation: Any, value: float = 0.0) -> Tensor:
    """Pad so that a window gives ceil(size / stride), the odd row at the bottom and right (TensorFlow's SAME)."""
    amounts: list[int] = []
    for size, k, s, d in zip(x.shape[2:], _pair(kernel), _pair(stride), _pair(dilation), strict=True):
        total = max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0)
        amounts = [total // 2, total - total // 2, *amounts]
    return F.pad(x, amounts, value=value) if any(amounts) else x


class Conv2dSame(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding."""

    def forward(self, x: Tensor) -> Tensor:
        padded = _same(x, self.kernel_size, self.stride, self.dilation)
        return F.conv2d(padded, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


class ConvTranspose2dSame(nn.ConvTranspose2d):
    """A transposed convolution with TensorFlow's SAME padding: what is more than size * stride is cut."""

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        rows, columns = (size * stride for size, stride in zip(x.shape[2:], self.stride, strict=True))
        return super().forward(x, output_size).narrow(2, 0, rows).narrow(3, 0, columns)


class MaxPool2dSame(nn.Module):
    """Max pooling with TensorFlow's SAME padding."""

    def __init__(self, kernel_size: Any, stride: Any = None, dilation: Any = 1) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.dilation = kernel_size, stride or kernel_size, dilation

    def forward(self, x: Tensor) -> Tensor:
        padded = _same(x, self.kernel_size, self.stride, self.dilation, float("-inf"))
        return F.max_pool2d(padded, self.kernel_size, self.stride, 0, self.dilation)


class AvgPool2dSame(nn.Module):
    """Average pooling with TensorFlow's SAME padding; padded places do not count."""

    def __init__(self, kernel_size: Any, stride: Any = None) -> None:
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride or kernel_size

    def forward(self, x: Tensor) -> Tensor:
        ones = torch.ones_like(x[:1, :1])
        total = F.avg_pool2d(_same(x, self.kernel_size, self.stride, 1), self.kernel_size, self.stride)
        return total / F.avg_pool2d(_same(ones, self.kernel_size, self.stride, 1), self.kernel_size, self.stride)


class LayerNorm2d(nn.LayerNorm):
    """Layer normalisation over the channels at each place of a map."""

    def forward(self, x: Tensor) -> Tensor:
        moved = x.permute(0, 2, 3, 1)
        return F.layer_norm(moved, self.normalized_shape, self.weight, self.bias, self.eps).permute(0, 3, 1, 2)


class DropPath(nn.Module):
    """Stochastic depth by sample (Huang et al. 2016): the branch of a sample is dropped with probability p."""

    def __init__(self, p: float = 0.0) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        if self.p == 0.0:
            return x.view_as(x)  # a step of its own: gradients that meet in one tensor add up in the order of steps
        if self.p == 1.0:
            return x * 0.0  # as torch's own dropouts: nothing is drawn where nothing is left to chance
        keep = 1.0 - self.p
        noise = torch.empty([x.shape[0]] + [1] * (x.dim() - 1), dtype=x.dtype, device=x.device).bernoulli_(keep)
        return x * noise.div_(keep)


def causal_mask(x: Tensor) -> Tensor:
    """(T, T), true where the column's token comes after the row's."""
    place = torch.arange(x.size(1), device=x.device)
    return place[None, :] > place[:, None]


def crop_like(x: Tensor, like: Tensor) -> Tensor:
    """The centre of `x`, as high and wide as `like`."""
    top, left = ((a - b) // 2 for a, b in zip(x.shape[2:], like.shape[2:], strict=True))
    return x[:, :, top : top + like.shape[2], left : left + like.shape[3]]


def space_to_depth(x: Tensor, size: int) -> Tensor:
    """The places of each patch as channels, a column after the other; by views, for gradients to the last bit."""
    height, width = x.shape[1:3]
    x = F.pad(x, (0, 0, 0, -(-width // size) * size - width, 0, -(-height // size) * size - height))
    batch, height, width, channels = x.shape
    return x.view(batch, height // size, size, width // size, size, channels).movedim(2, 4).flatten(3)


def _turned(cut: Tensor, grid: bool) -> Tensor:
    """(N, C, windows, places, windows, places), of rows and then of columns; a grid has places before windows."""
    return cut.transpose(2, 3).transpose(4, 5) if grid else cut


def window_partition(x: Tensor, window: tuple[int, int], grid: bool = False) -> Tensor:
    """(N, C, H, W) -> (N, windows, places, C), by views, for gradients to the last bit."""
    (rows, columns), (down, across) = window, (side // size for side, size in zip(x.shape[2:], window, strict=True))
    sides = (rows, down, columns, across) if grid else (down, rows, across, columns)
    cut = _turned(x.reshape(*x.shape[:2], *sides), grid)
    return cut.transpose(3, 4).movedim(1, -1).flatten(3, 4).flatten(1, 2)


def window_reverse(tokens: Tensor, like: Tensor, window: tuple[int, int], grid: bool = False) -> Tensor:
    """The tokens of windows back on a map as large as `like`."""
    windows = (side // size for side, size in zip(like.shape[2:], window, strict=True))
    cut = tokens.reshape(tokens.shape[0], *windows, *window, tokens.shape[3]).transpose(2, 3).movedim(-1, 1)
    return _turned(cut, grid).flatten(4, 5).flatten(2, 3)


class WindowAttention(nn.Module):
    """Attention within windows of a map (Liu et al. 2021): its places are put in the order of windows, and back."""

    relative_position_index: Tensor

    def __init__(
        self, dim: int, heads: int, window: Any, shift: Any = (0, 0), bias: bool = True, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.heads, self.window, self.shift, self.dropout = heads, window, shift, dropout
        self.qkv, self.proj = nn.Linear(dim, 3 * dim, bias=bias), nn.Linear(dim, dim, bias=bias)
        rows, columns = (2 * side - 1 for side in window)
        self.relative_position_bias_table = nn.Parameter(torch.randn(rows * columns, heads) * 0.02)
        offsets = torch.arange(rows * columns).view(1, 1, rows, columns)
        # Place k sees place l at offset k - l: the table read backwards from k, in the order of l.
        seen = offsets.unfold(2, window[0], 1).unfold(3, window[1], 1).flip(4, 5)
        self.register_buffer("relative_position_index", seen.flatten())

    def forward(self, x: Tensor) -> Tensor:
        sides, (rows, columns), moved = x.shape[1:3], self.window, any(self.shift)
        full = [-(-side // size) * size for side, size in zip(sides, self.window, strict=True)]
        shift = [s if side > size else 0 for side, size, s in zip(full, self.window, self.shift, strict=True)]
        x = F.pad(x, (0, 0, 0, full[1] - sides[1], 0, full[0] - sides[0]))
        x = torch.roll(x, (-shift[0], -shift[1]), dims=(1, 2)) if moved else x
        cut = x.view(x.shape[0], full[0] // rows, rows, full[1] // columns, columns, x.shape[3]).transpose(2, 3)
        # In memory one after the other, as the generated ones: the order of a sum is that of the memory.
        scores, v = self._scores(cut.flatten(0, 2).flatten(1, 2).contiguous())
        if moved:
            apart = self._apart(full, shift, x.device).repeat(x.shape[0], 1, 1, 1)
            scores = scores + apart.to(x.dtype) * -100
        weights = F.dropout(scores.softmax(dim=-1), p=self.dropout, training=self.training)
        out: Tensor = self.proj(torch.matmul(weights, v).transpose(1, 2).flatten(2))
        out = out.view(cut.shape).transpose(2, 3).flatten(3, 4).flatten(1, 2)
        out = torch.roll(out, shift, dims=(1, 2)) if moved else out
        return out[:, : sides[0], : sides[1]]

    def _apart(self, full: list[int], shift: list[int], device: torch.device) -> Tensor:
        """(windows, 1, places, places): whether the seam of a roll lies between two places of a window."""
        place = torch.arange(full[0] * full[1], device=device).view(*full).roll((-shift[0], -shift[1]), (0, 1))
        order = place.unfold(0, self.window[0], self.window[0]).unfold(1, self.window[1], self.window[1])
        order = order.reshape(-1, self.window[0] * self.window[1])
        over = torch.stack([order // full[1] < shift[0], order % full[1] < shift[1]])
        return (over[:, :, :, None] != over[:, :, None, :]).any(0).unsqueeze(1)

    def _scores(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        count, places, width = tokens.shape
        q, k, v = self.qkv(tokens).view(count, places, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        bias = self.relative_position_bias_table[self.relative_position_index].view(places, places, self.heads)
        return torch.matmul(q * (width // self.heads) ** -0.5, k.transpose(2, 3)) + bias.permute(2, 0, 1), v


class WindowAttentionV2(WindowAttention):
    """The same by the cosine of queries and keys, its table made of the offsets (Liu et al. 2022)."""

    relative_coords_table: Tensor

    def __init__(self, dim: int, heads: int, window: Any, **options: Any) -> None:
        super().__init__(dim, heads, window, **options)
        del self.relative_position_bias_table
        index = self._buffers.pop("relative_position_index")
        self.logit_scale = nn.Parameter(torch.full((heads, 1, 1), 10.0).log())
        self.cpb_mlp = nn.Sequential(nn.Linear(2, 512), nn.ReLU(), nn.Linear(512, heads, bias=False))
        sides = [torch.linspace(-8, 8, 2 * side - 1) if side > 1 else torch.zeros(1) for side in window]
        offsets = torch.stack(torch.meshgrid(*sides, indexing="ij"), dim=-1).unsqueeze(0)
        self.register_buffer("relative_coords_table", offsets.sign() * offsets.abs().log1p() / math.log(8))
        self.register_buffer("relative_position_index", index)

    def _scores(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        count, places, width = tokens.shape
        bias: Tensor | None = self.qkv.bias
        if bias is not None:
            bias = bias * (torch.arange(3 * width, device=bias.device) // width != 1)
        qkv = F.linear(tokens, self.qkv.weight, bias).view(count, places, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        biases = self.cpb_mlp(self.relative_coords_table).flatten(0, 2)[self.relative_position_index]
        biases = biases.view(places, places, self.heads).permute(2, 0, 1).sigmoid() * 16
        cosine = torch.matmul(F.normalize(q, dim=3), F.normalize(k, dim=3).transpose(2, 3))
        return cosine * self.logit_scale.clamp(max=math.log(100)).exp() + biases, v


class RelativeAttention(nn.Module):
    """Attention among the places of a window, with a bias by offset, keys first in every product (Tu et al. 2022)."""

    relative_position_index: Tensor

    def __init__(
        self,
        dim: int,
        heads: int,
        window: Any,
        scale: float | None = None,
        bias: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.heads, self.scale, self.dropout = heads, scale or 1.0 / math.sqrt(dim // heads), dropout
        self.to_qkv, self.merge = nn.Linear(dim, 3 * dim, bias=bias), nn.Linear(dim, dim, bias=bias)
        rows, columns = (2 * side - 1 for side in window)
        self.relative_position_bias_table = nn.Parameter(torch.randn(rows * columns, heads) * 0.02)
        row, column = torch.meshgrid(*(torch.arange(side) for side in window), indexing="ij")
        number = (row * columns + column).flatten()
        # The offset 0 stands in the middle of the table, and every other as far from it as two places' numbers.
        self.register_buffer("relative_position_index", number[:, None] - number + (rows * columns) // 2)

    def forward(self, x: Tensor) -> Tensor:
        # One axis for all windows, and one product of three: heads of one feature tell by their gradients' last bits.
        q, k, v = self.to_qkv(x.flatten(0, -3)).unflatten(-1, (3, self.heads, -1)).movedim(-3, 0).transpose(-3, -2)
        bias = self.relative_position_bias_table.movedim(1, 0)[:, self.relative_position_index]
        weights = (torch.matmul(q, (k * self.scale).mT) + bias).softmax(dim=-1)
        weights = F.dropout(weights, p=self.dropout, training=self.training)
        out: Tensor = self.merge(torch.matmul(weights, v).movedim(-3, -2).flatten(-2))
        return out.view_as(x)
