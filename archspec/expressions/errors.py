"""What goes wrong with an expression, and where in its text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False)
class ExpressionError(Exception):
    """An expression cannot be read or has no value. `start` and `end` are offsets into its text, the end exclusive."""

    message: str
    start: int = 0
    end: int = 0
    help: str | None = None

    def __str__(self) -> str:
        return self.message if self.help is None else f"{self.message} ({self.help})"


@dataclass(eq=False)
class Fault(Exception):
    """An operation on values that has no result; the evaluator knows the place and makes an `ExpressionError` of it."""

    message: str
    help: str | None = None
