"""The head of a network in a figure: its name, and its totals below."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.backends.figure.lettering import fit, width
from archspec.backends.figure.outline import Outline
from archspec.backends.figure.scene import Anchor, Part, Text

HEAD = 37.0
_MOST, _NARROW = 420.0, 230.0
_TITLE, _FACTS = 11.5, 8.0


def heading(outline: Outline, x: float, anchor: Anchor = "middle") -> Iterator[Part]:
    """Name and totals at `x`."""
    for line in fit(outline.title, _MOST, _TITLE, lines=1, bold=True):
        yield Text(x, 10.0, line, _TITLE, anchor, bold=True)
    for line in fit(_facts(outline.facts), _MOST, _FACTS, lines=1):
        yield Text(x, 22.0, line, _FACTS, anchor, role="soft")


def close_heading(outline: Outline) -> Iterator[Part]:
    """The same in three narrow lines: the network, the block, what it costs."""
    for line in fit(outline.title, _NARROW, _TITLE, lines=1, bold=True):
        yield Text(0.0, 10.0, line, _TITLE, "middle", bold=True)
    for y, facts in ((21.0, outline.facts[:1]), (31.0, outline.facts[1:])):
        for line in fit(_facts(facts), _NARROW, _FACTS, lines=1):
            yield Text(0.0, y, line, _FACTS, "middle", role="soft")


def heading_width(outline: Outline) -> float:
    """How much room the head of a network needs."""
    return min(_MOST, max(width(outline.title, _TITLE, bold=True), width(_facts(outline.facts), _FACTS)))


def close_heading_width(outline: Outline) -> float:
    """How much room the head of a block needs."""
    facts = max(width(_facts(outline.facts[:1]), _FACTS), width(_facts(outline.facts[1:]), _FACTS))
    return min(_NARROW, max(width(outline.title, _TITLE, bold=True), facts))


def _facts(facts: tuple[str, ...]) -> str:
    return " · ".join(facts)
