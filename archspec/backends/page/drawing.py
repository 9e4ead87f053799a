"""The pieces of a network as SVG fragments around one straight trunk, so that they can be stacked in any fold state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import quoteattr

from archspec.backends.figure.costs import COST_HEIGHT, COST_WIDTH, Bars, is_costly
from archspec.backends.figure.fragment import GAP, Fragment, between, down
from archspec.backends.figure.legend import legend
from archspec.backends.figure.lettering import clean, width
from archspec.backends.figure.outline import Card, Item, layers
from archspec.backends.figure.pieces import PAD, Draughtsman
from archspec.backends.figure.scene import Box, Part, Text, moved
from archspec.backends.figure.svg import draw_part
from archspec.backends.figure.theme import fills
from archspec.backends.page.folding import Fold, Folded, Piece, chains
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


class DrawnPiece(Record):
    """A piece in all its states, as SVG; "" for a state that it does not have."""

    size: str
    first: bool
    path: str
    count: int
    svg: str
    unit: str = ""
    layers: str = ""


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
    seen: list[Part] = []
    drawn = [_Sheet(network, Draughtsman(colours), seen).drawn() for network in networks]
    signs, high = legend(seen, 720.0)
    return drawn, _svg([*moved(signs, 0.0, 4.0)], 0.0, 740.0, high + 6.0) if signs else ""


class _Sheet:
    """Draws one network. All is laid out before anything is written, since every piece is as wide as the widest."""

    def __init__(self, network: Folded, plain: Draughtsman, seen: list[Part]) -> None:
        self.network, self.seen = network, seen
        inner = [plain.chain(chain) for chain in chains(network)]
        left = max((fragment.left for fragment in inner), default=0.0)
        right = max((fragment.right for fragment in inner), default=0.0)
        self.pen = replace(plain, left=left + PAD, right=right + PAD)
        self.left = self.right = 0.0

    def drawn(self) -> DrawnNetwork:
        """The whole network."""
        outline = self.network.outline
        entry = [Piece(outline.entry, size_text(outline.entry.shape))] if outline.entry is not None else []
        laid = [[self._states(piece) for piece in entry]]
        for fold in self.network.folds:
            laid.append([self._states(piece) for piece in (*fold.pieces, *([fold.closed] if fold.closed else []))])
        for slide in (slide for row in laid for states in row for slide in states):
            self.left = max(self.left, slide.fragment.left + 2.0)
            self.right = max(self.right, slide.fragment.right + 2.0)
            self.seen.extend(slide.fragment.parts)
        inputs = tuple(self._piece(piece, states, first=True) for piece, states in zip(entry, laid[0], strict=True))
        folds = tuple(
            self._fold(fold, laid[index + 1], first=not entry and not index)
            for index, fold in enumerate(self.network.folds)
        )
        return DrawnNetwork(outline.title, outline.facts, self._trunk(), inputs, folds)

    def _trunk(self) -> str:
        across, axis = ((self.left + self.right) * SCALE, self.left * SCALE)
        line = f'<line x1="{axis:.2f}" x2="{axis:.2f}" y2="100%" class="s-wire" stroke-width="{0.9 * SCALE:.2f}"/>'
        return f'<svg role="presentation" width="{across:.2f}" height="0">{line}</svg>'

    def _states(self, piece: Piece) -> list[Slide]:
        """The piece itself, then one unit of it, then that unit with all its layers."""
        cards = [card for card in (piece.unit, piece.layers) if card is not None]
        if isinstance(piece.item, Card) and piece.item.count == 1:
            cards = cards[1:]
        return [self._slide(item) for item in (piece.item, *cards)]

    def _slide(self, item: Item) -> Slide:
        fragment = self.pen.item(item)
        if isinstance(item, Card):
            return Slide(fragment, _CARD_GAP, item.path)
        return Slide(fragment, between(fragment, fragment))

    def _fold(self, fold: Fold, laid: list[list[Slide]], first: bool) -> DrawnFold:
        pieces = tuple(
            self._piece(piece, states, first and not number)
            for number, (piece, states) in enumerate(zip(fold.pieces, laid, strict=False))
        )
        closed = self._piece(fold.closed, laid[-1], first) if fold.closed is not None else None
        bars = Bars.of(self.network.outline.groups).named(fold.group, 0.0, 0.0) if is_costly(fold.group) else ()
        costs = _svg(bars, 0.0, COST_WIDTH, COST_HEIGHT)
        return DrawnFold(clean(fold.group.name), fold.group.blocks, closed, pieces, costs)

    def _piece(self, piece: Piece, states: list[Slide], first: bool = False) -> DrawnPiece:
        item = piece.item
        path, count = (item.path, item.count) if isinstance(item, Card) and piece.unit else ("", 1)
        whole, *others = [self._written(slide, bare=first) for slide in states]
        if count == 1:
            others = ["", *others]
        unit, layers = [*others, "", ""][:2]
        return DrawnPiece(piece.size, first, path, count, whole, unit, layers)

    def _written(self, slide: Slide, bare: bool) -> str:
        """The fragment below its wire; the first of all has its wire at the foot, and room for the words beside it."""
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
    return f"{start} aria-label={_attribute(part.note)}>{drawn}</g>"


def _shortened(path: str, room: float) -> str:
    """The last names of a path that have room beside the trunk."""
    names = path.split(".")
    while len(names) > 1 and width(".".join(names), _LABEL) > room:
        names = ["…" + names[1].removeprefix("…"), *names[2:]]
    return ".".join(names)


def _attribute(text: str) -> str:
    return quoteattr(clean(text))
