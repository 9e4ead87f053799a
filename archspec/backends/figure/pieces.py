"""What each item of an outline looks like: steps, forks with their shortcuts, cards, tangles, tails."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.backends.figure.fragment import GAP, Fragment, down, lane, stack
from archspec.backends.figure.lettering import fit, width
from archspec.backends.figure.outline import Branch, Card, Chain, Fork, Item, Step, Tail, Tangle
from archspec.backends.figure.scene import Box, BoxShape, Part, Text, Wire
from archspec.backends.figure.shortcut import tangled
from archspec.records import Record

BOX, POOL, ROW, SLIM = 112.0, 88.0, 17.0, 13.0
CIRCLE = 10.0
LANE = 15.0
PAD = 10.0
SHADOW = 2.5
_FORK = 11.0
_BUS = 8.0
_BETWEEN = 12.0
_LABEL = 7.0
_BADGE = 9.0


class Draughtsman(Record):
    """Draws items; `fills` gives the colour of a channel width, `left` and `right` how far cards reach at least."""

    fills: Mapping[int, str]
    left: float = 0.0
    right: float = 0.0

    def chain(self, chain: Chain, room: float = BOX) -> Fragment:
        """The items one below the other; `room` is the width of their boxes."""
        return stack(self.item(item, room) for item in chain)

    def item(self, item: Item, room: float = BOX) -> Fragment:
        """One item of a chain."""
        if isinstance(item, Step):
            return self.step(item, room)
        if isinstance(item, Fork):
            return self._residual(item, room) if _is_residual(item) else self._parallel(item)
        if isinstance(item, Card):
            return self.card(item, room)
        return self._tangle(item, room) if isinstance(item, Tangle) else self._tail(item)

    def step(self, step: Step, room: float = BOX) -> Fragment:
        """A rectangle for a layer, a pill for a pool, a slim box for norms and activations, bare text for an input."""
        if step.family == "join":
            return self._joint(step, 0.0)
        small = step.family in ("norm", "act")
        across = min(room, POOL) if step.family == "pool" else room
        size = 8.0 if small else 9.0
        lines = fit(step.label, across - 8.0, size)
        high = (SLIM if small else ROW) + max(len(lines) - 1, 0) * size * 1.12
        bare = step.family in ("input", "output")
        shape: BoxShape = "bare" if bare else "pill" if small or step.family == "pool" else "rect"
        box = Box(
            -across / 2, 0.0, across, high, shape, lines, self.fill(step), size, step.strided and not bare,
            path=step.path, note=_note(step),
        )  # fmt: skip
        return Fragment((box,), across / 2, across / 2, high)

    def fill(self, step: Step) -> str:
        """The colour of a layer is that of its channels; everything else is neutral."""
        coloured = step.family in ("layer", "stage") and step.shape.rank > 2
        return self.fills.get(step.shape.channels, "neutral") if coloured else "neutral"

    def _joint(self, step: Step, across: float) -> Fragment:
        """A circle with the sign of the operation; wide, a bar that several branches end on."""
        symbol = {"add": "+", "mul": "×"}.get(step.op, "")
        label = () if symbol else fit(f"{step.label}, {step.shape.channels}", BOX, 8.0, lines=1)
        across = max(across, CIRCLE if symbol else BOX)
        high = CIRCLE if symbol else SLIM
        box = Box(
            -across / 2, 0.0, across, high, "circle" if across == CIRCLE else "pill", label, "joint", 8.0,
            symbol="+" if symbol == "+" else "×" if symbol == "×" else "", path=step.path, note=_note(step),
        )  # fmt: skip
        return Fragment((box,), across / 2, across / 2, high, loose=True)

    def _residual(self, fork: Fork, room: float) -> Fragment:
        """The main branch on the trunk, its shortcuts in lanes on the right."""
        main, *sides = fork.branches
        body, joint = self.chain(main.chain, room), self._joint(fork.join, 0.0)
        foot = _FORK + body.height + GAP + (3.0 if body.loose else 0.0)
        parts: list[Part] = [down(0.0, 0.0, _FORK, arrow=not body.soft), *body.at(0.0, _FORK)]
        parts += [down(0.0, _FORK + body.height, foot), *joint.at(0.0, foot)]
        right, target = max(body.right, joint.right), (joint.right, foot + joint.height / 2)
        for side in sides:
            right = right + LANE
            parts.append(lane((0.0, 0.0), right, target, side.kind or "flow"))
            parts += _lane_label(side, right + 4.0, foot / 2)
            right += 2.0 + max((width(line, _LABEL) + 3.0 for line in side.labels), default=0.0)
        left = max(body.left, joint.left)
        return Fragment(tuple(parts), left, right, foot + joint.height, soft=True, loose=True)

    def _parallel(self, fork: Fork) -> Fragment:
        """Branches side by side between the fork and a bar; what passes unchanged runs beside them."""
        columns = [branch for branch in fork.branches if branch.chain]
        drawn = [self.chain(branch.chain, _room(branch.chain)) for branch in columns]
        total = sum(f.left + f.right for f in drawn) + _BETWEEN * (len(drawn) - 1)
        top, foot = _BUS + 10.0, _BUS + 10.0 + max(f.height for f in drawn) + GAP + 3.0
        parts: list[Part] = []
        x, centres = -total / 2, []
        for branch, fragment in zip(columns, drawn, strict=True):
            centre = x + fragment.left
            parts += [*_entry(branch, centre, top, not fragment.soft), *fragment.at(centre, top)]
            parts.append(down(centre, top + fragment.height, foot))
            centres.append(centre)
            x += fragment.left + fragment.right + _BETWEEN
        joint = self._joint(fork.join, 2 * max(abs(c) for c in centres) + 40.0)
        parts += joint.at(0.0, foot)
        right = max(total / 2, joint.right)
        for branch in fork.branches:
            if not branch.chain:
                right += LANE
                parts.append(lane((0.0, 2.0), right, (joint.right, foot + joint.height / 2), branch.kind or "flow"))
        return Fragment(tuple(parts), max(total / 2, joint.left), right, foot + joint.height, soft=True, loose=True)

    def card(self, card: Card, room: float = BOX) -> Fragment:
        """A frame around the unit of a block; several equal units are a stack of frames with ×N at the corner."""
        body = self.chain(card.chain, room)
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
        if depth:
            parts.append(_badge(f"×{card.count}", right))
        return Fragment(tuple(parts), left, right + max(depth, 8.0), high + depth, loose=True)

    def _tangle(self, tangle: Tangle, room: float) -> Fragment:
        """Pieces in topological order; wires that do not join neighbours run in lanes on the right."""
        drawn = [self.chain(piece, room) for piece in tangle.pieces]
        tops: list[float] = []
        y = _FORK
        for fragment in drawn:
            tops.append(y)
            y += fragment.height + GAP + 5.0
        exits = {-1: 0.0, **{index: top + drawn[index].height + 2.5 for index, top in enumerate(tops)}}
        parts: list[Part] = [part for top, fragment in zip(tops, drawn, strict=True) for part in fragment.at(0.0, top)]
        right = max(fragment.right for fragment in drawn)
        for source, goal in tangle.wires:
            if goal == source + 1:
                start = 0.0 if source < 0 else tops[source] + drawn[source].height
                parts.append(down(0.0, start, tops[goal], arrow=not drawn[goal].soft))
                continue
            right += LANE * 0.6
            first = next(part for part in drawn[goal].parts if isinstance(part, Box) and part.shape != "shadow")
            end = (first.right, tops[goal] + first.y + first.height / 2)
            if source >= 0 and (source, source + 1) not in tangle.wires:
                parts.append(down(0.0, tops[source] + drawn[source].height, exits[source], arrow=False))
            parts.append(lane((0.0, exits[source]), right, end, tangled(tangle, source, goal)))
        left = max(fragment.left for fragment in drawn)
        return Fragment(tuple(parts), left, right + 2.0, tops[-1] + drawn[-1].height, soft=True, loose=True)

    def _tail(self, tail: Tail) -> Fragment:
        """A box beside the trunk for what leaves it and does not come back."""
        lines = fit(tail.name, BOX * 1.3, 8.0)
        across = max((width(line, 8.0) for line in lines), default=0.0) + (14.0 if tail.chain else 6.0)
        high = ROW + max(len(lines) - 1, 0) * 9.0
        start = 24.0
        box = Box(
            start,
            0.0,
            across,
            high,
            "pill" if tail.chain else "bare",
            lines,
            "neutral",
            8.0,
            path=tail.name,
            note=tail.name,
        )
        wire = Wire(((0.0, high / 2), (start, high / 2)), dot=True)
        return Fragment((down(0.0, 0.0, high, arrow=False), wire, box), 0.0, start + across, high, soft=True)


def _is_residual(fork: Fork) -> bool:
    """Whether the first branch is drawn on the trunk and the others in lanes: they are shortcuts, or have no boxes."""
    first, *rest = fork.branches
    return all(branch.kind is not None or not branch.chain for branch in rest) and first.kind is None


def _entry(branch: Branch, centre: float, top: float, arrow: bool) -> list[Part]:
    """The wire from a fork to one of its columns; none to an input of the network, which comes from nowhere."""
    first = branch.chain[0]
    if isinstance(first, Step) and first.family == "input":
        return []
    if abs(centre) < 0.5:
        return [down(0.0, 0.0, top, arrow)]
    return [Wire(((0.0, 0.0), (0.0, _BUS), (centre, _BUS), (centre, top)), "flow", arrow)]


def _room(chain: Chain) -> float:
    """How wide the boxes of a branch must be: narrower than on the trunk, so that several stand side by side."""
    labels = [width(item.label, 9.0) for item in chain if isinstance(item, Step)]
    return BOX if len(labels) < len(chain) else min(BOX, max(64.0, *labels) + 8.0)


def _lane_label(branch: Branch, x: float, middle: float) -> list[Part]:
    leading = _LABEL * 1.2
    first = middle - leading * (len(branch.labels) - 1) / 2 + _LABEL * 0.35
    return [
        Text(x, first + index * leading, line, _LABEL, role=branch.kind or "soft")
        for index, line in enumerate(branch.labels)
    ]


def _shadow(frame: Box, offset: float) -> Box:
    return Box(frame.x + offset, frame.y + offset, frame.width, frame.height, "shadow", fill="card")


def _badge(words: str, right: float) -> Box:
    across = width(words, _BADGE, bold=True) + 10.0
    return Box(right - across + 8.0, -7.0, across, 14.0, "badge", (words,), "badge", _BADGE)


def _units(card: Card) -> str:
    return f"{card.path}: {card.name}" + (f", {card.count} equal units" if card.count > 1 else "")


def _note(step: Step) -> str:
    place = step.path.partition("#")[0].rstrip(".")
    return f"{place}: {step.label} → {step.shape}" if place else f"{step.label} → {step.shape}"
