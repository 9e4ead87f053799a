"""Rows and columns that no window reads, at the border and between windows, and those that windows write unevenly."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.lints.surroundings import Finding, Surroundings
from archspec.ops.base import Window, pair
from archspec.ops.conv import Conv2d, ConvTranspose2d
from archspec.passes.plain import plain
from archspec.passes.receptive import reading


def unread_border(here: Surroundings) -> Iterator[Finding]:
    """Real rows or columns that a rounded-down size leaves out, at the nominal size; padding left out is no loss."""
    for node, rule in here.strided:
        into, out = here.shapes.into(node)[0].at({}), here.shapes.nodes[node.key][0].at({})
        for side, rows, windows, kernel, stride, padding in zip(
            ("rows", "columns"), into[2:], out[2:], rule.kernel, rule.stride, rule.padding, strict=True
        ):
            if rows is None or windows is None:
                continue
            size, count = int(rows), int(windows)  # a traced one would write its own formula
            # The last window ends here; a gap between windows of a stride over the kernel is what the stride says.
            left = size - ((count - 1) * stride + max(kernel, stride) - padding)
            if left > 0:
                yield Finding(
                    "W0609",
                    f"`{here.name(node.key)}` never reads the last {left} of {size} {side}",
                    node.span,
                    f"{count} windows of {kernel} at stride {stride} end before them",
                    "another padding, `ceil: true` for a pool, or another input size",
                )
                break


def gap_between_windows(here: Surroundings) -> Iterator[Finding]:
    """A stride over the window's size; a 1x1 window with a stride is the usual way to subsample, and is left alone."""
    for node, rule in here.strided:
        for side, kernel, stride in zip(("rows", "columns"), rule.kernel, rule.stride, strict=True):
            if stride > kernel > 1:
                yield Finding(
                    "W0614",
                    f"`{here.name(node.key)}` reads {kernel} of every {stride} {side}",
                    node.span,
                    f"windows of {kernel} at stride {stride} leave gaps",
                    "a stride of at most the kernel's size",
                )
                break


def weights_on_padding(here: Surroundings) -> Iterator[Finding]:
    """Weights that at the nominal size meet padding alone, wherever the window stands (Chen et al. 2017)."""
    for node in here.of({"conv2d"}):
        op = plain(node.target) if isinstance(node.target, Conv2d) else None
        rule = reading(op) if isinstance(op, Conv2d) else None
        if not isinstance(op, Conv2d) or not isinstance(rule, Window):
            continue
        into = here.shapes.into(node)[0].at({})
        sides = zip(into[2:], rule.kernel, rule.stride, strict=True)
        if all(size is None or size >= kernel + stride - 1 for size, kernel, stride in sides):
            continue  # some window lies on the map as a whole, the commonest case
        out = here.shapes.nodes[node.key][0].at({})
        if None in (*into[2:], *out[2:]):
            continue
        for side, kernel, dilation, stride, padding, size, count in zip(
            ("rows", "columns"), pair(op.kernel), pair(op.dilation), rule.stride, rule.padding, into[2:], out[2:],
            strict=True,
        ):  # fmt: skip
            first = [weight * dilation - padding for weight in range(kernel)]
            idle = sum(not _meets(at, stride, int(count or 0), int(size or 0)) for at in first)
            if idle:
                yield Finding(
                    "W0617",
                    f"{idle} of {kernel} {side} of this kernel meet padding alone",
                    node.span,
                    f"on a map of {size} {side} they are stored, and multiply zeros",
                    "a smaller kernel or dilation, one reducing stage less, or a larger input",
                )
                break


def _meets(at: int, stride: int, count: int, size: int) -> bool:
    """Whether a weight that starts at a place, and moves on by the stride, comes to stand on the map."""
    steps = max(0, -(at // stride)) if at < 0 else 0
    return steps < count and 0 <= at + steps * stride < size


def uneven_overlap(here: Surroundings) -> Iterator[Finding]:
    """A transposed convolution whose windows overlap unevenly (Odena et al. 2016)."""
    for node in here.of({"conv_transpose2d"}):
        op = plain(node.target) if isinstance(node.target, ConvTranspose2d) else None
        if not isinstance(op, ConvTranspose2d):
            continue
        for kernel, stride in zip(pair(op.kernel), pair(op.stride), strict=True):
            if stride > 1 and kernel % stride:
                yield Finding(
                    "W0615",
                    f"windows of {kernel} at stride {stride} overlap unevenly",
                    node.span,
                    "some rows of the output are written more often than others, which shows as a checkerboard",
                    "a kernel that is a multiple of the stride, or `upsample2d` and a convolution",
                )
                break
