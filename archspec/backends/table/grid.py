"""A table as plain data: rows of cells under a head. The writers beside this file print it, and decide nothing."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.backends.numbers import quantity
from archspec.records import Record


class Bracket(Record):
    """Lines in brackets, and how often they come in a row: the blocks of a network."""

    lines: tuple[str, ...]
    count: int


class Count(Record):
    """A number: in full for machines, in three digits for people where it is `brief`."""

    value: int
    brief: bool = False

    def __str__(self) -> str:
        return quantity(self.value, "").rstrip() if self.brief else f"{self.value:,}"


Piece = str | Bracket | Count
Cell = str | Count | tuple[Piece, ...]
"""What stands in a field: words, a number, or several pieces one below the other."""

Row = tuple[Cell, ...]


class Grid(Record):
    """Rows under a head, the last ones (`foot`) set apart; `align` has l, c or r for each column.

    `notes` are the sentences below; `shared` is the first column from which equal neighbours may be drawn as one
    field, None where none may.
    """

    head: tuple[str, ...]
    rows: tuple[Row, ...]
    align: str
    foot: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    caption: str = ""
    shared: int | None = None

    def all_rows(self) -> Iterator[Row]:
        """The rows and the foot."""
        yield from self.rows
        yield from self.foot


def pieces(cell: Cell) -> tuple[Piece, ...]:
    """The pieces of a cell from top to bottom; none for an empty one."""
    if isinstance(cell, tuple):
        return cell
    return (cell,) if cell != "" else ()


class Band(Record):
    """A part of a row: its own cells, and what stands across all shared columns (empty: nothing does)."""

    cells: Row
    across: Cell = ""


def bands(row: Row, shared: int | None) -> tuple[Band, ...]:
    """A row cut in two where all shared columns begin alike, as where one stem precedes the stages of five networks."""
    own = [pieces(cell) for cell in row[shared:]] if shared is not None else []
    if len(own) < 2 or not own[0]:
        return (Band(row),)
    length = 0
    while all(len(cell) > length and cell[length] == own[0][length] for cell in own):
        length += 1
    if not length:
        return (Band(row),)
    rest = tuple(cell[length:] for cell in own)
    across = Band(row[:shared], own[0][:length])
    return (across, Band((*("" for _ in row[:shared]), *rest))) if any(rest) else (across,)
