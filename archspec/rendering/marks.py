"""One line of a file with carets under it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archspec.records import Record
from archspec.rendering.cells import cells, printable, width
from archspec.rendering.style import Role, paint

MAX_CHARACTERS = 160
_LEAD = 40


class Mark(Record):
    """A stretch of one line, from code point `start` (0-based) up to `end`, and the words for it."""

    start: int
    end: int
    text: str
    role: Role
    """`error` or `warning` for the place of the diagnostic itself, `second` for another party."""


def draw(line: str, marks: Sequence[Mark], color: bool) -> Iterator[str]:
    """The line as shown, the row of carets, and one row for each text that finds no room on it, from right to left."""
    line, marks = _window(line, marks)
    shown = cells(line)
    columns = [0]
    for cell in shown:
        columns.append(columns[-1] + width(cell))
    yield "".join(shown).rstrip()
    placed = sorted((_place(mark, columns) for mark in marks), key=lambda mark: (mark.start, mark.role == "second"))
    # The rightmost text stands behind its carets; the others hang below theirs.
    *hanging, last = placed
    yield _row(_carets(placed), color) + (" " + paint(last.text, last.role, color) if last.text else "")
    waiting = [mark for mark in hanging if mark.text]
    while waiting:
        mark = waiting.pop()
        bars = [Mark(other.start, other.start + 1, "|", other.role) for other in waiting if other.start < mark.start]
        yield _row([*bars, Mark(mark.start, mark.start + width(mark.text), mark.text, mark.role)], color)


def _window(line: str, marks: Sequence[Mark]) -> tuple[str, Sequence[Mark]]:
    """The part of a long line around its first mark."""
    if len(line) <= MAX_CHARACTERS:
        return line, marks
    first = max(0, min(mark.start for mark in marks) - _LEAD)
    part = line[first : first + MAX_CHARACTERS]
    shift = first - (first > 0)
    moved = [Mark(min(m.start - shift, len(part)), min(m.end - shift, len(part) + 1), m.text, m.role) for m in marks]
    return ("…" if first else "") + part + ("…" if first + len(part) < len(line) else ""), moved


def _place(mark: Mark, columns: Sequence[int]) -> Mark:
    """The mark in terminal columns, at least one wide; an empty place behind the line has a column too."""
    last = len(columns) - 1
    start = columns[min(mark.start, last)]
    end = columns[min(mark.end, last)]
    return Mark(start, max(end, start + 1), printable(mark.text), mark.role)


def _carets(marks: Sequence[Mark]) -> list[Mark]:
    """Marks whose text is a run of `^` or `-`, each cut where the next begins."""
    drawn = []
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        end = mark.end if following is None else max(min(mark.end, following.start), mark.start)
        drawn.append(Mark(mark.start, end, ("-" if mark.role == "second" else "^") * (end - mark.start), mark.role))
    return drawn


def _row(pieces: Sequence[Mark], color: bool) -> str:
    row, column = "", 0
    for piece in pieces:
        if piece.start < column:
            continue
        row += " " * (piece.start - column) + paint(piece.text, piece.role, color)
        column = piece.start + width(piece.text)
    return row
