"""The column layout: one straight trunk a network, a gutter of output sizes on its left, the cost of stages on its right.

Rows are groups of items with the same output size; a hairline marks each change. All cards of a network are equally
wide, so the eye follows the trunk and compares what is inside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from archspec.backends.figure.fragment import Fragment, down
from archspec.backends.figure.lettering import fit, width
from archspec.backends.figure.outline import Card, Chain, Fork, Group, Item, Outline, Step, Tail, Tangle
from archspec.backends.figure.pieces import PAD, Draughtsman
from archspec.backends.figure.scene import Box, Part, Rule, Scene, Text, Wire, WireKind, moved
from archspec.backends.figure.theme import DASHES, fills
from archspec.backends.numbers import counted, scaled
from archspec.backends.stages import size_text

MARGIN = 14.0
GUTTER = 62.0
HEAD = 44.0
_GAP, _LOOSE_GAP, _ROW_GAP, _CARD_GAP = 9.0, 14.0, 20.0, 18.0
_COST_HEIGHT = 33.0
_COST_WIDTH = 118.0
_BAR = 46.0
_LEGEND = {
    "identity": "identity shortcut",
    "projection": "projection shortcut (with a convolution)",
    "pad": "zero-padding shortcut (no parameters)",
    "gated": "gated or scaled shortcut",
}


@dataclass(frozen=True, slots=True)
class _Placed:
    """An item of the trunk with where its top is."""

    item: Item
    fragment: Fragment
    group: int
    size: str
    y: float = 0.0

    @property
    def bottom(self) -> float:
        return self.y + self.fragment.height


def compose(outlines: Sequence[Outline]) -> Scene:
    """All networks side by side, with one legend below."""
    colours = fills(_widths(outlines))
    parts: list[Part] = []
    x, foot = MARGIN, 0.0
    for outline in outlines:
        column, across, high = _column(outline, colours)
        parts += moved(column, x, MARGIN)
        x, foot = x + across + 2 * MARGIN, max(foot, high + MARGIN)
    across = max(x - MARGIN, 200.0)
    legend, high = _legend(parts, across - 2 * MARGIN)
    parts += moved(legend, MARGIN, foot + 16.0)
    return Scene(across, foot + 16.0 + high + MARGIN * 0.6, tuple(parts))


def _column(outline: Outline, colours: dict[int, str]) -> tuple[tuple[Part, ...], float, float]:
    """The parts of one network, its width and height."""
    draughtsman = _uniform(outline, colours)
    placed = _placed(outline, draughtsman)
    left = max(p.fragment.left for p in placed)
    right = max(p.fragment.right for p in placed)
    axis = GUTTER + left
    costly = any(group.macs or group.parameters for group in outline.groups)
    across = axis + right + (8.0 + _COST_WIDTH if costly else 0.0)
    parts: list[Part] = list(_head(outline, axis, across))
    parts += _rows(placed, axis + right + 4.0)
    parts += moved(_trunk(placed), axis, 0.0)
    parts += _costs(outline.groups, placed, axis + right + 10.0)
    return tuple(parts), across, placed[-1].bottom


def _uniform(outline: Outline, colours: dict[int, str]) -> Draughtsman:
    """A draughtsman whose cards are all as wide as the widest needs to be."""
    plain = Draughtsman(colours)
    inner = [plain.chain(item.chain) for group in outline.groups for item in group.chain if isinstance(item, Card)]
    left = max((fragment.left for fragment in inner), default=0.0)
    right = max((fragment.right for fragment in inner), default=0.0)
    return replace(plain, left=left + PAD, right=right + PAD)


def _placed(outline: Outline, draughtsman: Draughtsman) -> list[_Placed]:
    """All items of the trunk at their heights: a little apart, more at a change of size, enough for the costs."""
    items: list[tuple[int, Item]] = [(-1, step) for step in outline.inputs[:1]]
    items += [(index, item) for index, group in enumerate(outline.groups) for item in group.chain]
    result: list[_Placed] = []
    y, size = HEAD, ""
    for index, item in items:
        fragment = draughtsman.item(item)
        here = _size(item) or size
        if result:
            y = result[-1].bottom + _gap(result[-1], fragment, index, here)
        if result and result[-1].group != index and index >= 0:
            y += _room_for_costs(result)
        result.append(_Placed(item, fragment, index, here, y))
        size = here
    return result


def _gap(before: _Placed, fragment: Fragment, group: int, size: str) -> float:
    if before.size != size or (before.group != group and (before.fragment.loose or fragment.loose)):
        return _ROW_GAP
    cards = before.fragment.loose and fragment.loose
    return _CARD_GAP if cards else _LOOSE_GAP if before.fragment.loose or fragment.loose else _GAP


def _room_for_costs(placed: Sequence[_Placed]) -> float:
    """What the stage that ends here lacks in height for the words beside it."""
    last = placed[-1]
    if last.group < 0:
        return 0.0
    top = next(p.y for p in placed if p.group == last.group)
    return max(0.0, _COST_HEIGHT - (last.bottom - top) - _GAP)


def _trunk(placed: Sequence[_Placed]) -> Iterator[Part]:
    for before, after in zip(placed, placed[1:], strict=False):
        yield down(0.0, before.bottom, after.y, arrow=not after.fragment.soft)
    for p in placed:
        yield from p.fragment.at(0.0, p.y)


def _rows(placed: Sequence[_Placed], across: float) -> Iterator[Part]:
    """The gutter: each output size once, with a hairline above."""
    before: _Placed | None = None
    for p in placed:
        if before is None or before.size != p.size:
            if before is not None:
                y = (before.bottom + p.y) / 2
                yield Rule((0.0, y), (across, y))
            yield Text(0.0, p.y + 4.0, "output" if before else "input", 7.0, role="soft")
            yield Text(0.0, p.y + 14.0, p.size, 9.0, bold=True)
        before = p


def _head(outline: Outline, axis: float, across: float) -> Iterator[Part]:
    room = 2 * min(axis, across - axis)
    for line in fit(outline.title, room / 1.08, 11.5, lines=1):
        yield Text(axis, 10.0, line, 11.5, "middle", bold=True)
    for line in fit(" · ".join(outline.facts), room, 8.0, lines=1):
        yield Text(axis, 22.0, line, 8.0, "middle", role="soft")


def _costs(groups: Sequence[Group], placed: Sequence[_Placed], x: float) -> Iterator[Part]:
    """Beside each stage a bracket over the whole of it, and what the whole of it costs."""
    most_macs = max((group.macs for group in groups), default=0) or 1
    most_parameters = max((group.parameters for group in groups), default=0) or 1
    for index, group in enumerate(groups):
        own = [p for p in placed if p.group == index]
        if not own or not (group.macs or group.parameters):
            continue
        top, bottom = own[0].y, own[-1].bottom
        middle = max((top + bottom) / 2, top + _COST_HEIGHT / 2)
        yield Rule((x, top), (x, max(bottom, top + 8.0)), "cardline")
        words = group.name + (f" · {counted(group.blocks, 'block')}" if group.blocks > 1 else "")
        start, y = x + 7.0, middle - _COST_HEIGHT / 2
        for line in fit(words, _COST_WIDTH - 8.0, 8.0, lines=1):
            yield Text(start, y + 7.5, line, 8.0)
        yield from _bar(start, y + 12.0, group.macs / most_macs, "macs", f"{scaled(group.macs)}MACs", group.macs)
        share = group.parameters / most_parameters
        yield from _bar(start, y + 23.0, share, "params", f"{scaled(group.parameters)} params", group.parameters)


def _bar(x: float, y: float, share: float, role: str, words: str, value: int) -> Iterator[Part]:
    across = max(share * _BAR, 0.8)
    yield Box(x, y + 1.0, across, 7.0, "bar", fill=role, note=f"{value:,}")
    yield Text(x + across + 4.0, y + 7.2, words, 7.5, role="soft")


def _legend(parts: Sequence[Part], room: float) -> tuple[list[Part], float]:
    """What the signs mean, of those that are there; wrapped to the width of the figure."""
    present = {part.kind for part in parts if isinstance(part, Wire)}
    entries: list[tuple[WireKind | str, str]] = [(kind, words) for kind, words in _LEGEND.items() if kind in present]
    boxes = [part for part in parts if isinstance(part, Box)]
    entries += [("+", "addition")] if any(box.symbol == "+" for box in boxes) else []
    entries += [("×", "product")] if any(box.symbol == "×" for box in boxes) else []
    if any(box.heavy for box in boxes):
        entries.append(("heavy", "makes the map smaller"))
    if any(box.shape == "badge" for box in boxes):
        entries.append(("×N", "N equal blocks in a row"))
    result: list[Part] = []
    x = y = 0.0
    for sign, words in entries:
        wide = 30.0 + width(words, 8.0) + 18.0
        if x and x + wide > room:
            x, y = 0.0, y + 14.0
        result += [*moved(_sign(sign), x, y), Text(x + 30.0, y + 7.0, words, 8.0, role="soft")]
        x += wide
    return result, y + 12.0 if entries else 0.0


def _sign(sign: str) -> tuple[Part, ...]:
    if sign in DASHES or sign == "identity":
        return (Wire(((0.0, 4.0), (24.0, 4.0)), sign),)  # type: ignore[arg-type]
    if sign == "heavy":
        return (Box(2.0, -0.5, 22.0, 9.0, "rect", heavy=True),)
    if sign == "×N":
        return (Box(2.0, -2.0, 22.0, 12.0, "badge", ("×N",), "badge", 8.0),)
    return (Box(8.0, -1.0, 10.0, 10.0, "circle", fill="paper", symbol=sign),)  # type: ignore[arg-type]


def _size(item: Item) -> str:
    """The output size of an item; empty where it has none of its own."""
    if isinstance(item, Tail):
        return ""
    if isinstance(item, Tangle):
        return _size(item.pieces[-1][-1])
    return size_text(item.join.shape if isinstance(item, Fork) else item.shape)


def _widths(outlines: Sequence[Outline]) -> Iterator[int]:
    """The channel widths of all coloured boxes."""
    for outline in outlines:
        for group in outline.groups:
            yield from _coloured(group.chain)


def _coloured(chain: Chain) -> Iterator[int]:
    for item in chain:
        if isinstance(item, Step):
            if item.family == "layer" and item.shape.rank > 2:
                yield item.shape.channels
        elif isinstance(item, Fork):
            for branch in item.branches:
                yield from _coloured(branch.chain)
        elif isinstance(item, Tangle):
            for piece in item.pieces:
                yield from _coloured(piece)
        elif isinstance(item, Card):
            yield from _coloured(item.chain)
