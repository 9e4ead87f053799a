"""The pieces that torch lacks: what `support.X` in a `Call` means. Backends bring the code, this is its contract.

None of them may add a key to a state_dict beyond those that its op's `tensors` names.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from archspec.records import Record


class Piece(Record):
    """A class (`base` says what it extends) or a function (no base) of the support library: signature and meaning."""

    name: str
    signature: str
    meaning: str
    base: str | None = "nn.Module"


PIECES = (
    Piece(
        "Conv2dSame",
        "(in_channels, out_channels, kernel_size, stride=1, dilation=1, groups=1, bias=True)",
        "TensorFlow's SAME, then the convolution without padding: along each axis total = max((ceil(size / stride)"
        " - 1) * stride + (kernel - 1) * dilation + 1 - size, 0) zeros are added, total // 2 before, the rest after.",
        "nn.Conv2d",
    ),
    Piece(
        "ConvTranspose2dSame",
        "(in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True,"
        " dilation=1)",
        "The transposed convolution, of which H * stride rows and W * stride columns are kept, the first ones.",
        "nn.ConvTranspose2d",
    ),
    Piece(
        "MaxPool2dSame",
        "(kernel_size, stride=None, dilation=1)",
        "The same padding with minus infinity, then max pooling; `stride` None means the kernel.",
    ),
    Piece(
        "AvgPool2dSame",
        "(kernel_size, stride=None)",
        "The same windows; the mean of the real values of each. `stride` None means the kernel.",
    ),
    Piece(
        "DropPath",
        "(p)",
        "In training, each sample (row of axis 0) is zero with probability p and the others are divided by 1 - p; "
        "p = 1 gives zeros. In evaluation the identity. Draws as torchvision.ops.StochasticDepth(p, 'row'): "
        "torch.empty([N, 1, ...]).bernoulli_(1 - p).",
    ),
    Piece(
        "LayerNorm2d",
        "(num_channels, eps=1e-5, elementwise_affine=True, bias=True)",
        "Layer norm over axis 1 of (N, C, H, W): permute to channels last, norm, permute back.",
        "nn.LayerNorm",
    ),
    Piece(
        "WindowAttention",
        "(dim, heads, window, shift=(0, 0), bias=True, dropout=0.0)",
        "On (N, H, W, dim), filled up with zeros at the bottom and right to whole windows: multi-head attention of the "
        "places of each window, as of torch's Linear(dim, 3 * dim) called `qkv` and Linear(dim, dim) called "
        "`proj`. To the product of query k and key l is added row relative_position_index[k * places + l] of "
        "`relative_position_bias_table`, that of their offset. Shifted, the map is rolled up and left by `shift` (0 "
        "along a side of one window) and back; places that a seam of the roll separates get -100 added.",
    ),
    Piece(
        "WindowAttentionV2",
        "(dim, heads, window, shift=(0, 0), bias=True, dropout=0.0)",
        "The same, but that `qkv` has no bias for keys, the product is that of q and k at length 1, times the "
        "exponential of `logit_scale` (heads, 1, 1), at most 100, and the table is 16 sigmoid(cpb_mlp("
        "relative_coords_table)), of Sequential(Linear(2, 512), ReLU, Linear(512, heads) without a bias). The "
        "coordinates are the offsets over the largest one, 8 times that as z, and sign(z) log2(|z| + 1) / 3.",
    ),
    Piece(
        "RelativeAttention",
        "(dim, heads, window, scale=None, bias=True, dropout=0.0)",
        "On (N, T, dim) or (N, G, T, dim), of which T are the places of `window`, row by row: multi-head attention of "
        "the T tokens as of torch's Linear(dim, 3 * dim) called `to_qkv` and Linear(dim, dim) called `merge`. To the "
        "product of query k and key l, times `scale` (None: one over the root of a head's features), is added row "
        "relative_position_index[k, l] of `relative_position_bias_table`, that of their offset.",
    ),
    Piece(
        "window_partition",
        "(x, window, grid=False)",
        "Of (N, C, H, W) windows by rows and columns of them, the places of each by rows and columns of those, as "
        "(N, windows, places, C): x[:, :, i * rows : (i + 1) * rows, j * columns : (j + 1) * columns]; as a grid "
        "x[:, :, i :: H // rows, j :: W // columns].",
        None,
    ),
    Piece(
        "window_reverse",
        "(tokens, like, window, grid=False)",
        "The map (N, C, H, W), as high and wide as `like`, whose window_partition is `tokens`.",
        None,
    ),
    Piece(
        "crop_like",
        "(x, like)",
        "The centre of x, as high and wide as `like`: rows top .. top + H' with top = (H - H') // 2, columns alike.",
        None,
    ),
    Piece(
        "causal_mask",
        "(x)",
        "For (N, T, D) a mask (T, T) of truth values on the same device, true where a token would see a later one.",
        None,
    ),
    Piece(
        "space_to_depth",
        "(x, size)",
        "Of (N, H, W, C), filled up with zeros at the bottom and right, x[:, i::size, j::size] for j and, within it, i"
        " in range(size), side by side as channels.",
        None,
    ),
)

SUPPORT: Mapping[str, Piece] = MappingProxyType({piece.name: piece for piece in PIECES})
"""Every piece by name."""
