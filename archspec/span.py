"""Where a piece of a spec stands in its text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of text: 1-based lines and columns in code points, the end exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def within(self, start: int, end: int) -> Span:
        """The part from offset `start` to `end` of a text on one line; the whole where it spans several."""
        if self.line != self.end_line:
            return self
        return Span(self.file, self.line, self.column + start, self.line, self.column + end)
