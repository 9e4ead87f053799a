"""Expressions that YAML's flow notation takes apart, and how to put them together again.

Inside `{}` and `[]` the characters `,[]{}` belong to YAML, so `{out: widths[0]}` is no YAML and `{out: max(1, C//4)}`
is a map of two. Once recognised, such an expression is reported, its flow characters are masked by private-use ones
(which no spec may contain, so positions stay as they are), and the text is read again.
"""

from __future__ import annotations

import re

from archspec.records import Record, replace

MAX_EXPRESSION = 1_000

_MASK = {ord(c): 0xE000 + i for i, c in enumerate(",[]{}:#'\"&*!|>%@`?-")}
_UNMASK = {mask: c for c, mask in _MASK.items()}
_COMPREHENSION = r"\bfor\s+[^\W\d]\w*(?:\s*,\s*\w+)*\s+in\b"
_OPENERS, _CLOSERS = "([{", ")]}"


class Masked(Record):
    """A text with some regions masked; `text` has the same length, so offsets hold for both."""

    original: str
    text: str = ""

    def __post_init__(self) -> None:
        if not self.text:
            object.__setattr__(self, "text", self.original)

    def with_region(self, start: int, end: int) -> Masked:
        """This text with one more region that YAML shall read as a plain scalar."""
        region = self.original[start:end].translate(_MASK)
        return replace(self, text=self.text[:start] + region + self.text[end:])


def unmask(text: str) -> str:
    """The text as the author wrote it."""
    return text.translate(_UNMASK)


def comprehension(text: str) -> bool:
    """Whether the text reads as `e for j in …`."""
    return re.search(_COMPREHENSION, text) is not None


def has_open_bracket(text: str) -> bool:
    """Whether a `(` is not closed, so that YAML has cut an expression at a comma."""
    return text.count("(") > text.count(")")


def expression_around(text: str, start: int, at: int) -> tuple[int, int] | None:
    """The offsets of the expression that starts at `start` and goes on past `at`; None if its line ends before it.

    A comprehension takes the brackets around it along.
    """
    end = _end_of_expression(text, start)
    if end is None or end <= at:
        return None
    before = text[:start].rstrip(" ")
    if comprehension(text[start:end]) and before.endswith("[") and text[end : end + 1] == "]":
        return len(before) - 1, end + 1
    return start, end


def start_of_scalar(text: str, at: int) -> int:
    """Where the plain scalar that runs up to `at` starts: after the last `,`, bracket or `: ` on its line."""
    start, lowest = at, max(0, at - MAX_EXPRESSION)
    while start > lowest and text[start - 1] not in ",[]{}\n" and text[start - 1 : start + 1] not in (": ", "- "):
        start -= 1
    return start + len(text[start:at]) - len(text[start:at].lstrip(" "))


def opening_bracket(text: str, close: int) -> int | None:
    """Where the bracket that `text[close]` closes was opened, on the same line."""
    depth = 0
    for offset in range(close, max(-1, close - MAX_EXPRESSION), -1):
        if text[offset] == "\n":
            return None
        depth += (text[offset] in _CLOSERS) - (text[offset] in _OPENERS)
        if depth == 0:
            return offset
    return None


def quote_help(expression: str) -> str:
    """The words that tell how to quote it."""
    quoted = f"'{expression}'" if '"' in expression or "\\" in expression else f'"{expression}"'
    return f"quote the expression: `{quoted}`"


def _end_of_expression(text: str, start: int) -> int | None:
    depth = 0
    for offset in range(start, min(len(text), start + MAX_EXPRESSION)):
        character = text[offset]
        if character == "\n" or text[offset : offset + 2] == " #":
            return offset if depth == 0 else None
        if depth == 0 and (character in ",]})" or text[offset : offset + 2] == ": "):
            return len(text[:offset].rstrip(" "))
        depth += (character in _OPENERS) - (character in _CLOSERS)
    return len(text) if depth == 0 and len(text) <= start + MAX_EXPRESSION else None
