"""Shortcuts that reach over stages, as U-Net's: the main branch stands on the trunk, so rows and stages show in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archspec.backends.figure.forks import is_residual
from archspec.backends.figure.outline import Card, Chain, Fork, Group, Item, Outline, Step, Tangle, last, output
from archspec.backends.figure.scene import WireKind
from archspec.backends.figure.shortcut import tangled
from archspec.backends.stages import range_name, size_text
from archspec.records import Record, replace


class Ends(Record):
    """What begins before an item of the trunk, and what ends on it: numbers of shortcuts, the latter with their kind.

    `inside` tells whether one is under way there, `cut` that nothing comes from the item above.
    """

    opens: tuple[int, ...] = ()
    closes: tuple[tuple[int, WireKind], ...] = ()
    inside: bool = False
    cut: bool = False


def opened(outline: Outline) -> tuple[Outline, list[Ends]]:
    """The outline with long shortcuts taken apart, and where they begin and end, for each item of its groups."""
    opener = _Opener()
    groups = [part for group in outline.groups for part in opener.group(group)]
    return replace(outline, groups=tuple(groups)), opener.ends


class _Opener:
    def __init__(self) -> None:
        self.ends: list[Ends] = []
        self._count = self._open = 0

    def group(self, group: Group) -> Iterator[Group]:
        """A group as it is, or one for each of its stages."""
        flat = [*self._chain(group.chain, ())]
        if not group.parts or len(flat) == len(group.chain):
            yield replace(group, chain=tuple(flat))
            return
        held = [next((part for part in group.parts if _belongs(item, part)), None) for item in flat]
        parts = _costing(group.parts, [part for part in held if part is not None])
        current, own = next((part for part in held if part is not None), group.parts[0]), list[Item]()
        for item, found in zip(flat, held, strict=True):
            if found is not None and found is not current and own:
                yield replace(parts[current.name], chain=tuple(own))
                own = []
            current = found or current
            own.append(item)
        yield replace(parts.get(current.name, current), chain=tuple(own))

    def _chain(self, chain: Chain, opens: tuple[int, ...]) -> Iterator[Item]:
        for index, item in enumerate(chain):
            begun = opens if not index else ()
            if isinstance(item, Tangle) and _is_trunk(item):
                yield from self._tangle(item, begun)
                continue
            if not (isinstance(item, Fork) and _is_long(item)):
                self._add(Ends(begun))
                yield item
                continue
            numbers = tuple(range(self._count, self._count + len(item.branches) - 1))
            self._count += len(numbers)
            yield from self._chain(item.branches[0].chain, (*begun, *numbers))
            sides = zip(numbers, item.branches[1:], strict=True)
            self._add(Ends((), tuple((number, side.kind or "flow") for number, side in sides)))
            yield item.join

    def _tangle(self, tangle: Tangle, opens: tuple[int, ...]) -> Iterator[Item]:
        """The pieces one after another; wires between neighbours are the trunk, all others lanes."""
        lanes = {wire: self._count + index for index, wire in enumerate(w for w in tangle.wires if w[1] != w[0] + 1)}
        self._count += len(lanes)
        for index, piece in enumerate(tangle.pieces):
            begun = tuple(number for (source, _), number in lanes.items() if source == index - 1)
            ends = tuple((number, tangled(tangle, *wire)) for wire, number in lanes.items() if wire[1] == index)
            cut = (index - 1, index) not in tangle.wires
            self._add(Ends((*(opens if not index else ()), *begun), ends, cut=cut))
            yield piece[0]
            yield from self._chain(piece[1:], ())

    def _add(self, ends: Ends) -> None:
        self.ends.append(replace(ends, inside=self._open > 0))
        self._open += len(ends.opens) - len(ends.closes)


def _costing(parts: Sequence[Group], held: Sequence[Group]) -> dict[str, Group]:
    """The stages that hold items, each with the costs of those behind it that hold none: what is folded away there."""
    found: dict[str, list[Group]] = {}
    early: list[Group] = []
    for part in parts:
        if any(part is one for one in held):
            found[part.name], early = [*early, part], []
        elif part.macs or part.parameters:
            next(reversed(found.values()), early).append(part)
    return {name: _together(members) for name, members in found.items()}


def _together(parts: Sequence[Group]) -> Group:
    costs = {key: sum(getattr(part, key) for part in parts) for key in ("blocks", "macs", "parameters")}
    return Group(range_name([part.name for part in parts]), (), **costs)


def _is_long(fork: Fork) -> bool:
    """Whether the main branch of a residual fork passes through several sizes, and its shortcuts have no words."""
    if not is_residual(fork) or any(branch.chain or branch.labels for branch in fork.branches[1:]):
        return False
    shapes = [shape for item in fork.branches[0].chain if (shape := output(item)) is not None]
    return len({size_text(shape) for shape in (*shapes, fork.join.shape)}) > 1


def _is_trunk(tangle: Tangle) -> bool:
    """Whether a tangle passes through several sizes, and every wire of it can end on a box."""
    heads = [piece[0] for piece in tangle.pieces]
    if not all(isinstance(head, Card) or (isinstance(head, Step) and head.family != "input") for head in heads):
        return False
    shapes = [shape for piece in tangle.pieces for item in piece if (shape := output(item)) is not None]
    return len({size_text(shape) for shape in shapes}) > 1


def _belongs(item: Item, stage: Group) -> bool:
    path = _path(item)
    return any(path == place or path.startswith(place + ".") for place in stage.paths)


def _path(item: Item) -> str:
    if isinstance(item, Step | Card):
        return item.path
    if isinstance(item, Fork):
        return item.join.path
    return _path(last(item.pieces[-1])) if isinstance(item, Tangle) else ""


def levels(reaches: Sequence[tuple[int, int]]) -> list[int]:
    """Which lane each of these stretches takes, so that none meets another: the short ones run inside."""
    taken: list[int] = [0] * len(reaches)
    order = sorted(range(len(reaches)), key=lambda index: reaches[index][1] - reaches[index][0])
    done: list[int] = []
    for index in order:
        start, end = reaches[index]
        crossed = [taken[other] for other in done if reaches[other][0] <= end and start <= reaches[other][1]]
        taken[index] = next(level for level in range(len(reaches)) if level not in crossed)
        done.append(index)
    return taken
