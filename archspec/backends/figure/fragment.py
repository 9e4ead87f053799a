"""Pieces of a picture that can be stacked: parts around a straight trunk at x = 0, from y = 0 down to `height`."""

from __future__ import annotations

from collections.abc import Iterable

from archspec.backends.figure.scene import Part, Point, Wire, WireKind, moved
from archspec.records import Record

GAP = 9.0
GAP_AFTER_JOIN = 14.0


class Fragment(Record):
    """`left` and `right` are how far it reaches from the trunk.

    A `soft` one begins with a wire of its own (a fork, a tail), so the wire that comes in carries no arrowhead; a
    `loose` one wants more room around it (a card, something that ends in a join).
    """

    parts: tuple[Part, ...]
    left: float
    right: float
    height: float
    soft: bool = False
    loose: bool = False

    def at(self, x: float, y: float) -> tuple[Part, ...]:
        """Its parts with the top of the trunk at (x, y)."""
        return moved(self.parts, x, y)


EMPTY = Fragment((), 0.0, 0.0, 0.0, soft=True)


def stack(fragments: Iterable[Fragment]) -> Fragment:
    """One below the other, joined by wires."""
    parts: list[Part] = []
    left = right = y = 0.0
    first: Fragment | None = None
    before: Fragment | None = None
    for fragment in fragments:
        if before is not None:
            gap = GAP_AFTER_JOIN if before.loose or fragment.loose else GAP
            parts.append(down(0.0, y, y + gap, arrow=not fragment.soft))
            y += gap
        parts.extend(fragment.at(0.0, y))
        y += fragment.height
        left, right = max(left, fragment.left), max(right, fragment.right)
        first, before = first or fragment, fragment
    if first is None or before is None:
        return EMPTY
    return Fragment(tuple(parts), left, right, y, first.soft, before.loose)


def down(x: float, start: float, end: float, arrow: bool = True) -> Wire:
    """A straight wire down the trunk."""
    return Wire(((x, start), (x, end)), "flow", arrow)


def lane(start: Point, x: float, end: Point, kind: WireKind) -> Wire:
    """A wire out to the lane at `x`, down it, and back to `end`."""
    return Wire((start, (x, start[1]), (x, end[1]), end), kind, dot=True)
