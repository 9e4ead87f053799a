"""A table in GitHub's Markdown."""

from __future__ import annotations

from archspec.backends.escape import markdown_text
from archspec.backends.table.grid import Cell, Grid, pieces
from archspec.backends.table.plain import one_line

_MARKS = {"l": "---", "c": ":---:", "r": "---:"}


def markdown(grid: Grid) -> str:
    """The table, its caption above and its note below; blocks on one line each."""
    lines = [[markdown_text(word) for word in grid.head], [_MARKS[side] for side in grid.align]]
    lines += [[_cell(cell) for cell in row] for row in grid.all_rows()]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    caption = f"**{markdown_text(grid.caption)}**" if grid.caption else ""
    return "\n\n".join(part for part in (caption, table, markdown_text(" ".join(grid.notes))) if part)


def _cell(cell: Cell) -> str:
    return "<br>".join(markdown_text(one_line((piece,))) for piece in pieces(cell))
