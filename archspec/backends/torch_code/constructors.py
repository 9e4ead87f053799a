"""Constructors of single modules: an op, a class of this file, a body written where it is called."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from archspec.backends.torch_code.calls import INPLACE, Member, Writer
from archspec.backends.torch_code.chains import as_module, is_activation
from archspec.backends.torch_code.family import Argument, Families, Family
from archspec.backends.torch_code.forward import Statement
from archspec.backends.torch_code.hints import ClassName
from archspec.backends.torch_code.inline import is_inline
from archspec.backends.torch_code.resolve import Resolver, Seen
from archspec.backends.torch_code.rows import Rows
from archspec.backends.torch_code.spelling import text_of
from archspec.backends.torch_code.swaps import class_text, handed_on
from archspec.backends.torch_code.trace import Instance, value_of, written_as
from archspec.expressions import literal
from archspec.ir.graph import Node
from archspec.records import replace


class Constructors:
    """Writes constructors for the nodes of one family."""

    def __init__(
        self, family: Family, families: Families, resolver: Resolver, support: set[str], imports: set[str]
    ) -> None:
        self.family, self.families, self.resolver, self.imports = family, families, resolver, imports
        self.support = support
        self.writer = Writer(resolver, support=support)
        self.lines: list[Statement] = []
        self.lists: set[str] = set()
        self.in_line = False
        self.depth = 0

    @property
    def may_list(self) -> bool:
        """Whether lines may stand before the constructor: inside another chain, they would come before its modules."""
        return not self.in_line and self.depth <= 1

    def repeat(self, node: Node, members: Sequence[Member]) -> str:
        """A repeat; implemented where units are written."""
        raise NotImplementedError

    def chain(self, entered: Sequence[tuple[Member, Instance]], family: Family) -> str:
        """The arguments of an `nn.Sequential`; implemented where neighbours are seen together."""
        raise NotImplementedError

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
        self.writer.key = "" if isinstance(self.resolver, Rows) else node.place
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
            self.depth += 1
            text = f"nn.Sequential({self.chain([self.entered(m) for m in members], family)})"
            self.depth -= 1
            return text
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
        # One or two say what they are; a row of numbers that no line holds with its words is that of the paper's table.
        row = len(required) > 6 and all(a.annotation == "int" for a in required)
        placed = row or len(required) <= 2
        named = isinstance(self.resolver, Rows)
        parts: list[str] = []
        for place, (argument, text) in enumerate(written):
            if argument.has_default and text == text_of(argument.default):
                named = False
                continue
            # A list of plain names says what they are as well as keywords do.
            named = named and (text == argument.name or (place == 0 and text.isidentifier()))
            positional = named or (not argument.has_default and (place == 0 or placed))
            parts.append(text if positional else f"{argument.name}={text}")
        return ", ".join(parts)


__all__ = ["Constructors"]
