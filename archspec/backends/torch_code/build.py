"""Constructors: how the module of a node is made in its class's `__init__`."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from archspec.backends.torch_code.calls import INPLACE, Member, Writer
from archspec.backends.torch_code.chains import as_module, is_activation, is_module, is_special, one_way
from archspec.backends.torch_code.family import Argument, Families, Family
from archspec.backends.torch_code.forward import Statement
from archspec.backends.torch_code.fresh import is_spare
from archspec.backends.torch_code.hints import ClassName
from archspec.backends.torch_code.resolve import Resolver, Seen, Unwritable, text_of
from archspec.backends.torch_code.swaps import class_text, handed_on
from archspec.backends.torch_code.trace import Instance, Step, value_of, written_as
from archspec.expressions import literal, parse_template
from archspec.ir.graph import Node, Ref
from archspec.records import replace

SMALL = 3
"""Modules: chains up to here are written where they are called."""
SHORT = 24
"""Characters: two units up to here are written out."""


class Builder:
    """Writes constructors for the nodes of one family."""

    def __init__(
        self, family: Family, families: Families, resolver: Resolver, support: set[str], imports: set[str]
    ) -> None:
        self.family, self.families, self.resolver, self.imports = family, families, resolver, imports
        self.writer = Writer(resolver, support=support)
        self.lines: list[Statement] = []
        self.lists: set[str] = set()
        self.in_line = False

    def taken_lines(self) -> list[Statement]:
        """The lines that stand before the constructor written last."""
        lines, self.lines = self.lines, []
        return lines

    def module(self, node: Node, members: Sequence[Member], inplace: bool, in_line: bool = False) -> str:
        """The constructor of what a node runs; `inplace`: an activation may overwrite its input.

        `in_line`: one expression has to say all of it, since it stands in a loop or under a condition.
        """
        if in_line and not self.in_line:
            self.in_line = True
            try:
                return self.module(node, members, inplace)
            finally:
                self.in_line = False
        self.writer.key = node.path or node.key
        step = members[0].step
        if step.units is not None:
            repeated, self.in_line = self.in_line, True
            try:
                return self.repeat(node, members)
            finally:
                self.in_line = repeated
        return self.unit(members, inplace)

    def unit(self, members: Sequence[Member], inplace: bool = False) -> str:
        step = members[0].step
        if step.op is not None:
            return self.op(members, inplace)
        assert step.callee is not None
        family = self.families.of[id(step.callee)]
        if is_inline(family, self.families):
            return f"nn.Sequential({self.chain([self.entered(m) for m in members], family)})"
        return f"{family.class_name}({self.arguments(members, family)})"

    def op(self, members: Sequence[Member], inplace: bool) -> str:
        calls = [m.step.module if m.step.module is not None else as_module(m.step.value) for m in members]
        pairs = list(zip(members, calls, strict=True))
        allowed = inplace and all(c.path in INPLACE and getattr(m.step.op, "inplace", False) for m, c in pairs)
        if all(is_activation(m.step) for m in members):
            name = class_text(self.resolver, [(m.instance, call.path) for m, call in pairs])
            return f"{name}({'inplace=True' * allowed})"
        return self.writer.call(members, calls, extra={"inplace": "True"} if allowed else None)

    def entered(self, member: Member) -> tuple[Member, Instance]:
        """A member with the instance that it calls, and how that one's names are written here."""
        callee = member.step.callee
        assert callee is not None
        if callee.body.kind == "container":
            return member, callee
        bindings: dict[str, ast.expr] = {}
        for name, value in member.step.arguments.items():
            expr = member.translated(written_as(value))
            bindings[name] = expr if expr is not None else literal(value_of(value))
        return replace(member, names=callee.names, bindings=bindings), callee

    def chain(self, entered: Sequence[tuple[Member, Instance]], family: Family) -> str:
        """The arguments of an `nn.Sequential` for a body that is one."""
        indices = {id(one): i for i, one in enumerate(family.instances)}
        counted = family.structure.counted
        named: list[tuple[str, str]] = []
        tests: list[str] = []
        before: Node | None = None
        for node, active in family.nodes():
            present = [(m, i) for m, i in entered if indices[id(i)] in active]
            if not present:
                continue
            members = [replace(m, step=i.steps[node.key]) for m, i in present]
            fresh = before is not None and is_spare(Ref(before.key), family, self.families)
            named.append((node.path or "", self.module(node, members, fresh)))
            tests.append(self.presence(node, entered, indices, active) if len(present) < len(entered) else "")
            before = node
        if any(tests):
            return self.gathered([text for _, text in named], tests)
        return self.sequence([(str(k), text) for k, (_, text) in enumerate(named)] if counted else named)

    def presence(
        self, node: Node, entered: Sequence[tuple[Member, Instance]], indices: dict[int, int], active: Sequence[int]
    ) -> str:
        """The condition under which a module of a chain is there."""
        seen = []
        for member, instance in entered:
            when = instance.body.node(node.key).when
            expr = member.translated(when.expr) if when is not None else None
            seen.append(Seen(member.instance, indices[id(instance)] in active, expr, member.unit))
        return self.resolver.write(seen, f"with_{re.sub(r'[^a-z0-9]+', '_', node.key.strip('#'))}")

    def gathered(self, texts: Sequence[str], tests: Sequence[str]) -> str:
        """The arguments of an `nn.Sequential` some of which are there under conditions: a list, made before it."""
        if self.in_line:
            return ", ".join(f"*([{t}] if {test} else [])" if test else t for t, test in zip(texts, tests, strict=True))
        names = ("layers", *(f"layers_{k}" for k in range(2, 10_000)))
        name = next(n for n in names if n not in self.lists and n not in self.resolver.spelling.values())
        self.lists.add(name)
        made = False
        for test, group in groupby(zip(texts, tests, strict=True), key=lambda pair: pair[1]):
            together = [text for text, _ in group]
            items = _looped(together)
            add = f"{name}.append({items})" if len(together) == 1 else f"{name} += [{items}]"
            if not made:
                self.lines.append(Statement(f"{name}: list[nn.Module] = [{'' if test else items}]"))
            if test:
                self.lines += [Statement(f"if {test}:"), Statement(add, indent=1)]
            elif made:
                self.lines.append(Statement(add))
            made = True
        return f"*{name}"

    def sequence(self, named: Sequence[tuple[str, str]]) -> str:
        if [name for name, _ in named] == [str(i) for i in range(len(named))]:
            return _looped([text for _, text in named])
        self.imports.add("OrderedDict")
        if all(name.isidentifier() for name, _ in named):
            return f"OrderedDict({', '.join(f'{name}={text}' for name, text in named)})"
        return f"OrderedDict([{', '.join(f'({text_of(name)}, {text})' for name, text in named)}])"

    def arguments(self, members: Sequence[Member], family: Family) -> str:
        """The arguments for another class, those equal to their defaults left out."""
        written: list[tuple[Argument, str]] = []
        for argument in family.arguments:
            seen = []
            for member in members:
                callee = member.step.callee
                assert callee is not None
                if argument.source is None:
                    value = family.lifted[argument.name].get(family.instances.index(callee))
                    seen.append(Seen(member.instance, value, None, member.unit))
                else:
                    one = member.seen(member.step.arguments[argument.source])
                    seen.append(replace(one, value=tuple(one.value)) if isinstance(one.value, list) else one)
            if isinstance(argument.default, ClassName):
                text = handed_on(self.resolver, [(one.instance, one.value) for one in seen], argument.default)
            else:
                text = self.resolver.write(seen, argument.name)
            written.append((argument, text))
        required = [a for a in family.arguments if not a.has_default]
        parts: list[str] = []
        for place, (argument, text) in enumerate(written):
            if argument.has_default and text == text_of(argument.default):
                continue
            positional = not argument.has_default and (place == 0 or len(required) <= 2)
            parts.append(text if positional else f"{argument.name}={text}")
        return ", ".join(parts)

    def repeat(self, node: Node, members: Sequence[Member]) -> str:
        """A repeat as `nn.Sequential`: equal units as a loop."""
        kind = "nn.Sequential" if one_way(members[0].step) else "nn.ModuleList"
        parts = _collapsed(self.segments(members))
        if members[0].step.template is None:
            texts = [text if not loop else f"*({text} for {loop})" for text, loop, _ in parts]
            if len(parts) == 1 and parts[0][1] == "_ in range(2)" and len(parts[0][0]) <= SHORT:
                texts = [parts[0][0]] * 2
            return f"{kind}({', '.join(texts)})" if kind == "nn.Sequential" else f"{kind}({_items(texts)})"
        self.imports.add("OrderedDict")
        return f"nn.Sequential(OrderedDict({_items(self._named_units(members, parts))}))"

    def _named_units(self, members: Sequence[Member], parts: Sequence[tuple[str, str, int]]) -> list[str]:
        template = parse_template(members[0].step.template or "")
        holes = "".join(p if isinstance(p, str) else "{" + p.text.replace('"', "'") + "}" for p in template.parts)
        texts, place = [], 0
        for text, loop, count in parts:
            name = text_of(template.render({"i": place}))
            if not loop:
                texts.append(f"({name}, {text})")
            else:
                texts.append(f'*((f"{holes}", {text}) for i in range({_range(place, count)}))')
            place += count
        return texts

    def segments(self, members: Sequence[Member]) -> list[tuple[str, str, int]]:
        """(constructor, loop, count) for each stretch of units that one line can stand for."""
        lists = [m.step.units or [] for m in members]
        runs = {len(units) for units in lists}
        if len(runs) == 1 and all(len({units[k][0] for units in lists}) == 1 for k in range(len(lists[0]))):
            if len(lists[0]) > 2 and (fused := self._fused(members, 0)) is not None:
                return [fused]
            if len(lists[0]) > 3 and (fused := self._fused(members, 1)) is not None:
                first = self._alone([replace(m, step=u[0][1], place=0) for m, u in zip(members, lists, strict=True)])
                return [(first, "", 1), fused]
            return [self._run(members, lists, k) for k in range(len(lists[0]))]
        return self._uneven(members, lists)

    def _run(
        self, members: Sequence[Member], lists: Sequence[list[tuple[int, Step]]], place: int
    ) -> tuple[str, str, int]:
        count = lists[0][place][0]
        alone = sum(units for units, _ in lists[0][:place]) if count == 1 else None
        pairs = zip(members, lists, strict=True)
        text = self._alone([replace(m, step=units[place][1], place=alone) for m, units in pairs])
        return text, "" if count == 1 else f"_ in range({count})", count

    def _alone(self, members: Sequence[Member]) -> str:
        return self.unit(members)

    def _fused(self, members: Sequence[Member], start: int) -> tuple[str, str, int] | None:
        """All units from `start` on as one loop over `i`, if their differences are a rule in `i`."""
        spread: list[Member] = []
        for member in members:
            place = 0
            for count, step in member.step.units or []:
                spread += [replace(member, step=step, unit=place + k) for k in range(count) if place + k >= start]
                place += count
        if len({_kind(m.step, self.families) for m in spread}) > 1:
            return None
        self.resolver.lifting, used = False, set(self.resolver.used)
        try:
            text = self.unit(spread)
        except Unwritable:
            self.resolver.used = used
            return None
        finally:
            self.resolver.lifting = True
        count = len(spread) // len(members)
        return text, f"i in range({count})" if not start else f"i in range({start}, {start + count})", count

    def _uneven(self, members: Sequence[Member], lists: Sequence[list[tuple[int, Step]]]) -> list[tuple[str, str, int]]:
        """Repeats whose number of units differs between instances: a first unit, and equal ones after it."""
        totals = [sum(count for count, _ in units) for units in lists]
        first = [replace(m, step=units[0][1]) for m, units in zip(members, lists, strict=True)]
        rest = [
            replace(m, step=step)
            for m, units in zip(members, lists, strict=True)
            for k, (count, step) in enumerate(units)
            if k or count > 1
        ]
        counts = [Seen(m.instance, total) for m, total in zip(members, totals, strict=True)]
        number = self.resolver.write(counts, self.writer.named("repeats"))
        self.resolver.lifting = False
        try:
            both = self.unit([*first, *rest])
        except Unwritable:
            pass
        else:
            return [(both, f"_ in range({number})", totals[0])]
        finally:
            self.resolver.lifting = True
        return [(self.unit(first), "", 1), (self.unit(rest), f"_ in range({number} - 1)", totals[0] - 1)]


def _collapsed(parts: Sequence[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """Neighbours that read the same as one loop: units may differ in what their class does not print."""
    joined: list[tuple[str, str, int]] = []
    for text, loop, count in parts:
        plain = loop in ("", f"_ in range({count})")
        if joined and plain and joined[-1][0] == text and joined[-1][1] in ("", f"_ in range({joined[-1][2]})"):
            total = joined[-1][2] + count
            joined[-1] = (text, f"_ in range({total})", total)
        else:
            joined.append((text, loop, count))
    return joined


def _looped(texts: Sequence[str]) -> str:
    """Several items, more than two equal ones as a loop."""
    runs = [(text, len(list(same))) for text, same in groupby(texts)]
    loops = ([f"*({text} for _ in range({count}))"] if count > 2 else [text] * count for text, count in runs)
    return ", ".join(part for loop in loops for part in loop)


def _items(texts: Sequence[str]) -> str:
    """Several items as a list; what one loop makes as the loop."""
    if len(texts) == 1 and texts[0].startswith("*("):
        return texts[0].removeprefix("*(").removesuffix(")")
    return f"[{', '.join(texts)}]"


def _range(start: int, count: int) -> str:
    return f"{start}, {start + count}" if start else str(count)


def _kind(step: Step, families: Families) -> Any:
    if step.callee is not None:
        return id(families.of[id(step.callee)])
    return step.op.name if step.op is not None else None


def is_chain(family: Family) -> bool:
    """Whether a body is one module after another, so that `nn.Sequential` says all of it."""
    body = family.instances[0].body
    if len(body.inputs) != 1 or len(body.outputs) != 1 or body.register:
        return False
    if body.kind != "container" and is_special(body):
        return False  # a class of its own, where `reset_parameters` finds the layer
    current = Ref(body.inputs[0])
    for node, active in family.nodes():
        # A dotted path is a level of its own, which one `nn.Sequential` cannot name.
        if node.inputs != (current,) or node.shares or node.ties or "." in (node.path or ""):
            return False
        current = Ref(node.key)
        steps = [family.instances[i].steps[node.key] for i in active]
        partly = active and len(active) != len(family.instances)
        if (partly and not family.structure.counted) or not all(map(is_module, steps)):
            return False
    return bool(body.nodes) and body.outputs[0][1] == current


def is_inline(family: Family, families: Families) -> bool:
    """Whether a body is written where it is called: chains that are containers or small and rare."""
    body = family.instances[0].body
    if body.kind == "net" or not is_chain(family):
        return False
    if body.kind == "container":
        return True
    steps = [node for node, active in family.nodes() if active]
    numbered = family.structure.counted or [node.path for node in steps] == [str(i) for i in range(len(steps))]
    return numbered and len(steps) <= SMALL and families.sites.get(id(family), 0) <= 2


__all__ = ["Builder", "is_chain", "is_inline"]
