r"""A table in LaTeX, with booktabs' rules and the brackets of the papers.

It is meant for `\input`, and compiles as it stands in a document that loads booktabs and graphicx.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from archspec.backends.escape import latex_text
from archspec.backends.table.grid import Band, Bracket, Cell, Count, Grid, Piece, Row, bands, pieces

_WIDE = 4
"""From so many shared columns on the table takes the whole page of a paper in two columns."""
_TALL = 45
"""From so many lines on the letters are small, so that the table fits a page."""
_FIT = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"


def latex(grid: Grid, label: str = "") -> str:
    r"""A `table` environment with caption and label, where they are given."""
    wide = grid.shared is not None and len(grid.head) - grid.shared >= _WIDE
    size = r"\scriptsize" if sum(map(_height, grid.all_rows())) >= _TALL else r"\small"
    environment = "table*" if wide else "table"
    lines = [
        r"% \usepackage{booktabs,graphicx}",
        *([] if _is_latin(grid) else ["% letters beyond Latin script: XeLaTeX or LuaLaTeX, with a font that has them"]),
        rf"\begin{{{environment}}}[t]",
        r"\centering" + size,
        *([rf"\caption{{{latex_text(grid.caption)}}}"] if grid.caption else []),
        *([rf"\label{{{_label(label)}}}"] if label else []),
        _FIT,
        rf"\begin{{tabular}}{{@{{}}{grid.align}@{{}}}}",
        r"\toprule",
        " & ".join(_head(word, side) for word, side in zip(grid.head, grid.align, strict=True)) + r" \\",
    ]
    lines += [line for row in grid.rows for line in (r"\midrule", *_row(row, grid))]
    lines += [r"\midrule"] * bool(grid.foot) + [line for row in grid.foot for line in _row(row, grid)]
    lines += [r"\bottomrule", r"\end{tabular}}"]
    lines += [r"\par\smallskip", rf"{{\footnotesize {latex_text(' '.join(grid.notes))}\par}}"] if grid.notes else []
    return "\n".join([*lines, rf"\end{{{environment}}}", ""])


def _height(row: Row) -> int:
    """How many lines a row is tall."""
    return max(sum(len(p.lines) if isinstance(p, Bracket) else 1 for p in pieces(cell)) for cell in row)


def _head(word: str, side: str) -> str:
    return latex_text(word) if side == "l" else rf"\multicolumn{{1}}{{{side}}}{{{latex_text(word)}}}"


def _row(row: Row, grid: Grid) -> Iterator[str]:
    first, last = (grid.shared or 0) + 1, len(grid.head)
    for index, band in enumerate(bands(row, grid.shared)):
        if index:
            yield rf"\cmidrule(l){{{first}-{last}}}"
        yield " & ".join(_fields(band, last - first + 1)) + r" \\"


def _fields(band: Band, shared: int) -> Iterator[str]:
    yield from map(_cell, band.cells)
    if band.across:
        yield rf"\multicolumn{{{shared}}}{{c}}{{{_cell(band.across)}}}"


def _cell(cell: Cell) -> str:
    found = [_piece(piece) for piece in pieces(cell)]
    if len(found) < 2:
        return "".join(found)
    return r"\begin{tabular}{@{}c@{}}" + r" \\ ".join(found) + r"\end{tabular}"


def _piece(piece: Piece) -> str:
    if isinstance(piece, Count):
        return _number(piece)
    if not isinstance(piece, Bracket):
        return latex_text(piece)
    lines = r"\\".join(rf"\mbox{{{latex_text(line)}}}" for line in piece.lines)
    times = rf"\times{piece.count}" if piece.count > 1 else ""
    return rf"$\left[\begin{{array}}{{@{{}}c@{{}}}}{lines}\end{{array}}\right]{times}$"


def _number(count: Count) -> str:
    r"""`$1.81\times10^{9}$` for a brief one, else all digits with thin spaces."""
    if not count.brief or count.value < 1000:
        return f"{count.value:,}".replace(",", r"\,")
    digits, exponent = f"{count.value:.2e}".split("e")
    return rf"${digits}\times10^{{{int(exponent)}}}$"


def _label(label: str) -> str:
    r"""A key for `\ref`: what TeX could take for a command there is left out."""
    return re.sub(r"[^A-Za-z0-9:._/+ -]", "", label)


def _is_latin(grid: Grid) -> bool:
    words = [
        *grid.head,
        grid.caption,
        *grid.notes,
        *(str(p) for row in grid.all_rows() for c in row for p in pieces(c)),
    ]
    return all(ord(character) < 0x250 or latex_text(character) != character for word in words for character in word)
