"""The sentences that stand for a figure where it cannot be seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from archspec.backends.figure.outline import Card, Chain, Fork, Outline, Step, Tail, Tangle
from archspec.backends.figure.scene import WireKind
from archspec.backends.figure.shortcut import tangled
from archspec.backends.numbers import counted

_NAMES: dict[WireKind, str] = {
    "identity": "identity", "projection": "projection", "pad": "zero-padding", "gated": "gated or scaled",
}  # fmt: skip


def describe(outline: Outline) -> str:
    """One network in words: `resnet34: 3.66 GMACs, …, 16 shortcuts: 13 identity, 3 projection. Stages: …`."""
    kinds = shortcuts(outline)
    words = ", ".join(f"{count} {_NAMES[kind]}" for kind, count in kinds.items())
    total = f"; {counted(sum(kinds.values()), 'shortcut')}: {words}" if kinds else ""
    stages = [stage for group in outline.groups for stage in group.parts or (group,)]
    names = ", ".join(
        stage.name + (f" ({counted(stage.blocks, 'block')})" if stage.blocks else "") for stage in stages if stage.name
    )
    return f"{outline.title}: {', '.join(outline.facts)}{total}." + (f" Stages: {names}." if names else "")


def shortcuts(outline: Outline) -> dict[WireKind, int]:
    """How many shortcuts of each kind the network has, every unit of a folded run counted."""
    found = Counter[WireKind]()
    for group in outline.groups:
        for kind, count in _shortcuts(group.chain):
            found[kind] += count
    return {kind: found[kind] for kind in _NAMES if found[kind]}


def _shortcuts(chain: Chain) -> Iterator[tuple[WireKind, int]]:
    for item in chain:
        if isinstance(item, Fork):
            for branch in item.branches:
                if branch.kind in _NAMES:
                    yield branch.kind, 1
                yield from _shortcuts(branch.chain)
        elif isinstance(item, Card):
            yield from ((kind, count * item.count) for kind, count in _shortcuts(item.chain))
        elif isinstance(item, Tangle):
            gated = {goal for source, goal in item.wires if tangled(item, source, goal) == "gated"}
            yield from (("gated", 1) for goal in gated if _sums(item.pieces[goal]))
            for piece in item.pieces:
                yield from _shortcuts(piece)
        elif isinstance(item, Tail):
            yield from _shortcuts(item.chain)


def _sums(piece: Chain) -> bool:
    return isinstance(piece[0], Step) and piece[0].op == "add"
