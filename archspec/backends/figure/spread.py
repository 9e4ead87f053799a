"""Wiring that does not nest, spread out in two dimensions by a layouter, and fitted into the column as one piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from archspec.backends.figure.fragment import Fragment, down
from archspec.backends.figure.outline import Tangle
from archspec.backends.figure.scene import Part, Point, Wire
from archspec.backends.figure.shortcut import tangled
from archspec.records import Record

_LEAD = 12.0
_STRAIGHT = 0.5


class Node(Record):
    """What a layouter has to place: a box of this size, which wires enter in the middle above and leave below."""

    width: float
    height: float


class Arrangement(Record):
    """Where the nodes are (the middle of the upper side), and the points of each wire; the entry is at (0, 0)."""

    places: tuple[Point, ...]
    wires: Mapping[tuple[int, int], tuple[Point, ...]]


Layouter = Callable[[Sequence[Node], Sequence[tuple[int, int]]], Arrangement]
"""Nodes in topological order and wires between them; -1 is the entry, which stands above them all."""


def spread(wiring: Tangle, drawn: Sequence[Fragment], layouter: Layouter) -> Fragment:
    """The pieces where the layouter puts them, the last of them on the trunk."""
    nodes = [Node(2 * max(one.left, one.right), one.height) for one in drawn]
    wires = list(dict.fromkeys(wiring.wires))
    made = layouter(nodes, wires)
    last = made.places[-1][0]
    turned = abs(last) > _STRAIGHT
    lead = _LEAD if turned else 0.0
    places = [(x - last, y + lead) for x, y in made.places]
    routes = {wire: tuple((x - last, y + lead) for x, y in points) for wire, points in made.wires.items()}
    parts: list[Part] = []
    if turned:
        turn = lead / 2
        parts.append(Wire(((0.0, 0.0), (0.0, turn), (-last, turn), (-last, lead)), arrow=False))
    for wire in wires:
        kind = tangled(wiring, *wire)
        parts.append(Wire(routes[wire], kind, not drawn[wire[1]].soft, dot=wire[0] < 0))
    for (x, y), fragment in zip(places, drawn, strict=True):
        parts.extend(fragment.at(x, y))
    height = max(y + one.height for (_, y), one in zip(places, drawn, strict=True))
    end = places[-1][1] + drawn[-1].height
    parts += [down(0.0, end, height, arrow=False)] if height > end else []
    reach = [(x - node.width / 2, x + node.width / 2) for (x, _), node in zip(places, nodes, strict=True)]
    across = [x for points in routes.values() for x, _ in points]
    left = max(0.0, -min(*across, *(start for start, _ in reach)))
    right = max(0.0, *across, *(stop for _, stop in reach))
    return Fragment(tuple(parts), left, right, height, soft=True, loose=True, lead=lead)
