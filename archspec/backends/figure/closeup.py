"""Blocks at close range, side by side: every layer a box, the shapes beside the wires, all larger than in a network."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.backends.figure.column import finished
from archspec.backends.figure.fragment import Fragment, down, edge_label, stack
from archspec.backends.figure.heading import HEAD, close_heading, close_heading_width
from archspec.backends.figure.outline import Outline, layers, output
from archspec.backends.figure.pieces import Draughtsman, shape_text
from archspec.backends.figure.scene import Part, Scene, moved, of_network, scaled
from archspec.backends.figure.tangles import TangleDrawer, tangle
from archspec.backends.figure.theme import fills

_SCALE = 1.3
_APART = 30.0
_EXIT = 22.0


def closeups(outlines: Sequence[Outline], tangles: TangleDrawer = tangle) -> Scene:
    """The blocks of these outlines, their heads level; `tangles` draws what does not nest."""
    widths = [step.shape.channels for outline in outlines for group in outline.groups for step in layers(group.chain)]
    draughtsman = Draughtsman(fills(widths), close=True, tangles=tangles)
    parts: list[Part] = []
    x = 0.0
    for index, outline in enumerate(outlines):
        body = _drawn(outline, draughtsman)
        words = close_heading_width(outline) / 2
        left, right = max(body.left, words), max(body.right, words)
        own = (*close_heading(outline), *body.at(0.0, HEAD + 8.0))
        parts += of_network(moved(own, x + left, 0.0), index)
        x += left + right + _APART
    return finished(scaled(parts, _SCALE), (x - _APART) * _SCALE)


def _drawn(outline: Outline, draughtsman: Draughtsman) -> Fragment:
    """A block with the wire that leaves it, and its shape."""
    chain = (*([outline.entry] if outline.entry else []), *(item for group in outline.groups for item in group.chain))
    pieces = [(draughtsman.item(item), draughtsman.edge(item)) for item in chain]
    body = stack(pieces)
    shape = output(chain[-1])
    last = shape_text(shape.at({"N": 1})[1:]) if shape else ""
    leave = (down(0.0, body.height, body.height + _EXIT), *edge_label(last, body.height + _EXIT / 2 - 3.0))
    return Fragment((*body.parts, *leave), body.left, body.right, body.height + _EXIT)
