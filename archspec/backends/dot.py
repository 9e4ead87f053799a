"""Figures in Graphviz's language, through the graphviz package (writing needs no `dot` program).

Node ids are ours, so no name of a spec can become a port or an attribute; labels go through `graphviz.escape`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING

from archspec.backends.escape import clean
from archspec.backends.figure.outline import Branch, Card, Chain, Fork, Item, Outline, Step, Tangle
from archspec.backends.figure.scene import WireKind
from archspec.backends.figure.theme import LIGHT
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


class _Writer(Record):
    """Writes chains into one graph or cluster; each method returns the node that the next wire leaves from."""

    graph: Digraph
    ids: _Ids

    def chain(self, chain: Chain, start: str | None, kind: WireKind = "flow", label: str = "") -> str | None:
        for item in chain:
            start = self.item(item, start, kind, label)
            label = ""
        return start

    def item(self, item: Item, start: str | None, kind: WireKind, label: str) -> str | None:
        if isinstance(item, Step):
            node = self.step(item)
            self._wire(start, node, kind, label)
            return node
        if isinstance(item, Fork):
            node = self.step(item.join)
            for branch in item.branches:
                self._branch(branch, start, node)
            return node
        if isinstance(item, Card):
            with self.graph.subgraph(name=self.ids.cluster()) as inside:
                inside.attr(label=_label(item.title), labeljust="r")
                return _Writer(inside, self.ids).chain(item.chain, start, kind, label)
        if isinstance(item, Tangle):
            return self._tangle(item, start)
        node = self._node(item.name, {"style": "rounded"})
        self._wire(self.chain(item.chain, start), node, "flow", "")
        return start

    def _branch(self, branch: Branch, start: str | None, join: str) -> None:
        """A shortcut is one wire with its words on it, any other branch its steps."""
        kind = branch.kind or "flow"
        if branch.kind is not None:
            self._wire(start, join, kind, " ".join(branch.labels))
        else:
            self._wire(self.chain(branch.chain, start), join, kind, "")

    def _tangle(self, tangle: Tangle, start: str | None) -> str | None:
        ends: list[str | None] = []
        for index, piece in enumerate(tangle.pieces):
            first, *rest = piece
            sources = [start if source < 0 else ends[source] for source, goal in tangle.wires if goal == index]
            end = self.item(first, sources[0] if sources else None, "flow", "")
            for other in sources[1:]:
                self._wire(other, end, "flow", "")
            ends.append(self.chain(tuple(rest), end))
        return ends[-1]

    def step(self, step: Step) -> str:
        return self._node(step.label, _SHAPES.get(step.family, {}))

    def _node(self, label: str, attributes: Mapping[str, str]) -> str:
        node = self.ids.node()
        self.graph.node(node, _label(label), **attributes)
        return node

    def _wire(self, start: str | None, end: str | None, kind: WireKind, label: str) -> None:
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
