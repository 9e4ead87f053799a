"""A table in HTML: a fragment that brings its own style, and a page around it."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from archspec.backends.escape import clean
from archspec.backends.table.grid import Band, Bracket, Cell, Grid, Piece, Row, bands, pieces
from archspec.backends.table.plain import one_line

_SIDES = {"l": "left", "c": "center", "r": "right"}
_STYLE = """\
.archspec-table{border-collapse:collapse;font:14px/1.35 Helvetica,Arial,sans-serif}
.archspec-table caption{caption-side:top;text-align:left;padding:0 0 .5em}
.archspec-table th,.archspec-table td{padding:.3em .8em;vertical-align:middle;border:0;background:none}
.archspec-table tr{background:none}
.archspec-table thead{border-top:1.5px solid;border-bottom:1px solid}
.archspec-table tbody{border-bottom:1.5px solid}
.archspec-table tbody tr.rule{border-top:1px solid #8886}
.archspec-table tbody tr.foot{border-top:1px solid}
.archspec-table p{margin:.15em 0}
.archspec-table .bracket{display:inline-block;vertical-align:middle;padding:.1em .5em;margin:.15em 0;
border:solid;border-width:0 1px;position:relative}
.archspec-table .bracket::before,.archspec-table .bracket::after{content:"";position:absolute;top:0;bottom:0;
width:.3em;border:solid;border-width:1px 0}
.archspec-table .bracket::before{left:0}
.archspec-table .bracket::after{right:0}
.archspec-table+p{font:12px/1.35 Helvetica,Arial,sans-serif;max-width:60em}
"""
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
</head>
<body>
{body}
</body>
</html>
"""


def page(grid: Grid, title: str) -> str:
    """The table as a page of its own, with nothing to load."""
    return _PAGE.format(title=_text(title), body=fragment(grid))


def fragment(grid: Grid) -> str:
    """The table with its style, everything escaped; what all networks have in common is one wide field."""
    head = "".join(
        f'<th scope="col"{_side(side)}>{_text(word)}</th>' for word, side in zip(grid.head, grid.align, strict=True)
    )
    caption = f"<caption>{_text(grid.caption)}</caption>" if grid.caption else ""
    rows = [line for row in grid.rows for line in _row(row, grid, "rule")]
    rows += [line for index, row in enumerate(grid.foot) for line in _row(row, grid, "" if index else "foot")]
    body = "\n".join(rows)
    note = f"\n<p>{_text(' '.join(grid.notes))}</p>" if grid.notes else ""
    opening = f'<table class="archspec-table">{caption}\n<thead><tr>{head}</tr></thead>'
    return f"<style>\n{_STYLE}</style>\n{opening}\n<tbody>\n{body}\n</tbody>\n</table>{note}"


def _row(row: Row, grid: Grid, kind: str) -> Iterator[str]:
    found = bands(row, grid.shared)
    for index, band in enumerate(found):
        opening = "<tr>" if index or not kind else f'<tr class="{kind}">'
        yield opening + "".join(_fields(band, grid, index, len(found))) + "</tr>"


def _fields(band: Band, grid: Grid, index: int, count: int) -> Iterator[str]:
    first = len(grid.head) if grid.shared is None else grid.shared
    tall = f' rowspan="{count}"' if count > 1 else ""
    for column, cell in enumerate(band.cells):
        if column >= first or not index:
            tag = "th" if not column else "td"
            scope = ' scope="row"' if not column else ""
            span = tall if column < first else ""
            yield f"<{tag}{scope}{span}{_side(grid.align[column])}>{_cell(cell)}</{tag}>"
    if band.across:
        yield f'<td colspan="{len(grid.head) - first}"{_side("c")}>{_cell(band.across)}</td>'


def _side(side: str) -> str:
    return f' style="text-align:{_SIDES[side]}"'


def _cell(cell: Cell) -> str:
    found = pieces(cell)
    return _piece(found[0]) if len(found) == 1 else "".join(f"<p>{_piece(piece)}</p>" for piece in found)


def _piece(piece: Piece) -> str:
    if not isinstance(piece, Bracket):
        return _text(str(piece))
    lines = "<br>".join(map(_text, piece.lines))
    times = f" ×{piece.count}" if piece.count > 1 else ""
    return f'<span class="bracket" role="img" aria-label="{_text(one_line((piece,)))}">{lines}</span>{times}'


def _text(text: str) -> str:
    return escape(clean(text))
