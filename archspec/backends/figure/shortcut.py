"""Which branch of a fork is a shortcut, and of which kind: read off what the branches do, never off their names.

He et al. (2015) know three: the identity, a projection (a convolution on the way), and padding with zeros, which has no
parameters. He et al. (2016) add shortcuts that are scaled or gated.
"""

from __future__ import annotations

from archspec.backends.figure.outline import Branch, Card, Chain, Fork, Item, Step, Tail, Tangle, last, tails, walk
from archspec.backends.figure.scene import WireKind

_PADDING = frozenset({"pad_channels", "pad2d", "subsample2d", "avg_pool2d", "max_pool2d"})

_ONE_WAY = frozenset({"mul", "resize_like", "window_reverse"})
"""Joins that add nothing to what they get: one branch says by how much, or to which size, the other is changed."""


def classify(chains: tuple[Chain, ...], join: Step) -> tuple[Branch, ...]:
    """The branches of a fork with the main one first; those that are shortcuts carry their kind."""
    gate = join.op in _ONE_WAY
    if not any(chains):  # a value joined with itself
        return (Branch(()), *(Branch((), "flow" if gate else "identity") for _ in chains[1:]))
    if gate:
        return _gate(chains)
    if any(_enters(chain) for chain in chains):  # nothing is shortened by what comes from another input
        return tuple(Branch(chain) for chain in chains)
    if len(chains) == 2 and join.op == "add":
        return _residual(*chains)
    kinds = [kind(chain) if not chain else None for chain in chains]
    branches = [Branch(chain, found) for chain, found in zip(chains, kinds, strict=True)]
    return tuple(sorted(branches, key=lambda branch: branch.kind is not None))


def _enters(chain: Chain) -> bool:
    """Whether a chain holds an input of the network, one of several."""
    return any(isinstance(item, Step) and item.family == "input" for item in walk(chain))


def kind(chain: Chain) -> WireKind:
    """The kind of shortcut that a chain of steps makes."""
    steps = [item for item in chain if not (isinstance(item, Step) and item.family in ("norm", "act"))]
    if not [step for step in steps if not (isinstance(step, Step) and step.op == "identity")]:
        return "identity" if len(steps) == len(chain) else "gated"
    if all(isinstance(step, Step) and step.op in _PADDING for step in steps):
        return "pad"
    straight = all(isinstance(step, Step) for step in steps)
    return "projection" if straight and weight(chain) else "gated"


def weight(chain: Chain) -> int:
    """The number of weighted layers in a chain, all branches and units counted."""
    return sum(_weight(item) for item in chain)


def _weight(item: Item) -> int:
    if isinstance(item, Step):
        return int(item.weighted)
    if isinstance(item, Fork):
        return sum(weight(branch.chain) for branch in item.branches)
    if isinstance(item, Card):
        return item.count * weight(item.chain)
    if isinstance(item, Tangle):
        return sum(weight(piece) for piece in item.pieces)
    return 0 if isinstance(item, Tail) else weight(item.chain)


def _residual(first: Chain, second: Chain) -> tuple[Branch, ...]:
    """The lighter branch of two is the shortcut, unless both are worth the same."""
    main, side = (first, second) if _rank(first) >= _rank(second) else (second, first)
    if _rank(main) == _rank(side) or weight(side) > 1 or any(tails(side)):
        return Branch(first), Branch(second)
    return Branch(main), Branch(side, kind(side), labels(side))


def _rank(chain: Chain) -> tuple[int, int, int]:
    """Weighted layers, then layers that are more than a 1×1, then steps."""
    wide = sum(1 for item in chain if isinstance(item, Step) and item.weighted and not item.brief.startswith("1×1"))
    return weight(chain), wide, len(chain)


def _gate(chains: tuple[Chain, ...]) -> tuple[Branch, ...]:
    """A product: the gate is drawn as the main branch, what it scales passes beside it."""
    ordered = sorted(chains, key=lambda chain: len(chain), reverse=True)
    return tuple(Branch(chain, None if chain else "flow") for chain in ordered)


def tangled(tangle: Tangle, source: int, goal: int) -> WireKind:
    """The kind of a wire between two pieces of a tangle: what reaches a product or a sum of products is gated.

    What is only cropped (U-Net) passes as it is.
    """
    first = tangle.pieces[goal][0]
    if isinstance(first, Step) and first.op == "crop_like" and source != goal - 1:
        return "identity"
    if not isinstance(first, Step) or first.op not in ("add", "mul"):
        return "flow"
    if source < 0:
        return "gated" if first.op == "mul" else "identity"
    end = last(tangle.pieces[source])
    return "gated" if first.op == "add" and isinstance(end, Step) and end.op == "mul" else "flow"


def labels(chain: Chain) -> tuple[str, ...]:
    """The words beside a shortcut: its steps in brief, no norms or activations; a bare stride joins its neighbour."""
    words: list[str] = []
    stride = ""
    for brief in map(_brief, chain):
        if brief.startswith("/"):
            stride = brief
        elif brief:
            words.append(f"{brief} {stride}".strip())
            stride = ""
    if not stride:
        return tuple(words)
    return (*words[:-1], " ".join([*words[-1:], stride]))


def _brief(item: Item) -> str:
    if isinstance(item, Step):
        return "" if item.family in ("norm", "act") else item.brief
    return "gate" if isinstance(item, Fork) and item.join.op == "mul" else ""
