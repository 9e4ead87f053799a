"""Sizes to state figures at, where a spec names an axis of its input without a nominal size."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.elaborate.network import Elaboration
from archspec.ir.graph import Graph
from archspec.passes.sizes import Sizes, solve
from archspec.records import replace
from archspec.report import Report
from archspec.shapes import Dim, Shape, Size, symbol
from archspec.text.span import Span

USUAL = 224
"""What is assumed where it fits: the side of an ImageNet crop."""


def with_nominal_sizes(elaboration: Elaboration, report: Report) -> Graph:
    """The graph with a nominal size for each axis: the usual one, or the nearest that fits. A warning says which.

    An error where no size fits. The graph is returned as it is where the spec states all sizes.
    """
    graph = elaboration.graph
    places = _unstated(graph)
    if not places:
        return graph
    solved = {sizes.symbol: sizes for sizes in solve(graph, elaboration.demands) if sizes.symbol in places}
    sizes = dict.fromkeys(places, USUAL)
    for name, place in places.items():
        size = _nearest(solved[name])
        if size is None:
            report.error("E0307", f"there is no size of {name} for which the network holds", place)
            continue
        sizes[name] = size
        title = f"{name} has no nominal size: figures are stated at {name} = {size}"
        note = "" if solved[name].at_nominal_only else f"the network holds for {solved[name]}"
        report.warn("W0601", title, place, notes=[note], help=f"write `{name}={size}`")
    _refuse_unmet(elaboration, sizes, report)
    stated: dict[Dim, Dim] = {symbol(name): symbol(name, size) for name, size in sizes.items()}
    inputs = tuple(replace(given, shape=_stated(given.shape, stated)) for given in graph.inputs)
    return replace(graph, inputs=inputs)


def _unstated(graph: Graph) -> dict[str, Span]:
    """The free sizes without a nominal one, each with the input that names it first."""
    found: dict[str, Span] = {}
    for given in graph.inputs:
        for dim in given.shape.dims:
            for free in dim.symbols() if isinstance(dim, Size) else ():
                if free.nominal is None and free.name != "N":
                    found.setdefault(free.name, given.span)
    return found


def _nearest(sizes: Sizes) -> int | None:
    """The usual size if it is legal, else the next larger legal one, else the largest below."""
    if sizes.at_nominal_only:
        return USUAL
    above = range(USUAL, max(USUAL, sizes.start) + sizes.period + 1)
    below = range(USUAL - 1, 0, -1)
    return next((size for numbers in (above, below) for size in numbers if sizes.allows(size)), None)


def _refuse_unmet(elaboration: Elaboration, sizes: Mapping[str, int], report: Report) -> None:
    """Demands that do not hold at the assumed sizes: of products of axes, or where no size fits."""
    where = ", ".join(f"{name} = {size}" for name, size in sizes.items())
    for demand, span in elaboration.demands:
        if not demand.holds(sizes):
            report.error(demand.code, demand.title, span, notes=[demand.note, f"at {where}"], help=demand.help)
            return


def _stated(shape: Shape, stated: Mapping[Dim, Dim]) -> Shape:
    return Shape(tuple(stated.get(dim, dim) for dim in shape.dims), shape.axes)
