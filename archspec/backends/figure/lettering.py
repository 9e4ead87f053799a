"""How wide words are, and how they are made to fit: no font is opened, widths are estimated from above.

The table holds Helvetica's advance widths in thousandths of the font size (Adobe's public metrics), widened by the
ratio of the widest font in the font stack (DejaVu Sans), so that a label that fits here fits with every one of them.
"""

from __future__ import annotations

import unicodedata

_WIDEST_FONT = 1.16
_CLASSES = {
    222: "ijl'|",
    278: " !,./:;I[]\\ft·",
    333: "()-`r\"",
    469: "^*",
    500: "ckvxyzJs",
    556: "abdeghnopqu0123456789_#$?L{}",
    584: "+<>=~×",
    611: "FTZ",
    667: "ABEKPSVXY&",
    722: "CDHNRUw",
    778: "GOQ",
    833: "mM",
    944: "W",
    1000: "@%…",
}
_WIDTHS = {char: width for width, chars in _CLASSES.items() for char in chars}
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str) -> str:
    """The text on one line without control, formatting or unassigned characters."""
    spaced = " ".join(text.split())
    return "".join(c for c in spaced if c not in _BIDI and unicodedata.category(c) not in ("Cc", "Cs", "Cn", "Co"))


def width(text: str, size: float, bold: bool = False) -> float:
    """The width of a line of text in points, never less than what a font of the stack needs."""
    thousandths = sum(_advance(char) for char in text)
    return thousandths * size / 1000 * _WIDEST_FONT * (1.08 if bold else 1.0)


def fit(text: str, room: float, size: float, lines: int = 2) -> tuple[str, ...]:
    """The text on at most `lines` lines no wider than `room`: broken at spaces if it must be, then cut with an ellipsis."""
    rest, result = clean(text), list[str]()
    while rest and len(result) < lines - 1 and width(rest, size) > room:
        head = _longest_head(rest, room, size)
        result.append(head)
        rest = rest[len(head) :].lstrip()
    return (*result, _cut(rest, room, size)) if rest else tuple(result)


def _longest_head(text: str, room: float, size: float) -> str:
    """As many whole words as fit, else as many characters, always at least one."""
    words = text.split(" ")
    count = len(words)
    while count > 1 and width(" ".join(words[:count]), size) > room:
        count -= 1
    head = " ".join(words[:count])
    return head if width(head, size) <= room else _prefix(text, room, size)


def _prefix(text: str, room: float, size: float) -> str:
    end = 1
    while end < len(text) and width(text[: end + 1], size) <= room:
        end += 1
    return text[:end]


def _cut(text: str, room: float, size: float) -> str:
    if width(text, size) <= room:
        return text
    return _prefix(text, room - width("…", size), size).rstrip() + "…"


def _advance(char: str) -> int:
    known = _WIDTHS.get(char)
    if known is not None:
        return known
    if unicodedata.combining(char):
        return 0
    return 1000 if unicodedata.east_asian_width(char) in "WFA" or ord(char) > 0xFFFF else 780
