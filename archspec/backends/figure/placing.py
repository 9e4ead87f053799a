"""The items of a trunk at their heights: a little apart, more at a change of size, room for what stands beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Protocol

from archspec.backends.figure.forks import LANE
from archspec.backends.figure.fragment import GAP, Fragment, between, lane
from archspec.backends.figure.outline import Card, Item, Outline, output
from archspec.backends.figure.pieces import PAD, Draughtsman
from archspec.backends.figure.scene import Box, Part, Wire, WireKind
from archspec.backends.figure.spans import Ends, levels
from archspec.backends.stages import size_text
from archspec.records import Record, replace

ROW_GAP, RULE_ABOVE = 22.0, 14.5
_CARD_GAP = 16.0
_EMPTY = 44.0
_LEAVE = 6.0


class Placed(Record):
    """An item of the trunk: its group (-1: an input), the size of the row it stands in, and where its top is.

    `ends` are the long shortcuts that begin above it or end on it.
    """

    item: Item
    fragment: Fragment
    group: int
    size: str
    y: float = 0.0
    ends: Ends = Ends()

    @property
    def bottom(self) -> float:
        return self.y + self.fragment.height

    @property
    def top(self) -> float:
        """Where its first box is."""
        return self.y + self.fragment.lead


class Aside(Protocol):
    """What is written beside the trunk, as the items are placed one after another."""

    def floor(self, before: Placed | None, item: Placed) -> float:
        """How low the first box of the next item must stand."""

    def add(self, before: Placed | None, item: Placed) -> None:
        """Write what has to stand beside an item."""


def measured(outline: Outline, ends: Sequence[Ends], draughtsman: Draughtsman) -> list[Placed]:
    """All items of a network, from its input down, each with the row it belongs to; not at their heights yet."""
    items: list[tuple[int, Item]] = [(-1, outline.entry)] if outline.entry else []
    items += [(index, item) for index, group in enumerate(outline.groups) for item in group.chain]
    result: list[Placed] = []
    for (index, item), own in zip(items, [*([Ends()] if outline.entry else []), *ends], strict=True):
        shape = output(item)
        size = size_text(shape) if shape is not None else result[-1].size
        result.append(Placed(item, draughtsman.item(item), index, size, 0.0, own))
    return result


def settled(items: Sequence[Placed], top: float, aside: Aside | None = None) -> list[Placed]:
    """The items below each other, from `top` down, with room for what is written `aside`."""
    result: list[Placed] = []
    for item in items:
        before = result[-1] if result else None
        y = top if before is None else before.bottom + _gap(before, item)
        floor = aside.floor(before, item) - item.fragment.lead if aside else y
        item = replace(item, y=max(y, floor))
        if aside:
            aside.add(before, item)
        result.append(item)
    return result


def _gap(before: Placed, item: Placed) -> float:
    more = _LEAVE * len(item.ends.opens)
    if before.size != item.size:
        return more + ROW_GAP - min(item.fragment.lead, ROW_GAP)
    carded = isinstance(before.item, Card) or isinstance(item.item, Card)
    return more + between(before.fragment, item.fragment, _CARD_GAP if carded else GAP)


def rows(column: Sequence[Placed]) -> list[list[Placed]]:
    """The items by rows of equal output size."""
    return [list(row) for _, row in groupby(column, key=lambda placed: placed.size)]


def trunk(column: Sequence[Placed]) -> Iterator[Part]:
    """The items and the wires between them; a long stretch with nothing on it is drawn lightly."""
    for before, after in pairwise(column):
        kind: WireKind = "span" if after.y - before.bottom > _EMPTY else "flow"
        if after.ends.cut:
            foot = [wire.points[0][1] for wire in _lanes(column) if before.bottom <= wire.points[0][1] <= after.y]
            yield from [Wire(((0.0, before.bottom), (0.0, max(foot))), "flow", arrow=False)] if foot else []
            continue
        yield Wire(((0.0, before.bottom), (0.0, after.y)), kind, not after.fragment.soft)
    for placed in column:
        yield from placed.fragment.at(0.0, placed.y)
    yield from _lanes(column)


def reach(column: Sequence[Placed]) -> tuple[float, float]:
    """How far a column reaches to the left and to the right of its trunk."""
    right = max(placed.fragment.right for placed in column)
    right = max([right, *(max(x for x, _ in wire.points) + 2.0 for wire in _lanes(column))])
    return max(placed.fragment.left for placed in column), right


def _lanes(column: Sequence[Placed]) -> list[Wire]:
    """The long shortcuts, each in a lane to the right of all that it passes."""
    begins = {number: place for place, placed in enumerate(column) for number in placed.ends.opens}
    closes = [(number, kind, place) for place, placed in enumerate(column) for number, kind in placed.ends.closes]
    stretches = [(begins[number], place) for number, _, place in closes if number in begins]
    wires = []
    right = max((placed.fragment.right for placed in column), default=0.0)
    for (number, kind, place), level in zip(closes, levels(stretches), strict=True):
        start, end = column[begins[number]], column[place]
        above = column[begins[number] - 1].bottom if begins[number] else start.y - ROW_GAP
        leave = above + _LEAVE * (start.ends.opens.index(number) + 0.6)
        box = next(part for part in end.fragment.parts if isinstance(part, Box) and part.shape != "shadow")
        wires.append(lane((0.0, leave), right + LANE * (level + 1), (box.right, end.y + box.y + box.height / 2), kind))
    return wires


def uniform(outline: Outline, draughtsman: Draughtsman) -> Draughtsman:
    """A draughtsman whose cards are all as wide as the widest needs to be."""
    cards = [item for group in outline.groups for item in group.chain if isinstance(item, Card)]
    inner = [draughtsman.chain(card.chain) for card in cards]
    left = max((fragment.left for fragment in inner), default=0.0)
    right = max((fragment.right for fragment in inner), default=0.0)
    return replace(draughtsman, left=left + PAD, right=right + PAD)
