"""Sequences of several networks merged into one: what they share stands in one row, the rest in between."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from heapq import merge


def align(sequences: Sequence[Sequence[str]]) -> list[list[int | None]]:
    """A row of positions for each output size: one of every sequence, None where it has nothing of that size.

    Where sizes only shrink, that is one row a size, the largest first; sizes that come back get rows of their own.
    """
    rows: list[list[int | None]] = []
    sizes: list[str] = []
    for column, own in enumerate(sequences):
        rows, sizes = _joined(rows, sizes, column, own)
    return [[*row, *[None] * (len(sequences) - len(row))] for row in rows]


def _joined(
    rows: list[list[int | None]], sizes: list[str], column: int, own: Sequence[str]
) -> tuple[list[list[int | None]], list[str]]:
    """The rows with one more sequence in them."""
    result: list[tuple[str, list[int | None]]] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, sizes, own, autojunk=False).get_opcodes():
        old = [(sizes[i], [*rows[i], None]) for i in range(i1, i2)]
        new: list[tuple[str, list[int | None]]] = [(own[j], [*[None] * column, j]) for j in range(j1, j2)]
        if tag == "equal":
            result += [(size, [*row[:-1], j]) for (size, row), j in zip(old, range(j1, j2), strict=True)]
        else:
            result += merge(old, new, key=lambda row: -_area(row[0]))
    return [row for _, row in result], [size for size, _ in result]


def _area(size: str) -> int:
    """The number of places in a map of this size, 0 where it is not known."""
    area = 1
    for number in _numbers(size):
        area *= number
    return area


def _numbers(size: str) -> Iterator[int]:
    found = re.findall(r"\d+|\?", size)
    yield from (0 if number == "?" else int(number) for number in found)
