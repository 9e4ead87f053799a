"""Repeats as `nn.Sequential`: equal units as a loop, units that follow a rule as a loop over `i`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from archspec.backends.torch_code.calls import Member
from archspec.backends.torch_code.chains import one_way
from archspec.backends.torch_code.constructors import Constructors
from archspec.backends.torch_code.family import Families
from archspec.backends.torch_code.resolve import Seen, Unwritable
from archspec.backends.torch_code.rows import Rows
from archspec.backends.torch_code.spelling import text_of
from archspec.backends.torch_code.trace import Step
from archspec.expressions import parse_template
from archspec.expressions.templates import Template
from archspec.ir.graph import Node
from archspec.records import replace

FEW, SHORT = 2, 24
"""Units, and characters of each, up to which units are written out."""


class Repeats(Constructors):
    """Writes the units of repeats."""

    def repeat(self, node: Node, members: Sequence[Member]) -> str:
        """A repeat as `nn.Sequential`: equal units as a loop."""
        holder = "nn.Sequential" if one_way(members[0].step) else "nn.ModuleList"
        parts = _collapsed(self.segments(members))
        if members[0].step.template is None:
            texts = [text if not loop else f"*({text} for {loop})" for text, loop, _ in parts]
            if len(parts) == 1 and parts[0][1] == "_ in range(2)" and len(parts[0][0]) <= SHORT:
                texts = [parts[0][0]] * 2
            return f"{holder}({', '.join(texts)})" if holder == "nn.Sequential" else f"{holder}({items(texts)})"
        self.imports.add("OrderedDict")
        return f"nn.Sequential(OrderedDict({items(self._named_units(members, parts))}))"

    def _named_units(self, members: Sequence[Member], parts: Sequence[tuple[str, str, int]]) -> list[str]:
        templates = [parse_template(member.step.template or "") for member in members]
        texts, place = [], 0
        for text, loop, count in parts:
            if not loop:
                texts.append(f"({self.naming([t.render({'i': place}) for t in templates])}, {text})")
            else:
                name = self.naming([_holes(template) for template in templates])
                counted = loop if loop.startswith("i ") else f"i in range({_range(place, count)})"
                texts.append(f"*(({name if name.startswith('f') else f'f{name}'}, {text}) for {counted})")
            place += count
        return texts

    def naming(self, names: Sequence[str]) -> str:
        """The literal that names a unit in all instances."""
        return self.resolver.numbered(names) if isinstance(self.resolver, Rows) else text_of(names[0])

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
        if len({kind(m.step, self.families) for m in spread}) > 1:
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
        if isinstance(self.resolver, Rows):
            return self._of_rows(self.resolver, members, counts)
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

    def _of_rows(self, rows: Rows, members: Sequence[Member], counts: Sequence[Seen]) -> list[tuple[str, str, int]]:
        """The repeats of a table's rows: all units alike but for a rule in `i`, or the first and the rest."""
        spread: list[Member] = []
        for member in members:
            steps = [step for count, step in member.step.units or [] for _ in range(count)]
            spread += [replace(member, step=step, unit=k) for k, step in enumerate(steps)]
        first, rest, loop = self.of_rows(rows, [spread], counts, lambda items: self.unit(items[0]))
        if members[0].step.template is not None and loop.startswith("_"):
            loop = f"i in range({'1, ' * bool(first)}{rows.write(list(counts), 'repeats')})"
        return [*([(first, "", 1)] if first else []), (rest, loop, FEW)]

    def of_rows(
        self,
        rows: Rows,
        items: Sequence[Sequence[Member]],
        counts: Sequence[Seen],
        write: Callable[[Sequence[Sequence[Member]]], str],
    ) -> tuple[str, str, str]:
        """(first, rest, loop) of the units of rows, each of some items; `first` is empty where the loop makes all."""
        text, first = rows.attempt(lambda: write(items)), ""
        if text is None:
            alone = [[replace(one, unit=None, place=0) for one in item if not one.unit] for item in items]
            first = write(alone)
            text = write([[one for one in item if one.unit] for item in items])
        number = rows.write(list(counts), "repeats")
        if re.search(r"\bi\b", text) is not None:
            return first, text, f"i in range({'1, ' * bool(first)}{number})"
        less = str(int(number) - 1) if number.isdecimal() else f"{number} - 1"
        return first, text, f"_ in range({less if first else number})"


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


def _holes(template: Template) -> str:
    return "".join(p if isinstance(p, str) else "{" + p.text.replace('"', "'") + "}" for p in template.parts)


def items(texts: Sequence[str]) -> str:
    """Several items as a list; what one loop makes as the loop."""
    if len(texts) == 1 and texts[0].startswith("*("):
        return texts[0].removeprefix("*(").removesuffix(")")
    return f"[{', '.join(texts)}]"


def _range(start: int, count: int) -> str:
    return f"{start}, {start + count}" if start else str(count)


def kind(step: Step, families: Families) -> Any:
    """What steps have in common that one text may stand for: the op or the class."""
    if step.units is not None:
        return step.template is None, frozenset(kind(unit, families) for _, unit in step.units)
    if step.callee is not None:
        return id(families.of[id(step.callee)])
    return step.op.name if step.op is not None else None


__all__ = ["Repeats", "items", "kind"]
