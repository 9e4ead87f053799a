"""A table for a terminal: aligned columns, blocks in tall brackets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from archspec.backends.table.grid import Bracket, Cell, Grid, Piece, Row, pieces
from archspec.rendering.cells import printable, width

_GAP = "  "


def text(grid: Grid) -> str:
    """The table in words, its caption above and its note below; no line ends in a blank."""
    head = [[printable(word)] for word in grid.head]
    rows, foot = ([[_lines(cell) for cell in row] for row in part] for part in (grid.rows, grid.foot))
    columns = zip(head, *rows, *foot, strict=True)
    widths = [max(width(line) for cell in column for line in cell or [""]) for column in columns]
    lines = [[list(_row(row, widths, grid.align)) for row in part] for part in ([head], rows, foot)]
    parts = [*lines[0], _spaced(lines[1]), [line for row in lines[2] for line in row]]
    rule = "─" * max(width(line) for part in parts for line in part)
    written = f"\n{rule}\n".join("\n".join(part) for part in parts if part)
    notes = "\n".join(printable(note) for note in grid.notes)
    return "\n\n".join(part for part in (printable(grid.caption), written, notes) if part)


def _spaced(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows with blank lines between, if any is taller than a line."""
    tall = any(len(row) > 1 for row in rows)
    spaced = [line for row in rows for line in (*row, *([""] if tall else []))]
    return spaced[:-1] if tall else spaced


def _row(cells: Sequence[Sequence[str]], widths: Sequence[int], align: str) -> Iterator[str]:
    for line in zip_longest(*cells, fillvalue=""):
        fields = (_field(word, wide, side) for word, wide, side in zip(line, widths, align, strict=True))
        yield _GAP.join(fields).rstrip()


def _field(word: str, wide: int, side: str) -> str:
    blank = " " * (wide - width(word))
    return blank + word if side == "r" else word + blank


def _lines(cell: Cell) -> list[str]:
    return [line for piece in pieces(cell) for line in _piece(piece)]


def _piece(piece: Piece) -> Iterator[str]:
    if not isinstance(piece, Bracket):
        yield printable(str(piece))
        return
    times = f" ×{piece.count}" if piece.count > 1 else ""
    lines = [printable(line) for line in piece.lines]
    wide, last = max(map(width, lines)), len(lines) - 1
    for index, line in enumerate(lines):
        left, right = "[]" if not last else "⎡⎤" if not index else "⎣⎦" if index == last else "⎢⎥"
        yield f"{left}{line}{' ' * (wide - width(line))}{right}{times if index == len(lines) // 2 else ''}"


def one_line(cell: Cell, between: str = "; ") -> str:
    """A cell on one line: `3×3 max pool; [3×3, 64; 3×3, 64] ×2`."""
    return between.join(map(_flat, pieces(cell)))


def _flat(piece: Piece) -> str:
    if not isinstance(piece, Bracket):
        return str(piece)
    return f"[{'; '.join(piece.lines)}]" + (f" ×{piece.count}" if piece.count > 1 else "")


def single_lines(row: Row) -> list[str]:
    """A row of one-line cells."""
    return [one_line(cell) for cell in row]
