"""Walking the items of a body: what each one adds to it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import Any

from archspec.elaborate.body import BodyBuilder, Result, Wire
from archspec.elaborate.calls import Called, Caller, Operand, Resolved, both, resolve
from archspec.elaborate.inits import read_inits
from archspec.elaborate.inputs import Source, read_from
from archspec.elaborate.repeats import unit_names, Unit, free_names, unroll
from archspec.elaborate.rows import Row, read_rows
from archspec.elaborate.scope import Scope
from archspec.elaborate.values import Env, evaluate_count, evaluate_flag, render_name
from archspec.ir.graph import Node, Option, Ref
from archspec.report import suggestion
from archspec.shapes import Shape
from archspec.source import MapValue, Value, plain
from archspec.span import Span
from archspec.spec.model import CallItem, ContainerItem, DoItem, EachItem, Item, ParallelItem, RepeatItem

MAX_REPEAT = 100_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands: the scope of its file, the names around it, its section, and whether it is a branch."""

    scope: Scope
    env: Env
    section: str | None = None
    branch: bool = False


class Walker(Caller):
    """Adds items to bodies. Each method returns whether the item is present (a branch with a false `when` is not)."""

    def walk(self, items: tuple[Item, ...], builder: BodyBuilder, place: Place) -> bool:
        """All items in order."""
        present = [self.item(item, builder, place) for item in items]
        return any(present) or not items

    def item(self, item: Item, builder: BodyBuilder, place: Place) -> bool:
        """One item, by its kind."""
        if isinstance(item, CallItem):
            return self._same(item, builder, place) if item.same is not None else self._call(item, builder, place)
        inner = replace(place, branch=False)
        if isinstance(item, ContainerItem):
            return self._container(item, builder, place)
        if isinstance(item, DoItem):
            return self._do(item, builder, inner)
        if isinstance(item, EachItem):
            return self._each(item, builder, inner)
        if isinstance(item, RepeatItem):
            return self._splice(item, builder, inner)
        return self._parallel(item, builder, inner)

    def _do(self, item: DoItem, builder: BodyBuilder, place: Place) -> bool:
        if item.when is not None:
            condition = evaluate_flag(item.when, place.env, self.report, "when")
            if condition is None or not condition.value:
                return False
        section = str(item.section.value) if item.section is not None else place.section
        return self.walk(item.do, builder, replace(place, section=section))

    def _each(self, item: EachItem, builder: BodyBuilder, place: Place) -> bool:
        rows = read_rows(item, place.scope, place.env, self.report)
        return any([self._row(row, item, builder, place) for row in rows])

    def _row(self, row: Row, item: EachItem, builder: BodyBuilder, place: Place) -> bool:
        return self.walk(item.do, builder, replace(place, env=place.env.child(row.values, row.exprs)))

    def _splice(self, item: RepeatItem, builder: BodyBuilder, place: Place) -> bool:
        count = evaluate_count(item.repeat, place.env, self.report, "repeat", MAX_REPEAT)
        for index in range(count or 0):
            names = {k: v for k, v in (("i", index), ("n", count)) if k not in place.env.values}
            self.count(item.span)
            self.walk(item.do, builder, replace(place, env=place.env.child(names)))
        return bool(count)

    def _parallel(self, item: ParallelItem, builder: BodyBuilder, place: Place) -> bool:
        start = builder.current
        if item.from_ is not None:
            sources = read_from(item.from_, builder, place.env, self.report)
            start = sources[0].result if sources else None
        ends: list[Source] = []
        for branch in item.branches:
            builder.current = start
            if self.item(branch, builder, replace(place, branch=True)) and builder.current is not None:
                name = str(branch.name.value) if isinstance(branch, CallItem | ContainerItem) and branch.name else "a branch"
                ends.append(Source(builder.current, f"`{name}`", branch.span))
        if item.join is None:
            return True
        self._call(item.join, builder, place, ends, transparent=True)
        return True

    def _container(self, item: ContainerItem, builder: BodyBuilder, place: Place) -> bool:
        name = render_name(item.name, place.env, self.report)
        sources = self._sources(item.from_, builder, place, item.span, needed=False)
        if name is None or sources is None:
            return True
        if item.when is not None:
            condition = evaluate_flag(item.when, place.env, self.report, "when")
            if condition is None:
                return True
            if not condition.value:
                return self._left_out(name, condition, sources, builder, place, item.span)
        child = BodyBuilder(self.report, place.env, "container", name, f"{builder.definition}/{item.name.value}", item.span, builder)
        if sources:
            child.add_default(sources[0].result)
        self.walk(item.body, child, replace(place, branch=False))
        if child.current is None:
            self.report.error("E0226", f"container `{name}` is empty", item.span)
            return True
        shape = child.current.wires[0].shape
        if item.register is not None:
            child.register = self._register(item.register, child)
        key = builder.key_of(name)
        node = Node(key, builder.path_of(name, item.name.span), None, (), item.span, section=place.section)
        result = Result((Wire(Ref(key), shape),), item.span)
        builder.add(node, result, name, child)
        return True

    def _register(self, value: Value, builder: BodyBuilder) -> tuple[str, ...]:
        names = plain(value)
        known = [node.key for node in builder.nodes if not node.key.startswith("#")]
        if not isinstance(names, list) or any(name not in known for name in names):
            self.report.error("E0226", "`register` lists children in the order of their tensors", value.span,
                              notes=[f"children here: {', '.join(known)}"])
            return ()
        present = {node.key for node in builder.nodes if node.path is not None}
        return tuple(name for name in names if name in present)

    def _left_out(self, name: str | None, condition: Option, sources: list[Source], builder: BodyBuilder, place: Place,
                  span: Span) -> bool:
        """A false `when`: absent as a branch, else passing its first operand through under its name."""
        if place.branch:
            if name is not None:
                builder.names[name] = Result((), span, absent=True)
            return False
        first = next((s for s in sources if not s.result.absent), None)
        if first is None:
            return False
        if name is None and condition.expr is None:
            builder.current = first.result
            builder.key_of(None)
            return True
        key = builder.key_of(name)
        wire = first.result.wires[0]
        node = Node(key, None, None, (wire.ref,), span, when=condition, section=place.section)
        builder.add(node, Result((Wire(Ref(key), wire.shape),), span), name)
        return True

    def _sources(self, value: Value | None, builder: BodyBuilder, place: Place, span: Span, needed: bool = True) -> list[Source] | None:
        if value is not None:
            return read_from(value, builder, place.env, self.report)
        if builder.current is None:
            if needed:
                self.report.error("E0225", "nothing comes before this item", span, help="say where its input comes from: `from: name`")
            return None if needed else []
        return [Source(builder.current, "its input", span)]

    def _call(self, item: CallItem, builder: BodyBuilder, place: Place, ends: list[Source] | None = None,
              transparent: bool = False) -> bool:
        assert item.op is not None
        name = render_name(item.name, place.env, self.report) if item.name is not None else None
        callee = str(item.op.value)
        free = callee == "param"
        sources = ends if ends is not None else self._sources(item.from_, builder, place, item.span, needed=not free)
        if free:
            sources = []
        if sources is not None and item.from_ is None and ends is None and sources and len(sources[0].result.wires) > 1:
            sources = [Source(Result((wire,), s.result.span), s.name, s.span) for s in sources for wire in s.result.wires]
        condition = evaluate_flag(item.when, place.env, self.report, "when") if item.when is not None else None
        if callee.startswith("$") and place.env.values.get(callee[1:], "") is None:
            return self._absent(name, builder, item.span)
        if sources is None or (item.when is not None and condition is None):
            self._poison(name, builder, item.span)
            return True
        if condition is not None and not condition.value:
            return self._left_out(name, condition, sources, builder, place, item.span)
        step = _Step(self, item, name, sources, condition, builder, place, transparent)
        return step.run()

    def _absent(self, name: str | None, builder: BodyBuilder, span: Span) -> bool:
        """A block param whose value is none: the node is not there."""
        if name is not None:
            builder.names[name] = Result((), span, absent=True)
        return False

    def _poison(self, name: str | None, builder: BodyBuilder, span: Span) -> None:
        """A node that could not be made: its shape is unknown, and what reads it stays silent."""
        result = Result((Wire(Ref(builder.key_of(name)), None),), span)
        builder.current = result
        if name is not None:
            builder.names[name] = result

    def _same(self, item: CallItem, builder: BodyBuilder, place: Place) -> bool:
        assert item.same is not None
        name = render_name(item.name, place.env, self.report) if item.name is not None else None
        original = builder.recipes.get(str(item.same.value))
        sources = self._sources(item.from_, builder, place, item.span)
        if original is None:
            known = list(builder.recipes)
            self.report.error("E0225", f"there is no node `{item.same.value}` to share", item.same.span, help=suggestion(str(item.same.value), known))
        operands = self.operands(sources) if sources is not None else None
        called = original(operands) if original is not None and operands else None
        if called is None or called.target is None:
            self._poison(name, builder, item.span)
            return True
        if called.target != builder.targets[str(item.same.value)]:
            self.report.error("E0305", f"`{item.same.value}` cannot be shared with this input", item.span,
                              notes=["its parameters would need other shapes"])
        key = builder.key_of(name)
        node = Node(key, None, called.target, tuple(s.result.wires[0].ref for s in sources or ()), item.span,
                    called.arguments, section=place.section, shares=str(item.same.value))
        wires = tuple(Wire(Ref(key, index), shape) for index, shape in enumerate(called.shapes))
        builder.add(node, Result(wires, item.span, called.names), name)
        return True

    def operands(self, sources: list[Source]) -> tuple[Operand, ...] | None:
        """The operands with their shapes; None where a shape is unknown because of an earlier error."""
        found = []
        for source in sources:
            shape = source.result.wires[0].shape
            if shape is None:
                return None
            found.append(Operand(source.name, shape, source.span, source.result.span))
        return tuple(found)


class _Step:
    """One call item on its way into a body."""

    def __init__(self, walker: Walker, item: CallItem, name: str | None, sources: list[Source], condition: Option | None,
                 builder: BodyBuilder, place: Place, transparent: bool) -> None:
        assert item.op is not None
        self.walker, self.item, self.name, self.condition = walker, item, name, condition
        self.builder, self.place, self.transparent = builder, place, transparent
        self.callee, self.span = str(item.op.value), item.op.span
        self.sources = [source for source in sources if not source.result.absent]
        self.missing = len(sources) - len(self.sources)
        self.when: Option | None = None

    def run(self) -> bool:
        operands = self.walker.operands(self.sources)
        resolved = self._resolve(self.place.env, False, operands or ())
        if resolved is None:
            self.walker._poison(self.name, self.builder, self.item.span)
            return True
        self.when = both(self.condition, resolved.when)
        if resolved.when is not None and not resolved.when.value:
            assert self.when is not None
            return self.walker._left_out(self.name, self.when, self.sources, self.builder, self.place, self.item.span)
        if self.missing and (resolved.op is None or resolved.op.inputs is not None):
            self.walker.report.error("E0227", f"`{self.callee}` reads a node that is left out", self.span,
                                     help="only a join (add, mul, concat) can do without an operand")
        if resolved.op is not None and resolved.op.inputs is None and len(self.sources) == 1 and (self.missing or self.transparent):
            return self._pass_through()
        if self.item.repeat is not None:
            return self._repeat(operands)
        return self._single(resolved, operands)

    def _pass_through(self) -> bool:
        """A join of one operand is the identity."""
        key = self.builder.key_of(self.name)
        wire = self.sources[0].result.wires[0]
        node = Node(key, None, None, (wire.ref,), self.item.span, section=self.place.section)
        self.builder.add(node, Result((Wire(Ref(key), wire.shape),), self.item.span), self.name)
        return True

    def _resolve(self, env: Env, first: bool, operands: tuple[Operand, ...]) -> Resolved | None:
        entries = {str(e.key.value): e for e in self.item.options}
        if first and self.item.first is not None:
            entries.update({str(e.key.value): e for e in self.item.first.entries})
        given = {name: (entry.value, env) for name, entry in entries.items()}
        keys = {name: entry.key.span for name, entry in entries.items()}
        return resolve(self.callee, self.span, given, keys, self.place.scope, env, operands, self.walker.report)

    def _call(self, resolved: Resolved, operands: tuple[Operand, ...] | None, what: str) -> Called | None:
        if resolved.op is not None:
            if "init" in resolved.op.model_fields and self.item.init is not None:
                resolved.given["init"] = (self.item.init, self.place.env)
            return self.walker.call_op(resolved.op, resolved, operands, self.span)
        assert resolved.block is not None
        return self.walker.call_block(resolved.block, resolved, operands, self.span, what)

    def _single(self, resolved: Resolved, operands: tuple[Operand, ...] | None) -> bool:
        shown = self.name or "an item"
        what = f"in {resolved.block or self.callee}, called by {shown} (line {self.span.line})"
        called = self._call(resolved, operands, what)
        if called is None:
            self.walker._poison(self.name, self.builder, self.item.span)
            return True
        if self.name is not None:
            self.builder.recipes[self.name] = lambda other: self._call(resolved, other, what)
            self.builder.targets[self.name] = called.target
        self._add(called.target, called.arguments, called.shapes, called.names)
        return True

    def _repeat(self, operands: tuple[Operand, ...] | None) -> bool:
        assert self.item.repeat is not None
        walker = self.walker
        count = evaluate_count(self.item.repeat, self.place.env, walker.report, "repeat", MAX_REPEAT)
        if count is None or not count:
            if count == 0:
                walker.report.error("E0221", "`repeat: 0` leaves nothing", self.item.repeat.span, help="leave the item out with `when:`")
            walker._poison(self.name, self.builder, self.item.span)
            return True
        written = [*self.item.options, *(self.item.first.entries if self.item.first is not None else ())]
        varies = "i" in free_names([entry.value for entry in written])
        repeat = unroll(count, varies, operands, lambda index, inputs: self._unit(index, count, inputs))
        if repeat is None:
            walker._poison(self.name, self.builder, self.item.span)
            return True
        target = replace(repeat.target, template=self._unit_names())
        self._add(target, (), repeat.shapes, repeat.names)
        return True

    def _unit(self, index: int, count: int, operands: tuple[Operand, ...] | None) -> Unit | None:
        free = [(k, v) for k, v in (("i", index), ("n", count)) if k not in self.place.env.values]
        env = self.place.env.child(dict(free), {k: ast.Name(k, ast.Load()) for k, _ in free})
        resolved = self._resolve(env, index == 0, operands or ())
        if resolved is None:
            return None
        if resolved.when is not None and not resolved.when.value:
            self.walker.report.error("E0227", f"unit {index} of this repeat is left out by the `when` of `{self.callee}`", self.span)
            return None
        path = f"{self.name}.{index}" if self.name else str(index)
        what = f"in {resolved.block or self.callee}, called by {path} (line {self.span.line}, repeat {index + 1} of {count})"
        called = self._call(resolved, operands, what)
        if called is None or called.target is None:
            return None
        inits = read_inits(self.item.init, self.walker.report) if resolved.op is None or "init" not in resolved.op.model_fields else ()
        return Unit(called, inits)

    def _unit_names(self) -> str | None:
        if self.item.names is None:
            return None
        return unit_names(self.item.names, self.place.env, self.walker.report)

    def _add(self, target: Any, arguments: Any, shapes: tuple[Shape | None, ...], names: tuple[str, ...]) -> None:
        builder, item = self.builder, self.item
        key = builder.key_of(self.name)
        path = None if self.transparent else builder.path_of(self.name, item.name.span if item.name is not None else item.span)
        own = hasattr(target, "name") and "init" in getattr(type(target), "model_fields", {})
        inits = read_inits(item.init, self.walker.report) if not own else ()
        node = Node(key, path, target, tuple(s.result.wires[0].ref for s in self.sources), item.span, arguments, self.when,
                    self.place.section, None, inits, _ties(item.tie))
        wires = tuple(Wire(Ref(key, index), shape) for index, shape in enumerate(shapes))
        builder.add(node, Result(wires, item.span, names), self.name)


def _ties(tie: MapValue | None) -> tuple[tuple[str, str], ...]:
    return tuple((str(e.key.value), str(plain(e.value))) for e in tie.entries) if tie is not None else ()


