"""Figures in Graphviz's language, through the graphviz package (writing needs no `dot` program).

Node ids are ours, so no name of a spec can become a port or an attribute; labels go through `graphviz.escape`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING

from archspec.backends.escape import clean
from archspec.backends.figure.outline import Card, Outline, Step, Tangle
from archspec.backends.figure.scene import WireKind
from archspec.backends.figure.theme import LIGHT
from archspec.backends.figure.walk import Walk
from archspec.records import Record, field

if TYPE_CHECKING:
    from graphviz import Digraph

_STYLES: Mapping[WireKind, str] = {
    "identity": "solid", "projection": "dashed", "pad": "dotted", "gated": "dashed", "flow": "solid",
}  # fmt: skip

_SHAPES: Mapping[str, Mapping[str, str]] = {
    "pool": {"style": "rounded,filled"},
    "join": {"shape": "circle", "fillcolor": LIGHT["paper"], "margin": "0"},
    "input": {"shape": "plaintext", "style": ""},
}


def source(outlines: Sequence[Outline], title: str) -> str:
    """The DOT text of all networks, one cluster each."""
    from graphviz import Digraph

    graph = Digraph("figure", graph_attr={"rankdir": "TB", "label": _label(title), "fontname": "Helvetica"})
    graph.attr("node", shape="box", style="filled", fillcolor=LIGHT["neutral"], fontname="Helvetica", fontsize="10")
    graph.attr("edge", color=LIGHT["wire"], fontname="Helvetica", fontsize="8", arrowsize="0.6")
    ids = _Ids()
    for outline in outlines:
        with graph.subgraph(name=ids.cluster()) as inside:
            inside.attr(label=_label(f"{outline.title} ({', '.join(outline.facts)})"), color=LIGHT["hairline"])
            writer = _Writer(inside, ids)
            end = writer.step(outline.entry) if outline.entry else None
            for group in outline.groups:
                end = writer.chain(group.chain, end)
    return str(graph.source)


class _Ids(Record, frozen=False):
    """Names of nodes and clusters that come from no spec."""

    nodes: Iterator[int] = field(default_factory=count)
    clusters: Iterator[int] = field(default_factory=count)

    def node(self) -> str:
        return f"n{next(self.nodes)}"

    def cluster(self) -> str:
        return f"cluster{next(self.clusters)}"


class _Writer(Walk):
    """Writes chains into one graph or cluster."""

    def __init__(self, graph: Digraph, ids: _Ids) -> None:
        self.graph, self.ids = graph, ids

    def card(self, card: Card, start: str | None) -> str | None:
        with self.graph.subgraph(name=self.ids.cluster()) as inside:
            inside.attr(label=_label(card.title), labeljust="r")
            return _Writer(inside, self.ids).chain(card.chain, start)

    def tangle(self, tangle: Tangle, start: str | None) -> str | None:
        ends: list[str | None] = []
        for index, piece in enumerate(tangle.pieces):
            first, *rest = piece
            sources = [start if source < 0 else ends[source] for source, goal in tangle.wires if goal == index]
            end = self.item(first, sources[0] if sources else None)
            for other in sources[1:]:
                self.wire(other, end)
            ends.append(self.chain(tuple(rest), end))
        return ends[-1]

    def step(self, step: Step) -> str:
        return self._node(step.label, _SHAPES.get(step.family, {}))

    def exit(self, name: str) -> str:
        return self._node(name, {"style": "rounded"})

    def _node(self, label: str, attributes: Mapping[str, str]) -> str:
        node = self.ids.node()
        self.graph.node(node, _label(label), **attributes)
        return node

    def wire(self, start: str | None, end: str | None, kind: WireKind = "flow", label: str = "") -> None:
        if start is None or end is None:
            return
        if kind == "flow":
            self.graph.edge(start, end, weight="100")
            return
        colour = LIGHT[kind]
        self.graph.edge(
            start, end, _label(label) or None, style=_STYLES[kind], color=colour, fontcolor=colour,
            constraint="false", tailport="e", headport="e",
        )  # fmt: skip


def _label(text: str) -> str:
    from graphviz import escape

    # The escaped string has a class of its own: as a plain one, "<b>" would become an HTML label.
    escaped: str = escape(clean(text))
    return escaped
