"""What wiring that does not nest looks like: pieces one below the other, wires that skip some in lanes beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archspec.backends.figure.forks import FORK, LANE
from archspec.backends.figure.fragment import GAP, Fragment, down, lane
from archspec.backends.figure.outline import Tangle
from archspec.backends.figure.scene import Box, Part
from archspec.backends.figure.shortcut import tangled

TangleDrawer = Callable[[Tangle, Sequence[Fragment]], Fragment]
"""Draws pieces and the wiring between them as one fragment."""


def tangle(wiring: Tangle, drawn: Sequence[Fragment]) -> Fragment:
    """Pieces in topological order; wires that do not join neighbours run in lanes on the right."""
    tops: list[float] = []
    y = FORK
    for fragment in drawn:
        tops.append(y)
        y += fragment.height + GAP + 5.0
    exits = {-1: 0.0, **{index: top + drawn[index].height + 2.5 for index, top in enumerate(tops)}}
    parts: list[Part] = [part for top, fragment in zip(tops, drawn, strict=True) for part in fragment.at(0.0, top)]
    right = max(fragment.right for fragment in drawn)
    for source, goal in wiring.wires:
        if goal == source + 1:
            start = 0.0 if source < 0 else tops[source] + drawn[source].height
            parts.append(down(0.0, start, tops[goal], arrow=not drawn[goal].soft))
            continue
        right += LANE * 0.6
        first = next(part for part in drawn[goal].parts if isinstance(part, Box) and part.shape != "shadow")
        end = (first.right, tops[goal] + first.y + first.height / 2)
        if source >= 0 and (source, source + 1) not in wiring.wires:
            parts.append(down(0.0, tops[source] + drawn[source].height, exits[source], arrow=False))
        parts.append(lane((0.0, exits[source]), right, end, tangled(wiring, source, goal)))
    left = max(fragment.left for fragment in drawn)
    return Fragment(tuple(parts), left, right + 2.0, tops[-1] + drawn[-1].height, soft=True, loose=True, lead=FORK)
