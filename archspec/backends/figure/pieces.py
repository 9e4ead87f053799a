"""What each item of an outline looks like: steps, forks with their shortcuts, cards, tangles, tails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archspec.backends.figure.forks import is_residual, parallel, residual, room, spread
from archspec.backends.figure.fragment import GAP, Fragment, down, stack
from archspec.backends.figure.lettering import SMALLEST, fit, width
from archspec.backends.figure.outline import Card, Chain, Fork, Item, Step, Tail, Tangle, output
from archspec.backends.figure.scene import Box, BoxShape, Part, Text, Wire
from archspec.backends.figure.tangles import TangleDrawer, tangle
from archspec.records import Record, replace

BOX, POOL, ROW, SLIM = 112.0, 88.0, 17.0, 13.0
CIRCLE = 10.0
PAD = 10.0
SHADOW = 2.5
_BADGE = 9.0
_ASIDE, _NEXT = 24.0, 13.0


class Draughtsman(Record):
    """Draws items; `fills` gives the colour of a channel width, `left` and `right` how far cards reach at least.

    With `close` it draws a block at close range: the shapes beside the wires, and the steps of shortcuts as boxes.
    `tangles` draws wiring that does not nest.
    """

    fills: Mapping[int, str]
    left: float = 0.0
    right: float = 0.0
    close: bool = False
    tangles: TangleDrawer = tangle

    def chain(self, chain: Chain, across: float = BOX) -> Fragment:
        """The items one below the other; `across` is the width of their boxes."""
        return stack((self.item(item, across), self.edge(item) if index else "") for index, item in _last(chain))

    def item(self, item: Item, across: float = BOX) -> Fragment:
        """One item of a chain."""
        if isinstance(item, Step):
            return self.step(item, across)
        if isinstance(item, Fork):
            return self._fork(item, across)
        if isinstance(item, Card):
            return self.card(item, across)
        if isinstance(item, Tangle):
            return self.tangles(item, [self.chain(piece, across) for piece in item.pieces])
        return self._tail(item)

    def step(self, step: Step, across: float = BOX) -> Fragment:
        """A rectangle for a layer, a pill for a pool, a slim box for norms and activations, bare text for an input."""
        if step.family == "join":
            return self._joint(step, 0.0)
        small = step.family in ("norm", "act", "quiet")
        wide = min(across, POOL) if step.family == "pool" else across
        size = 8.0 if small else 9.0
        lines = fit(step.label, wide - 8.0, size)
        high = (SLIM if small else ROW) + max(len(lines) - 1, 0) * size * 1.12
        bare = step.family in ("input", "output")
        shape: BoxShape = "bare" if bare else "pill" if small or step.family == "pool" else "rect"
        box = Box(
            -wide / 2, 0.0, wide, high, shape, lines, self.fill(step), size, step.strided and not bare,
            path=step.path, note=note(step),
        )  # fmt: skip
        return Fragment((box,), wide / 2, wide / 2, high)

    def fill(self, step: Step) -> str:
        """The colour of a layer is that of its channels; everything else is neutral."""
        coloured = step.family in ("layer", "stage") and step.shape.rank > 2
        return self.fills.get(step.shape.channels, "neutral") if coloured else "neutral"

    def _joint(self, step: Step, across: float) -> Fragment:
        """A circle with the sign of the operation; wide, a bar that several branches end on."""
        symbol = {"add": "+", "mul": "×"}.get(step.op, "")
        label = () if symbol else fit(step.label, BOX, 8.0, lines=1)
        across = max(across, CIRCLE if symbol else BOX)
        high = CIRCLE if symbol else SLIM
        box = Box(
            -across / 2, 0.0, across, high, "circle" if across == CIRCLE else "pill", label, "joint", 8.0,
            symbol="+" if symbol == "+" else "×" if symbol == "×" else "", path=step.path, note=note(step),
        )  # fmt: skip
        return Fragment((box,), across / 2, across / 2, high, loose=True)

    def _fork(self, fork: Fork, across: float) -> Fragment:
        if is_residual(fork):
            main, *rest = fork.branches
            body, joint = self.chain(main.chain, across), self._joint(fork.join, 0.0)
            boxed = [(side, self._boxes(side.chain) if self.close else None) for side in rest]
            return residual(body, boxed, joint)
        columns = [(b, self.chain(b.chain, room(b.chain, across))) for b in fork.branches if b.chain]
        _, centres = spread([fragment for _, fragment in columns])
        joint = self._joint(fork.join, 2 * max(map(abs, centres)) + 40.0)
        return parallel(columns, [branch for branch in fork.branches if not branch.chain], joint)

    def _boxes(self, chain: Chain) -> Fragment | None:
        """The steps of a shortcut at close range; None where it has none."""
        return self.chain(chain, room(chain, BOX)) if chain else None

    def card(self, card: Card, across: float = BOX) -> Fragment:
        """A frame around the unit of a block; several equal units are a stack of frames with ×N at the corner."""
        body = self.chain(card.chain, across)
        left, right = max(self.left, body.left + PAD), max(self.right, body.right + PAD)
        top = PAD if body.soft else PAD + 3.0
        high = top + body.height + PAD
        depth = SHADOW * 2 if card.count > 1 else 0.0
        frame = Box(
            -left, 0.0, left + right, high, "card", fill="card", path=card.path, note=_units(card), count=card.count
        )
        shadows = [_shadow(frame, offset) for offset in (depth, depth / 2)] if depth else []
        parts: list[Part] = [*shadows, frame, down(0.0, 0.0, top, arrow=not body.soft), *body.at(0.0, top)]
        parts.append(down(0.0, top + body.height, high + depth, arrow=False))
        parts += _growth(card, left)
        if depth:
            parts.append(_badge(f"dense ×{card.count}" if card.growth else f"×{card.count}", right))
        if card.again:
            badges = (_badge(words, 0.0) for words in fit(f"= {card.again}", left - 8.0, _BADGE, lines=1, bold=True))
            parts += [replace(badge, x=-left - 8.0) for badge in badges]
        return Fragment(tuple(parts), left + 8.0 * bool(card.again), right + max(depth, 8.0), high + depth, loose=True)

    def _tail(self, tail: Tail) -> Fragment:
        """What leaves the trunk and does not come back, beside it: its layers, then its name; folded, a pill."""
        name = self._name(tail)
        if tail.folded or not tail.chain:
            return _beside([name])
        if len(tail.chain) == 1 and isinstance(tail.chain[0], Step):
            return _beside([self.step(tail.chain[0], room(tail.chain, BOX)), name])
        layers = stack([(self.chain(tail.chain, room(tail.chain, BOX)), ""), (name, "")])
        centre = _ASIDE + layers.left
        wire = Wire(((0.0, 2.0), (centre, 2.0), (centre, 2.0 + GAP + 4.0)), arrow=not layers.soft, dot=True)
        tall = layers.height + 2.0 + GAP + 4.0
        parts = (down(0.0, 0.0, tall, arrow=False), wire, *layers.at(centre, 2.0 + GAP + 4.0))
        return Fragment(parts, 0.0, centre + layers.right, tall, soft=True)

    def _name(self, tail: Tail) -> Fragment:
        """The name of an output; in a pill that stands for all the layers on the way."""
        lines = fit(tail.name, BOX * 1.3, 8.0)
        across = max((width(line, 8.0) for line in lines), default=0.0) + (14.0 if tail.folded else 6.0)
        high = ROW + max(len(lines) - 1, 0) * 9.0
        shape: BoxShape = "pill" if tail.folded else "bare"
        path = tail.path if tail.folded and tail.path else tail.name
        box = Box(-across / 2, 0.0, across, high, shape, lines, "neutral", 8.0, path=path, note=tail.name)
        return Fragment((box,), across / 2, across / 2, high)

    def edge(self, item: Item) -> str:
        """The shape that leaves an item, at close range; norms and activations change none."""
        shape = output(item)
        quiet = isinstance(item, Step) and item.family in ("norm", "act")
        return shape_text(shape.at({"N": 1})[1:]) if self.close and shape is not None and not quiet else ""


def _beside(pieces: Sequence[Fragment]) -> Fragment:
    """Pieces in a row to the right of the trunk, the first one taken off it."""
    high = max(piece.height for piece in pieces)
    parts: list[Part] = [down(0.0, 0.0, high, arrow=False)]
    x, start = _ASIDE, 0.0
    for piece in pieces:
        parts += [
            Wire(((start, high / 2), (x, high / 2)), dot=not start),
            *piece.at(x + piece.left, (high - piece.height) / 2),
        ]
        start = x + piece.left + piece.right
        x = start + _NEXT
    return Fragment(tuple(parts), 0.0, start, high, soft=True)


def shape_text(sizes: tuple[int | None, ...]) -> str:
    """`64×56×56`: what runs down a wire, the batch left out."""
    return "×".join("?" if size is None else str(size) for size in sizes)


def _last(chain: Chain) -> Iterator[tuple[int, Item]]:
    """The items, counted down to 0."""
    return zip(range(len(chain) - 1, -1, -1), chain, strict=True)


def _growth(card: Card, left: float) -> list[Part]:
    """From which width to which the units of a dense block lead, in the corner of its card."""
    if card.growth is None:
        return []
    start, end = card.growth
    return [Text(5.0 - left, 9.5, f"C {start} → {end}", SMALLEST, role="soft")]


def _shadow(frame: Box, offset: float) -> Box:
    return Box(frame.x + offset, frame.y + offset, frame.width, frame.height, "shadow", fill="card")


def _badge(words: str, right: float) -> Box:
    across = width(words, _BADGE, bold=True) + 10.0
    return Box(right - across + 8.0, -7.0, across, 14.0, "badge", (words,), "badge", _BADGE)


def _units(card: Card) -> str:
    several = f", {card.count} equal units" if card.growth is None else f", {card.count} units, each with all before it"
    shared = f", the weights of {card.again}" if card.again else ""
    return f"{card.path}: {card.name}" + (several if card.count > 1 else "") + shared


def note(step: Step) -> str:
    """What a reader gets who points at a step: where it is, what it is, what comes out."""
    place = step.path.partition("#")[0].rstrip(".")
    return f"{place}: {step.label} → {step.shape}" if place else f"{step.label} → {step.shape}"
