"""Shape comments: what flows, in the names of the class where it flows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from archspec.backends.torch_code.calls import Member
from archspec.backends.torch_code.resolve import Resolver
from archspec.shapes import Dim, Shape, Size


def shape_note(shapes: Sequence[Shape], members: Sequence[Member], resolver: Resolver, nominal: bool) -> str:
    """`(N, 4 * width, H, W)`, or numbers at the nominal size; empty where it cannot be said for all instances."""
    first = shapes[0]
    if any(shape.rank != first.rank for shape in shapes):
        return ""
    texts = [
        _dim(axis, [shape.dims[axis] for shape in shapes], members, resolver, nominal) for axis in range(first.rank)
    ]
    return "" if None in texts else f"({', '.join(t for t in texts if t is not None)})"


def _dim(axis: int, dims: Sequence[Dim], members: Sequence[Member], resolver: Resolver, nominal: bool) -> str | None:
    if axis == 0 and not isinstance(dims[0], int):
        return "N"
    if all(isinstance(dim, int) for dim in dims):
        return resolver.known([m.seen(dim) for m, dim in zip(members, dims, strict=True)])
    if nominal and isinstance(dims[0], Size) and (size := dims[0].at({})) is not None:
        return str(size)
    if len({str(dim) for dim in dims}) == 1:
        return str(dims[0])
    return next(_rules(dims, members, resolver), None)


def primed(text: str, notes: Sequence[str]) -> tuple[str, list[str]]:
    """The shapes of a class and its notes, in which a size that comes again is `H'`, as the first one says."""
    pairs = [pair for one in (text, *notes) for pair in _pairs(one)]
    forms = {height for height, _ in pairs}
    if len(forms) != 1 or "->" not in text:
        return text, list(notes)
    (height, width) = pairs[0]
    pair = f"{height}, {width}"
    if pair not in text or (len(pairs) == 1 and not height.startswith("ceil(")):
        return text, list(notes)
    first, *rest = [one.replace(pair, "H', W'") for one in (text, *notes)]
    return f"{first} with H' = {height}", rest


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """The sizes of maps that are neither H nor W, such as `ceil(H/2)` and `ceil(W/2)`."""
    for shape in re.findall(r"\(N, ([^()]*(?:\([^()]*\)[^()]*)*)\)", text):
        dims = re.split(r", (?![^()]*\))", shape)
        for height, width in pairwise(dims):
            if height != "H" and re.search(r"\bH\b", height) and width == re.sub(r"\bH\b", "W", height):
                yield height, width


def _rules(dims: Sequence[Dim], members: Sequence[Member], resolver: Resolver) -> Iterator[str]:
    """How a size may depend on an argument of the class: `ceil(H/stride)`, `H*stride`."""
    symbols = {s for dim in dims if isinstance(dim, Size) for s in dim.symbols()}
    if len(symbols) != 1:
        return
    (symbol,) = symbols
    whole = Size(((symbol, 1),))
    for name, values in resolver.values.items():
        numbers = [values[m.instance] for m in members]
        if name in resolver.static or not all(type(n) is int and n > 0 for n in numbers):
            continue
        spelled = resolver.spelling[name]
        if all(dim == (whole + (n - 1)) // n for dim, n in zip(dims, numbers, strict=True)):
            yield f"ceil({symbol.name}/{spelled})"
        if all(dim == whole // n for dim, n in zip(dims, numbers, strict=True)):
            yield f"{symbol.name}//{spelled}"
        if all(dim == whole * n for dim, n in zip(dims, numbers, strict=True)):
            yield f"{symbol.name}*{spelled}"
