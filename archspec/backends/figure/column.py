"""The column layout: one straight trunk a network, rows of equal output size, a gutter that names the sizes.

A hairline marks each change of size. All cards of a network are equally wide, so the eye follows the trunk and compares
what is inside them. Several networks share one gutter and their rows are aligned, as in Fig. 3 of He et al. (2015);
where their sizes come in different orders they just stand side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import groupby, pairwise

from archspec.backends.figure.costs import COST_HEIGHT, COST_WIDTH, costs
from archspec.backends.figure.fragment import GAP, GAP_AFTER_JOIN, Fragment, down
from archspec.backends.figure.legend import legend
from archspec.backends.figure.lettering import fit, width
from archspec.backends.figure.outline import Card, Item, Outline, layers, output
from archspec.backends.figure.pieces import PAD, Draughtsman
from archspec.backends.figure.scene import Part, Rule, Scene, Text, moved, of_network
from archspec.backends.figure.theme import fills
from archspec.backends.stages import size_text
from archspec.records import Record, replace

MARGIN = 14.0
GUTTER = 60.0
HEAD = 42.0
_ROW_GAP, _CARD_GAP = 20.0, 18.0
_APART = 34.0
_TITLE, _FACTS = 11.5, 8.0


class Placed(Record):
    """An item of the trunk: its group (-1: an input), the size of the row it stands in, and where its top is."""

    item: Item
    fragment: Fragment
    group: int
    size: str
    y: float = 0.0

    @property
    def bottom(self) -> float:
        return self.y + self.fragment.height


def compose(outlines: Sequence[Outline]) -> Scene:
    """All networks in one picture, with one legend below."""
    colours = fills(
        step.shape.channels for outline in outlines for group in outline.groups for step in layers(group.chain)
    )
    columns = [_placed(outline, _uniform(outline, colours)) for outline in outlines]
    order = _common_order(columns) if len(columns) > 1 else None
    parts, across = _aligned(outlines, columns, order) if order else _apart(outlines, columns)
    parts = moved(parts, MARGIN, MARGIN)
    foot = max(part.bottom for part in parts)
    signs, high = legend(parts, across)
    return Scene(across + 2 * MARGIN, foot + 14.0 + high + 8.0, (*parts, *moved(signs, MARGIN, foot + 16.0)))


def _apart(outlines: Sequence[Outline], columns: Sequence[list[Placed]]) -> tuple[tuple[Part, ...], float]:
    """Each network with a gutter and costs of its own, side by side; the parts and their width."""
    parts: list[Part] = []
    x = 0.0
    for index, (outline, column) in enumerate(zip(outlines, columns, strict=True)):
        axis, right = GUTTER + _left(column), _right(column)
        across = axis + right + (10.0 + COST_WIDTH if any(g.macs or g.parameters for g in outline.groups) else 0.0)
        rows = [(row[0].size, row[0].y) for row in _rows(column)]
        own: list[Part] = [*_head(outline, axis, across), *_gutter(rows, axis + right + 4.0, _first(outline))]
        own += [*moved(_trunk(column), axis, 0.0), *costs(outline.groups, _reach(outline, column), axis + right + 10.0)]
        parts += of_network(moved(own, x, 0.0), index)
        x += across + _APART
    return tuple(parts), x - _APART


def _aligned(
    outlines: Sequence[Outline], columns: Sequence[list[Placed]], order: Sequence[str]
) -> tuple[tuple[Part, ...], float]:
    """One gutter, and each row at the same height in all networks; the parts and their width."""
    columns, tops = _levelled(columns, order)
    parts: list[Part] = []
    x = GUTTER
    for index, (outline, column) in enumerate(zip(outlines, columns, strict=True)):
        words = max(width(outline.title, _TITLE, bold=True), width(" · ".join(outline.facts), _FACTS)) / 2
        left, right = max(_left(column), words), max(_right(column), words)
        parts += of_network(moved(_trunk(column), x + left, 0.0), index)
        parts += moved(_head(outline, left, left + right), x, 0.0)
        x += left + right + _APART
    rows = [(size, tops[size]) for size in order]
    return (*_gutter(rows, x - _APART, _first(outlines[0])), *parts), x - _APART


def _levelled(columns: Sequence[list[Placed]], order: Sequence[str]) -> tuple[list[list[Placed]], Mapping[str, float]]:
    """The columns with their rows moved down to where the lowest of them has to begin."""
    rows = [{row[0].size: row for row in _rows(column)} for column in columns]
    offsets = [0.0 for _ in columns]
    levelled: list[list[Placed]] = [[] for _ in columns]
    tops: dict[str, float] = {}
    floor = HEAD
    for size in order:
        present = [index for index, own in enumerate(rows) if size in own]
        tops[size] = max([floor, *(rows[index][size][0].y + offsets[index] for index in present)])
        for index in present:
            offsets[index] = tops[size] - rows[index][size][0].y
            levelled[index] += [replace(p, y=p.y + offsets[index]) for p in rows[index][size]]
        floor = max(tops[size] + 2.0 * _ROW_GAP, *(column[-1].bottom + _ROW_GAP for column in levelled if column))
    return levelled, tops


def _common_order(columns: Sequence[list[Placed]]) -> list[str] | None:
    """The output sizes in an order that suits all networks; None if a size comes back, or the inputs differ in size."""
    if len({column[0].size for column in columns}) > 1:
        return None
    sorter = TopologicalSorter[str]()
    for column in columns:
        sizes = [row[0].size for row in _rows(column)]
        if len(set(sizes)) < len(sizes):
            return None
        sorter.add(sizes[0])
        for before, after in pairwise(sizes):
            sorter.add(after, before)
    try:
        return list(sorter.static_order())
    except CycleError:
        return None


def _uniform(outline: Outline, colours: Mapping[int, str]) -> Draughtsman:
    """A draughtsman whose cards are all as wide as the widest needs to be."""
    plain = Draughtsman(colours)
    inner = [plain.chain(item.chain) for group in outline.groups for item in group.chain if isinstance(item, Card)]
    left = max((fragment.left for fragment in inner), default=0.0)
    right = max((fragment.right for fragment in inner), default=0.0)
    return replace(plain, left=left + PAD, right=right + PAD)


def _placed(outline: Outline, draughtsman: Draughtsman) -> list[Placed]:
    """All items of the trunk at their heights: a little apart, more at a change of size, enough for the costs."""
    items: list[tuple[int, Item]] = [(-1, outline.entry)] if outline.entry else []
    items += [(index, item) for index, group in enumerate(outline.groups) for item in group.chain]
    result: list[Placed] = []
    for index, item in items:
        fragment = draughtsman.item(item)
        shape = output(item)
        size = size_text(shape) if shape is not None else result[-1].size
        y = result[-1].bottom + _gap(result, fragment, index, size) if result else HEAD
        result.append(Placed(item, fragment, index, size, y))
    return result


def _gap(placed: Sequence[Placed], fragment: Fragment, group: int, size: str) -> float:
    before = placed[-1]
    loose = before.fragment.loose or fragment.loose
    between = GAP_AFTER_JOIN if loose else GAP
    if isinstance(before.item, Card) or before.size != size:
        between = _CARD_GAP if before.size == size else _ROW_GAP
    if group == before.group or before.group < 0:
        return between
    top = next(p.y for p in placed if p.group == before.group)
    return max(between, top + COST_HEIGHT + 4.0 - before.bottom)


def _rows(column: Sequence[Placed]) -> list[list[Placed]]:
    """The items by rows of equal output size."""
    return [list(row) for _, row in groupby(column, key=lambda placed: placed.size)]


def _reach(outline: Outline, column: Sequence[Placed]) -> list[tuple[float, float] | None]:
    own = [[p for p in column if p.group == index] for index in range(len(outline.groups))]
    return [(placed[0].y, placed[-1].bottom) if placed else None for placed in own]


def _trunk(column: Sequence[Placed]) -> Iterator[Part]:
    for before, after in pairwise(column):
        yield down(0.0, before.bottom, after.y, arrow=not after.fragment.soft)
    for placed in column:
        yield from placed.fragment.at(0.0, placed.y)


def _first(outline: Outline) -> str:
    """What the first row's size is: the input's, unless several inputs stand in a fork, whose output it is."""
    return "input" if outline.entry else "output"


def _gutter(rows: Sequence[tuple[str, float]], across: float, first: str) -> Iterator[Part]:
    """The size of each row, an output but for the `first`, with a hairline above all but that."""
    for index, (size, y) in enumerate(rows):
        if index:
            yield Rule((0.0, y - _ROW_GAP / 2), (across, y - _ROW_GAP / 2))
        yield Text(0.0, y + 4.0, "output" if index else first, 7.0, role="soft")
        yield Text(0.0, y + 14.0, size, 9.0, bold=True)


def _head(outline: Outline, axis: float, across: float) -> Iterator[Part]:
    """Name and totals, centred on the trunk."""
    room = 2 * min(axis, across - axis)
    for line in fit(outline.title, room, _TITLE, lines=1, bold=True):
        yield Text(axis, 10.0, line, _TITLE, "middle", bold=True)
    for line in fit(" · ".join(outline.facts), room, _FACTS, lines=1):
        yield Text(axis, 22.0, line, _FACTS, "middle", role="soft")


def _left(column: Sequence[Placed]) -> float:
    return max(placed.fragment.left for placed in column)


def _right(column: Sequence[Placed]) -> float:
    return max(placed.fragment.right for placed in column)
