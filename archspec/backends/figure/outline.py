"""What a figure says, before anyone decides where it stands: steps in chains, forks that rejoin, cards, stages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from archspec.backends.figure.scene import WireKind
from archspec.records import Record, replace
from archspec.shapes import Shape, nominal

Family = Literal["layer", "stage", "pool", "norm", "act", "quiet", "join", "op", "input", "output"]


class Step(Record):
    """One op of the network, or several norms and activations in a row.

    `brief` is its label beside a shortcut (`1×1 /2`). `strided` steps make the map smaller.
    """

    op: str
    family: Family
    label: str
    brief: str
    path: str
    shape: Shape
    strided: bool = False
    weighted: bool = False


class Branch(Record):
    """One way from a fork to its join. `kind` is set for a shortcut; `steps` are all its steps, folded ones too."""

    chain: Chain
    kind: WireKind | None = None
    labels: tuple[str, ...] = ()


class Fork(Record):
    """Branches from one place that meet again in `join`, the main branch first."""

    branches: tuple[Branch, ...]
    join: Step


class Card(Record):
    """`count` equal units of a block, one after another.

    In a dense block (Huang et al. 2017) each unit adds channels to what it was given, so the units are equal but for
    the width that reaches them: `growth` is the width before the first unit and after the last. `again` names the block
    beside it whose weights it shares.
    """

    name: str
    count: int
    chain: Chain
    path: str
    shape: Shape
    growth: tuple[int, int] | None = None
    again: str = ""

    @property
    def title(self) -> str:
        """Its name, whose weights it has, and how many there are: `unit ×3`; `tower, weights of left`."""
        shared = f", weights of {self.again}" if self.again else ""
        return self.name + shared + (f" ×{self.count}" if self.count > 1 else "")


class Tangle(Record):
    """Pieces in topological order whose wires do not nest; `wires` are pairs of positions, -1 the place before."""

    pieces: tuple[Chain, ...]
    wires: tuple[tuple[int, int], ...]


class Tail(Record):
    """Steps that lead to an output of their own and never come back: an auxiliary head, the level of a pyramid.

    `path` is the place that holds them all. A `folded` one is drawn as one box with the name of the output.
    """

    name: str
    chain: Chain
    path: str = ""
    folded: bool = False


Item = Step | Fork | Card | Tangle | Tail
Chain = tuple[Item, ...]


class Group(Record):
    """A stretch of the trunk that belongs to one stage, and what the whole stage costs.

    Where a shortcut reaches over several, `parts` are those stages, without their chains. `paths` are the nodes of the
    stage.
    """

    name: str
    chain: Chain
    blocks: int = 0
    macs: int = 0
    parameters: int = 0
    parts: tuple[Group, ...] = ()
    paths: tuple[str, ...] = ()


class Outline(Record):
    """A network as a figure shows it: its name, the words below it, and its stages from top to bottom.

    `entry` is its input; None where several inputs stand among the steps.
    """

    title: str
    facts: tuple[str, ...]
    entry: Step | None
    groups: tuple[Group, ...]


def output(item: Item) -> Shape | None:
    """The shape that comes out of an item of the trunk; None for a tail, which changes nothing there."""
    if isinstance(item, Tail):
        return None
    if isinstance(item, Tangle):
        return output(last(item.pieces[-1]))
    return item.join.shape if isinstance(item, Fork) else item.shape


def is_entered(chain: Chain) -> bool:
    """Whether a wire leads into a chain: none does where it begins with an input of the network, one of several."""
    if not chain:
        return True
    first = chain[0]
    if isinstance(first, Fork):
        return any(is_entered(branch.chain) for branch in first.branches)
    if isinstance(first, Tangle):
        return is_entered(first.pieces[0])
    return not (isinstance(first, Step) and first.family == "input")


def last(chain: Chain) -> Item:
    """The item that a chain ends with; what leaves it beside does not count."""
    return next((item for item in reversed(chain) if not isinstance(item, Tail)), chain[-1])


def walk(chain: Chain) -> Iterator[Item]:
    """Every item of a chain and of all chains in it, in order; what holds others after them."""
    for item in chain:
        for inner in _inside(item):
            yield from walk(inner)
        yield item


def _inside(item: Item) -> tuple[Chain, ...]:
    if isinstance(item, Step):
        return ()
    if isinstance(item, Fork):
        return tuple(branch.chain for branch in item.branches)
    return item.pieces if isinstance(item, Tangle) else (item.chain,)


def tails(chain: Chain) -> Iterator[Tail]:
    """All that leaves a chain for an output of its own, wherever it does, in order."""
    return (item for item in walk(chain) if isinstance(item, Tail))


def extent(shape: Shape) -> int:
    """The last size of a map, wherever its channels stand; 0 where it is no map."""
    if shape.rank != 4:
        return 0
    return nominal([dim for dim, axis in zip(shape.dims, shape.axes, strict=True) if axis not in "NC"][-1])


def layers(chain: Chain) -> Iterator[Step]:
    """The steps that are coloured by their channels: weighted layers on maps and tokens."""
    steps = (item for item in walk(chain) if isinstance(item, Step))
    return (step for step in steps if step.family in ("layer", "stage") and step.shape.rank > 2)


def relocated(chain: Chain, old: str, new: str) -> Chain:
    """The chain of a block as it is at another place: all paths below `old` are below `new`."""
    return tuple(_relocated(item, old, new) for item in chain)


def _relocated(item: Item, old: str, new: str) -> Item:
    if isinstance(item, Fork):
        branches = tuple(replace(branch, chain=relocated(branch.chain, old, new)) for branch in item.branches)
        return Fork(branches, replace(item.join, path=_path(item.join.path, old, new)))
    if isinstance(item, Tangle):
        return replace(item, pieces=tuple(relocated(piece, old, new) for piece in item.pieces))
    if isinstance(item, Tail):
        return replace(item, chain=relocated(item.chain, old, new))
    if isinstance(item, Card):
        return replace(item, chain=relocated(item.chain, old, new), path=_path(item.path, old, new))
    return replace(item, path=_path(item.path, old, new))


def _path(path: str, old: str, new: str) -> str:
    return new + path[len(old) :] if path == old or path.startswith(old + ".") else path
