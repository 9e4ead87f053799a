"""A body with its readers: who reads the output of each node."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from archspec.ir.graph import Node
from archspec.ops.base import Op, Window
from archspec.passes.receptive import reading
from archspec.passes.shapes import BodyShapes
from archspec.records import Record, fields_of
from archspec.text.span import Span


class Finding(Record):
    """One thing worth a warning, at an item of the spec."""

    code: str
    title: str
    span: Span
    note: str
    help: str


class Surroundings:
    """The ops of one body and what reads them inside it; what a false `when` passes through is what comes in."""

    def __init__(self, shapes: BodyShapes, *, whole: bool) -> None:
        self.shapes = shapes
        self.whole = whole
        """Whether this is the network itself, so that its outputs are the network's."""
        self.ops = [node for node in shapes.body.nodes if isinstance(node.target, Op)]
        self._origins: dict[str, str] = {}
        self.inputs: dict[str, tuple[str, ...]] = {}
        """The nodes that each node reads, by key."""
        self._readers: dict[str, list[str]] = {}
        for node in shapes.body.nodes:
            read = tuple([self._origins.get(ref.node, ref.node) for ref in node.inputs])
            if node.target is None and read:
                self._origins[node.key] = read[0]
                continue
            self.inputs[node.key] = read
            for key in read if len(read) == 1 else set(read):
                self._readers.setdefault(key, []).append(node.key)
        self.given = {self.origin(ref.node) for _, ref in shapes.body.outputs}
        self._named = {node.key: node for node in self.ops}
        self._names = {node.key: node.target.name for node in self.ops if isinstance(node.target, Op)}
        self._kinds = frozenset(self._names.values())

    def of(self, names: Collection[str]) -> list[Node]:
        """The nodes of ops of these names, in order."""
        if self._kinds.isdisjoint(names):
            return []
        return [node for node in self.ops if self._names[node.key] in names]

    @cached_property
    def strided(self) -> list[tuple[Node, Window]]:
        """The ops whose windows make steps over their input."""
        rules = [
            (node, reading(node.target))
            for node in self.ops
            if isinstance(node.target, Op) and "stride" in fields_of(type(node.target))
        ]
        return [
            (node, rule)
            for node, rule in rules
            if isinstance(rule, Window) and rule.scale == (1, 1) and max(rule.stride) > 1
        ]

    def origin(self, key: str) -> str:
        """The node whose output this is."""
        return self._origins.get(key, key)

    def node(self, key: str) -> Node:
        """The node of an op by its key."""
        return self._named[key]

    def name(self, key: str | None) -> str:
        """The name of a node's op; "" for a block, a repeat, an input of the body, or nothing."""
        return self._names.get(key, "") if key is not None else ""

    def sole_reader(self, key: str) -> str | None:
        """The node that alone reads this one's output, if it goes nowhere else."""
        readers = self._readers.get(key, [])
        return readers[0] if len(readers) == 1 and key not in self.given else None
