"""Sizes that fit and sizes that do not: a checked network at another size, and what to write where one is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from archspec.checked import Checked
from archspec.diagnostics import Diagnostic, SpecError, UsageError, in_order
from archspec.elaborate.entrances import MAX_SIDE
from archspec.elaborate.network import elaborate_free
from archspec.ir.graph import Graph
from archspec.passes.cost import measure
from archspec.passes.shapes import infer
from archspec.passes.sizes import Sizes, free_sizes, solve
from archspec.records import replace
from archspec.shapes import Demand, Dim, Size, symbol
from archspec.spec.fields import whole_number
from archspec.spec.model import Spec
from archspec.text.span import Span
from archspec.work import Work

_FAILS = {"==": "is not", ">=": "is less than", "divides": "does not divide"}


def read_size(text: str, graph: Graph) -> dict[str, int]:
    """Sizes of the free axes of a network's input: `65x129`, `65` for all of them, or `H=65,W=129`. UsageError."""
    free = free_sizes(graph)
    if not free:
        raise UsageError("the sizes of the input are fixed by the spec", "name them in `input:`: x[N, 3, H=224, W=224]")
    if "=" in text:
        pairs = [part.partition("=") for part in text.split(",")]
        return _agreed([(name.strip(), _side(side, text)) for name, _, side in pairs], free)
    sides = [_side(part, text) for part in text.lower().split("x")]
    if len(sides) == 1:
        return dict.fromkeys(free, sides[0])
    shape = graph.inputs[0].shape
    axes = [dim for place, dim in enumerate(shape.dims) if place not in (0, shape.channel_axis)]
    if len(axes) != len(sides):
        raise UsageError(f"`{text}` has {len(sides)} sizes, and {shape} has {len(axes)} such axes")
    return _agreed([(str(dim), side) for dim, side in zip(axes, sides, strict=True)], free)


def _side(text: str, whole: str) -> int:
    side = whole_number(text.strip())
    if side is not None and 1 <= side <= MAX_SIDE:
        return side
    raise UsageError(f"`{whole}` is not a size of an input", "write --size 65x129, --size 65, or --size H=65,W=129")


def _agreed(pairs: list[tuple[str, int]], free: Mapping[str, int | None]) -> dict[str, int]:
    """The sizes by name; a fixed axis, whose name is its size, can only have that."""
    sizes: dict[str, int] = {}
    for name, side in pairs:
        if name == str(side):
            continue
        if name not in free:
            fixed = f"an axis of the input is fixed at {name}, so it cannot be {side}"
            unknown = f"no axis of the input is named `{name}`"
            raise UsageError(fixed if name.isdecimal() else unknown, f"free axes of the input: {', '.join(free)}")
        if sizes.setdefault(name, side) != side:
            raise UsageError(f"{name} cannot be both {sizes[name]} and {side}")
    return sizes


def at_sizes(checked: Checked, sizes: Mapping[str, int]) -> Checked:
    """The network at these sizes of its free axes, its figures those of there.

    SpecError with the first place along each axis at which it does not hold, and the nearest sizes at which it does.
    """
    legal = {each.symbol: each for each in checked.sizes}
    found: dict[tuple[str, ...], Diagnostic] = {}
    for demand, span in checked.demands:
        if not demand.holds(sizes):
            found.setdefault(_axes(demand), _refusal(demand, span, sizes, legal))
    if found:
        raise SpecError(in_order(found.values()), checked.spec.texts)
    stated: dict[Dim, Dim] = {
        symbol(name, nominal): symbol(name, sizes[name])
        for name, nominal in free_sizes(checked.graph).items()
        if name in sizes
    }
    inputs = tuple(
        replace(given, shape=given.shape._replace(dims=tuple(stated.get(dim, dim) for dim in given.shape.dims)))
        for given in checked.graph.inputs
    )
    graph = replace(checked.graph, inputs=inputs)
    shapes = infer(graph)
    return replace(checked, graph=graph, shapes=shapes, cost=measure(graph, shapes))


def _axes(demand: Demand) -> tuple[str, ...]:
    sides = [side for side in (demand.left, demand.right) if isinstance(side, Size)]
    return tuple(sorted({free.name for side in sides for free in side.symbols()}))


def _refusal(demand: Demand, span: Span, sizes: Mapping[str, int], legal: Mapping[str, Sizes]) -> Diagnostic:
    known = [name for name in _axes(demand) if name in sizes]
    where = " and ".join(f"{name} = {sizes[name]}" for name in known)
    left, right = (d if isinstance(d, int) else d.at({"N": 1, **sizes}) for d in (demand.left, demand.right))
    notes = (f"at {where}: {left} {_FAILS[demand.relation]} {right}", demand.note)
    help_ = "; ".join(words for name in known if (words := _nearest(legal[name], sizes[name])))
    return Diagnostic(demand.code, demand.title, span, f"at {where}", (), notes, help_ or demand.help)


def _nearest(sizes: Sizes, size: int) -> str:
    if sizes.at_nominal_only or sizes.allows(size):
        return ""
    found = sizes.nearest(size)
    nearest = f"; nearest to {size}: {' and '.join(map(str, found))}" if found else ""
    return f"it holds for {sizes}{nearest}"


def with_nearest_sizes(spec: Spec, error: SpecError, work: Work) -> SpecError:
    """The error, its diagnostics that another size of the input would mend saying which.

    The spec is elaborated once more with all sizes of its inputs free, so nothing is said where that fails.
    """
    if not any(d.code.startswith("E03") for d in error.diagnostics):
        return error
    elaboration = elaborate_free(spec, work)
    if elaboration is None:
        return error
    nominal = {name: size for name, size in free_sizes(elaboration.graph).items() if size is not None}
    words = [
        _nearest(each, nominal[each.symbol])
        for each in solve(elaboration.graph, elaboration.demands)
        if each.symbol in nominal and each.residues  # what no size mends may still hold at one or two by chance
    ]
    advice = tuple(word for word in words if word)
    at_fault = {(demand.code, demand.title) for demand, _ in elaboration.demands if not demand.holds()}
    return SpecError(tuple(_advised(error.diagnostics, at_fault, advice)), error.texts) if advice else error


def _advised(
    diagnostics: Iterable[Diagnostic], at_fault: set[tuple[str, str]], advice: tuple[str, ...]
) -> Iterable[Diagnostic]:
    for diagnostic in diagnostics:
        if (diagnostic.code, diagnostic.title) in at_fault:
            diagnostic = replace(diagnostic, notes=(*diagnostic.notes, *advice))
        yield diagnostic
