"""The flat view, and networkx's algorithms on it as an oracle for the analyses that do without it."""

from __future__ import annotations

import networkx as nx
import pytest

from archspec.ir.flat import flat_view
from archspec.ops.base import Op
from archspec.pipeline import check

NETWORKS = [
    "resnet18",
    "resnet152",
    "resnet34@plain34",
    "vgg16",
    "googlenet",
    "preact_resnet164",
    "resnet110",
    "tf_resnet50",
]


def longest(view: nx.MultiDiGraph) -> int:
    """The most weighted ops on a path, by dynamic programming over networkx's topological order."""
    depth: dict[str, int] = {}
    for node in nx.topological_sort(view):
        op = view.nodes[node]["op"]
        own = op.weighted if isinstance(op, Op) else 0
        depth[node] = own + max((depth[p] for p in view.predecessors(node)), default=0)
    return max(depth.values())


@pytest.mark.parametrize("name", NETWORKS)
def test_weighted_layers_are_the_longest_path(name: str) -> None:
    checked = check(name)
    view = flat_view(checked.graph)
    assert nx.is_directed_acyclic_graph(view)
    assert longest(view) == checked.cost.weighted_layers


def test_every_op_lies_between_input_and_output() -> None:
    view = flat_view(check("resnet18").graph)
    assert set(view) == nx.descendants(view, "x") | {"x"} == nx.ancestors(view, "output:output") | {"output:output"}


def test_operands_keep_their_order_and_number() -> None:
    view = flat_view(
        check("archspec: 1\nname: twice\ninput: x[N, 3, 8, 8]\nnet:\n  - a: {op: add, from: [x, x]}\n").graph
    )
    assert sorted(data["operand"] for _, _, data in view.edges(nbunch="x", data=True)) == [0, 1]


def test_the_stem_dominates_what_follows() -> None:
    view = nx.DiGraph(flat_view(check("resnet18").graph))
    dominators = nx.immediate_dominators(view, "x")
    assert dominators["layer1.0.add"] == "maxpool"
    assert dominators["fc"] == "flatten"


def test_an_op_with_several_outputs_is_one_node() -> None:
    text = "archspec: 1\nname: cut\ninput: x[N, 4, 8, 8]\nnet:\n  - halves: {op: split, axis: C, parts: 2}\n"
    view = flat_view(check(text + "  - join: {op: concat, axis: C, from: [halves.1, halves.0]}\n").graph)
    edges = sorted((data["operand"], data["output"]) for _, _, data in view.edges(nbunch="halves", data=True))
    assert edges == [(0, 1), (1, 0)]
