"""What goes wrong with an expression, and where in its text."""

from __future__ import annotations


class ExpressionError(Exception):
    """An expression cannot be read or has no value. `start` and `end` are offsets into its text, the end exclusive."""

    def __init__(self, message: str, start: int = 0, end: int = 0, help: str | None = None) -> None:
        super().__init__(message, start, end, help)
        self.message, self.start, self.end, self.help = message, start, end, help

    def __str__(self) -> str:
        return self.message if self.help is None else f"{self.message} ({self.help})"


class Fault(Exception):
    """An operation on values that has no result; the evaluator knows the place and makes an `ExpressionError` of it."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message, help)
        self.message, self.help = message, help
