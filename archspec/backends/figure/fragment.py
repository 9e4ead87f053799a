"""Pieces of a picture that can be stacked: parts around a straight trunk at x = 0, from y = 0 down to `height`."""

from __future__ import annotations

from collections.abc import Iterable

from archspec.backends.figure.lettering import SMALLEST, width
from archspec.backends.figure.scene import Part, Point, Text, Wire, WireKind, moved
from archspec.records import Record

GAP = 8.0
GAP_AFTER_JOIN = 14.0
_LEAST = 4.0
_EDGE, _ROOM = 21.0, 12.0


class Fragment(Record):
    """`left` and `right` are how far it reaches from the trunk.

    A `soft` one begins with a wire of its own (a fork, a tail), so the wire that comes in carries no arrowhead; `lead`
    is how long that wire is. A `loose` one wants more room around it (a card, something that ends in a join).
    """

    parts: tuple[Part, ...]
    left: float
    right: float
    height: float
    soft: bool = False
    loose: bool = False
    lead: float = 0.0

    def at(self, x: float, y: float) -> tuple[Part, ...]:
        """Its parts with the top of the trunk at (x, y)."""
        return moved(self.parts, x, y)


EMPTY = Fragment((), 0.0, 0.0, 0.0, soft=True)
"""Nothing but the trunk."""


def stack(pieces: Iterable[tuple[Fragment, str]]) -> Fragment:
    """One below the other, joined by wires; each with the words on the wire that leaves it."""
    parts: list[Part] = []
    left = right = y = 0.0
    first: Fragment | None = None
    before: Fragment | None = None
    words = ""
    for fragment, edge in pieces:
        if before is not None:
            gap = max(between(before, fragment, _EDGE if words else GAP), _ROOM if words else 0.0)
            parts += [down(0.0, y, y + gap, arrow=not fragment.soft), *edge_label(words, y + min(gap, _EDGE - 4.0) / 2)]
            y += gap
        parts.extend(fragment.at(0.0, y))
        y += fragment.height
        left, right = max(left, fragment.left), max(right, fragment.right, edge_width(edge))
        first, before, words = first or fragment, fragment, edge
    if first is None or before is None:
        return EMPTY
    return Fragment(tuple(parts), left, right, y, first.soft, before.loose, first.lead)


def between(before: Fragment, after: Fragment, wanted: float = GAP) -> float:
    """How far apart two fragments stand: the wire that one begins with is a part of the distance to its first box."""
    wanted = max(wanted, GAP_AFTER_JOIN) if before.loose or after.loose else wanted
    return max(wanted - after.lead, _LEAST)


def edge_label(words: str, middle: float) -> list[Part]:
    """The shape of what runs down a wire, beside it."""
    return [Text(_LEAST, middle + SMALLEST * 0.36, words, SMALLEST, role="soft")] if words else []


def edge_width(words: str) -> float:
    """How far the words beside a wire reach from it."""
    return _LEAST + width(words, SMALLEST) if words else 0.0


def down(x: float, start: float, end: float, arrow: bool = True) -> Wire:
    """A straight wire down the trunk."""
    return Wire(((x, start), (x, end)), "flow", arrow)


def lane(start: Point, x: float, end: Point, kind: WireKind) -> Wire:
    """A wire out to the lane at `x`, down it, and back to `end`."""
    return Wire((start, (x, start[1]), (x, end[1]), end), kind, dot=True)
