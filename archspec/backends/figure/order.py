"""Norms and activations: folded away where they follow their layer, shown where their order is the point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeGuard

from archspec.backends.figure.outline import Chain, Family, Fork, Item, Step, Tail, Tangle, last
from archspec.records import replace

Shown = frozenset[Family]
"""Which of the two families, "norm" and "act", are drawn wherever they stand."""
DECOR: Shown = frozenset({"norm", "act"})


def stands_out(chain: Chain) -> bool:
    """Whether a norm or activation of a block stands where convolution, norm, activation does not put it.

    That is one before the first layer (pre-activation), a norm after an addition, and an activation right before one
    (He et al. 2016, Fig. 4 b to e).
    """
    return any(_unusual(chain, "start"))


def fold(chain: Chain, keep: Shown) -> Chain:
    """The chain without quiet steps, and without norms and activations unless they are kept, joined where they meet."""
    return merged([_prune(item, keep) for item in chain if _is_kept(item, keep)])


def fold_trunk(chains: Sequence[Chain], keep: Shown = frozenset()) -> list[Chain]:
    """The pieces of a whole network, one after another: of norms and activations those kept, and the unusual ones."""
    before, shown = "layer", False
    result: list[Chain] = []
    for chain in chains:
        kept: list[Item] = []
        for item in chain:
            if _is_decor(item):
                shown = shown or _is_unusual(item, before)
                kept.extend([item] if shown or item.family in keep else [])
            else:
                shown = False
                kept.extend(fold((item,), DECOR if any(_unusual((item,), "layer")) else keep))
            before = _state(item, before)
        result.append(tuple(kept))
    return result


def visible(chain: Chain) -> int:
    """The number of boxes that a chain draws."""
    return sum(_visible(item) for item in chain)


def _visible(item: Item) -> int:
    if isinstance(item, Step):
        return 1
    if isinstance(item, Fork):
        return 1 + sum(visible(branch.chain) for branch in item.branches if branch.kind is None)
    return sum(visible(piece) for piece in item.pieces) if isinstance(item, Tangle) else 2


def _unusual(chain: Chain, before: str) -> Iterator[bool]:
    """Whether each norm and activation stands out; `before` is what it follows: start, layer, norm, act, join, card."""
    for item in chain:
        if isinstance(item, Step) and item.family in ("norm", "act"):
            yield _is_unusual(item, before)
        if isinstance(item, Fork):
            for branch in item.branches:
                if branch.kind is None:
                    yield from _unusual(branch.chain, "start")
            yield _ends_in_activation(item)
        if isinstance(item, Tangle):
            for piece in item.pieces:
                yield from _unusual(piece, "layer")
        before = _state(item, before)


def _is_unusual(step: Step, before: str) -> bool:
    if before in ("start", "card", "act"):
        return True
    return step.family == "norm" and before == "join"


def _ends_in_activation(fork: Fork) -> bool:
    """ReLU before addition: the residual function ends in an activation."""
    if fork.join.op != "add" or all(branch.kind is None for branch in fork.branches):
        return False
    main = [item for item in fork.branches[0].chain if not (isinstance(item, Step) and item.family == "quiet")]
    return bool(main) and isinstance(main[-1], Step) and main[-1].family == "act"


def _state(item: Item, before: str) -> str:
    if isinstance(item, Fork):
        return "join"
    if isinstance(item, Tail):
        return "start"  # what follows tells the output that was taken off from what goes on
    if isinstance(item, Tangle):
        return _state(last(item.pieces[-1]), before)
    if not isinstance(item, Step):
        return "card"
    if item.family == "quiet":
        return before
    return item.family if item.family in ("norm", "act", "join") else "layer"


def _prune(item: Item, keep: Shown) -> Item:
    if isinstance(item, Fork):
        return replace(item, branches=tuple(replace(b, chain=fold(b.chain, keep)) for b in item.branches))
    if isinstance(item, Tangle):
        # A piece of nothing but activations, or of what is never drawn elsewhere, stays: wires end on it.
        return replace(item, pieces=tuple(_pruned(piece, keep) for piece in item.pieces))
    return item


def _pruned(piece: Chain, keep: Shown) -> Chain:
    made = (fold(piece, keep), merged(piece))
    return next((chain for chain in made if any(not isinstance(item, Tail) for item in chain)), piece)


def _is_kept(item: Item, keep: Shown) -> bool:
    return not _is_decor(item) or item.family in keep


def _is_decor(item: Item) -> TypeGuard[Step]:
    return isinstance(item, Step) and item.family in ("norm", "act")


def merged(chain: Sequence[Item]) -> Chain:
    """Norms and activations in a row as one box; quiet steps (dropout, flatten) gone."""
    result: list[Item] = []
    for item in chain:
        if isinstance(item, Step) and item.family == "quiet":
            continue
        last = result[-1] if result else None
        if isinstance(item, Step) and _is_decor(item) and isinstance(last, Step) and _is_decor(last):
            result[-1] = replace(last, label=f"{last.label}, {item.label}", shape=item.shape)
        else:
            result.append(item)
    return tuple(result)
