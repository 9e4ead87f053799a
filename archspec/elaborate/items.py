"""Walking the items of a body: what each one adds to it."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.elaborate.body import BodyBuilder, Recipe, Result, Wire
from archspec.elaborate.callee import Operand
from archspec.elaborate.calls import Calls
from archspec.elaborate.env import Env
from archspec.elaborate.inputs import Source, read_from
from archspec.elaborate.scope import Scope
from archspec.elaborate.values import evaluate_count, evaluate_flag, render_name
from archspec.ir.graph import Node, Option, Ref
from archspec.lazy import lazy
from archspec.records import Record, replace
from archspec.report import suggestion
from archspec.spec.model import BrokenItem, CallItem, ContainerItem, DoItem, EachItem, Item, ParallelItem, RepeatItem
from archspec.text.source import ListValue, ScalarValue, Value
from archspec.text.span import Span

tables = lazy("archspec.elaborate.rows")

MAX_REPEAT = 100_000


class Place(Record):
    """Where an item stands: the scope of its file, the names around it, its section, and whether it is a branch."""

    scope: Scope
    env: Env
    section: str | None = None
    branch: bool = False


class Items(Calls):
    """Adds items to bodies. Each method returns whether the item is present (a branch with a false `when` is not)."""

    def call(self, item: CallItem, builder: BodyBuilder, place: Place, ends: list[Source] | None = None) -> bool:
        """One call; implemented where calls are made. `ends` are the branches that a join gets."""
        raise NotImplementedError

    def walk(self, items: tuple[Item, ...], builder: BodyBuilder, place: Place) -> bool:
        """All items in order."""
        builder.written = builder.written or items
        present = [self.item(item, builder, place) for item in items]
        return any(present) or not items

    def item(self, item: Item, builder: BodyBuilder, place: Place) -> bool:
        """One item, by its kind."""
        if isinstance(item, CallItem):
            return self.call(item, builder, place)
        if isinstance(item, BrokenItem):
            builder.poison(str(item.name.value) if item.name is not None else None, item.span)
            return True
        if isinstance(item, ContainerItem):
            return self._container(item, builder, place)
        inner = replace(place, branch=False) if place.branch else place
        if isinstance(item, DoItem):
            return self._do(item, builder, inner)
        if isinstance(item, EachItem):
            present = [self.walk(item.do, builder, row) for row in self._rows(item, inner)]
            return any(present)
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

    def _rows(self, item: EachItem, place: Place) -> Iterator[Place]:
        """The place of each round."""
        for index, row in enumerate(tables.read_rows(item, place.scope, place.env, self.report)):
            env = place.env.child(row.values, row.exprs, row.open, (item, {}, index, place.env.bound))
            env = env.counting({"s": index}) if item.index is None else env.child({str(item.index.value): index})
            yield replace(place, env=env)

    def _splice(self, item: RepeatItem, builder: BodyBuilder, place: Place) -> bool:
        count = evaluate_count(item.repeat, place.env, self.report, "repeat", MAX_REPEAT)
        for index in range(count or 0):
            self.count(item.span)
            self.walk(item.do, builder, replace(place, env=place.env.counting({"i": index, "n": count or 0})))
        return bool(count)

    def _parallel(self, item: ParallelItem, builder: BodyBuilder, place: Place) -> bool:
        start = builder.flow
        if item.from_ is not None:
            sources = read_from(item.from_, builder, place.env, self.report)
            start = sources[0].result if sources else Result((Wire(Ref(""), None),), item.span)
        ends: list[Source] = []
        for branch, inner in self._branches(item.branches, place):
            builder.go_on(start)
            if self.item(branch, builder, inner) and builder.current is not None:
                ends.append(Source(builder.current, _branch_name(branch, inner), branch.span))
        if item.join is None:
            builder.go_on(None)
            return True
        if not ends:
            self.report.error(
                "E0227", "every branch is left out", item.span, help="give the whole item a `when:`, in a `do:`"
            )
            builder.poison(None, item.span)
            return True
        return self.call(item.join, builder, place, ends)

    def _branches(self, branches: tuple[Item, ...], place: Place) -> list[tuple[Item, Place]]:
        """The branches with their places; each round of an `each` is a branch."""
        found: list[tuple[Item, Place]] = []
        for branch in branches:
            if isinstance(branch, EachItem):
                single = branch.do[0] if len(branch.do) == 1 else DoItem(branch.do, branch.span)
                found += [(single, replace(inner, branch=True)) for inner in self._rows(branch, place)]
            else:
                found.append((branch, replace(place, branch=True)))
        return found

    def _container(self, item: ContainerItem, builder: BodyBuilder, place: Place) -> bool:
        name = render_name(item.name, place.env, self.report)
        if name is not None:
            builder.check_name(name, item.name.span)
        sources = self.sources(item.from_, builder, place, item.span, needed=False)
        condition = None
        if item.when is not None:
            condition = evaluate_flag(item.when, place.env, self.report, "when")
        if name is None or sources is None or (item.when is not None and condition is None):
            builder.poison(name, item.span)
            return True
        if condition is not None and not condition.value:
            return self.left_out(name, condition, sources, builder, place, item.span)
        if len(sources) > 1:
            self.report.error(
                "E0304",
                f"container `{name}` takes one input, and gets {len(sources)}",
                item.span,
                help="the items inside may name what else they read: `from: [a, b]`",
            )
        child = self._filled(item, name, sources, builder, place)
        if child is None:
            builder.poison(name, item.span)
            return True
        key = builder.key_of(name)
        node = Node(
            key, builder.path_of(name, item.name.span), None, (), item.span, when=condition, section=place.section
        )
        builder.recipes[name] = Recipe(key, lambda others: self._filled(item, name, others, builder, place))
        builder.add(node, _result(key, child, item.span), name, child)
        return True

    def _filled(
        self, item: ContainerItem, name: str, sources: list[Source], builder: BodyBuilder, place: Place
    ) -> BodyBuilder | None:
        """The inside of a container. None after an error that leaves nothing inside."""
        definition = f"{builder.definition}/{item.name.value}"
        child = BodyBuilder(self.report, "container", name, definition, item.span, builder)
        present = next((source for source in sources if not source.result.absent), None)
        if present is not None and present.result.wires[0].shape is not None:
            child.flow_in(present.result)
        elif present is not None:
            child.go_on(present.result)
        self.walk(item.body, child, replace(place, branch=False))
        if child.current is None or not child.nodes:
            if not self.report.failed:
                self.report.error(
                    "E0226", f"container `{name}` is empty", item.span, help="leave it out with `when:`, or fill it"
                )
            return None
        child.drop_unread()
        if item.register is not None:
            child.register = self.registration(item.register, child)
        return child

    def registration(self, value: Value, builder: BodyBuilder) -> tuple[str, ...]:
        """The order of registration: children that `register:` does not name come first, then those it names."""
        items = value.items if isinstance(value, ListValue) else ()
        if not items or not all(isinstance(item, ScalarValue) and isinstance(item.value, str) for item in items):
            self.report.error(
                "E0226", "`register` is a list of names", value.span, help="write `register: [reduction, norm]`"
            )
            return ()
        names = [(item.text, item.span) for item in items if isinstance(item, ScalarValue)]
        known = [name for name in builder.names if builder.is_child(name)]
        for name, span in names:
            if name not in known:
                self.report.error(
                    "E0226",
                    f"`register` names `{name}`, which is no child here",
                    span,
                    notes=[f"children here: {', '.join(known) or 'none'}"],
                    help=suggestion(name, known),
                )
        present = {node.path: node.key for node in builder.nodes if node.path is not None}
        last = [present[name] for name, _ in names if name in present]
        return (*(key for key in present.values() if key not in last), *last)

    def left_out(
        self,
        name: str | None,
        condition: Option,
        sources: list[Source],
        builder: BodyBuilder,
        place: Place,
        span: Span,
    ) -> bool:
        """A false `when`: absent as a branch, else passing its first operand through under its name."""
        first = next((source for source in sources if not source.result.absent), None)
        if place.branch or first is None:
            builder.leave_out(name, span)
            return False
        builder.pass_through(name, first.result.wires[0], span, place.section, condition)
        return True

    def sources(
        self, value: Value | None, builder: BodyBuilder, place: Place, span: Span, needed: bool = True
    ) -> list[Source] | None:
        """What an item reads: what `from:` names, else the node before. None after an error."""
        if value is not None:
            return read_from(value, builder, place.env, self.report)
        if builder.flow is not None:
            return [Source(builder.flow, "its input", span)]
        if not needed:
            return []
        self.report.error(
            "E0225",
            "nothing comes before this item",
            span,
            notes=["what comes before is a `parallel` without `join:`"] if builder.nodes else (),
            help="say where its input comes from: `from: name`",
        )
        return None

    def operands(self, sources: list[Source]) -> tuple[Operand, ...] | None:
        """The operands with their shapes; None where a shape is unknown because of an earlier error."""
        found = []
        for source in sources:
            shape = source.result.wires[0].shape
            if shape is None:
                return None
            found.append(Operand(source.name, shape, source.span, source.result.span))
        return tuple(found)


def _result(key: str, child: BodyBuilder, span: Span) -> Result:
    assert child.current is not None
    return Result((Wire(Ref(key), child.current.wires[0].shape),), span)


def _branch_name(item: Item, place: Place) -> str:
    if isinstance(item, CallItem | ContainerItem) and item.name is not None:
        return f"`{item.name.value}`"
    return "a branch"
