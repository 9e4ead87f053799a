"""The pieces of a network as SVG fragments around one straight trunk, so that they can be stacked in any fold state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import quoteattr

from archspec.backends.escape import clean
from archspec.backends.figure.costs import COST_HEIGHT, COST_WIDTH, Bars, is_costly
from archspec.backends.figure.fragment import GAP, Fragment, between, down
from archspec.backends.figure.legend import legend
from archspec.backends.figure.lettering import width
from archspec.backends.figure.outline import Card, Item, layers
from archspec.backends.figure.pieces import PAD, Draughtsman
from archspec.backends.figure.scene import Box, Part, Text, moved
from archspec.backends.figure.svg import draw_part
from archspec.backends.figure.theme import fills
from archspec.backends.page.folding import Fold, Folded, Piece, items
from archspec.backends.stages import size_text
from archspec.records import Record, replace

SCALE = 4 / 3
"""Pixels a point."""

_CARD_GAP = 20.0
_LABEL = 7.0


class Slide(Record):
    """One drawn state of a piece: `fragment` hangs from the trunk by a wire of length `lead`."""

    fragment: Fragment
    lead: float
    path: str = ""


class DrawnUnit(Record):
    """A unit of a card, and the same with all its layers, as SVG; "" where it shows them already."""

    path: str
    svg: str
    layers: str


class DrawnPiece(Record):
    """A piece as SVG. A card of several units has them in `units`, or one that stands for all; any other its layers."""

    size: str
    first: bool
    path: str
    count: int
    svg: str
    units: tuple[DrawnUnit, ...]


class DrawnFold(Record):
    """A stage in both its states, and its costs."""

    name: str
    blocks: int
    closed: DrawnPiece | None
    pieces: tuple[DrawnPiece, ...]
    costs: str


class DrawnNetwork(Record):
    """A network: its head, its stages, all as wide as the widest piece in any state.

    `trunk` is as long as it is made, for a stage whose costs are higher than its pieces.
    """

    title: str
    facts: tuple[str, ...]
    trunk: str
    inputs: tuple[DrawnPiece, ...]
    folds: tuple[DrawnFold, ...]


def draw(networks: Sequence[Folded]) -> tuple[list[DrawnNetwork], str]:
    """The drawn networks, equal widths in equal colours, and the legend for all that they may show."""
    colours = fills(
        step.shape.channels for network in networks for group in network.outline.groups for step in layers(group.chain)
    )
    sheets = [_Sheet(network, Draughtsman(colours)) for network in networks]
    seen = [part for sheet in sheets for slide in sheet.slides.values() for part in slide.fragment.parts]
    signs, high = legend(seen, 720.0)
    return [sheet.drawn() for sheet in sheets], _svg([*moved(signs, 0.0, 4.0)], 0.0, 740.0, high + 6.0) if signs else ""


class _Sheet:
    """Draws one network. All is laid out before anything is written, since every piece is as wide as the widest."""

    def __init__(self, network: Folded, plain: Draughtsman) -> None:
        self.network = network
        inner = [plain.chain(item.chain) for item in items(network) if isinstance(item, Card)]
        left = max((fragment.left for fragment in inner), default=0.0)
        right = max((fragment.right for fragment in inner), default=0.0)
        self.pen = replace(plain, left=left + PAD, right=right + PAD)
        self.slides = {item: self._slide(item) for item in items(network)}
        self.left = max((slide.fragment.left for slide in self.slides.values()), default=0.0) + 2.0
        self.right = max((slide.fragment.right for slide in self.slides.values()), default=0.0) + 2.0

    def drawn(self) -> DrawnNetwork:
        """The whole network."""
        outline = self.network.outline
        entry = [Piece(outline.entry, size_text(outline.entry.shape))] if outline.entry is not None else []
        inputs = tuple(self._piece(piece, first=True) for piece in entry)
        folds = tuple(self._fold(fold, first=not entry and not index) for index, fold in enumerate(self.network.folds))
        return DrawnNetwork(outline.title, outline.facts, self._trunk(), inputs, folds)

    def _trunk(self) -> str:
        across, axis = ((self.left + self.right) * SCALE, self.left * SCALE)
        line = f'<line x1="{axis:.2f}" x2="{axis:.2f}" y2="100%" class="s-wire" stroke-width="{0.9 * SCALE:.2f}"/>'
        return f'<svg role="presentation" width="{across:.2f}" height="0">{line}</svg>'

    def _slide(self, item: Item) -> Slide:
        fragment = self.pen.item(item)
        if isinstance(item, Card):
            return Slide(fragment, _CARD_GAP, item.path)
        return Slide(fragment, between(fragment, fragment))

    def _fold(self, fold: Fold, first: bool) -> DrawnFold:
        pieces = tuple(self._piece(piece, first and not number) for number, piece in enumerate(fold.pieces))
        closed = self._piece(fold.closed, first) if fold.closed is not None else None
        bars = Bars.of(self.network.outline.groups).named(fold.group, 0.0, 0.0) if is_costly(fold.group) else ()
        costs = _svg(bars, 0.0, COST_WIDTH, COST_HEIGHT)
        return DrawnFold(clean(fold.group.name), fold.group.blocks, closed, pieces, costs)

    def _piece(self, piece: Piece, first: bool) -> DrawnPiece:
        path, count = (piece.item.path, piece.item.count) if isinstance(piece.item, Card) and piece.units else ("", 1)
        units = tuple(
            DrawnUnit(
                unit.card.path,
                self._written(unit.card),
                self._written(unit.layers) if unit.layers is not None else "",
            )
            for unit in piece.units
        )
        return DrawnPiece(piece.size, first, path, count, self._written(piece.item, first), units)

    def _written(self, item: Item, bare: bool = False) -> str:
        """An item below its wire; the first of all has its wire at the foot, and room for the words beside it."""
        slide = self.slides[item]
        fragment, lead = slide.fragment, 0.0 if bare else slide.lead
        parts, high = [*fragment.at(0.0, lead)], lead + fragment.height
        if bare:
            parts.append(down(0.0, high, high + GAP, arrow=False))
            high += GAP
        else:
            parts.insert(0, down(0.0, 0.0, lead, arrow=not fragment.soft))
        label = ""
        if slide.path:
            frame = next(part for part in parts if isinstance(part, Box) and part.shape == "card")
            words = Text(frame.x, frame.y - 3.0, _shortened(slide.path, -frame.x - 4.0), _LABEL, role="soft")
            label = f'<g class="place">{draw_part(words)}</g>'
        return _svg(parts, -self.left, self.left + self.right, high, label)


def _svg(parts: Iterable[Part], x: float, width: float, height: float, more: str = "") -> str:
    across, high = (f"{value * SCALE:.2f}" for value in (width, height))
    box = f"{x:.2f} 0 {width:.2f} {height:.2f}"
    start = f'<svg class="archspec" role="presentation" width="{across}" height="{high}" viewBox="{box}">'
    return start + "".join(map(_part, parts)) + more + "</svg>"


def _part(part: Part) -> str:
    """A part; what stands for something in the network can be pointed at, focused and found."""
    if not isinstance(part, Box) or not part.path or part.shape == "bar":
        return draw_part(part)
    drawn = draw_part(replace(part, note=""))
    start = f'<g class="node" role="img" tabindex="-1" data-path={_attribute(part.path)}'
    start += f' data-count="{part.count}"' * (part.count > 1)
    return f"{start} aria-label={_attribute(part.note)}>{drawn}</g>"


def _shortened(path: str, room: float) -> str:
    """The last names of a path that have room beside the trunk."""
    names = path.split(".")
    while len(names) > 1 and width(".".join(names), _LABEL) > room:
        names = ["…" + names[1].removeprefix("…"), *names[2:]]
    return ".".join(names)


def _attribute(text: str) -> str:
    return quoteattr(clean(text))
