"""Neighbours that differ in values alone: as a loop over a table, where that takes fewer lines than all of them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial
from itertools import groupby

from archspec.backends.torch_code.calls import Member
from archspec.backends.torch_code.forward import Statement
from archspec.backends.torch_code.layout import wrap
from archspec.backends.torch_code.naming import unused
from archspec.backends.torch_code.repeats import Repeats, kind
from archspec.backends.torch_code.resolve import Seen, Unwritable
from archspec.backends.torch_code.rows import Rows, tabled
from archspec.backends.torch_code.spelling import text_of
from archspec.backends.torch_code.tandem import FEWEST, Group, tandem
from archspec.ir.graph import Node
from archspec.records import Record, replace

DEPTH = 3
"""Levels by which the items of an attribute are indented."""


class Part(Record):
    """A module of a chain: its steps, whether an activation may overwrite its input, and its constructor."""

    node: Node
    members: Sequence[Member]
    inplace: bool
    text: str


class Tables(Repeats):
    """Writes neighbours in a chain together."""

    def neighbours(self, parts: Sequence[Part], named: bool = False) -> list[tuple[str, str]]:
        """(name, text) of each item; a loop has no name, and says those of its items."""
        written: list[tuple[str, str]] = []
        for _, group in groupby(parts, key=self._sort):
            together = list(group)
            apart = [(part.node.path or "", part.text) for part in together]
            if not named:
                apart = [("", text) for text in looped([part.text for part in together])]
            loop = self._loop(together, named)
            shorter = loop and _size([loop]) < _size([_item(*item) for item in apart])
            written += [("", loop)] if shorter else apart
        return written

    def _sort(self, part: Part) -> Hashable:
        step = part.members[0].step
        return kind(step, self.families), part.inplace and getattr(step.op, "inplace", False)

    def _is_foldable(self, parts: Sequence[Part]) -> bool:
        """Whether rows are seen once: the class has one instance, and this is no row of another table."""
        return len(self.family.instances) == 1 and all(len(part.members) == 1 for part in parts)

    def _loop(self, parts: Sequence[Part], named: bool) -> str:
        """Neighbours of one kind as one expression; empty if no table says it."""
        if len(parts) < FEWEST or not self._is_foldable(parts):
            return ""

        def write(rows: Rows) -> str:
            builder = self._for(rows)
            return builder._named(parts) if named else builder._across(parts)

        found = tabled(self.resolver, len(parts), write)
        return f"*({found[0]} for {found[1]})" if found else ""

    def _across(self, parts: Sequence[Part]) -> str:
        """What rows have in one place, as one constructor."""
        return self.module(parts[0].node, _in_rows(parts), parts[0].inplace, in_line=True)

    def _named(self, parts: Sequence[Part]) -> str:
        return f"({self.naming([part.node.path or '' for part in parts])}, {self._across(parts)})"

    def _for(self, rows: Rows) -> Tables:
        return type(self)(rows.family, self.families, rows, self.support, self.imports)

    def rows(self, parts: Sequence[Part], apart: Sequence[tuple[str, str]]) -> str | None:
        """A list that loops over rows of several modules fill, made before it is put together; None if none do."""
        if not self.may_list or not self._is_foldable(parts):
            return None
        found = tandem([self._sort(part) for part in parts])
        if not found:
            return None
        start, stop = found[0][0].start, found[-1][-1].stop
        name = self.listed()
        body: list[Statement] = []
        starts: list[Statement] = []

        def write(rows: Rows, carries: bool) -> str:
            rows.carries = carries
            body[:] = self._for(rows)._row(name, parts, found)
            starts[:] = [Statement(f"{name} = {text_of(seen[0].value)}") for name, seen in rows.carried.items()]
            return "\n".join(statement.text for statement in body)

        tables = (tabled(self.resolver, len(found), partial(write, carries=carries)) for carries in (True, False))
        made = next((table for table in tables if table is not None), None)
        if made is None:
            return None
        before, after = (looped([part.text for part in some]) for some in (parts[:start], parts[stop:]))
        lines = [Statement(f"{name}: list[nn.Module] = [{', '.join(before)}]"), *starts]
        lines += [Statement(f"for {made[1]}:"), *body]
        lines += [added(name, after)] if after else []
        height = sum(len(wrap(line.text, 2 + line.indent)) for line in lines)
        if height >= _size([text for _, text in apart])[0]:
            return None
        self.lists.add(name)
        self.lines += lines
        return f"*{name}"

    def _row(self, name: str, parts: Sequence[Part], found: Sequence[Sequence[Group]]) -> list[Statement]:
        """What a row adds to the list."""
        assert isinstance(self.resolver, Rows)
        lines: list[Statement] = []
        waiting: list[str] = []
        ends: dict[str, int] = {}
        for groups in zip(*found, strict=True):
            if groups[0].size == 1:
                some = [parts[group.start] for group in groups]
                waiting.append(self._across(some))
                continue
            first, rest, loop = self._units(parts, groups)
            waiting += first
            lines += [added(name, waiting, 1)] if waiting else []
            lines += [Statement(f"for {loop}:", indent=1), added(name, rest, 2)]
            waiting = []
            ends |= {carried: len(lines) for carried in self.resolver.carried if carried not in ends}
        if lost := self.resolver.carried.keys() - ends.keys():
            raise Unwritable(min(lost))  # a loop inside one item hands nothing on
        for carried, place in sorted(ends.items(), key=lambda end: -end[1]):
            lines.insert(place, Statement(f"{carried} = {self.resolver.handed_on(carried)}", indent=2))
        return [*lines, added(name, waiting, 1)] if waiting else lines

    def _units(self, parts: Sequence[Part], groups: Sequence[Group]) -> tuple[list[str], list[str], str]:
        """(first, rest, loop) of a group that comes several times in each row."""
        assert isinstance(self.resolver, Rows)
        size = groups[0].size
        items: list[list[Member]] = [[] for _ in range(size)]
        for row, group in enumerate(groups):
            for place in range(group.start, group.stop):
                unit, item = divmod(place - group.start, size)
                items[item].append(replace(parts[place].members[0], instance=row, unit=unit))
        of = parts[groups[0].start : groups[0].start + size]

        def write(some: Sequence[Sequence[Member]]) -> str:
            texts = (self.module(p.node, members, p.inplace, in_line=True) for p, members in zip(of, some, strict=True))
            return "\n".join(texts)

        counts = [Seen(row, group.count) for row, group in enumerate(groups)]
        first, rest, loop = self.of_rows(self.resolver, items, counts, write)
        return first.splitlines(), rest.splitlines(), loop

    def listed(self) -> str:
        """A name for a list of modules; it is taken once it is in `lists`."""
        return unused("layers", self.lists | set(self.resolver.spelling.values()), "_")


def added(name: str, texts: Sequence[str], indent: int = 0) -> Statement:
    """Some modules more in a list."""
    held = ", ".join(looped(texts))
    return Statement(f"{name}.append({held})" if len(texts) == 1 else f"{name} += [{held}]", indent=indent)


def looped(texts: Sequence[str]) -> list[str]:
    """Several items, more than two equal ones as a loop."""
    runs = [(text, len(list(same))) for text, same in groupby(texts)]
    loops = ([f"*({text} for _ in range({count}))"] if count > 2 else [text] * count for text, count in runs)
    return [part for loop in loops for part in loop]


def _in_rows(parts: Sequence[Part]) -> list[Member]:
    return [replace(part.members[0], instance=row) for row, part in enumerate(parts)]


def _item(name: str, text: str) -> str:
    return f"{name}={text}" if name else text


def _size(texts: Sequence[str]) -> tuple[int, int]:
    """How many lines and characters some items take, one below the other."""
    lines = [line for text in texts for line in wrap(f"{text},", DEPTH)]
    return len(lines), sum(len(line.strip()) for line in lines)


__all__ = ["Part", "Tables", "added", "looped"]
