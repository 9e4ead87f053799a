"""A table as comma-separated values, for spreadsheets and scripts: numbers in full, blocks on one line."""

from __future__ import annotations

import csv
import io

from archspec.backends.escape import sheet_text
from archspec.backends.table.grid import Cell, Count, Grid
from archspec.backends.table.plain import one_line


def sheet(grid: Grid) -> str:
    """The head, the rows and the foot (RFC 4180, but for lines that end in a line feed)."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([sheet_text(word) for word in grid.head])
    writer.writerows([_field(cell) for cell in row] for row in grid.all_rows())
    return file.getvalue()


def _field(cell: Cell) -> str:
    return str(cell.value) if isinstance(cell, Count) else sheet_text(one_line(cell))
