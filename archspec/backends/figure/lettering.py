"""How wide words are, and how they are made to fit: no font is opened, widths are estimated from above.

The table holds, in thousandths of the font size, advance widths that neither Helvetica's metrics nor DejaVu Sans, the
widest font of the stack, exceed: a label that fits here fits with every one of them.
"""

from __future__ import annotations

import unicodedata

from archspec.backends.escape import clean

SMALLEST = 7.5
"""The size of the smallest text: a page that prints a figure at 4/5 prints it at 6 pt."""

_CLASSES = {
    320: " ',.Iijl·",
    402: "!()-/:;[\\]ft|",
    470: '"r',
    530: "*J`sz",
    560: "?L_c",
    615: "FTaekovxy",
    637: "$0123456789bdghnpqu{}",
    690: "ABEKPSVXYZ",
    730: "CR",
    790: "&DGHNOQU",
    840: "#+<=>^w~×−",
    890: "M",
    950: "%",
    1016: "Wm…→@",
}
_WIDTHS = {char: width for width, chars in _CLASSES.items() for char in chars}
_BOLD = 1.24
_UNKNOWN = 1100


def width(text: str, size: float, bold: bool = False) -> float:
    """The width of a line of text in points, never less than what a font of the stack needs."""
    thousandths = sum(_advance(char) for char in text)
    return thousandths * size / 1000 * (_BOLD if bold else 1.0)


def fit(text: str, room: float, size: float, lines: int = 2, bold: bool = False) -> tuple[str, ...]:
    """The text on at most `lines` lines no wider than `room`: broken at spaces if need be, then cut with an ellipsis.

    Nothing is left where not even an ellipsis has room.
    """
    room = room / _BOLD if bold else room
    rest, result = clean(text), list[str]()
    while rest and len(result) < lines - 1 and width(rest, size) > room:
        head = _longest_head(rest, room, size)
        if not head:
            return ()
        result.append(head)
        rest = rest[len(head) :].lstrip()
    cut = _cut(rest, room, size)
    return (*result, cut) if cut else tuple(result)


def _longest_head(text: str, room: float, size: float) -> str:
    """As many whole words as fit, else as many characters."""
    head = _prefix(text, room, size)
    end = text.rfind(" ", 0, len(head) + 1)
    return head if head == text or end < 0 else text[:end]


def _prefix(text: str, room: float, size: float) -> str:
    thousandths = 0
    for end, char in enumerate(text):
        thousandths += _advance(char)
        if thousandths * size / 1000 > room:
            return text[:end]
    return text


def _cut(text: str, room: float, size: float) -> str:
    if width(text, size) <= room:
        return text
    dots = width("…", size)
    return _prefix(text, room - dots, size).rstrip() + "…" if dots <= room else ""


def _advance(char: str) -> int:
    known = _WIDTHS.get(char)
    if known is not None:
        return known
    if unicodedata.combining(char):
        return 0
    return 1016 if unicodedata.east_asian_width(char) in "WF" else _UNKNOWN
