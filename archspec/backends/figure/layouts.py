"""Which layout draws wiring that does not nest: lanes beside the column, or a layouter where there are too many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from archspec.backends.figure import graphviz_layout, layers
from archspec.backends.figure.fragment import Fragment
from archspec.backends.figure.outline import Outline, Tangle, walk
from archspec.backends.figure.spread import Layouter, spread
from archspec.backends.figure.tangles import TangleDrawer, tangle

Layout = Literal["auto", "column", "dot", "layers"]
LAYOUTS: tuple[Layout, ...] = ("auto", "column", "dot", "layers")

_LANES = 12
"""So many wires beside the column can still be told apart."""
_DOT = 150
"""So many wires take `dot` a second; its time grows so fast that four times as many may take minutes."""

_LAYOUTERS: Mapping[str, Layouter] = {"dot": graphviz_layout.arrange, "layers": layers.arrange}


def choose(layout: Layout, outlines: Sequence[Outline], close: bool = False) -> tuple[TangleDrawer, tuple[str, ...]]:
    """What draws tangles, and what the reader should be told: that "auto" took another layout than the column.

    At close range there is room for branches side by side, so "auto" means layers there.
    """
    if layout == "column":
        return tangle, ()
    if layout == "auto" and close:
        return partial(spread, layouter=_LAYOUTERS["layers"]), ()
    if layout != "auto":
        return partial(spread, layouter=_LAYOUTERS[layout]), ()
    program = graphviz_layout.find_program()
    chosen: dict[Layout, dict[str, None]] = {}
    for outline in outlines:
        for wiring in filter(_is_irregular, _tangles(outline)):
            chosen.setdefault(_fitting(wiring, program is not None), {})[outline.title] = None
    told = {
        "dot": f"too many wires cross for lanes beside the column, laid out by {Path(program or '').name}",
        "layers": "too many wires cross for lanes beside the column, laid out in plain layers"
        + ("" if program else " (without Graphviz, whose extra is `dot`)"),
        "column": "too many wires cross for any layout, and run in lanes beside the column",
    }
    remarks = tuple(f"{', '.join(titles)}: {told[means]}" for means, titles in chosen.items())
    return partial(_spread_irregular, program=program is not None) if chosen else tangle, remarks


def _fitting(wiring: Tangle, program: bool) -> Layout:
    """The best layout that an irregular tangle has in little time: by its size alone, so that it is always the same."""
    if program and len(wiring.wires) <= _DOT:
        return "dot"
    return "layers" if layers.is_small(len(wiring.pieces), wiring.wires) else "column"


def _spread_irregular(wiring: Tangle, drawn: Sequence[Fragment], program: bool) -> Fragment:
    means = _fitting(wiring, program) if _is_irregular(wiring) else "column"
    return tangle(wiring, drawn) if means == "column" else spread(wiring, drawn, _LAYOUTERS[means])


def _is_irregular(wiring: Tangle) -> bool:
    return sum(goal != source + 1 for source, goal in wiring.wires) > _LANES


def _tangles(outline: Outline) -> Iterator[Tangle]:
    return (item for group in outline.groups for item in walk(group.chain) if isinstance(item, Tangle))
