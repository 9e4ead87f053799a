"""What all ops on feature maps ask of their input: channels before height and width, windows that fit."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from archspec.shapes import Demand, Dim, Shape, Size

CHANNELS_FIRST_HELP = "put {op: permute, order: NCHW} before it"
SHRUNK_HELP = "a smaller kernel or stride, more padding, one reducing stage less, or a larger input"


def channels_first(op: str, x: Shape) -> Iterator[Demand]:
    """The demand that axis 1 holds the channels, not the height of a channels-last map."""
    if x.channel_axis == 1:
        return
    yield Demand(
        x.channel_axis,
        "==",
        1,
        "E0318",
        f"`{op}` needs its channels in axis 1",
        f"expected axes {x.axes[0]}C{''.join(a for a in x.axes[1:] if a != 'C')}, found {x.axes} {x}",
        CHANNELS_FIRST_HELP,
    )


def channels_last(op: str, x: Shape) -> Iterator[Demand]:
    """The demand that the last axis holds the channels of a map."""
    yield Demand(
        int(x.axes[-1] == "C"),
        "==",
        1,
        "E0318",
        f"`{op}` needs its channels in the last axis",
        f"expected axes {x.axes.replace('C', '')}C, found {x.axes} {x}",
        "put {op: permute, order: NHWC} before it",
    )


def fits(op: str, x: Shape, padded: tuple[Dim, Dim], reach: tuple[int, int]) -> Iterator[Demand]:
    """The demand that a window of the given reach fits the padded map along both axes."""
    for side, size, padded_size, kernel in zip(("height", "width"), x.dims[2:], padded, reach, strict=True):
        yield Demand(
            padded_size,
            ">=",
            kernel,
            "E0312",
            f"the window of `{op}` is larger than its input",
            f"expected a {side} of at least the window's {kernel}, found {size}"
            + ("" if padded_size == size else f", padded {padded_size}"),
            SHRUNK_HELP,
            option="kernel",
        )


def not_empty(op: str, x: Shape, out: Shape) -> Iterator[Demand]:
    """The demand that a map keeps at least one row and one column."""
    for side, before, after in zip(("height", "width"), x.dims[2:], out.dims[2:], strict=True):
        yield Demand(
            after,
            ">=",
            1,
            "E0311",
            f"nothing is left of the map after `{op}`",
            f"expected a {side} of at least 1, found {after} for an input {side} of {before}",
            SHRUNK_HELP,
        )


def ceil_div(size: Dim, divisor: int) -> Dim:
    """ceil(size / divisor), for numbers and symbols alike."""
    return (size + (divisor - 1)) // divisor


def slide(
    x: Shape,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
    ceil_mode: bool = False,
) -> tuple[Dim, Dim]:
    """Height and width of a map after a window has slid over it."""
    height, width = x.dims[2:]
    return (
        window(height, kernel[0], stride[0], padding[0], dilation[0], ceil_mode),
        window(width, kernel[1], stride[1], padding[1], dilation[1], ceil_mode),
    )


def reach(kernel: tuple[int, int], dilation: tuple[int, int]) -> tuple[int, int]:
    """How many rows and columns a dilated window spans."""
    return dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1


def said(**options: tuple[Any, Any]) -> tuple[tuple[str, Any], ...]:
    """Keyword arguments of a constructor, those at torch's default left out: name=(value, default).

    What knows its expression is kept: an open param is at the default now, and may be another value.
    """
    return tuple((name, value) for name, (value, default) in options.items() if value != default or _is_traced(value))


def _is_traced(value: Any) -> bool:
    return any(hasattr(part, "expr") for part in value) if isinstance(value, tuple) else hasattr(value, "expr")


def times(value: int | tuple[int, int]) -> str:
    """A kernel in words: 3×3."""
    height, width = value if isinstance(value, tuple) else (value, value)
    return f"{height}×{width}"


def step(stride: int | tuple[int, int]) -> str:
    """A stride in words: `, /2`, nothing for 1."""
    height, width = stride if isinstance(stride, tuple) else (stride, stride)
    if height == width:
        return "" if height == 1 else f", /{height}"
    return f", /{height}×{width}"


def holes(dilation: int | tuple[int, int]) -> str:
    """A dilation in words: `, dilation 6`, nothing for 1."""
    tall, wide = dilation if isinstance(dilation, tuple) else (dilation, dilation)
    if tall == wide:
        return "" if tall == 1 else f", dilation {tall}"
    return f", dilation {tall}×{wide}"


def window(size: Dim, kernel: int, stride: int, padding: int, dilation: int = 1, ceil: bool = False) -> Dim:
    """The output size of a sliding window (torch's rule), `padding` on both sides.

    With `ceil` the last window may hang over the edge, but must start inside the input or the left padding; both
    bounds are floors with the same divisor, so the tighter offset decides.
    """
    if isinstance(size, Size):
        if stride == 1 and 2 * padding == dilation * (kernel - 1):
            return size  # a window with its padding all around, the commonest case by far
        kernel, stride, padding, dilation = int(kernel), int(stride), int(padding), int(dilation)  # no expressions
    offset = 2 * padding - (dilation * (kernel - 1) + 1)
    if ceil:
        offset = min(offset + stride - 1, padding - 1)
    return _slid(size, offset, stride) if isinstance(size, Size) else (size + offset) // stride + 1


@lru_cache(maxsize=4096)
def _slid(size: Size, offset: int, stride: int) -> Dim:
    """Remembered for symbols alone: numbers that are equal may come from different expressions."""
    return (size + offset) // stride + 1
