"""Chains of modules as `nn.Sequential`: in one expression, or as a list that is made before it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from archspec.backends.torch_code.calls import Member
from archspec.backends.torch_code.family import Family
from archspec.backends.torch_code.forward import Statement
from archspec.backends.torch_code.fresh import is_spare
from archspec.backends.torch_code.repeats import items
from archspec.backends.torch_code.resolve import Seen
from archspec.backends.torch_code.spelling import text_of
from archspec.backends.torch_code.tables import Part, Tables, added, looped
from archspec.backends.torch_code.trace import Instance
from archspec.ir.graph import Node, Ref
from archspec.records import replace


class Builder(Tables):
    """Writes constructors for the nodes of one family."""

    def chain(self, entered: Sequence[tuple[Member, Instance]], family: Family) -> str:
        """The arguments of an `nn.Sequential` for a body that is one."""
        indices = {id(one): i for i, one in enumerate(family.instances)}
        parts: list[Part] = []
        tests: list[str] = []
        before: Node | None = None
        for node, active in family.nodes():
            present = [(m, i) for m, i in entered if indices[id(i)] in active]
            if not present:
                continue
            members = [replace(m, step=i.steps[node.key]) for m, i in present]
            fresh = before is not None and is_spare(Ref(before.key), family, self.families)
            parts.append(Part(node, members, fresh, self.module(node, members, fresh)))
            tests.append(self.presence(node, entered, indices, active) if len(present) < len(entered) else "")
            before = node
        names = [part.node.path or "" for part in parts]
        if any(tests):
            return self.gathered([part.text for part in parts], tests)
        if family.structure.counted or names == [str(place) for place in range(len(names))]:
            return self.numbered(parts)
        self.imports.add("OrderedDict")
        return f"OrderedDict({self.named(parts)})"

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
        """Modules some of which are there under conditions: as a list, made before they are put together."""
        if not self.may_list:
            return ", ".join(f"*([{t}] if {test} else [])" if test else t for t, test in zip(texts, tests, strict=True))
        name = self.listed()
        self.lists.add(name)
        made = False
        for test, group in groupby(zip(texts, tests, strict=True), key=lambda pair: pair[1]):
            together = [text for text, _ in group]
            if not made:
                held = "" if test else ", ".join(looped(together))
                self.lines.append(Statement(f"{name}: list[nn.Module] = [{held}]"))
            if test:
                self.lines += [Statement(f"if {test}:"), added(name, together, 1)]
            elif made:
                self.lines.append(added(name, together))
            made = True
        return f"*{name}"

    def numbered(self, parts: Sequence[Part]) -> str:
        """Modules that are called by their places."""
        apart = self.neighbours(parts)
        loop = self.rows(parts, apart)
        return ", ".join(text for _, text in apart) if loop is None else loop

    def named(self, parts: Sequence[Part]) -> str:
        """Modules under names of their own, as an `OrderedDict` is given them."""
        apart = self.neighbours(parts, named=True)
        if all(name.isidentifier() for name, _ in apart):
            return ", ".join(f"{name}={text}" for name, text in apart)
        return items([f"({text_of(name)}, {text})" if name else text for name, text in apart])


__all__ = ["Builder"]
