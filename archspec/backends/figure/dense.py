"""Units of a repeat that look alike in one card: those that differ in nothing a figure shows (a drop rate), and those
of dense blocks (Huang et al. 2017), which are equal but for the width of what reaches them.
"""

from __future__ import annotations

from collections.abc import Sequence

from archspec.backends.figure.outline import Card, Chain, Fork, Item, Step, Tangle
from archspec.records import replace
from archspec.shapes import Shape

Signature = tuple[object, ...]


def densely_folded(items: Sequence[Item], given: Shape) -> Chain:
    """Units of a repeat with runs of dense ones as one card each; `given` is what the first of them gets.

    Dense units concatenate their own input with what they made of it, and all make equally much of it. Their shapes
    differ, so the card tells from which width to which they lead.
    """
    result: list[Item] = []
    width = given.channels
    for item in items:
        last = result[-1] if result else None
        if isinstance(item, Card) and isinstance(last, Card) and _alike(last, item):
            result[-1] = replace(last, count=last.count + item.count)
        elif isinstance(item, Card) and isinstance(last, Card) and _continues(last, item, width):
            start = last.growth[0] if last.growth else _before(last)
            result[-1] = replace(last, count=last.count + 1, shape=item.shape, growth=(start, item.shape.channels))
        else:
            result.append(item)
        width = item.shape.channels if isinstance(item, Card | Step) else width
    return tuple(_told(item) for item in result)


def _alike(one: Card, other: Card) -> bool:
    """Whether two cards show the same, shapes included."""
    same = one.name == other.name and one.shape == other.shape and one.growth is None and other.growth is None
    return same and _signature(one.chain, exact=True) == _signature(other.chain, exact=True)


def _continues(run: Card, unit: Card, width: int) -> bool:
    """Whether a unit that is given `width` channels is the next of a dense run."""
    made = _made(run)
    if made is None or _made(unit) != made or unit.count != 1 or (run.count != 1 and run.growth is None):
        return False
    return unit.shape.channels == width + made and _signature(run.chain) == _signature(unit.chain)


def _made(card: Card) -> int | None:
    """How many channels a dense unit adds; None for any other block."""
    if len(card.chain) != 1 or not isinstance(card.chain[0], Fork):
        return None
    fork = card.chain[0]
    if fork.join.op != "concat" or len(fork.branches) != 2 or fork.branches[1].kind != "identity":
        return None
    last = fork.branches[0].chain[-1:]
    return last[0].shape.channels if last and isinstance(last[0], Step) else None


def _before(card: Card) -> int:
    return card.shape.channels - (_made(card) or 0)


def _told(item: Item) -> Item:
    """A dense run says how much each unit adds, where a single unit says how much comes out."""
    if not isinstance(item, Card) or item.growth is None or not isinstance(item.chain[0], Fork):
        return item
    join = replace(item.chain[0].join, label=f"concat, +{_made(item)}")
    return replace(item, chain=(replace(item.chain[0], join=join),))


def _signature(chain: Chain, exact: bool = False) -> Signature:
    """What a chain shows, but for paths; unless `exact`, also but for shapes and the width that comes out of joins."""
    return tuple(_sign(item, exact) for item in chain)


def _sign(item: Item, exact: bool) -> Signature:
    if isinstance(item, Step):
        shown = exact or item.family != "join"
        return item.op, item.label if shown else "", item.shape if exact else None
    if isinstance(item, Fork):
        branches = ((branch.kind, branch.labels, _signature(branch.chain, exact)) for branch in item.branches)
        return _sign(item.join, exact), *branches
    if isinstance(item, Tangle):
        return item.wires, *(_signature(piece, exact) for piece in item.pieces)
    return (item.name, item.count, _signature(item.chain, exact)) if isinstance(item, Card) else (item.name,)
