"""Finding what comes again in a sequence: `c r c r p c r p c r c r c r p` is three times some `c r` and a `p`."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from archspec.records import Record

FEWEST = 3
"""Rows that are worth a loop."""
LONGEST = 4
"""Items of a group, and groups of a row, at most."""
FEW = 2
"""Groups up to here are written out in a row, if every row has as many."""


class Group(Record):
    """Neighbours: `size` items that come `count` times, from `start` on."""

    start: int
    size: int = 1
    count: int = 1

    @property
    def stop(self) -> int:
        return self.start + self.size * self.count


Rows = list[list[Group]]


def tandem(sorts: Sequence[Hashable]) -> Rows:
    """The longest stretch of rows that are alike but for how often each of their groups comes; empty if there is none.

    A row has items of at least two sorts: neighbours of one sort are left to those who look at single items.
    """
    best: Rows = []
    for groups in _readings(sorts):
        marks = [(group.size > 1, *sorts[group.start : group.start + group.size]) for group in groups]
        for width in range(1, LONGEST + 1):
            for start in range(len(groups) - width + 1):
                count = _periods(marks, start, width)
                rows = [groups[start + k * width : start + (k + 1) * width] for k in range(count)]
                alone = len({marks[start + k] for k in range(width)}) == 1 and rows[0][0].size == 1
                if count >= FEWEST and not alone and _covered(rows) > _covered(best):
                    best = rows
    return _spelled(best)


def _readings(sorts: Sequence[Hashable]) -> Iterator[list[Group]]:
    """The sequence with the shortest pattern that stands twice in a row put together, and as it is."""
    pattern = next(_twice(sorts), None)
    if pattern is not None:
        yield list(_grouped(sorts, pattern))
    yield [Group(place) for place in range(len(sorts))]


def _twice(sorts: Sequence[Hashable]) -> Iterator[Sequence[Hashable]]:
    for size in range(2, LONGEST + 1):
        for start in range(len(sorts) - 2 * size + 1):
            pattern = sorts[start : start + size]
            if len(set(pattern)) > 1 and pattern == sorts[start + size : start + 2 * size]:
                yield pattern


def _grouped(sorts: Sequence[Hashable], pattern: Sequence[Hashable]) -> Iterator[Group]:
    place = 0
    while place < len(sorts):
        count = _periods(sorts, place, len(pattern)) if sorts[place : place + len(pattern)] == pattern else 0
        yield (group := Group(place, len(pattern), count) if count else Group(place))
        place = group.stop


def _periods(marks: Sequence[Hashable], start: int, width: int) -> int:
    """How often the `width` marks at a place stand one behind the other."""
    pattern, count = marks[start : start + width], 1
    while len(pattern) == width and marks[start + count * width : start + (count + 1) * width] == pattern:
        count += 1
    return count


def _covered(rows: Rows) -> int:
    return rows[-1][-1].stop - rows[0][0].start if rows else 0


def _spelled(rows: Rows) -> Rows:
    """The rows with groups written out that come equally often in each, and not often."""
    return [[part for k, group in enumerate(row) for part in _parts(group, [r[k] for r in rows])] for row in rows]


def _parts(group: Group, column: Sequence[Group]) -> list[Group]:
    if group.count > FEW or any(other.count != group.count for other in column):
        return [group]
    return [Group(place) for place in range(group.start, group.stop)]


__all__ = ["FEWEST", "Group", "tandem"]
