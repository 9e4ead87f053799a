"""Where a piece of a spec stands in its text."""

from __future__ import annotations

from archspec.records import Record


class Span(Record):
    """A stretch of text: 1-based lines and columns in code points, the end exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __lt__(self, other: Span) -> bool:
        return bool(Span.__values__(self) < Span.__values__(other))

    def within(self, start: int, end: int) -> Span:
        """The part from offset `start` to `end` of a text on one line; the whole where it spans several."""
        if self.line != self.end_line:
            return self
        return Span(self.file, self.line, self.column + start, self.line, self.column + end)
