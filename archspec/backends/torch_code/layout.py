"""Breaking long lines of generated code where `ruff format` would, so that its output need not be formatted again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

WIDTH = 88
INDENT = "    "

_OPENING, _CLOSING = "([{", ")]}"
_PRIORITIES = ((" for ",), (" if ", " else "), (" or ",), (" and ",), (" + ", " - "), (" * ", " // "))


def wrap(text: str, indent: int = 0) -> list[str]:
    """One logical line of code as the lines of a formatted file, `indent` levels deep."""
    line = INDENT * indent + text
    if len(line) <= WIDTH:
        return [line]
    head, loose, tail = _loose(text)
    if loose and _hangs(loose):
        for pair in _openable(text):
            opened = _opened(text, indent, pair)
            if max(len(opened[0]), len(opened[-1])) <= WIDTH:
                return opened
    if loose:
        return [INDENT * indent + head, *_body(loose, indent + 1, head), INDENT * indent + tail]
    start, links = _links(text)
    if len(links) > 2:
        inside = [line for link in links for line in wrap(link, indent + 1)]
        return [f"{INDENT * indent}{start}(", *inside, f"{INDENT * indent})"]
    return _opened(text, indent)


def _links(text: str) -> tuple[str, list[str]]:
    """A statement's head, and its expression cut where a method of what a call gives is called: a link to a line."""
    start = re.match(r"return |[^=]*? = ", _outside(text))
    if start is None or text.startswith("def "):
        return "", []
    expression = text[start.end() :]
    outside = _outside(expression)
    dots = [place for place in _find(outside, ".") if outside[place - 1] in _CLOSING]
    return start[0], [expression[a:b] for a, b in pairwise([0, *dots, len(expression)])]


def _opened(text: str, indent: int, pair: tuple[int, int] | None = None) -> list[str]:
    """The bracket to open, with what is in it on lines of its own."""
    opening, closing = pair or _bracket(text, WIDTH - len(INDENT) * indent)
    if opening < 0 or closing == opening + 1:
        return [INDENT * indent + text]
    head, body, tail = text[: opening + 1], text[opening + 1 : closing], text[closing:]
    names = re.fullmatch(r"for (\w+(?:, \w+)+) in \(", head)
    if names and len(INDENT * indent + head) > WIDTH:
        bound = [f"{INDENT * (indent + 1)}{name}," for name in names[1].split(", ")]
        start = [f"{INDENT * indent}for (", *bound, f"{INDENT * indent}) in ("]
        return [*start, *_body(body, indent + 1, head), INDENT * indent + tail]
    return [INDENT * indent + head, *_body(body, indent + 1, head), INDENT * indent + tail]


def _loose(text: str) -> tuple[str, str, str]:
    """(head, expression, tail) of a statement whose expression needs parentheses to be broken; else empty."""
    if text.startswith(("if ", "elif ")) and text.endswith(":"):
        word, _, inner = text[:-1].partition(" ")
        return (f"{word} (", inner, "):") if _is_loose(inner) else ("", "", "")
    start = re.match(r"return |[^=]*? \+?= ", _outside(text))
    if start is None or text.startswith("def "):
        return "", "", ""
    head, inner = text[: start.end()], text[start.end() :]
    return (f"{head}(", inner, ")") if _is_loose(inner) else ("", "", "")


def _is_loose(text: str) -> bool:
    """Whether operators stand outside of all brackets."""
    outside = _outside(text)
    return any(word in outside for words in _PRIORITIES for word in words)


def _hangs(text: str) -> bool:
    """Whether one operator stands before a call that can be opened instead."""
    pieces = next((p for words in _PRIORITIES if len(p := _split(text, words)) > 1), [])
    return len(pieces) == 2 and text.endswith(")") and not text.endswith("()")


def comment(text: str, note: str, indent: int) -> list[str]:
    """A logical line with a comment behind it, or above it where it would not fit behind."""
    lines = wrap(text, indent)
    if not note:
        return lines
    if len(lines) == 1 and len(lines[0]) + 4 + len(note) <= WIDTH:
        return [f"{lines[0]}  # {note}"]
    return [f"{INDENT * indent}# {note}", *lines]


def _body(body: str, indent: int, head: str) -> list[str]:
    # The commas of a comprehension stand between the names that it binds.
    parts = [body] if _separators(body) else _parts(body, ",")
    # A tuple or list that does not fit goes one item to a line; arguments may stay together.
    if len(INDENT * indent + body) <= WIDTH and (len(parts) < 2 or _is_call(head)):
        return [INDENT * indent + body]
    if len(parts) > 1 or (_is_call(head) and not _separators(body)):
        return [line for part in parts for line in _element(part.strip(), indent)]
    for words in _PRIORITIES:
        pieces = _split(body, words)
        if len(pieces) > 1:
            return [line for piece in pieces for line in wrap(piece, indent)]
    return wrap(body, indent)


def _element(part: str, indent: int) -> list[str]:
    """One of several items, with its comma."""
    line = INDENT * indent + part
    *lines, last = [line] if len(line) < WIDTH else _opened(part, indent)
    return [*lines, last + ","]


def _is_call(head: str) -> bool:
    return head.endswith("(") and len(head) > 1 and (head[-2].isalnum() or head[-2] in "_])")


def _separators(body: str) -> bool:
    return " for " in _outside(body)


def _bracket(text: str, width: int) -> tuple[int, int]:
    """The pair to open: of a `def` its parameters, else the last one not inside another that the line reaches."""
    pairs = list(_pairs(text))
    if not pairs:
        return -1, -1
    if text.startswith("def "):
        return pairs[0]
    full = _openable(text) or pairs[-1:]
    return next((pair for pair in full if pair[0] < width), full[0])


def _openable(text: str) -> list[tuple[int, int]]:
    """The pairs outside of all others that hold something, the last one first."""
    return [pair for pair in _pairs(text) if pair[1] > pair[0] + 1][::-1]


def _pairs(text: str) -> Iterator[tuple[int, int]]:
    depth, start = 0, 0
    for index, char in _code(text):
        if char in _OPENING:
            if depth == 0:
                start = index
            depth += 1
        elif char in _CLOSING:
            depth -= 1
            if depth == 0:
                yield start, index


def _code(text: str) -> Iterator[tuple[int, str]]:
    """The characters outside of string literals, with their places."""
    quote, skip = "", False
    for index, char in enumerate(text):
        if skip:
            skip = False
        elif quote:
            skip = char == "\\"
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        else:
            yield index, char


def _outside(text: str) -> str:
    """The text with everything inside brackets and strings blanked out."""
    blank = [" \0"[1]] * len(text)
    depth = 0
    for index, char in _code(text):
        depth -= char in _CLOSING
        if depth == 0:
            blank[index] = char
        depth += char in _OPENING
    return "".join(blank)


def _parts(text: str, separator: str) -> list[str]:
    places = [index for index, char in enumerate(_outside(text)) if char == separator]
    bounds = [-1, *places, len(text)]
    parts = [text[a + 1 : b] for a, b in pairwise(bounds)]
    return [part for part in parts if part.strip()]


def _split(text: str, words: tuple[str, ...]) -> list[str]:
    outside = _outside(text)
    places = sorted(i for word in words for i in _find(outside, word))
    bounds = [0, *(place + 1 for place in places), len(text)]
    return [text[a:b].strip() for a, b in pairwise(bounds)]


def _find(text: str, word: str) -> Iterator[int]:
    place = text.find(word)
    while place >= 0:
        yield place
        place = text.find(word, place + 1)
