"""Call items: an op, a block, a repeat of either, or another item's module again, as a node of a body."""

from __future__ import annotations

from typing import Any

from archspec.elaborate.body import BodyBuilder, Recipe, Result, Wire
from archspec.elaborate.callee import Around, Operand, Resolved, both, resolve, takes_nothing
from archspec.elaborate.calls import Called, Caller
from archspec.elaborate.env import NOTHING, free_names, name_of
from archspec.elaborate.inits import read_inits
from archspec.elaborate.inputs import Source
from archspec.elaborate.items import MAX_REPEAT, Items, Place
from archspec.elaborate.memory import Key, Meanings, meanings, meet
from archspec.elaborate.repeats import Unit, unit_names, unroll
from archspec.elaborate.values import evaluate_count, evaluate_flag, render_name
from archspec.ir.graph import Node, Option, Ref
from archspec.lazy import lazy
from archspec.ops import OPS
from archspec.ops.base import Op
from archspec.records import Record, fields_of, replace
from archspec.report import suggestion
from archspec.shapes import Shape
from archspec.spec.model import CallItem
from archspec.text.span import Span

sharing = lazy("archspec.elaborate.ties")


class _Step(Record, frozen=False):
    """One call item on its way into a body. `missing` operands are absent ones; a `join` gets branches."""

    item: CallItem
    name: str | None
    sources: list[Source]
    missing: int
    condition: Option | None
    builder: BodyBuilder
    place: Place
    join: bool
    callee: str


class Steps(Items):
    """Makes nodes of call items."""

    def call(self, item: CallItem, builder: BodyBuilder, place: Place, ends: list[Source] | None = None) -> bool:
        """One call. `ends` are the branches that a join gets."""
        name = render_name(item.name, place.env, self.report) if item.name is not None else None
        unnamed = item.name is not None and name is None
        if item.name is not None and name is not None:
            builder.check_name(name, item.name.span)
        callee = str(item.op.value) if item.op is not None else ""
        sources = ends if ends is not None else self._inputs(item, builder, place, callee)
        condition = evaluate_flag(item.when, place.env, self.report, "when") if item.when is not None else None
        if callee.startswith("$") and place.env.values.get(callee[1:], "") is None:
            builder.leave_out(name, item.span)
            return False
        if sources is None or unnamed or (item.when is not None and condition is None):
            builder.poison(name, item.span)
            return True
        if condition is not None and not condition.value:
            return self.left_out(name, condition, sources, builder, place, item.span)
        present = [source for source in sources if not source.result.absent]
        step = _Step(
            item, name, present, len(sources) - len(present), condition, builder, place, ends is not None, callee
        )
        return self._share(step) if item.same is not None else self._run(step)

    def _inputs(self, item: CallItem, builder: BodyBuilder, place: Place, callee: str) -> list[Source] | None:
        if item.from_ is None and takes_nothing(callee, place.scope, place.env):
            return []
        found = self.sources(item.from_, builder, place, item.span)
        if found is None or item.from_ is not None:
            return found
        (source,) = found
        wires, span = source.result.wires, source.result.span
        # What has several outputs hands them all to the item after it.
        return found if len(wires) == 1 else [replace(source, result=Result((wire,), span)) for wire in wires]

    def _memory(self, step: _Step, shapes: list[Shape | None]) -> tuple[Meanings, Key] | None:
        """Where the call of an op is remembered: by the names that its item reads, and the shapes that it gets.

        None where it may depend on more.
        """
        item, env = step.item, step.place.env
        alone = step.missing or (step.join and len(step.sources) == 1) or item.repeat is not None
        if alone or None in shapes or step.callee not in OPS or step.callee in step.place.scope.blocks:
            return None
        if env.open or self.free:
            return None
        known = meanings(item)
        if known is None:
            read = [entry.value for entry in item.options]
            known = meet(item, free_names(read if item.init is None else [*read, item.init]))
        key = known.key(env, NOTHING, False)
        return None if key is None else (known, (*key, *map(id, shapes)))

    def _run(self, step: _Step) -> bool:
        shapes = [source.result.wires[0].shape for source in step.sources]
        memory = self._memory(step, shapes)
        if memory is not None and (found := memory[0].found.get(memory[1])) is not None:
            self.count(step.item.span)
            self.note(found[0], step.item.span)
            self._put(step, found[0], known=True)
            return True
        operands = self.operands(step.sources)
        resolved = self._resolve(step, step.place, operands)
        if resolved is None:
            step.builder.poison(step.name, step.item.span)
            return True
        when = both(step.condition, resolved.when)
        if resolved.when is not None and when is not None and not resolved.when.value:
            return self.left_out(step.name, when, step.sources, step.builder, step.place, step.item.span)
        joins = resolved.op is not None and resolved.op.inputs is None
        if step.missing and not (joins and step.sources):
            self.report.error(
                "E0227",
                f"`{step.callee}` reads a node that is left out",
                step.item.span,
                notes=["its `when` is false in a `parallel`, or its block is `none`"],
                help="only a join (add, mul, concat) can do without an operand",
            )
            step.builder.poison(step.name, step.item.span)
            return True
        if joins and len(step.sources) == 1 and (step.missing or step.join):
            wire = step.sources[0].result.wires[0]
            step.builder.pass_through(step.name, wire, step.item.span, step.place.section)
            return True
        if when is not step.condition:
            step = replace(step, condition=when)
        called = self._called(step, resolved, operands)
        if memory is not None and called is not None:
            memory[0].remember(memory[1], called, step.place.env, *shapes)
        self._put(step, called, known=operands is not None)
        return True

    def _again(self, step: _Step) -> Called | None:
        """The module of an item once more, on other inputs."""
        operands = self.operands(step.sources)
        resolved = self._resolve(step, step.place, operands)
        return self._called(step, resolved, operands) if resolved is not None else None

    def _resolve(
        self, step: _Step, place: Place, operands: tuple[Operand, ...] | None, first: bool = False
    ) -> Resolved | None:
        entries = {str(e.key.value): e for e in step.item.options}
        if first and step.item.first is not None:
            entries.update({str(e.key.value): e for e in step.item.first.entries})
        given = {name: (entry.value, place.env) for name, entry in entries.items()}
        keys = {name: entry.key.span for name, entry in entries.items()}
        around = Around(place.scope, place.env, operands, place.env.open, step.item.span, self.report)
        return resolve(step.callee, given, keys, around)

    def _called(self, step: _Step, resolved: Resolved, operands: tuple[Operand, ...] | None) -> Called | None:
        if step.item.repeat is not None:
            return self._repeated(step, operands)
        caller = Caller(step.name or "an item", step.item.span, "", step.place.env.open)
        return self._call(step, resolved, operands, caller)

    def _call(
        self, step: _Step, resolved: Resolved, operands: tuple[Operand, ...] | None, caller: Caller
    ) -> Called | None:
        if resolved.op is None:
            return self.call_block(resolved, operands, caller)
        if "init" in fields_of(resolved.op) and step.item.init is not None:
            resolved.given["init"] = (step.item.init, step.place.env)
        return self.call_op(resolved, operands, caller)

    def _repeated(self, step: _Step, operands: tuple[Operand, ...] | None) -> Called | None:
        item, env = step.item, step.place.env
        assert item.repeat is not None
        if operands == ():
            note = "in a `repeat` each unit takes what the one before it gives"
            help_ = "`{repeat: n, do: [...]}` and `each` make several of them"
            self.report.error("E0304", f"`{step.callee}` takes no input", item.repeat.span, notes=[note], help=help_)
            return None
        count = evaluate_count(item.repeat, env, self.report, "repeat", MAX_REPEAT)
        if count is None:
            return None
        varies = "i" in free_names(entry.value for entry in item.options)
        repeat = unroll(count, varies, operands, lambda index, inputs: self._unit(step, index, count, inputs))
        if repeat is None:
            return None
        if repeat.target is None:
            return Called(None, (), repeat.shapes, repeat.names)
        template = unit_names(item.names, count, env, self.report) if item.names is not None else None
        return Called(replace(repeat.target, template=template), (), repeat.shapes, repeat.names)

    def _unit(self, step: _Step, index: int, count: int, operands: tuple[Operand, ...] | None) -> Unit | None:
        self.count(step.item.span)
        env = step.place.env.counting({"i": index, "n": count}, {"i": name_of("i"), "n": name_of("n")})
        place = replace(step.place, env=env)
        resolved = self._resolve(step, place, operands, index == 0)
        if resolved is None:
            return None
        if resolved.when is not None and not resolved.when.value:
            self.report.error(
                "E0227",
                f"unit {index} of this repeat is left out by the `when` of `{step.callee}`",
                step.item.span,
                help="call the block itself, or repeat it only where it is there",
            )
            return None
        path = f"{step.name}.{index}" if step.name else str(index)
        caller = Caller(path, step.item.span, f"repeat {index + 1} of {count}", env.open)
        called = self._call(replace(step, place=place), resolved, operands, caller)
        if called is None:
            return None
        return Unit(called, self._inits(step, called, operands is not None))

    def _put(self, step: _Step, called: Called | None, *, known: bool) -> None:
        """The node of a call, and how to run its module again. `known`: its inputs are."""
        builder, item = step.builder, step.item
        if called is None:
            builder.poison(step.name, item.span)
            return
        key = builder.key_of(step.name)
        joined = step.join and isinstance(called.target, Op) and called.target.inputs is None
        place = item.name.span if item.name is not None else item.span
        path = None if joined else builder.path_of(step.name, place)
        inits = () if item.repeat is not None or item.init is None else self._inits(step, called, known)
        ties = () if item.tie is None else sharing.read_ties(item.tie, called.tensors, builder, self.report)
        if step.name is not None:
            builder.tensors[step.name] = called.tensors
            builder.recipes[step.name] = Recipe(key, lambda others: self._again(replace(step, sources=others)))
        inputs = tuple([source.result.wires[0].ref for source in step.sources])
        section = step.place.section
        node = Node(
            key, path, called.target, inputs, item.span, called.arguments, step.condition, section, None, inits, ties
        )
        aside = isinstance(called.target, Op) and called.target.inputs == 0
        builder.add(node, _result(key, called, item), step.name, aside=aside)

    def _inits(self, step: _Step, called: Called, known: bool) -> tuple[tuple[str, Any], ...]:
        if step.item.init is None or (isinstance(called.target, Op) and "init" in fields_of(type(called.target))):
            return ()
        if not isinstance(called.target, Op):
            self.report.error(
                "E0229",
                "`init` belongs to ops",
                step.item.init.span,
                notes=[f"`{step.callee}` is a block, which may have many tensors"],
                help="write it at the op inside the block",
            )
            return ()
        tensors = called.tensors if known else None
        return read_inits(step.item.init, tensors, type(called.target), step.place.env, self.report)

    def _share(self, step: _Step) -> bool:
        """The module of another item once more, on other inputs."""
        item, builder = step.item, step.builder
        assert item.same is not None
        shared = str(item.same.value)
        recipe = builder.recipes.get(shared)
        if recipe is None:
            self._refuse_sharing(shared, item.same.span, builder)
        made = recipe.run(step.sources) if recipe is not None and self.operands(step.sources) else None
        if made is None or recipe is None:
            builder.poison(step.name, item.span)
            return True
        key = builder.key_of(step.name)
        if step.name is not None and item.name is not None:
            builder.claim(step.name, item.name.span)
        if isinstance(made, BodyBuilder):
            node = Node(
                key, None, None, (), item.span, when=step.condition, section=step.place.section, shares=recipe.key
            )
            shape = made.current.wires[0].shape if made.current is not None else None
            builder.add(node, Result((Wire(Ref(key), shape),), item.span), step.name, made)
            return True
        inputs = tuple(source.result.wires[0].ref for source in step.sources)
        node = Node(
            key, None, made.target, inputs, item.span, made.arguments, step.condition, step.place.section, recipe.key
        )
        builder.add(node, _result(key, made, item), step.name)
        return True

    def _refuse_sharing(self, shared: str, span: Span, builder: BodyBuilder) -> None:
        title, help_ = f"there is no node `{shared}` to share in this body", None
        notes: list[str] = []
        if any(node.key == shared and node.target is None for node in builder.nodes):
            title = f"`{shared}` is left out, so it cannot run again"
            notes, help_ = ["its `when` is false"], "give both items the same `when`"
        elif builder.lookup(shared) is not None:
            notes = ["a module is shared with items beside it, in the same list"]
        self.report.error("E0225", title, span, notes=notes, help=help_ or suggestion(shared, list(builder.recipes)))


def _result(key: str, called: Called, item: CallItem) -> Result:
    shapes = called.shapes
    if len(shapes) == 1:
        return Result((Wire(Ref(key), shapes[0]),), item.span, called.names)
    wires = tuple([Wire(Ref(key, index), shape) for index, shape in enumerate(shapes)])
    return Result(wires, item.span, called.names)
