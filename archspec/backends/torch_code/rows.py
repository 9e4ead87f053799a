"""Loops over tables: neighbours of one kind, written once for all rows of what differs between them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from archspec.backends.torch_code.family import Family
from archspec.backends.torch_code.resolve import Resolver, Seen, Unwritable
from archspec.backends.torch_code.spelling import evaluated, same, text_of, whole_parts
from archspec.expressions import literal, substitute
from archspec.expressions.trees import children, free_names, rebuilt, spelled
from archspec.records import replace

WIDEST = 8
"""Columns of a table at most."""


class Rows(Resolver):
    """Writes what a loop makes. Its instances are the rows; a value that differs between them becomes a column."""

    def __init__(self, outer: Resolver, count: int) -> None:
        around = outer.family
        family = Family(around.definition, around.structure, around.instances * count, open_names=around.open_names)
        super().__init__(family, support=outer.support)
        self.outer, self.cells, self.counter = outer, dict[str, list[Seen]](), ""
        self.carries, self.carried = False, dict[str, list[Seen]]()
        self.fixed, self.static = self.static, {}
        self._simple.clear()
        self.values = {name: held for name, held in self.values.items() if name not in self.fixed}

    def tree(self, seen: list[Seen], option: str) -> ast.expr:
        seen = [self._bare(one) for one in seen]
        if option in self._columns_like(seen):
            return ast.Name(option, ast.Load())
        if not self.is_one(seen):
            like = self._columns_like(seen)
            return ast.Name(like[0], ast.Load()) if like else self._lifted(seen, option)
        return super().tree(seen, option)

    def _columns_like(self, seen: Sequence[Seen]) -> list[str]:
        """The columns that hold some values, whatever the open params are."""
        return [
            name for name, cells in self.cells.items() if all(self._alike(one, cells[one.instance]) for one in seen)
        ]

    def _alike(self, one: Seen, other: Seen) -> bool:
        return same(one.value, other.value) and self.is_one([one, other])

    def _twins(self, seen: list[Seen], option: str) -> list[str]:
        known = self._columns_like(seen)
        return [name for name in super()._twins(seen, option) if name not in self.cells or name in known]

    def _bare(self, one: Seen) -> Seen:
        """What is the same in all rows as numbers."""
        if one.expr is None:
            return one
        known = {name: literal(self.fixed[name]) for name in free_names(one.expr) & self.fixed.keys()}
        return replace(one, expr=whole_parts(substitute(one.expr, known)))

    def attempt(self, write: Callable[[], str]) -> str | None:
        """What is written; None, and no column more than before, if it cannot be."""
        used, named, values = set(self.used), set(self.named), dict(self.values)
        columns = dict(self.family.lifted), dict(self.cells), self.counter, dict(self.carried)
        try:
            return write()
        except Unwritable:
            self.used, self.named, self.values = used, named, values
            self.family.lifted, self.cells, self.counter, self.carried = columns
            return None

    def numbered(self, names: Sequence[str]) -> str:
        """A name of each row as one literal, in which one number may be the row's: `f"block{k}"`."""
        split = [re.split(r"(\d+)", name) for name in names]
        if len({tuple(parts[::2]) for parts in split}) > 1:
            raise Unwritable("name")
        text = ""
        for places in zip(*split, strict=True):
            differ = len(set(places)) > 1
            if differ and text.count("{") > text.count("}"):
                raise Unwritable("name")  # a number in an expression
            text += self._number(places) if differ else places[0]
        return f"f{text_of(text)}" if len(set(names)) > 1 else text_of(text)

    def _number(self, digits: Sequence[str]) -> str:
        values = [int(text) for text in digits]
        if [str(value) for value in values] != list(digits):
            raise Unwritable("name")
        if self.counter and [one.value for one in self.cells[self.counter]] == values:
            return f"{{{self.counter}}}"
        self.counter = self._column("k", values)
        return f"{{{self.counter}}}"

    def _column(self, name: str, values: Sequence[int]) -> str:
        """A new column of integers."""
        new = self.new_argument(name)
        self.family.lifted[new] = dict(enumerate(values))
        self.hold(new)
        self.cells[new] = [Seen(row, value) for row, value in enumerate(values)]
        return new

    def _lifted(self, seen: list[Seen], option: str) -> ast.expr:
        if not self.lifting:
            raise Unwritable(option)
        rows = [[one for one in seen if one.instance == row] for row in range(len(self.family.instances))]
        if not all(map(self.is_one, rows)):
            raise Unwritable(option)
        opened = any(one.expr is not None and free_names(one.expr) & self.family.open_names for one in seen)
        if self.carries and not opened and any(len({one.value for one in row}) > 1 for row in rows):
            return self._carried(seen, option)
        floats = not opened and any(isinstance(one.value, float) for one in seen)
        if floats and (found := self._offset(seen)) is not None:
            return found
        if not all(rows):
            raise Unwritable(option)  # a row has no unit that could say
        tree = super()._lifted(seen, option)
        assert isinstance(tree, ast.Name)
        self.cells[tree.id] = [row[0] for row in rows]
        return tree

    def _progression(self, seen: list[Seen], option: str) -> ast.expr | None:
        """A rule in `i`; values that are the same all along a row are none."""
        series = {one.instance: {other.value for other in seen if other.instance == one.instance} for one in seen}
        return super()._progression(seen, option) if any(len(values) > 1 for values in series.values()) else None

    def new_argument(self, name: str) -> str:
        while name == "i" or (name in self.outer.spelling and name not in self.fixed):
            name += "_"
        return super().new_argument(name)

    def _carried(self, seen: list[Seen], option: str) -> ast.expr:
        """A variable that each unit hands on to the next, such as the channels that it leaves."""
        values = [one.value for one in seen]
        name = next((n for n, known in self.carried.items() if [one.value for one in known] == values), "")
        if not name:
            name = self.new_argument(option)
            self.carried[name] = seen
            self.values[name] = [None] * len(self.family.instances)
        return ast.Name(name, ast.Load())

    def handed_on(self, name: str) -> str:
        """The column that a carried variable takes its next value from."""
        needed = [(before.instance, one) for before, one in pairwise(self.carried[name])]
        for column, cells in self.cells.items():
            if all(self._alike(one, cells[row]) for row, one in needed):
                return column
        raise Unwritable(name)

    def _offset(self, seen: list[Seen]) -> ast.expr | None:
        """`0.2 * (start + i) / 16`: an expression of one row, in which one integer is another in each row."""
        trees = {spelled(one.expr): one.expr for one in seen if one.expr is not None}
        for tree in sorted(trees.values(), key=lambda tree: -len(spelled(tree))):
            for number in _integers(tree):
                for name in [*(n for n in self.cells if type(self.values[n][0]) is int), ""]:
                    pattern = _exchanged(tree, number, name or "_")
                    if name and self._holds(pattern, seen):
                        return pattern
                    if not name and (column := self._solved(pattern, seen)) is not None:
                        return _exchanged(tree, number, self._column("start", column))
        return None

    def _solved(self, pattern: ast.expr, seen: list[Seen]) -> list[int] | None:
        """What `_` has to be in each row; None if no integer gives the row's values to the bit."""
        found: dict[int, int] = {}
        for one in seen:
            if one.instance not in found:
                low, high = (evaluated(pattern, {**self._names(one), "_": k}) for k in (0, 1))
                if not isinstance(low, (int, float)) or not isinstance(high, (int, float)) or low == high:
                    return None
                found[one.instance] = round((one.value - low) / (high - low))
            if not same(evaluated(pattern, {**self._names(one), "_": found[one.instance]}), one.value):
                return None
        return [found[row] for row in range(len(found))] if len(found) == len(self.family.instances) else None


def tabled(outer: Resolver, count: int, write: Callable[[Rows], str]) -> tuple[str, str] | None:
    """What `write` writes for all rows, and the table that it reads: `a, b in ((1, 2), (3, 4), ...)`.

    None if it reads none, or what differs is no value.
    """
    rows = Rows(outer, count)
    text = rows.attempt(lambda: write(rows))
    if text is None:
        return None
    columns = [name for name in dict.fromkeys(re.findall(r"\w+", text)) if name in rows.family.lifted]
    columns.sort(key=lambda name: name.startswith("repeats"))  # last, as papers have it
    if not 1 <= len(columns) <= WIDEST or any(len(rows.family.lifted[name]) < count for name in columns):
        return None
    cells = [list(_cells(rows, name)) for name in columns]
    outer.used |= rows.used & outer.spelling.keys()
    outer.named |= rows.named & outer.lets.keys()
    table = [row[0] if len(row) == 1 else f"({', '.join(row)})" for row in zip(*cells, strict=True)]
    return text, f"{', '.join(columns)} in ({', '.join(table)})"


def _cells(rows: Rows, name: str) -> Iterator[str]:
    held = rows.family.lifted[name]
    for row in range(len(rows.family.instances)):
        cell = rows.cells[name][row] if name in rows.cells else None
        if cell is None or cell.expr is None:
            yield text_of(held[row])
        else:
            yield rows.outer.write([Seen(0, cell.value, cell.expr)], name)


def _integers(tree: ast.expr) -> Iterator[ast.Constant]:
    if isinstance(tree, ast.Constant) and type(tree.value) is int:
        yield tree
    for part in children(tree):
        yield from _integers(part)


def _exchanged(tree: ast.expr, part: ast.expr, name: str) -> ast.expr:
    return ast.Name(name, ast.Load()) if tree is part else rebuilt(tree, lambda inner: _exchanged(inner, part, name))


__all__ = ["Rows", "tabled"]
