"""Sizes to state figures at, where a spec names an axis of its input without a nominal size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from archspec.elaborate.network import Elaboration
from archspec.ir.graph import Graph
from archspec.passes.sizes import Sizes, solve
from archspec.report import Report
from archspec.shapes import Shape, Size, symbol
from archspec.span import Span

USUAL = 224
"""What is assumed where it fits: the side of an ImageNet crop."""


def with_nominal_sizes(elaboration: Elaboration, report: Report) -> Graph:
    """The graph with a nominal size for each axis: the usual one, or the nearest that fits. A warning says which.

    An error where no size fits. The graph is returned as it is where the spec states all sizes.
    """
    graph = elaboration.graph
    open_names = dict.fromkeys(
        s.name
        for given in graph.inputs
        for dim in given.shape.dims
        if isinstance(dim, Size)
        for s in dim.symbols()
        if s.nominal is None and s.name != "N"
    )
    if not open_names:
        return graph
    solved = {sizes.symbol: sizes for sizes in solve(graph, elaboration.demands) if sizes.symbol in open_names}
    assumed = {name: _nearest(solved[name]) for name in open_names}
    for name, size in assumed.items():
        place = _place(graph, name)
        note = f"it holds for {solved[name]}" if size is not None and not solved[name].at_nominal_only else ""
        if size is None:
            report.error("E0307", f"there is no size of {name} for which the network holds", place, notes=[note])
        else:
            title = f"{name} has no nominal size: figures are stated at {name} = {size}"
            report.warn("W0601", title, place, notes=[note], help=f"write `{name}={size}`")
    sizes = {name: size if size is not None else USUAL for name, size in assumed.items()}
    _refuse_unmet(elaboration, sizes, report)
    inputs = tuple(replace(given, shape=_stated(given.shape, sizes)) for given in graph.inputs)
    return replace(graph, inputs=inputs)


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


def _stated(shape: Shape, sizes: Mapping[str, int]) -> Shape:
    named = {symbol(name): symbol(name, size) for name, size in sizes.items()}
    return Shape(tuple(named.get(dim, dim) if isinstance(dim, Size) else dim for dim in shape.dims), shape.axes)


def _place(graph: Graph, name: str) -> Span:
    return next(
        given.span
        for given in graph.inputs
        for dim in given.shape.dims
        if isinstance(dim, Size) and any(s.name == name for s in dim.symbols())
    )
