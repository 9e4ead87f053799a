"""How a checkpoint's tensors go with a network's state_dict: by name, else by position and shape, else not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from math import prod
from typing import NamedTuple

from archspec.records import Record, field

Shape = tuple[int, ...]

COUNTER = "num_batches_tracked"
"""Batch norm's counter of steps: checkpoints older than torch 0.4.1 lack it, and no output in eval mode needs it."""

COMMON = frozenset({"weight", "bias", "running_mean", "running_var", COUNTER, "in_proj_weight", "in_proj_bias"})
"""Tensors that have these names in every library; those of other names are a module's own."""

MAX_RESHAPED = 4
"""So many tensors may differ in shape before a mapping by position is a guess: the weight and bias of a head, twice."""


class Named(NamedTuple):
    """A tensor's key and shape, on either side."""

    key: str
    shape: Shape


class Pair(NamedTuple):
    """A tensor of the network and the one of the checkpoint that fills it."""

    wanted: Named
    held: Named


class Fit(Record):
    """What fits and what does not. `renamed` go by position or unique shape, or have their numbers laid out otherwise;
    `tied` are filled from what they are one tensor with, and `torn` are two in the checkpoint; `why_not`: why no more
    could be mapped.
    """

    named: tuple[Pair, ...] = ()
    renamed: tuple[Pair, ...] = ()
    reshaped: tuple[Pair, ...] = ()
    tied: tuple[Pair, ...] = ()
    torn: tuple[Pair, ...] = ()
    missing: tuple[Named, ...] = ()
    unexpected: tuple[Named, ...] = ()
    counters: tuple[Named, ...] = ()
    prefix: str = ""
    how: str = ""
    why_not: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        sides = {"of another shape": self.reshaped, "missing": self.missing, "unexpected": self.unexpected}
        rest = "".join(f", {len(found)} {said}" for said, found in sides.items() if found)
        return f"<Fit: {len(self.sources)} filled{rest}>"

    @property
    def complete(self) -> bool:
        """Whether every tensor of the network is filled; its counters may start at zero."""
        return not (self.reshaped or self.missing or self.torn)

    @property
    def exact(self) -> bool:
        """Whether the checkpoint loads as it is, with `strict=True`."""
        return self.complete and not (self.renamed or self.tied or self.unexpected or self.counters or self.prefix)

    @property
    def sources(self) -> dict[str, str]:
        """Key of the network to key of the checkpoint, for what is filled."""
        return {pair.wanted.key: pair.held.key for pair in (*self.named, *self.renamed, *self.tied)}


def fit(
    wanted: Sequence[Named], held: Sequence[Named], ties: Mapping[str, str] | None = None, *, ordered: bool = True
) -> Fit:
    """Match two state_dicts; `ordered` says whether the checkpoint kept the order of registration. `ties` are keys of
    the network whose tensors are those of others: a file may have each of them once.

    Equal keys go together. What is left is mapped by position, when both sides register equally many tensors of equal
    kind (`weight`, `running_mean`, ...) and shape in the same order, module by module; else by shape, where only one
    tensor on either side has it. Nothing is mapped where two tensors could be meant. Shapes are equal too where the
    same numbers are laid out otherwise: a 1x1 convolution and a linear, a layer's scale of [C] and of [C, 1, 1].
    """
    prefix = _common_prefix(wanted, held)
    by_key = {one.key.removeprefix(prefix): one for one in held}
    same, laid, reshaped, left = [], [], [], []
    for one in wanted:
        other = by_key.pop(one.key, None)
        if other is None:
            left.append(one)
        elif one.shape == other.shape:
            same.append(Pair(one, other))
        elif are_alike(one.shape, other.shape):
            laid.append(Pair(one, other))
        else:
            reshaped.append(Pair(one, other))
    spare = list(by_key.values())
    ties = ties or {}
    found = _mapped(left, spare, ordered)
    alone = [one for one in left if one.key not in ties]
    if not found.pairs and not found.reshaped and len(alone) < len(left):
        found = _mapped(alone, spare, ordered)
    reshaped += found.reshaped
    taken = {pair.held.key for pair in (*found.pairs, *found.reshaped)}
    filled = {pair.wanted.key for pair in (*found.pairs, *found.reshaped)}
    known = {_root(pair.wanted.key, ties): pair.held for pair in (*same, *laid, *found.pairs)} if ties else {}
    tied = [Pair(one, other) for one in left if one.key not in filled and (other := known.get(_root(one.key, ties)))]
    filled |= {pair.wanted.key for pair in tied}
    rest = [one for one in left if one.key not in filled]
    return Fit(
        named=tuple(same),
        renamed=(*laid, *found.pairs),
        reshaped=tuple(reshaped),
        tied=tuple(tied),
        missing=tuple(one for one in rest if not _is_counter(one)),
        unexpected=tuple(one for one in spare if one.key not in taken),
        counters=tuple(one for one in rest if _is_counter(one)),
        prefix=prefix,
        how=found.how,
        why_not=(found.why,) if found.why and rest and spare else (),
    )


class _Mapping(Record, frozen=False):
    """Pairs of unequal names, how they were found, or why there are none."""

    pairs: list[Pair] = field(default_factory=list)
    reshaped: list[Pair] = field(default_factory=list)
    how: str = ""
    why: str = ""


def _root(key: str, ties: Mapping[str, str]) -> str:
    """The key of the tensor that this one is, however often it is tied."""
    while key in ties:
        key = ties[key]
    return key


def _mapped(wanted: Sequence[Named], held: Sequence[Named], ordered: bool) -> _Mapping:
    found = _by_position(wanted, held) if ordered else _Mapping(why="the file keeps no order of its tensors")
    return found if found.pairs or found.reshaped else _by_shape(wanted, held, found.why)


def _by_position(wanted: Sequence[Named], held: Sequence[Named]) -> _Mapping:
    """Module by module, in the order in which both sides register them."""
    counted = any(map(_is_counter, wanted)) and any(map(_is_counter, held))
    ours, theirs = (_modules(one for one in side if counted or not _is_counter(one)) for side in (wanted, held))
    if not ours or not theirs:
        return _Mapping()
    for place, (mine, other) in enumerate(zip(ours, theirs, strict=False), start=1):
        if len(mine) != len(other) or not all(map(_go_together, mine, other)):
            differ = f"module {place} of each side differs, {_said(mine)} here, {_said(other)} there"
            return _Mapping(why=f"not by position: {differ}")
    if len(ours) != len(theirs):
        return _Mapping(why=f"not by position: {len(ours)} modules are wanted, the checkpoint has {len(theirs)} left")
    pairs = [Pair(a, b) for mine, other in zip(ours, theirs, strict=True) for a, b in zip(mine, other, strict=True)]
    same = [pair for pair in pairs if are_alike(pair.wanted.shape, pair.held.shape)]
    reshaped = [pair for pair in pairs if not are_alike(pair.wanted.shape, pair.held.shape)]
    if len(reshaped) > MAX_RESHAPED:
        first = f"{_said([reshaped[0].wanted])} here, {_said([reshaped[0].held])} there"
        return _Mapping(why=f"not by position: {len(reshaped)} shapes differ, the first is {first}")
    return _Mapping(same, reshaped, how="by position: both sides have modules of equal kinds and shapes in one order")


def _by_shape(wanted: Sequence[Named], held: Sequence[Named], why: str) -> _Mapping:
    """Only where kind and shape leave no choice for any of them."""
    wanted = [one for one in wanted if not _is_counter(one)]
    ours, theirs = (Counter((_kind(one), one.shape) for one in side) for side in (wanted, held))
    if any(sort not in theirs for sort in ours):
        return _Mapping(why=why)
    several = [sort for sort, count in ours.items() if count > 1 or theirs[sort] > 1]
    if several:
        kind, shape = several[0]
        example = f"{ours[kind, shape]} of the network's and {theirs[kind, shape]} of the checkpoint's"
        reason = f"not by shape: {example} are `{kind}` {list(shape)}"
        return _Mapping(why="; ".join(filter(None, (why, reason))))
    others = {(_kind(one), one.shape): one for one in held}
    pairs = [Pair(one, others[_kind(one), one.shape]) for one in wanted]
    return _Mapping(pairs, how="by shape: only one tensor on either side has it" if pairs else "", why=why)


def _common_prefix(wanted: Sequence[Named], held: Sequence[Named]) -> str:
    """A wrapper's first name, such as `module.` of DataParallel, where every key of the checkpoint starts with it."""
    heads = {one.key.partition(".")[0] for one in held}
    if len(heads) != 1 or any("." not in one.key for one in held):
        return ""
    head = f"{heads.pop()}."
    return "" if any(one.key.startswith(head) for one in wanted) else head


def _modules(tensors: Iterable[Named]) -> list[list[Named]]:
    """The tensors of one module after another: neighbours whose keys differ in the last name only."""
    return [list(inside) for _, inside in groupby(tensors, key=lambda one: one.key.rpartition(".")[0])]


def _kind(one: Named) -> str:
    return one.key.rpartition(".")[2]


def _go_together(one: Named, other: Named) -> bool:
    """Whether tensors in the same place of two modules are the same parameter, if perhaps of another width."""
    known = COMMON & {_kind(one), _kind(other)}
    same_kind = _kind(one) == _kind(other) if known else True
    return same_kind and (len(one.shape) == len(other.shape) or are_alike(one.shape, other.shape))


def are_alike(one: Shape, other: Shape) -> bool:
    """Whether two shapes hold the same numbers in one order: all axes but those of 1 are equal, or all but the first
    of one side are flattened on the other, as where a linear does what a convolution over the whole map does.
    """
    bare, others = ([size for size in shape if size != 1] for shape in (one, other))
    flat = min(len(one), len(other)) == 2 and one[0] == other[0] and prod(one) == prod(other)
    return bare == others or flat


def _is_counter(one: Named) -> bool:
    return _kind(one) == COUNTER


def _said(module: Sequence[Named]) -> str:
    first = module[0]
    name = (first.key.rpartition(".")[0] if len(module) > 1 else "") or first.key
    return f"`{name}` " + ", ".join(f"{_kind(one)} {list(one.shape)}" for one in module[:2])
