"""A body under construction: its nodes, the names in its lexical scope, and what it captures from around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from archspec.diagnostics import Label
from archspec.elaborate.paths import Paths, is_path
from archspec.ir.graph import Body, BodyKind, Node, Option, Ref
from archspec.records import Record, replace
from archspec.report import Report
from archspec.shapes import Shape
from archspec.spec.fields import whole_number
from archspec.spec.model import Item
from archspec.text.span import Span

FLOWING = "x"
"""What a container calls the value that flows into it, if that name is free."""


class Wire(Record):
    """One value inside a body: where it comes from, and its shape (None after an error: no cascade)."""

    ref: Ref
    shape: Shape | None


class Result(Record, frozen=False):
    """What a name stands for: the outputs of a node, or nothing (`absent`).

    `names` are those of the outputs, `inside` is the builder of a container, which names may reach into.
    """

    wires: tuple[Wire, ...]
    span: Span
    names: tuple[str, ...] = ()
    inside: BodyBuilder | None = None
    absent: bool = False


class Recipe(Record):
    """How to run a named node's module again: the node's key, and what makes its target for other operands."""

    key: str
    run: Callable[[Any], Any]


class BodyBuilder:
    """Collects the nodes of one body. A container's builder sees the names around it and captures what it reads."""

    def __init__(
        self,
        report: Report,
        kind: BodyKind,
        name: str,
        definition: str,
        span: Span,
        parent: BodyBuilder | None = None,
    ) -> None:
        self.report, self.parent = report, parent
        self.kind, self.name, self.definition, self.span = kind, name, definition, span
        self._paths = Paths(report)
        self.written: tuple[Item, ...] = ()
        """The items of this body, those that are still to come among them."""
        self.inputs: list[str] = []
        self.captured: list[Wire] = []
        self.nodes: list[Node] = []
        self.names: dict[str, Result] = {}
        self.current: Result | None = None
        self.flow: Result | None = None
        """The default input of the next item: the item before, params left out."""
        self.register: tuple[str, ...] = ()
        self.recipes: dict[str, Recipe] = {}
        self.tensors: dict[str, Mapping[str, tuple[int, ...]]] = {}
        """The tensors of the ops of this body, by the op's name."""
        self._exports: list[tuple[str, Ref]] = []
        self._own_name: str | None = None
        self._wished: dict[str, str] = {}
        """The names that captured inputs are called by inside, by their keys."""
        self._children: dict[str, BodyBuilder] = {}
        self._places: dict[str, Result] = {}
        """What unnamed items give, by their paths."""
        self._keys: dict[str, int] = {}
        self._position = 0

    def add_input(self, name: str, shape: Shape | None, span: Span) -> None:
        """A value from outside, under `name`; the first one is the default input of the first item."""
        self.inputs.append(name)
        self._keys[name] = 1
        self.names[name] = Result((Wire(Ref(name), shape),), span)
        if self.current is None:
            self.go_on(self.names[name])

    def flow_in(self, outer: Result) -> None:
        """The default input of a container: what flows into it."""
        self.go_on(self._captured(FLOWING, outer))

    def drop_unread(self) -> None:
        """Forget the default input of a container in which nothing reads it, if there is another."""
        first = self.inputs[0] if len(self.inputs) > 1 else None
        if first is None or self._wished.get(first) != FLOWING:
            return
        read = [ref for node in self.nodes for ref in node.inputs]
        read += [wire.ref for child in self._children.values() for wire in child.captured]
        read += [wire.ref for result in (self.current, *self.names.values()) if result for wire in result.wires]
        if Ref(first) not in read:
            del self.inputs[0], self.captured[0], self._wished[first]

    def go_on(self, result: Result | None) -> None:
        """The next item reads this by default, and it is what the body gives if there is none."""
        self.current = self.flow = result

    def _captured(self, name: str, outer: Result) -> Result:
        """An outer value as an input of this container. Its key gets its final form in `finish`."""
        for inner, wire in zip(self.inputs, self.captured, strict=True):
            if wire.ref == outer.wires[0].ref:
                if self._wished[inner] == FLOWING:
                    self._wished[inner] = name
                return Result((Wire(Ref(inner), wire.shape),), outer.span)
        key = f":{len(self.inputs)}"
        self._wished[key] = name
        self.inputs.append(key)
        self.captured.append(outer.wires[0])
        return Result((Wire(Ref(key), outer.wires[0].shape),), outer.span)

    def lookup(self, name: str) -> Result | None:
        """What a dotted name stands for here: a sibling, a name around this container, or one inside a container."""
        found = self._own(name)
        if found is not None or self.parent is None:
            return found
        outer = self.parent.lookup(name)
        return outer if outer is None or outer.absent else self._captured(name, outer)

    def _own(self, name: str) -> Result | None:
        found = self.names.get(name)
        if found is not None:
            return found
        parts = name.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            head = ".".join(parts[:cut])
            if head in self.names:
                return self._inside(self.names[head], ".".join(parts[cut:]))
        return None

    def _inside(self, result: Result, rest: str) -> Result | None:
        if rest in result.names:
            return Result((result.wires[result.names.index(rest)],), result.span)
        place = whole_number(rest) if len(result.wires) > 1 else None
        if place is not None and place < len(result.wires):
            return Result((result.wires[place],), result.span)
        if result.inside is None:
            unknown = bool(result.wires) and result.wires[0].shape is None and not result.names
            return Result(result.wires[:1], result.span) if unknown else None  # after an error
        inner = result.inside.lookup_own(rest)
        return inner if inner is None or inner.absent else _handed_out(result, result.inside, rest, inner)

    def placed(self, name: str) -> Result | None:
        """What a path of the state_dict stands for, unnamed items by their places: `features.3`."""
        found = self.lookup_own(name)
        if found is not None:
            return found
        head, _, rest = name.partition(".")
        result = self._places.get(head) or self.names.get(head)
        if result is None or not rest or result.inside is None:
            return None if rest else result
        inner = result.inside.placed(rest)
        return inner if inner is None or inner.absent else _handed_out(result, result.inside, rest, inner)

    def lookup_own(self, name: str) -> Result | None:
        """A name of this body or of the containers inside it, not of what is around it."""
        return None if name in self.inputs else self._own(name)

    def visible(self) -> list[str]:
        """The names that `from:` can use here, the nearest first, for suggestions."""
        own = list(self.names)
        return own if self.parent is None else list(dict.fromkeys([*own, *self.parent.visible()]))

    def export(self, name: str, ref: Ref) -> int:
        """The index of the output that hands `ref` to the outside, after the body's own output."""
        if self.current is not None and self.current.wires[0].ref == ref:
            self._own_name = name
            return 0
        for index, (_, known) in enumerate(self._exports):
            if known == ref:
                return index + 1
        self._exports.append((_variable(name), ref))
        return len(self._exports)

    def key_of(self, name: str | None) -> str:
        """The key of the next node: its name (made unique where an absent sibling has it too), else its position."""
        self._position += 1
        if name is None:
            return f"#{self._position}"
        count = self._keys[name] = self._keys.get(name, 0) + 1
        return name if count == 1 else f"{name}#{count}"

    def check_name(self, name: str, span: Span) -> None:
        """Whether an item may have this name, be it there or not; an error if not."""
        if is_path(name, span, self.report) and name in self.inputs:
            self.report.error(
                "E0205",
                f"`{name}` is the name of an input",
                span,
                labels=[Label(self.names[name].span, "the input")],
                help="call the item something else",
            )

    def claim(self, name: str, span: Span) -> None:
        """The name of a child that has no path of its own: no sibling may have it too."""
        self._paths.claim(name, span)

    def path_of(self, name: str | None, span: Span) -> str:
        """The path of the next child: its name, else its index."""
        return self._paths.take(name, span)

    def add(
        self, node: Node, result: Result, name: str | None, inside: BodyBuilder | None = None, *, aside: bool = False
    ) -> None:
        """Append a node; its result becomes the default input of the next item, unless it stands `aside`."""
        self.nodes.append(node)
        if inside is not None:
            self._children[node.key] = inside
            result.inside = inside
        if name is None and node.path is not None:
            self._places[node.path] = result
        flow = self.flow
        self._set(name, result)
        if aside:
            self.flow = flow

    def poison(self, name: str | None, span: Span) -> None:
        """A node that could not be made: its shape is unknown, and what reads it stays silent."""
        self._set(name, Result((Wire(Ref(self.key_of(name)), None),), span))

    def leave_out(self, name: str | None, span: Span) -> None:
        """An absent node: a join goes without it."""
        self.key_of(name)
        if name is not None:
            self.names[name] = Result((), span, absent=True)

    def pass_through(
        self, name: str | None, wire: Wire, span: Span, section: str | None, when: Option | None = None
    ) -> None:
        """A node that is its first input: a false `when`, a join of one operand."""
        key = self.key_of(name)
        if name is not None or when is None or when.expr is not None:
            self.nodes.append(Node(key, None, None, (wire.ref,), span, when=when, section=section))
            wire = Wire(Ref(key), wire.shape)
        self._set(name, Result((wire,), span))

    def _set(self, name: str | None, result: Result) -> None:
        self.go_on(result)
        if name is not None:
            self.names[name] = result

    def children(self, placed: bool) -> list[str]:
        """The names inside; if `placed`, also the places of what has none."""
        return [*filter(self.is_child, self.names), *(self._places if placed else ())]

    def is_child(self, name: str) -> bool:
        """Whether there is a child of this name, present or not."""
        return name in self.names and name not in self.inputs

    def child(self, key: str) -> BodyBuilder | None:
        """The builder of a container by its key."""
        return self._children.get(key)

    def finish(self, intern: dict[Body, Body], outputs: tuple[tuple[str, Ref], ...] = (), **details: Any) -> Body:
        """The frozen body; equal bodies come out as one object."""
        final = self._final_names()
        nodes = tuple(self._finished(node, final, intern) for node in self.nodes)
        if not outputs and self.current is not None:
            outputs = self._outputs(self.current.wires[0].ref)
        body = Body(
            self.kind,
            self.name,
            self.definition,
            tuple(final.get(name, name) for name in self.inputs),
            nodes,
            tuple((name, _renamed(ref, final)) for name, ref in outputs),
            self.span,
            register=self.register,
            **details,
        )
        return intern.setdefault(body, body)

    def _outputs(self, own: Ref) -> tuple[tuple[str, Ref], ...]:
        """The body's own value, and what it exports; beside others the own one goes by its name."""
        name = self._own_name or own.node
        called = _variable(name) if self._exports and not name.startswith(("#", ":")) else "output"
        return (called, own), *self._exports

    def _final_names(self) -> dict[str, str]:
        """Names for captured inputs that collide with no node."""
        final: dict[str, str] = {}
        if not self._wished:
            return final
        taken = {node.key for node in self.nodes}
        ends = Counter(name.rpartition(".")[2] for name in self._wished.values())
        for key, wished in self._wished.items():
            end = wished.rpartition(".")[2]
            wanted = name = _variable(end if end.isidentifier() and ends[end] == 1 else wished)
            count = 0
            while name in taken:
                count += 1
                name = f"{wanted}_{count}"
            final[key] = name
            taken.add(name)
        return final

    def _finished(self, node: Node, final: dict[str, str], intern: dict[Body, Body]) -> Node:
        child = self._children.get(node.key)
        if child is None:
            return node if not final else replace(node, inputs=tuple(_renamed(ref, final) for ref in node.inputs))
        original = self._children.get(node.shares or "")
        if original is not None:
            child._exports, child._own_name = original._exports, original._own_name
        target = child.finish(intern)
        if original is not None and target is not original.finish(intern):
            self.report.error(
                "E0305",
                f"`{node.shares}` cannot be shared with this input",
                node.span,
                notes=["the container would look different inside: other items are there, or other values come in"],
            )
        return replace(node, target=target, inputs=tuple(_renamed(wire.ref, final) for wire in child.captured))


def _handed_out(container: Result, inside: BodyBuilder, name: str, inner: Result) -> Result:
    """A value inside a container as one of the container's outputs."""
    output = inside.export(name, inner.wires[0].ref)
    return Result((Wire(Ref(container.wires[0].ref.node, output), inner.wires[0].shape),), inner.span)


def _variable(name: str) -> str:
    """A dotted name in one word."""
    return name.replace(".", "_").replace("-", "_")


def _renamed(ref: Ref, final: dict[str, str]) -> Ref:
    return replace(ref, node=final[ref.node]) if ref.node in final else ref
