"""Constructors: how the module of a node is made in its class's `__init__`."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from archspec.backends.torch_code.calls import INPLACE, Member, Writer
from archspec.backends.torch_code.family import Argument, Families, Family
from archspec.backends.torch_code.fresh import is_spare
from archspec.backends.torch_code.resolve import Resolver, Seen, Unwritable, text_of
from archspec.backends.torch_code.trace import Instance, Step, value_of, written_as
from archspec.expressions import literal, parse_template
from archspec.ir.graph import Body, Node, Ref
from archspec.ops.base import Call, Operand
from archspec.records import replace

SMALL = 3
AS_MODULES = ("torch.flatten", "Tensor.permute")
"""Functions that a module can stand for in an `nn.Sequential`."""


class Builder:
    """Writes constructors for the nodes of one family."""

    def __init__(
        self, family: Family, families: Families, resolver: Resolver, support: set[str], imports: set[str]
    ) -> None:
        self.family, self.families, self.resolver, self.imports = family, families, resolver, imports
        self.writer = Writer(resolver, support=support)

    def module(self, node: Node, members: Sequence[Member], inplace: bool) -> str:
        """The constructor of what a node runs; `inplace`: an activation may overwrite its input."""
        self.writer.key = node.path or node.key
        step = members[0].step
        if step.units is not None:
            return self.repeat(node, members)
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
        allowed = inplace and calls[0].path in INPLACE and getattr(members[0].step.op, "inplace", False)
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
        named: list[tuple[str, str]] = []
        before: Node | None = None
        for node, active in family.nodes():
            present = [(m, i) for m, i in entered if indices[id(i)] in active]
            if not present:
                continue
            members = [replace(m, step=i.steps[node.key]) for m, i in present]
            fresh = before is not None and is_spare(Ref(before.key), family, self.families)
            named.append((node.path or "", self.module(node, members, fresh)))
            before = node
        return self.sequence(named)

    def sequence(self, named: Sequence[tuple[str, str]]) -> str:
        if [name for name, _ in named] == [str(i) for i in range(len(named))]:
            runs = [(text, len(list(same))) for text, same in groupby(text for _, text in named)]
            loops = ([f"*({text} for _ in range({count}))"] if count > 2 else [text] * count for text, count in runs)
            return ", ".join(part for loop in loops for part in loop)
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
                    seen.append(member.seen(member.step.arguments[argument.source]))
            written.append((argument, self.resolver.write(seen, argument.name)))
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
            if len(lists[0]) > 3 and (fused := self._fused(members, 0)) is not None:
                return [fused]
            if len(lists[0]) > 3 and (fused := self._fused(members, 1)) is not None:
                first = self._alone([replace(m, step=u[0][1]) for m, u in zip(members, lists, strict=True)])
                return [(first, "", 1), fused]
            return [self._run(members, lists, k) for k in range(len(lists[0]))]
        return self._uneven(members, lists)

    def _run(
        self, members: Sequence[Member], lists: Sequence[list[tuple[int, Step]]], place: int
    ) -> tuple[str, str, int]:
        count = lists[0][place][0]
        text = self._alone([replace(m, step=units[place][1]) for m, units in zip(members, lists, strict=True)])
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


def as_module(value: Any) -> Call:
    """The module that does what a function does, for places where only modules can stand."""
    assert isinstance(value, Call)
    arguments = value.args[1:]
    if value.path == "Tensor.permute":
        return Call("support.Permute", arguments)
    return Call("nn.Flatten", arguments if arguments != (1,) else ())


def is_module(step: Step) -> bool:
    """Whether a module does all of the step: the module alone, or a function that there is a module for."""
    if step.op is not None:
        if step.module is None:
            value = step.value
            return isinstance(value, Call) and value.path in AS_MODULES and value.args[0] == Operand(0)
        return step.value is None and step.module.path != "nn.Parameter"
    if step.callee is not None:
        return len(step.inputs) == 1 and len(step.outputs) == 1
    return one_way(step)


def one_way(step: Step) -> bool:
    """Whether all units of a repeat are modules with one input and one output."""
    return all(is_module(unit) and len(unit.inputs) == 1 and len(unit.outputs) == 1 for _, unit in step.units or ())


def is_chain(family: Family) -> bool:
    """Whether a body is one module after another, so that `nn.Sequential` says all of it."""
    body = family.instances[0].body
    if len(body.inputs) != 1 or len(body.outputs) != 1 or body.register:
        return False
    if body.kind != "container" and _is_special(body):
        return False  # a class of its own, where `reset_parameters` finds the layer
    current = Ref(body.inputs[0])
    for node, active in family.nodes():
        # A dotted path is a level of its own, which one `nn.Sequential` cannot name.
        if node.inputs != (current,) or node.shares or node.ties or "." in (node.path or ""):
            return False
        current = Ref(node.key)
        steps = [family.instances[i].steps[node.key] for i in active]
        if (active and len(active) != len(family.instances)) or not all(map(is_module, steps)):
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
    numbered = [node.path for node in steps] == [str(i) for i in range(len(steps))]
    return numbered and len(steps) <= SMALL and families.sites.get(id(family), 0) <= 2


def _is_special(body: Body) -> bool:
    """Whether a layer of the body, or of a container in it, has an initialisation of its own."""
    inner = [node.target for node in body.nodes if isinstance(node.target, Body)]
    return any(node.inits for node in body.nodes) or any(_is_special(b) for b in inner if b.kind == "container")


__all__ = ["Builder", "as_module", "is_chain", "is_inline", "is_module", "one_way"]
