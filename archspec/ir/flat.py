"""The flat view: every op of a network as a node of a networkx graph, for algorithms on the whole. networkx's one door.

Its size grows with depth, so nothing on the way of `check` uses it; where an analysis does without, it is the oracle.
"""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx

from archspec.ir.graph import Body, Graph, Node, Ref, Repeat, handed_on
from archspec.ops.base import Op

Source = tuple[str, int]
"""A node of the flat graph, and which of its outputs."""


def flat_view(graph: Graph) -> nx.MultiDiGraph:
    """A network as a directed acyclic multigraph of its ops.

    Nodes are dotted paths of keys, with `op` (the Op; None for inputs and outputs). Edges carry `operand`, the position
    among the inputs of their head, since neither the order of edges nor their number survives `add(x, x)` otherwise.
    """
    view: nx.MultiDiGraph = nx.MultiDiGraph(name=graph.name)
    for given in graph.inputs:
        view.add_node(given.name, op=None)
    ends = _add_body(view, graph.body, "", [(given.name, 0) for given in graph.inputs])
    for output, end in zip(graph.outputs, ends, strict=True):
        view.add_node(f"output:{output.name}", op=None)
        view.add_edge(end[0], f"output:{output.name}", operand=0, output=end[1])
    return view


def _add_body(view: nx.MultiDiGraph, body: Body, around: str, inputs: Sequence[Source]) -> list[Source]:
    known: dict[str, list[Source]] = {name: [source] for name, source in zip(body.inputs, inputs, strict=True)}
    for node in body.nodes:
        known[node.key] = _add_node(view, node, around + node.key, [_source(known, ref) for ref in node.inputs])
    return [_source(known, ref) for _, ref in body.outputs]


def _source(known: dict[str, list[Source]], ref: Ref) -> Source:
    ends = known[ref.node]
    # An op is one node of the view however many outputs it has; the edge says which.
    return ends[ref.output] if ref.output < len(ends) else (ends[0][0], ref.output)


def _add_node(view: nx.MultiDiGraph, node: Node, path: str, inputs: list[Source]) -> list[Source]:
    if node.target is None:
        return inputs[:1]
    if isinstance(node.target, Repeat):
        return _add_units(view, node.target, path, inputs)
    return _add_target(view, node.target, path, inputs)


def _add_units(view: nx.MultiDiGraph, repeat: Repeat, path: str, inputs: list[Source]) -> list[Source]:
    names, flowing = repeat.names(), inputs
    for run in repeat.runs:
        for _ in range(run.count):
            into = flowing[: len(inputs)]
            flowing = list(handed_on(tuple(into), tuple(_add_target(view, run.target, f"{path}.{next(names)}", into))))
    return flowing


def _add_target(view: nx.MultiDiGraph, target: Op | Body, path: str, inputs: list[Source]) -> list[Source]:
    if isinstance(target, Body):
        return _add_body(view, target, path + ".", inputs)
    view.add_node(path, op=target)
    for operand, (source, output) in enumerate(inputs):
        view.add_edge(source, path, operand=operand, output=output)
    return [(path, 0)]
