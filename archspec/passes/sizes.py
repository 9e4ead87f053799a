"""For which sizes of its input a network holds: decided exactly, by residues.

With H = P*q + r, P the product of the divisors on the way, every size in the net is affine in q. Each demand is then
a linear relation in q, and trying the P residues decides all sizes at once. A demand on two axes at once (the features
of a flattened map, the tokens of a ViT) is decided for each axis with the others at their nominal sizes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache, reduce
from math import lcm
from typing import NamedTuple

from archspec.ir.graph import Graph
from archspec.records import Record, replace
from archspec.shapes import Demand, Dim, Product, Relation, Size
from archspec.text.span import Span

MAX_PERIOD = 1 << 14
MAX_CASES = 200_000  # residues times demands


class Sizes(Record):
    """The sizes of one axis for which the network holds.

    `low` are the legal sizes below `start`, ascending; from `start` on, exactly those whose remainder modulo `period`
    is in `residues` (none: nothing from there on). `given` are the sizes of other axes under which that is so, where
    the axes cannot be chosen one by one. `at_nominal_only` where a demand could not be decided for all.
    """

    symbol: str
    low: tuple[int, ...]
    start: int
    period: int
    residues: tuple[int, ...]
    given: tuple[tuple[str, int], ...] = ()
    at_nominal_only: bool = False

    def allows(self, size: int) -> bool:
        """Whether the network holds at this size."""
        return size in self.low if size < self.start else size % self.period in self.residues

    def __str__(self) -> str:
        if self.at_nominal_only:
            return f"{self.symbol} at its nominal size only"
        words = [self._below()] if self.low else []
        if self.residues:
            words.append(self._from())
        given = " and ".join(f"{name} is {size}" for name, size in self.given)
        return (" or ".join(words) or f"no {self.symbol}") + (f" where {given}" if given else "")

    @property
    def smallest(self) -> int | None:
        """The smallest legal size; None where there is none."""
        return self.low[0] if self.low else self.start if self.residues else None

    @property
    def largest(self) -> int | None:
        """The largest legal size; None where there is no end, or no size at all."""
        return self.low[-1] if self.low and not self.residues else None

    @property
    def multiple(self) -> int | None:
        """What every legal size is a multiple of, if that and the smallest size say it all."""
        return self.period if self.residues == (0,) and not self.low else None

    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The legal sizes below `start` as stretches, first and last."""
        runs: list[tuple[int, int]] = []
        for size in self.low:
            runs[-1:] = [(runs[-1][0], size)] if runs and size == runs[-1][1] + 1 else [*runs[-1:], (size, size)]
        return tuple(runs)

    def nearest(self, size: int) -> tuple[int, ...]:
        """The next legal sizes below and above one that is not legal."""
        below = next((n for n in range(size - 1, 0, -1) if self.allows(n)), None)
        most = (
            max(self.start + self.period, *self.low, size + self.period)
            if self.low
            else size + self.start + self.period
        )
        above = next((n for n in range(size + 1, most + 1) if self.allows(n)), None)
        return tuple(n for n in (below, above) if n is not None)

    def _below(self) -> str:
        runs = self.ranges()
        shown = [str(a) if a == b else f"{a}..{b}" for a, b in runs[:8]]
        return f"{self.symbol} in {', '.join(shown)}" + (", ..." if len(runs) > 8 else "")

    def _from(self) -> str:
        if len(self.residues) == self.period:
            return f"any {self.symbol} >= {self.start}" if self.start > 1 else f"any {self.symbol}"
        if self.residues == (0,):
            return f"{self.symbol} a multiple of {self.period}, from {self.start}"
        remainders = ", ".join(map(str, self.residues))
        return f"{self.symbol} >= {self.start} with remainder {remainders} modulo {self.period}"


def in_words(sizes: tuple[Sizes, ...]) -> str:
    """The answer for all axes in one line: `any H and W`, `H and W a multiple of 16, from 16`."""
    alike = {replace(each, symbol="") for each in sizes}
    if len(alike) == 1:
        return str(replace(sizes[0], symbol=" and ".join(each.symbol for each in sizes)))
    return "; ".join(map(str, sizes))


class Constraint(Record):
    """What the demands of one place of the spec say of one axis, alone; `demand` is the first that says anything."""

    sizes: Sizes
    demand: Demand
    span: Span


Demands = Iterable[tuple[Demand, Span]]


def solve(graph: Graph, demands: Demands) -> tuple[Sizes, ...]:
    """The legal sizes of each free axis of the input, the batch aside."""
    nominal = free_sizes(graph)
    asked: dict[str, list[_Relation]] = {name: [] for name in nominal}
    for relation in dict.fromkeys(_relation(demand) for demand, _ in demands):
        for name in _names(relation):
            if name in asked:
                asked[name].append(relation)
    return tuple(_solve(name, frozenset(asked[name]), _others(name, nominal)) for name in nominal)


def constraints(graph: Graph, demands: Demands) -> tuple[Constraint, ...]:
    """The places of the spec that decide the answer; one whose part follows from another's is left out."""
    nominal = free_sizes(graph)
    found: list[Constraint] = []
    for name in nominal:
        others, places = _others(name, nominal), dict[Span, list[Demand]]()
        for demand, span in demands:
            if name in _names(_relation(demand)) and not _holds_for_all(_solve(name, _set([demand]), others)):
                places.setdefault(span, []).append(demand)
        own: dict[Sizes, Constraint] = {}
        for span, here in places.items():
            sizes = _solve(name, _set(here), others)
            own.setdefault(sizes, Constraint(sizes, here[0], span))
        found += [c for c in own.values() if not any(_follows(c.sizes, other) for other in own if other is not c.sizes)]
    return tuple(found)


def _set(demands: list[Demand]) -> frozenset[_Relation]:
    return frozenset(map(_relation, demands))


def _holds_for_all(sizes: Sizes) -> bool:
    return len(sizes.residues) == sizes.period and sizes.start <= 1


def free_sizes(graph: Graph) -> dict[str, int | None]:
    """The free axes of the input by name, the batch aside, with their nominal sizes."""
    dims = [dim for given in graph.inputs for dim in given.shape.dims if isinstance(dim, Size)]
    return {s.name: s.nominal for dim in dims for s in dim.symbols() if s.name != "N"}


def _others(name: str, nominal: dict[str, int | None]) -> tuple[tuple[str, int], ...]:
    return tuple((other, size) for other, size in nominal.items() if other != name and size is not None)


def _follows(one: Sizes, other: Sizes) -> bool:
    """Whether every size that `other` allows is one that `one` allows."""
    most = max(one.start, other.start) + lcm(one.period, other.period)
    return all(one.allows(size) for size in range(1, most + 1) if other.allows(size))


class _Relation(NamedTuple):
    """What a demand asks, without its words: a deep network asks the same of many places."""

    left: Dim
    relation: Relation
    right: Dim


def _relation(demand: Demand) -> _Relation:
    return _Relation(demand.left, demand.relation, demand.right)


@lru_cache(maxsize=4096)
def _names(demand: _Relation) -> frozenset[str]:
    return frozenset(s.name for side in (demand.left, demand.right) if isinstance(side, Size) for s in side.symbols())


@lru_cache(maxsize=256)
def _solve(name: str, demands: frozenset[_Relation], others: tuple[tuple[str, int], ...]) -> Sizes:
    """Remembered because the variants of a file mostly ask the same of its input."""
    undecided = Sizes(name, (), 1, 1, (), (), True)
    tied = [d for d in demands if _names(d) != {name} and d.left != d.right]
    if any(not _names(d) <= {name, *dict(others)} for d in tied):
        return undecided
    given = dict(others)
    alone = [_Relation(_with(d.left, given), d.relation, _with(d.right, given)) for d in demands]
    period = reduce(lcm, (_period(d) for d in alone), 1)
    if period > MAX_PERIOD or period * len(demands) > MAX_CASES:
        return undecided
    against = list(dict.fromkeys(map(_against_zero, alone)))  # many layers ask the same of what their kernels reach
    spans = [_quotients(name, against, period, residue) for residue in range(period)]
    if any(span is None for span in spans):
        return undecided
    where = () if all(_pins(d) for d in tied) else tuple((n, s) for n, s in others if any(n in _names(d) for d in tied))
    return _summary(name, period, [span for span in spans if span is not None], where)


def _against_zero(demand: _Relation) -> _Relation:
    """A comparison by its difference, taken once for all residues."""
    return demand if demand.relation == "divides" else _Relation(demand.left - demand.right, demand.relation, 0)


def _with(side: Dim, given: dict[str, int]) -> Dim:
    return side if isinstance(side, int) else side.given(given)


def _pins(demand: _Relation) -> bool:
    """Whether a demand on several axes fixes what it reads of each: then what is legal for one is so for all others."""
    return demand.relation == "==" and _grown(demand.left - demand.right) is not None


def _grown(size: Dim) -> Size | None:
    """The size, or its negative, if that is one that grows."""
    return next((each for each in (size, -size) if isinstance(each, Size) and each.grows()), None)


def _period(demand: _Relation) -> int:
    sides = [side.modulus() for side in (demand.left, demand.right) if isinstance(side, Size)]
    divisor = demand.left if demand.relation == "divides" and isinstance(demand.left, int) else 1
    return reduce(lcm, sides, 1) * max(1, divisor)


class _Span(NamedTuple):
    """The quotients q from `least` to `most` (None: without end); empty where least > most."""

    least: int
    most: int | None


_ALL, _NONE = _Span(0, None), _Span(1, 0)


def _quotients(name: str, demands: list[_Relation], period: int, residue: int) -> _Span | None:
    """The q for which period*q + residue meets all demands; None where a demand cannot be decided."""
    least, most = (1 if residue == 0 else 0), None
    for demand in demands:
        span = _span(name, demand, period, residue)
        if span is None:
            return None
        least = max(least, span.least)
        most = span.most if most is None else most if span.most is None else min(most, span.most)
    return _Span(least, most)


def _span(name: str, demand: _Relation, period: int, residue: int) -> _Span | None:
    """For a comparison against zero, or a divisor."""
    left, right, equal = demand.left, demand.right, demand.relation == "=="
    if demand.relation == "divides":
        form = (0, right) if isinstance(right, int) else right.affine(period, residue)
        if not isinstance(left, int) or form is None or form[0] % left:
            return None
        return _ALL if form[1] % left == 0 else _NONE
    if isinstance(left, int):
        return _linear(0, -left, equal)
    form = left.affine(period, residue)
    return _linear(form[0], -form[1], equal) if form is not None else _climb(name, left, period, residue, equal)


def _climb(name: str, size: Size, period: int, residue: int, equal: bool) -> _Span | None:
    """The q for which a size (a product of one axis with itself) is not negative, or is zero, if it only grows."""
    grown = _grown(size)
    factors = [f for atom, _ in size.terms if isinstance(atom, Product) for f in atom.factors]
    if grown is None or any((f.at({name: residue}) or 0) < 0 for f in factors):
        return None

    def first(bound: int) -> int:
        most = 1
        while value(most) < bound:
            most *= 2
        return bisect_left(range(most), bound, key=value)

    def value(quotient: int) -> int:
        return grown.at({name: period * quotient + residue}) or 0

    if grown == size:
        return _Span(first(0), first(1) - 1 if equal else None)
    return _Span(first(0) if equal else 0, first(1) - 1)


def _linear(slope: int, bound: int, equal: bool) -> _Span:
    """The q >= 0 with slope*q >= bound, or slope*q == bound."""
    if slope == 0:
        return _Span(0, None) if (bound == 0 if equal else bound <= 0) else _Span(1, 0)
    if equal:
        return _Span(bound // slope, bound // slope) if bound % slope == 0 else _Span(1, 0)
    return _Span(-(-bound // slope), None) if slope > 0 else _Span(0, bound // slope)


def _summary(name: str, period: int, spans: list[_Span], given: tuple[tuple[str, int], ...]) -> Sizes:
    endless = {r for r, span in enumerate(spans) if span.most is None}
    low = {
        period * q + r
        for r, span in enumerate(spans)
        if span.most is not None
        for q in range(span.least, span.most + 1)
    }
    shortest = next(p for p in range(1, period + 1) if period % p == 0 and _periodic(endless, p, period))
    residues = tuple(sorted({r % shortest for r in endless}))
    if not residues:
        return Sizes(name, tuple(sorted(low)), max(low, default=0) + 1, 1, (), given)
    farthest = max(spans[r].least for r in endless)
    legal = {period * q + r for r in endless for q in range(spans[r].least, farthest + 1)}
    start = max(period * spans[r].least + r for r in endless)
    settled = max([start, *(s + 1 for s in low)])
    small = sorted(s for s in low | legal if s < settled)
    first = settled
    while first > 1 and ((first - 1) % shortest in residues) == (first - 1 in small):
        first -= 1
    first += min((r - first) % shortest for r in residues)
    return Sizes(name, tuple(s for s in small if s < first), first, shortest, residues, given)


def _periodic(residues: set[int], period: int, whole: int) -> bool:
    return all((r + period) % whole in residues for r in residues)
