"""The head of a network in a figure: its name, and its totals below."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.backends.figure.lettering import fit, width
from archspec.backends.figure.outline import Outline
from archspec.backends.figure.scene import Anchor, Part, Text

HEAD = 38.0
_MOST = 420.0
_TITLE, _FACTS = 11.5, 8.0


def heading(outline: Outline, x: float, anchor: Anchor = "middle") -> Iterator[Part]:
    """Name and totals at `x`."""
    for line in fit(outline.title, _MOST, _TITLE, lines=1, bold=True):
        yield Text(x, 10.0, line, _TITLE, anchor, bold=True)
    for line in fit(_facts(outline), _MOST, _FACTS, lines=1):
        yield Text(x, 22.0, line, _FACTS, anchor, role="soft")


def heading_width(outline: Outline) -> float:
    """How much room the head of a network needs."""
    return min(_MOST, max(width(outline.title, _TITLE, bold=True), width(_facts(outline), _FACTS)))


def _facts(outline: Outline) -> str:
    return " · ".join(outline.facts)
