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
    irregular = [outline.title for outline in outlines if any(map(_is_irregular, _tangles(outline)))]
    if not irregular:
        return tangle, ()
    program = graphviz_layout.find_program()
    means = f"by {Path(program).name}" if program else "in plain layers (without Graphviz, whose extra is `dot`)"
    drawer = partial(_spread_irregular, layouter=_LAYOUTERS["dot" if program else "layers"])
    return drawer, (f"{', '.join(irregular)}: too many wires cross for lanes beside the column, laid out {means}",)


def _spread_irregular(wiring: Tangle, drawn: Sequence[Fragment], layouter: Layouter) -> Fragment:
    return spread(wiring, drawn, layouter) if _is_irregular(wiring) else tangle(wiring, drawn)


def _is_irregular(wiring: Tangle) -> bool:
    return sum(goal != source + 1 for source, goal in wiring.wires) > _LANES


def _tangles(outline: Outline) -> Iterator[Tangle]:
    return (item for group in outline.groups for item in walk(group.chain) if isinstance(item, Tangle))
