"""Sizes and shapes: integers where they are known, exact symbolic forms of N, H and W where they are not.

A symbolic size is a linear combination of atoms with integer coefficients, and an atom is a symbol of the input, a
floored quotient, or a product of sizes. Convolutions, pools and resizes are closed in this form, and chains of them
collapse: floor((floor((H+a)/m)+b)/n) = floor((H+a+b*m)/(m*n)). With H = P*q + r for a fixed residue r (P the product
of the divisors) every form is affine in q, which is what decides for all sizes at once (`Size.affine`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache, reduce
from math import gcd, lcm
from operator import add, mul
from typing import Literal, NamedTuple

from archspec.records import Record, field


class Symbol(Record):
    """A free size of the input (`H`), with the nominal value at which figures are stated, if one is declared."""

    name: str
    nominal: int | None = None


class Floor(Record):
    """floor(of / divisor), where the form cannot be written without the floor."""

    of: Size
    divisor: int


class Product(Record):
    """A product of two or more symbolic sizes, such as the tokens of a ViT: exact, but not affine."""

    factors: tuple[Size, ...]


Atom = Symbol | Floor | Product


class Size(Record):
    """constant + sum of coefficient * atom; one atom at least (else it is an `int`). `atoms`: how many in all."""

    terms: tuple[tuple[Atom, int], ...]
    constant: int = 0
    atoms: int = field(default=0, init=False, compare=False)
    _hash: int = field(default=0, init=False, compare=False)

    def __post_init__(self) -> None:
        # Once: sizes are keys of every memory of the passes, and a floor of floors would be hashed all the way down.
        object.__setattr__(self, "_hash", hash((self.terms, self.constant)))
        object.__setattr__(self, "atoms", sum(1 + sum(p.atoms for p in _parts(atom)) for atom, _ in self.terms))

    def __hash__(self) -> int:
        return self._hash

    def __add__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            return Size(self.terms, self.constant + int(other)) if other else self
        if not isinstance(other, Size):
            return NotImplemented
        terms = dict(self.terms)
        for atom, coefficient in other.terms:
            terms[atom] = terms.get(atom, 0) + coefficient
        return _size(terms, self.constant + other.constant)

    __radd__ = __add__

    def __neg__(self) -> Dim:
        return self * -1

    def __sub__(self, other: Dim) -> Dim:
        return self + -other

    def __rsub__(self, other: Dim) -> Dim:
        return -self + other

    def __mul__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            factor = int(other)
            if factor == 1:
                return self
            return _size({atom: factor * coefficient for atom, coefficient in self.terms}, factor * self.constant)
        if not isinstance(other, Size):
            return NotImplemented
        coefficient = 1
        factors: list[Size] = []
        for each in (*_factors(self), *_factors(other)):
            common = reduce(gcd, (c for _, c in each.terms), each.constant)
            coefficient *= common
            factors += _factors(Size(tuple((a, c // common) for a, c in each.terms), each.constant // common))
        return Size(((Product(tuple(sorted(factors, key=str))), coefficient),))

    __rmul__ = __mul__

    def __floordiv__(self, divisor: int) -> Dim:
        if not isinstance(divisor, int) or divisor < 1:
            return NotImplemented
        divisor = int(divisor)
        if divisor == 1:
            return self
        whole = _size({a: c // divisor for a, c in self.terms if c % divisor == 0}, self.constant // divisor)
        rest = {a: c for a, c in self.terms if c % divisor}
        return whole if not rest else _floor(rest, self.constant % divisor, divisor) + whole

    def __truediv__(self, divisor: int) -> Dim | Quotient:
        if not isinstance(divisor, int) or divisor < 1:
            return NotImplemented
        if all(c % divisor == 0 for _, c in self.terms) and self.constant % divisor == 0:
            return self // divisor
        return Quotient(self, int(divisor))

    def __str__(self) -> str:
        return _text(self)

    def at(self, sizes: Mapping[str, int]) -> int | None:
        """The value with each symbol at its size in `sizes`, else at its nominal size; None where it has neither."""
        total = self.constant
        for atom, coefficient in self.terms:
            value = _atom_at(atom, sizes)
            if value is None:
                return None
            total += coefficient * value
        return total

    def given(self, sizes: Mapping[str, int]) -> Dim:
        """This size with numbers for the symbols that `sizes` names, and the other symbols as they are."""
        return reduce(add, (c * _atom_given(atom, sizes) for atom, c in self.terms), self.constant)

    def grows(self) -> bool:
        """Whether no larger symbol can make it smaller, where the factors of products are not negative."""
        return all(c > 0 and all(f.grows() for f in _parts(atom)) for atom, c in self.terms)

    def symbols(self) -> frozenset[Symbol]:
        """The symbols of the input that this size depends on."""
        return frozenset(s for atom, _ in self.terms for s in _atom_symbols(atom))

    def modulus(self) -> int:
        """The period P: with H = P*q + r the size is affine in q. Products count through their factors."""
        return reduce(lcm, (_atom_modulus(atom) for atom, _ in self.terms), 1)

    def affine(self, modulus: int, residue: int) -> tuple[int, int] | None:
        """(a, b) with this size = a*q + b where its one symbol is modulus*q + residue; None for a product."""
        slope, start = 0, self.constant
        for atom, coefficient in self.terms:
            form = _atom_affine(atom, modulus, residue)
            if form is None:
                return None
            slope, start = slope + coefficient * form[0], start + coefficient * form[1]
        return slope, start


Dim = int | Size


class Quotient(Record):
    """A symbolic size divided where the division need not be exact; only `ceil` or `floor` make a size of it."""

    of: Size
    divisor: int

    def __ceil__(self) -> Dim:
        return (self.of + (self.divisor - 1)) // self.divisor

    def __floor__(self) -> Dim:
        return self.of // self.divisor


@lru_cache(maxsize=256)  # one object for all networks is quick to compare
def symbol(name: str, nominal: int | None = None) -> Size:
    """The free size `name` as a dimension."""
    return Size(((Symbol(name, nominal), 1),))


@lru_cache(maxsize=4096)
def _text(size: Size) -> str:
    parts = [_term(atom, coefficient) for atom, coefficient in size.terms]
    text = " + ".join(parts) + (f" + {size.constant}" if size.constant else "")
    return text.replace("+ -", "- ")


def _size(terms: Mapping[Atom, int], constant: int) -> Dim:
    kept = tuple((atom, c) for atom, c in terms.items() if c)
    return Size(_in_order(kept), constant) if kept else constant


def _floor(terms: dict[Atom, int], constant: int, divisor: int) -> Dim:
    common = reduce(gcd, terms.values(), divisor)
    if common > 1:
        return _size({a: c // common for a, c in terms.items()}, constant // common) // (divisor // common)
    (atom, coefficient), *others = terms.items()
    if isinstance(atom, Floor) and coefficient == 1 and not others:
        return (atom.of + constant * atom.divisor) // (divisor * atom.divisor)
    return Size(((Floor(Size(_in_order(tuple(terms.items())), constant), divisor), 1),))


def _in_order(terms: tuple[tuple[Atom, int], ...]) -> tuple[tuple[Atom, int], ...]:
    return tuple(sorted(terms, key=str)) if len(terms) > 1 else terms


def _factors(size: Size) -> tuple[Size, ...]:
    if len(size.terms) == 1 and size.constant == 0 and size.terms[0][1] == 1 and isinstance(size.terms[0][0], Product):
        return size.terms[0][0].factors
    return (size,)


def _atom_at(atom: Atom, sizes: Mapping[str, int]) -> int | None:
    if isinstance(atom, Symbol):
        return sizes.get(atom.name, atom.nominal)
    if isinstance(atom, Floor):
        inner = atom.of.at(sizes)
        return None if inner is None else inner // atom.divisor
    total = 1
    for factor in atom.factors:
        value = factor.at(sizes)
        if value is None:
            return None
        total *= value
    return total


def _atom_given(atom: Atom, sizes: Mapping[str, int]) -> Dim:
    if isinstance(atom, Symbol):
        return sizes.get(atom.name, Size(((atom, 1),)))
    if isinstance(atom, Floor):
        return atom.of.given(sizes) // atom.divisor
    return reduce(mul, (factor.given(sizes) for factor in atom.factors))


def _parts(atom: Atom) -> tuple[Size, ...]:
    return () if isinstance(atom, Symbol) else (atom.of,) if isinstance(atom, Floor) else atom.factors


def _atom_symbols(atom: Atom) -> Iterator[Symbol]:
    if isinstance(atom, Symbol):
        yield atom
    elif isinstance(atom, Floor):
        yield from atom.of.symbols()
    else:
        for factor in atom.factors:
            yield from factor.symbols()


def _atom_modulus(atom: Atom) -> int:
    if isinstance(atom, Symbol):
        return 1
    if isinstance(atom, Floor):
        return atom.divisor * atom.of.modulus()
    return reduce(lcm, (factor.modulus() for factor in atom.factors), 1)


def _atom_affine(atom: Atom, modulus: int, residue: int) -> tuple[int, int] | None:
    if isinstance(atom, Symbol):
        return modulus, residue
    if isinstance(atom, Product):
        return None
    inner = atom.of.affine(modulus, residue)
    if inner is None or inner[0] % atom.divisor:
        return None
    return inner[0] // atom.divisor, inner[1] // atom.divisor


def _term(atom: Atom, coefficient: int) -> str:
    sign = "" if coefficient == 1 else "-" if coefficient == -1 else f"{coefficient}*"
    return sign + _atom_text(atom)


def _atom_text(atom: Atom) -> str:
    if isinstance(atom, Symbol):
        return atom.name
    if isinstance(atom, Product):
        return "*".join(str(f) if len(f.terms) == 1 and not f.constant else f"({f})" for f in atom.factors)
    if atom.of.constant == atom.divisor - 1:
        return f"ceil({Size(atom.of.terms)}/{atom.divisor})"
    inner = str(atom.of)
    single = atom.of.constant == 0 and len(atom.of.terms) == 1
    return f"floor({inner}/{atom.divisor})" if single else f"floor(({inner})/{atom.divisor})"


AXES = {2: "ND", 3: "NTD", 4: "NCHW"}
IDS = "Nt"
"""The axes of token ids, [N, T]: whole numbers that a table is read at. No spec can write a label in lower case."""
MAX_AXES = 8


class Shape(NamedTuple):
    """Sizes with a label for each axis: `Shape((N, 64, H, W), "NCHW")`. The batch axis comes first."""

    dims: tuple[Dim, ...]
    axes: str

    @classmethod
    def of(cls, *dims: Dim, axes: str | None = None) -> Shape:
        """A shape whose labels are the given ones, else those of its rank (N,D; N,T,D; N,C,H,W)."""
        return cls(dims, axes or AXES.get(len(dims)) or "N" + "ABCDEFGHIJKLM"[: len(dims) - 1])

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.dims))}]"

    @property
    def rank(self) -> int:
        return len(self.dims)

    @property
    def holds_ids(self) -> bool:
        """Whether these are token ids, and no numbers to calculate with."""
        return self.axes == IDS

    @property
    def channels(self) -> int:
        """The size of axis C, else of the last axis; a number by construction."""
        return nominal(self.dims[self.channel_axis])

    @property
    def channel_axis(self) -> int:
        return self.axes.index("C") if "C" in self.axes else len(self.axes) - 1

    def axis(self, label: str) -> int:
        """The position of the axis with this label; ValueError if there is none."""
        return self.axes.index(label)

    def with_channels(self, channels: int) -> Shape:
        """This shape with another number of channels."""
        return self.replace(self.channel_axis, channels)

    def replace(self, axis: int, size: Dim) -> Shape:
        """This shape with another size along `axis`."""
        return Shape((*self.dims[:axis], size, *self.dims[axis + 1 :]), self.axes)

    def at(self, sizes: Mapping[str, int]) -> tuple[int | None, ...]:
        """The sizes as numbers, each symbol at its value in `sizes`, else its nominal one."""
        return tuple(d if isinstance(d, int) else d.at(sizes) for d in self.dims)


def nominal(dim: Dim, sizes: Mapping[str, int] | None = None) -> int:
    """A size as a number: itself, or its value at the nominal sizes (batch 1 where none is said)."""
    if isinstance(dim, int):
        return dim
    value = dim.at({"N": 1, **(sizes or {})}) if sizes else _at_nominal(dim)
    if value is None:
        raise ValueError(f"{dim} has no nominal size")
    return value


@lru_cache(maxsize=4096)
def _at_nominal(size: Size) -> int | None:
    return size.at({"N": 1})


Relation = Literal["==", ">=", "divides"]
BATCHES = (2, 3)
"""What stands for any number of samples: no size equals both."""


class Demand(Record):
    """What an op asks of the sizes it gets, as data: decided at the nominal size, and solvable for all sizes.

    `left relation right`, e.g. padded height >= effective kernel. `divides`: left divides right. `title`, `note` and
    `help` are the words of the error if it does not hold; `operand` says which input is at fault, if one is.
    """

    left: Dim
    relation: Relation
    right: Dim
    code: str
    title: str
    note: str = ""
    help: str | None = None
    operand: int | None = None
    option: str | None = None

    def holds(self, sizes: Mapping[str, int] | None = None) -> bool:
        """Whether it holds at the given sizes (nominal where not given); unknown sizes count as holding."""
        if self.left == self.right and self.relation != "divides":
            return True
        given = sizes or {}
        return all(self._holds_at({"N": batch, **given}) for batch in ((0,) if "N" in given else BATCHES))

    def _holds_at(self, known: Mapping[str, int]) -> bool:
        left, right = (d if isinstance(d, int) else d.at(known) for d in (self.left, self.right))
        if left is None or right is None:
            return True
        if self.relation == "==":
            return left == right
        return left >= right if self.relation == ">=" else left > 0 and right % left == 0
