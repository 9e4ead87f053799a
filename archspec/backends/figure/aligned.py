"""Several networks with one gutter, their rows aligned by output size, as in Fig. 3 of He et al. (2015)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from archspec.backends.figure.gutter import GUTTER, row_label
from archspec.backends.figure.heading import HEAD, heading, heading_width
from archspec.backends.figure.outline import Outline
from archspec.backends.figure.placing import ROW_GAP, Placed, reach, rows, trunk
from archspec.backends.figure.scene import Part, moved, of_network
from archspec.records import replace

_APART = 34.0


def common_order(columns: Sequence[list[Placed]]) -> list[str] | None:
    """The output sizes in an order that suits all networks; None if a size comes back, or the inputs differ in size."""
    if len({column[0].size for column in columns}) > 1:
        return None
    sorter = TopologicalSorter[str]()
    for column in columns:
        sizes = [row[0].size for row in rows(column)]
        if len(set(sizes)) < len(sizes):
            return None
        sorter.add(sizes[0])
        for before, after in pairwise(sizes):
            sorter.add(after, before)
    try:
        return list(sorter.static_order())
    except CycleError:
        return None


def aligned(
    outlines: Sequence[Outline], columns: Sequence[list[Placed]], order: Sequence[str], first: str
) -> tuple[tuple[Part, ...], float]:
    """The parts, and the width; `first` says what the first row's size is of."""
    columns, tops = _levelled(columns, order)
    parts: list[Part] = []
    x = GUTTER
    for index, (outline, column) in enumerate(zip(outlines, columns, strict=True)):
        words = heading_width(outline) / 2
        left, right = (max(side, words) for side in reach(column))
        parts += of_network(moved((*heading(outline, 0.0), *trunk(column)), x + left, 0.0), index)
        x += left + right + _APART
    across = x - _APART
    labels = [
        part
        for index, size in enumerate(order)
        for part in row_label(size, tops[size], "output" if index else first, across if index else 0.0)
    ]
    return (*labels, *parts), across


def _levelled(columns: Sequence[list[Placed]], order: Sequence[str]) -> tuple[list[list[Placed]], Mapping[str, float]]:
    """The columns with the first boxes of each row level, where the lowest of them has to be."""
    by_size = [{row[0].size: row for row in rows(column)} for column in columns]
    offsets = [0.0 for _ in columns]
    levelled: list[list[Placed]] = [[] for _ in columns]
    tops: dict[str, float] = {}
    floor = HEAD
    for size in order:
        present = [index for index, own in enumerate(by_size) if size in own]
        tops[size] = max([floor, *(by_size[index][size][0].top + offsets[index] for index in present)])
        for index in present:
            offsets[index] = tops[size] - by_size[index][size][0].top
            levelled[index] += [replace(p, y=p.y + offsets[index]) for p in by_size[index][size]]
        floor = max(tops[size] + 2.0 * ROW_GAP, *(column[-1].bottom + ROW_GAP for column in levelled if column))
    return levelled, tops
