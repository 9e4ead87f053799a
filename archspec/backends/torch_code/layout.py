"""Breaking long lines of generated code where `ruff format` would, so that its output need not be formatted again."""

from __future__ import annotations

from collections.abc import Iterator

WIDTH = 88
INDENT = "    "

_OPENING, _CLOSING = "([{", ")]}"
_WORDS = (" if ", " else ", " or ", " and ", " for ", " + ", " - ", " * ", " // ")
_PRIORITIES = ((" for ",), (" if ", " else "), (" or ",), (" and ",), (" + ", " - "), (" * ", " // "))


def wrap(text: str, indent: int = 0) -> list[str]:
    """One logical line of code as the lines of a formatted file, `indent` levels deep."""
    line = INDENT * indent + text
    if len(line) <= WIDTH or "(" not in text:
        return [line]
    opening, closing = _bracket(text)
    if opening < 0:
        return [line]
    head, body, tail = text[: opening + 1], text[opening + 1 : closing], text[closing:]
    if not body:
        return [line]
    if body.startswith(("r", "'", '"')) and "," not in body and len(_parts(body, ",")) == 1 and body[-1] in "'\"":
        return [line]
    return [INDENT * indent + head, *_body(body, indent + 1, head), INDENT * indent + tail]


def comment(text: str, note: str, indent: int) -> list[str]:
    """A logical line with a comment behind it, or above it where it would not fit behind."""
    lines = wrap(text, indent)
    if not note:
        return lines
    if len(lines) == 1 and len(lines[0]) + 4 + len(note) <= WIDTH:
        return [f"{lines[0]}  # {note}"]
    return [f"{INDENT * indent}# {note}", *lines]


def _body(body: str, indent: int, head: str) -> list[str]:
    if len(INDENT * indent + body) <= WIDTH:
        return [INDENT * indent + body]
    parts = _parts(body, ",")
    if len(parts) > 1 or (_is_call(head) and not _separators(body)):
        return [line for part in parts for line in _element(part.strip(), indent)]
    for words in _PRIORITIES:
        pieces = _split(body, words)
        if len(pieces) > 1:
            return [line for piece in pieces for line in wrap(piece, indent)]
    return wrap(body, indent)


def _element(part: str, indent: int) -> list[str]:
    *lines, last = wrap(part, indent) if len(INDENT * indent + part) + 1 > WIDTH else [INDENT * indent + part]
    if not lines and len(last) + 1 > WIDTH:
        *lines, last = _forced(part, indent)
    return [*lines, last + ","]


def _forced(part: str, indent: int) -> list[str]:
    opening, closing = _bracket(part)
    if opening < 0 or closing == opening + 1:
        return [INDENT * indent + part]
    head, body, tail = part[: opening + 1], part[opening + 1 : closing], part[closing:]
    return [INDENT * indent + head, *_body(body, indent + 1, head), INDENT * indent + tail]


def _is_call(head: str) -> bool:
    return len(head) > 1 and (head[-2].isalnum() or head[-2] == "_" or head[-2] == "]")


def _separators(body: str) -> bool:
    return " for " in _outside(body)


def _bracket(text: str) -> tuple[int, int]:
    """The pair to open: of a `def` its parameters, else the last one that is not inside another."""
    pairs = list(_pairs(text))
    if not pairs:
        return -1, -1
    if text.startswith("def "):
        return pairs[0]
    full = [pair for pair in pairs if pair[1] > pair[0] + 1]
    return full[-1] if full else pairs[-1]


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
    parts = [text[a + 1 : b] for a, b in zip(bounds, bounds[1:], strict=False)]
    return [part for part in parts if part.strip()]


def _split(text: str, words: tuple[str, ...]) -> list[str]:
    outside = _outside(text)
    places = sorted(i for word in words for i in _find(outside, word))
    bounds = [0, *(place + 1 for place in places), len(text)]
    return [text[a:b].strip() for a, b in zip(bounds, bounds[1:], strict=False)]


def _find(text: str, word: str) -> Iterator[int]:
    place = text.find(word)
    while place >= 0:
        yield place
        place = text.find(word, place + 1)
