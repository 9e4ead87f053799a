"""A plain layered drawing of a graph (Sugiyama et al. 1981): longest paths from above, barycentres, straight wires."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import fsum
from operator import itemgetter

from archspec.backends.figure.scene import Point
from archspec.backends.figure.spread import Arrangement, Node
from archspec.diagnostics import UsageError
from archspec.records import Record

_BESIDE, _BELOW, _WIRE = 14.0, 26.0, 8.0
_SWEEPS = 8
_MOST_SLOTS = 20_000
"""So many slots are ordered in a few seconds."""


class _Grid(Record):
    """Slots by layer: nodes, and for wires that pass a layer a slot of their own, so that none runs under a box.

    `chains` are the slots of each wire from end to end.
    """

    layers: tuple[tuple[int, ...], ...]
    widths: Mapping[int, float]
    chains: Mapping[tuple[int, int], tuple[int, ...]]


def arrange(nodes: Sequence[Node], wires: Sequence[tuple[int, int]]) -> Arrangement:
    """Every node a layer below the last of those it reads from; all wires go down. UsageError for too many wires."""
    if not is_small(len(nodes), wires):
        raise UsageError("there are too many wires to be laid out in layers", "--layout column")
    grid = _grid(nodes, wires)
    layers = _ordered(grid)
    xs = _across(layers, grid)
    tops, bottoms = _heights(layers, nodes)
    shift = xs[-1]
    places = tuple((xs[node] - shift, tops[node]) for node in range(len(nodes)))
    routes = {
        wire: tuple(_route(chain, {slot: x - shift for slot, x in xs.items()}, tops, bottoms, nodes))
        for wire, chain in grid.chains.items()
    }
    return Arrangement(places, routes)


def is_small(count: int, wires: Sequence[tuple[int, int]]) -> bool:
    """Whether so many nodes with these wires are laid out in little time."""
    depth = _depths(count, wires)
    return count + sum(depth[goal] - depth[source] for source, goal in wires) <= _MOST_SLOTS


def _depths(count: int, wires: Sequence[tuple[int, int]]) -> dict[int, int]:
    """The layer of each node, and of the entry."""
    depth = dict.fromkeys(range(-1, count), 1) | {-1: 0}
    for source, goal in sorted(wires, key=itemgetter(1)):
        depth[goal] = max(depth[goal], depth[source] + 1)
    return depth


def _grid(nodes: Sequence[Node], wires: Sequence[tuple[int, int]]) -> _Grid:
    depth = _depths(len(nodes), wires)
    layers: list[list[int]] = [[] for _ in range(max(depth.values()) + 1)]
    for node, level in depth.items():
        layers[level].append(node)
    widths = {-1: 0.0, **{node: one.width for node, one in enumerate(nodes)}}
    chains = {}
    for source, goal in wires:
        between = range(depth[source] + 1, depth[goal])
        slots = [len(widths) + index for index in range(len(between))]
        for level, slot in zip(between, slots, strict=True):
            layers[level].append(slot)
            widths[slot] = _WIRE
        chains[source, goal] = (source, *slots, goal)
    return _Grid(tuple(map(tuple, layers)), widths, chains)


def _ordered(grid: _Grid) -> list[list[int]]:
    """The layers with their slots in the order of what they are joined to, swept down and up."""
    links: dict[int, list[int]] = {slot: [] for slot in grid.widths}
    for chain in grid.chains.values():
        for above, below in pairwise(chain):
            links[above].append(below)
            links[below].append(above)
    layers = [list(layer) for layer in grid.layers]
    for sweep in range(_SWEEPS):
        steps = range(1, len(layers)) if sweep % 2 == 0 else range(len(layers) - 2, -1, -1)
        for level in steps:
            before = layers[level - 1 if sweep % 2 == 0 else level + 1]
            rank = {slot: index / max(len(before), 1) for index, slot in enumerate(before)}
            own = {slot: index for index, slot in enumerate(layers[level])}
            middle = {slot: _mean([rank[other] for other in links[slot] if other in rank]) for slot in own}
            layers[level].sort(key=lambda slot, middle=middle, own=own: (middle[slot], own[slot]))  # type: ignore[misc]
    return layers


def _across(layers: Sequence[Sequence[int]], grid: _Grid) -> dict[int, float]:
    """The middle of each slot: layers centred, then drawn towards what they are joined to as far as there is room."""
    xs: dict[int, float] = {}
    for layer in layers:
        x = -(fsum(grid.widths[slot] for slot in layer) + _BESIDE * (len(layer) - 1)) / 2
        for slot in layer:
            xs[slot] = x + grid.widths[slot] / 2
            x += grid.widths[slot] + _BESIDE
    links: dict[int, list[int]] = {slot: [] for slot in grid.widths}
    for chain in grid.chains.values():
        for above, below in pairwise(chain):
            links[above].append(below)
            links[below].append(above)
    for _ in range(_SWEEPS):
        for layer in layers:
            for index, slot in enumerate(layer):
                wanted = _mean([xs[other] for other in links[slot]])
                low = _beside(layer, index, -1, xs, grid.widths)
                high = _beside(layer, index, 1, xs, grid.widths)
                xs[slot] = min(max(wanted, low), high)
    return xs


def _beside(layer: Sequence[int], index: int, side: int, xs: Mapping[int, float], widths: Mapping[int, float]) -> float:
    """How far a slot may go to one side before it meets its neighbour."""
    if not 0 <= index + side < len(layer):
        return side * float("inf")
    own, other = layer[index], layer[index + side]
    return xs[other] - side * ((widths[own] + widths[other]) / 2 + _BESIDE)


def _heights(layers: Sequence[Sequence[int]], nodes: Sequence[Node]) -> tuple[dict[int, float], dict[int, float]]:
    """The top of each slot, and the bottom of its layer."""
    tops: dict[int, float] = {}
    bottoms: dict[int, float] = {}
    y = 0.0
    for layer in layers:
        tall = max((nodes[slot].height for slot in layer if 0 <= slot < len(nodes)), default=0.0)
        for slot in layer:
            tops[slot], bottoms[slot] = y, y + tall
        y += tall + _BELOW
    return tops, bottoms


def _route(
    chain: Sequence[int],
    xs: Mapping[int, float],
    tops: Mapping[int, float],
    bottoms: Mapping[int, float],
    nodes: Sequence[Node],
) -> Iterator[Point]:
    """Out of a node, straight down to the end of its layer, through the slots of the layers between, into the goal."""
    source, *between, goal = chain
    start = tops[source] + (nodes[source].height if source >= 0 else 0.0)
    yield xs[source], start
    if bottoms[source] > start:
        yield xs[source], bottoms[source]
    for slot in between:
        yield xs[slot], tops[slot]
        if bottoms[slot] > tops[slot]:
            yield xs[slot], bottoms[slot]
    yield xs[goal], tops[goal]


def _mean(values: Sequence[float]) -> float:
    return fsum(values) / len(values) if values else 0.0
