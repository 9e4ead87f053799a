"""A body under construction: its nodes, the names in its lexical scope, and what it captures from around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from archspec.diagnostics import Label
from archspec.elaborate.reserved import RESERVED
from archspec.elaborate.values import Env
from archspec.ir.graph import Body, BodyKind, Node, Ref
from archspec.report import Report
from archspec.shapes import Shape
from archspec.span import Span

SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*\Z")
INPUT_NAMES = ("x", "y", "z", "u", "v", "w")


@dataclass(frozen=True, slots=True)
class Wire:
    """One value inside a body: where it comes from, and its shape (None after an error: no cascade)."""

    ref: Ref
    shape: Shape | None


@dataclass(slots=True)
class Result:
    """What a name stands for: the outputs of a node, or nothing (`absent`)."""

    wires: tuple[Wire, ...]
    span: Span
    names: tuple[str, ...] = ()
    inside: BodyBuilder | None = None
    absent: bool = False


class BodyBuilder:
    """Collects the nodes of one body. A container's builder sees the names around it and captures what it reads."""

    def __init__(self, report: Report, env: Env, kind: BodyKind, name: str, definition: str, span: Span,
                 parent: BodyBuilder | None = None) -> None:
        self.report, self.env, self.parent = report, env, parent
        self.kind, self.name, self.definition, self.span = kind, name, definition, span
        self.inputs: list[str] = []
        self.captured: list[Wire] = []
        self.nodes: list[Node] = []
        self.names: dict[str, Result] = {}
        self.current: Result | None = None
        self.exports: list[tuple[str, Ref]] = []
        self.register: tuple[str, ...] = ()
        self.recipes: dict[str, Callable[[Any], Any]] = {}
        self.targets: dict[str, Any] = {}
        self._children: dict[str, BodyBuilder] = {}
        self._index = 0
        self._position = 0
        self._paths: dict[str, Span] = {}

    def add_input(self, name: str, shape: Shape | None, span: Span) -> Wire:
        """A value from outside, under `name`; the first one is the default input of the first item."""
        wire = Wire(Ref(name), shape)
        self.inputs.append(name)
        self.names[name] = Result((wire,), span)
        if self.current is None:
            self.current = self.names[name]
        return wire

    def add_default(self, outer: Result) -> None:
        """The default input of a container: what flows into it."""
        taken = set(self._scope_names())
        name = next((n for n in INPUT_NAMES if n not in taken), "value")
        wire = outer.wires[0]
        self.add_input(name, wire.shape, outer.span)
        self.captured.append(wire)

    def _scope_names(self) -> Iterator[str]:
        builder: BodyBuilder | None = self
        while builder is not None:
            yield from builder.names
            builder = builder.parent

    def lookup(self, name: str) -> Result | None:
        """What a dotted name stands for here: a sibling, a name around this container, or one inside a container."""
        found = self.names.get(name)
        if found is not None:
            return found
        head, _, rest = name.partition(".")
        if rest and head in self.names:
            return self._inside(head, rest)
        if self.parent is None:
            return None
        outer = self.parent.lookup(name)
        return None if outer is None else self._capture(name, outer)

    def _inside(self, head: str, rest: str) -> Result | None:
        result = self.names[head]
        if rest in result.names:
            return Result((result.wires[result.names.index(rest)],), result.span)
        if rest.isdigit() and int(rest) < len(result.wires) and len(result.wires) > 1:
            return Result((result.wires[int(rest)],), result.span)
        if result.inside is None:
            return None
        inner = result.inside.lookup_own(rest)
        if inner is None or inner.absent:
            return inner
        output = result.inside.export(rest, inner.wires[0].ref)
        key = result.wires[0].ref.node
        return Result((Wire(Ref(key, output), inner.wires[0].shape),), inner.span)

    def lookup_own(self, name: str) -> Result | None:
        """A name of this body or of the containers inside it, not of what is around it."""
        if name in self.names and name not in self.inputs:
            return self.names[name]
        head, _, rest = name.partition(".")
        return self._inside(head, rest) if rest and head in self.names else None

    def export(self, name: str, ref: Ref) -> int:
        """The index of the output that hands `ref` to the outside, after the body's own output."""
        for index, (_, known) in enumerate(self.exports):
            if known == ref:
                return index + 1
        self.exports.append((name.replace(".", "_"), ref))
        return len(self.exports)

    def _capture(self, name: str, outer: Result) -> Result:
        if outer.absent:
            return outer
        for inner, wire in zip(self.inputs, self.captured, strict=True):
            if wire.ref == outer.wires[0].ref:
                return self.names[inner]
        key = name.replace(".", "_")
        self.inputs.append(key)
        self.captured.append(outer.wires[0])
        result = Result((Wire(Ref(key), outer.wires[0].shape),), outer.span, outer.names[:1])
        self.names[key] = self.names[name] = result
        return result

    def key_of(self, name: str | None) -> str:
        """The key of the next node: its name, else its position."""
        self._position += 1
        return name if name is not None else f"#{self._position}"

    def path_of(self, name: str | None, span: Span) -> str:
        """The path of the next present node: its name, else its index among its siblings."""
        path = name if name is not None else str(self._index)
        self._index += 1
        other = self._paths.get(path)
        if other is not None:
            self.report.error("E0205", f"two items are named `{path}`", span, labels=[Label(other, "the other one")],
                              help="names are unique among siblings; they become state_dict keys")
        folded = next((p for p in self._paths if p != path and p.casefold() == path.casefold()), None)
        if folded is not None:
            self.report.error("E0205", f"`{path}` and `{folded}` differ only in case", span,
                              labels=[Label(self._paths[folded], "the other one")])
        self._paths[path] = span
        if name is not None:
            self._check_path(name, span)
        return path

    def _check_path(self, path: str, span: Span) -> None:
        for segment in path.split("."):
            if not SEGMENT.match(segment):
                self.report.error("E0205", f"`{path}` is not a name for a layer", span,
                                  notes=["it becomes a state_dict key: ASCII letters, digits, _ and -"])
                return
            if segment in RESERVED:
                self.report.error("E0205", f"`{segment}` cannot name a layer", span,
                                  notes=[f"`{segment}` is a keyword of Python or an attribute of every torch module"],
                                  help=f"call it `{segment}_`, or say what it is for")

    def add(self, node: Node, result: Result, name: str | None, inside: BodyBuilder | None = None) -> None:
        """Append a node; its result becomes the default input of the next item."""
        self.nodes.append(node)
        if inside is not None:
            self._children[node.key] = inside
            result.inside = inside
        if name is not None:
            self.names[name] = result
        self.current = result

    def replace_node(self, key: str, node: Node) -> None:
        self.nodes = [node if n.key == key else n for n in self.nodes]

    def finish(self, intern: dict[Body, Body], outputs: tuple[tuple[str, Ref], ...] = (), **details: object) -> Body:
        """The frozen body; equal bodies come out as one object."""
        nodes = tuple(
            replace(node, target=self._children[node.key].finish(intern), inputs=self._inputs_of(node))
            if node.key in self._children else node for node in self.nodes
        )
        if not outputs and self.current is not None:
            own = (("output", self.current.wires[0].ref),)
            outputs = (*own, *self.exports)
        body = Body(self.kind, self.name, self.definition, tuple(self.inputs), nodes, outputs, self.span,
                    register=self.register, **details)  # type: ignore[arg-type]
        return intern.setdefault(body, body)

    def _inputs_of(self, node: Node) -> tuple[Ref, ...]:
        return tuple(wire.ref for wire in self._children[node.key].captured)
