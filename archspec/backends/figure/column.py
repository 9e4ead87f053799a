"""The column layout: one straight trunk a network, rows of equal output size, a gutter that names the sizes.

A hairline marks each change of size. All cards of a network are equally wide, so the eye follows the trunk and compares
what is inside them. Several networks share one gutter and their rows are aligned; where their sizes come in different
orders they just stand side by side. One that is higher than a page is wrapped.
"""

from __future__ import annotations

from collections.abc import Sequence

from archspec.backends.figure.aligned import aligned, common_order
from archspec.backends.figure.costs import COST_WIDTH, Beside, is_costly
from archspec.backends.figure.gutter import GUTTER, row_label
from archspec.backends.figure.heading import HEAD, heading, heading_width
from archspec.backends.figure.legend import legend
from archspec.backends.figure.outline import Outline, layers
from archspec.backends.figure.pieces import Draughtsman
from archspec.backends.figure.placing import Placed, measured, reach, rows, settled, trunk, uniform
from archspec.backends.figure.scene import Part, Scene, moved, of_network
from archspec.backends.figure.spans import opened
from archspec.backends.figure.tangles import TangleDrawer, tangle
from archspec.backends.figure.theme import fills
from archspec.backends.figure.wrapped import FRAME, PAGE, wrapped

MARGIN = 12.0
_APART = 34.0


def compose(outlines: Sequence[Outline], wrap: bool = True, tangles: TangleDrawer = tangle) -> Scene:
    """All networks in one picture, with one legend below.

    Without `wrap` a column is as high as it comes. `tangles` draws wiring that does not nest.
    """
    widths = [step.shape.channels for outline in outlines for group in outline.groups for step in layers(group.chain)]
    draughtsman = Draughtsman(fills(widths), tangles=tangles)
    opens = [opened(outline) for outline in outlines]
    measures = [measured(outline, ends, uniform(outline, draughtsman)) for outline, ends in opens]
    outlines = [outline for outline, _ in opens]
    if len(outlines) == 1:
        outline, items = outlines[0], measures[0]
        parts, across = _alone(outline, items)
        if wrap and max(part.bottom for part in parts) > PAGE[1] - FRAME:
            sheet = wrapped(outline, items, _first(outline))
            if sheet.tallest <= PAGE[1]:  # else a long shortcut holds it together
                return finished(sheet.parts, sheet.width, sheet.breaks)
        return finished(parts, across)
    columns = [settled(items, HEAD) for items in measures]
    order = common_order(columns)
    if order:
        return finished(*aligned(outlines, columns, order, _first(outlines[0])))
    return finished(*_apart([_alone(outline, items) for outline, items in zip(outlines, measures, strict=True)]))


def finished(parts: Sequence[Part], across: float, breaks: Sequence[float] = ()) -> Scene:
    """The picture of these parts with margins around them and the legend below."""
    parts = moved(parts, MARGIN, MARGIN)
    foot = max(part.bottom for part in parts)
    signs, high = legend(parts, across)
    height = foot + 9.0 + high + 1.0
    cuts = tuple(cut + MARGIN for cut in breaks)
    return Scene(across + 2 * MARGIN, height, (*parts, *moved(signs, MARGIN, foot + 11.0)), cuts)


def _alone(outline: Outline, items: Sequence[Placed]) -> tuple[tuple[Part, ...], float]:
    """One network with its gutter, and what its stages cost to the right; the parts and their width."""
    beside = Beside(outline.groups)
    column = settled(items, HEAD, beside)
    left, right = reach(column)
    words = heading_width(outline) / 2
    axis = max(GUTTER + left, words)
    costs = 10.0 + COST_WIDTH if any(map(is_costly, outline.groups)) else 0.0
    parts: list[Part] = [*heading(outline, axis)]
    for index, row in enumerate(rows(column)):
        rule = axis + right + 4.0 if index else 0.0
        parts += row_label(row[0].size, row[0].top, "output" if index else _first(outline), rule)
    parts += [*moved(trunk(column), axis, 0.0), *beside.draw(axis + right + 10.0)]
    return tuple(parts), axis + max(right + max(costs, 4.0), words)


def _apart(pictures: Sequence[tuple[tuple[Part, ...], float]]) -> tuple[tuple[Part, ...], float]:
    """Pictures side by side; the parts and their width."""
    parts: list[Part] = []
    x = 0.0
    for index, (own, across) in enumerate(pictures):
        parts += of_network(moved(own, x, 0.0), index)
        x += across + _APART
    return tuple(parts), x - _APART


def _first(outline: Outline) -> str:
    """What the first row's size is: the input's, unless several inputs stand in a fork, whose output it is."""
    return "input" if outline.entry else "output"
