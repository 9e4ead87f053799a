"""Rows and columns at the border that no window reads."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.lints.surroundings import Finding, Surroundings
from archspec.ops.base import Op, Window
from archspec.passes.receptive import reading
from archspec.records import fields_of


def unread_border(here: Surroundings) -> Iterator[Finding]:
    """Real rows or columns that a rounded-down size leaves out, at the nominal size; padding left out is no loss."""
    for node in here.ops:
        op = node.target
        rule = reading(op) if isinstance(op, Op) and "stride" in fields_of(type(op)) else None
        if not isinstance(rule, Window) or rule.scale != (1, 1) or max(rule.stride) == 1:
            continue
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
