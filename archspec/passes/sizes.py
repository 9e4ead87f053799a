"""For which sizes of its input a network holds: decided exactly, by residues.

With H = P*q + r, P the product of the divisors on the way, every size in the net is affine in q. Each demand is then
a linear relation in q, and trying the P residues decides all sizes at once. What is not affine (the tokens of a ViT,
which are a product of two axes) is decided at the nominal size alone, and said to be.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache, reduce
from math import lcm
from typing import NamedTuple

from archspec.ir.graph import Graph
from archspec.records import Record, replace
from archspec.shapes import Demand, Dim, Relation, Size
from archspec.span import Span

MAX_PERIOD = 1 << 14


class Sizes(Record):
    """The sizes of one axis for which the network holds.

    `low` are the legal sizes below `start`, ascending; from `start` on, exactly those whose remainder modulo `period`
    is in `residues` (none: nothing from there on). `at_nominal_only` where a demand could not be decided for all.
    """

    symbol: str
    low: tuple[int, ...]
    start: int
    period: int
    residues: tuple[int, ...]
    at_nominal_only: bool = False

    def allows(self, size: int) -> bool:
        """Whether the network holds at this size."""
        return size in self.low if size < self.start else size % self.period in self.residues

    def __str__(self) -> str:
        if self.at_nominal_only:
            return f"{self.symbol} at its nominal size only"
        words = [_ranges(self.symbol, self.low)] if self.low else []
        if self.residues:
            words.append(self._from())
        return " or ".join(words) or f"no {self.symbol}"

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


def solve(graph: Graph, demands: Iterable[tuple[Demand, Span]]) -> tuple[Sizes, ...]:
    """The legal sizes of each free axis of the input, the batch aside."""
    symbols = dict.fromkeys(
        s.name
        for given in graph.inputs
        for dim in given.shape.dims
        if isinstance(dim, Size)
        for s in dim.symbols()
        if s.name != "N"
    )
    known = frozenset(_Relation(demand.left, demand.relation, demand.right) for demand, _ in demands)
    return tuple(_solve(name, frozenset(d for d in known if name in _names(d))) for name in symbols)


class _Relation(NamedTuple):
    """What a demand asks, without its words: a deep network asks the same of many places."""

    left: Dim
    relation: Relation
    right: Dim


@lru_cache(maxsize=4096)
def _names(demand: _Relation) -> frozenset[str]:
    return frozenset(s.name for side in (demand.left, demand.right) if isinstance(side, Size) for s in side.symbols())


@lru_cache(maxsize=256)
def _solve(name: str, demands: frozenset[_Relation]) -> Sizes:
    """Remembered because the variants of a file mostly ask the same of its input."""
    alone = [d for d in demands if _names(d) == {name}]
    period = reduce(lcm, (_modulus(side) for d in alone for side in (d.left, d.right)), 1)
    if period > MAX_PERIOD:
        return Sizes(name, (), 1, 1, (), at_nominal_only=True)
    spans = [_quotients(alone, period, residue) for residue in range(period)]
    undecided = len(alone) < len(demands) or any(span is None for span in spans)
    if undecided:
        return Sizes(name, (), 1, 1, (), at_nominal_only=True)
    return _summary(name, period, [span for span in spans if span is not None])


def _modulus(side: Dim) -> int:
    return side.modulus() if isinstance(side, Size) else 1


class _Span(NamedTuple):
    """The quotients q from `least` to `most` (None: without end); empty where least > most."""

    least: int
    most: int | None


def _quotients(demands: list[_Relation], period: int, residue: int) -> _Span | None:
    """The q for which period*q + residue meets all demands; None where a demand is not linear in q."""
    least, most = (1 if residue == 0 else 0), None
    for demand in demands:
        left, right = _affine(demand.left, period, residue), _affine(demand.right, period, residue)
        if left is None or right is None or demand.relation == "divides":
            return None
        span = _linear(left[0] - right[0], right[1] - left[1], demand.relation == "==")
        least = max(least, span.least)
        most = span.most if most is None else most if span.most is None else min(most, span.most)
    return _Span(least, most)


def _affine(side: Dim, period: int, residue: int) -> tuple[int, int] | None:
    return (0, side) if isinstance(side, int) else side.affine(period, residue)


def _linear(slope: int, bound: int, equal: bool) -> _Span:
    """The q >= 0 with slope*q >= bound, or slope*q == bound."""
    if slope == 0:
        return _Span(0, None) if (bound == 0 if equal else bound <= 0) else _Span(1, 0)
    if equal:
        return _Span(bound // slope, bound // slope) if bound % slope == 0 else _Span(1, 0)
    return _Span(-(-bound // slope), None) if slope > 0 else _Span(0, bound // slope)


def _summary(name: str, period: int, spans: list[_Span]) -> Sizes:
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
        return Sizes(name, tuple(sorted(low)), max(low, default=0) + 1, 1, ())
    legal = {period * q + r for r in endless for q in range(spans[r].least, max(spans[k].least for k in endless) + 1)}
    start = max(period * spans[r].least + r for r in endless)
    settled = max([start, *(s + 1 for s in low)])
    small = sorted(s for s in low | legal if s < settled)
    first = settled
    while first > 1 and ((first - 1) % shortest in residues) == (first - 1 in small):
        first -= 1
    first += min((r - first) % shortest for r in residues)
    return Sizes(name, tuple(s for s in small if s < first), first, shortest, residues)


def _periodic(residues: set[int], period: int, whole: int) -> bool:
    return all((r + period) % whole in residues for r in residues)


def _ranges(name: str, sizes: tuple[int, ...]) -> str:
    runs: list[list[int]] = []
    for size in sizes:
        if runs and size == runs[-1][1] + 1:
            runs[-1][1] = size
        else:
            runs.append([size, size])
    shown = [str(a) if a == b else f"{a}..{b}" for a, b in runs[:8]]
    return f"{name} in {', '.join(shown)}" + (", ..." if len(runs) > 8 else "")
