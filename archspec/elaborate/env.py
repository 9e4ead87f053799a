"""The names in scope during elaboration: their values, and the expressions that stand for those that may vary."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from archspec.expressions import ExpressionError, literal, parse, substitute
from archspec.records import Record, replace
from archspec.shapes import Size
from archspec.spec.model import Block, EachItem, SpecFile
from archspec.text.source import ListValue, MapValue, Value

NOTHING: frozenset[str] = frozenset()


COUNTERS = {
    "`i`": "`i` counts the units of a `repeat`, from 0",
    "`n`": "`n` is the number of units of a `repeat`",
    "`s`": "`s` counts the rounds of an `each`, from 0",
}


class Bar(Record):
    """Why a name that is in scope must not be read."""

    title: str
    note: str
    help: str


NO_BARS: Mapping[str, Bar | None] = {}


Bound: TypeAlias = "tuple[Block | SpecFile | EachItem, Mapping[str, tuple[Value, Env]], int, Bound | None]"
"""What set some names of a scope, to be followed back when an error speaks of one.

A block or file for its params, `let`s and axes, with the arguments that it was given, or an `each` for its columns,
with the number of the row; then what set the names around it. A tuple, since every check makes some and few are read.
"""


class Env(Record):
    """The names in scope.

    `exprs` holds the expression for each name that is no constant of the enclosing body. `open` are the names whose
    values change with a constructor argument of the generated network: no structure may depend on them. `implicit`
    are the names that a repeat or an `each` brings without being asked (`i`, `n`, `s`). Reading a `barred` name is an
    error; without a reason, one that was reported before. `bound` is what set the names, the innermost first.
    """

    values: Mapping[str, Any]
    exprs: Mapping[str, ast.expr]
    open: frozenset[str] = NOTHING
    implicit: frozenset[str] = NOTHING
    barred: Mapping[str, Bar | None] = NO_BARS
    bound: Bound | None = None

    def child(
        self,
        values: Mapping[str, Any],
        exprs: Mapping[str, ast.expr] | None = None,
        open: Collection[str] = (),
        bound: Bound | None = None,
    ) -> Env:
        """This scope with more names, and what sets them."""
        return Env(
            {**self.values, **values},
            {**self.exprs, **exprs} if exprs else self.exprs,
            self.open.union(open) if open else self.open,
            self.implicit,
            self.barred,
            bound or self.bound,
        )

    def _stands_for_itself(self, name: str) -> bool:
        expr = self.exprs.get(name)
        return isinstance(expr, ast.Name) and expr.id == name

    def counting(self, values: Mapping[str, int], exprs: Mapping[str, ast.expr] | None = None) -> Env:
        """This scope inside a repeat or an `each`. A name of the author's own stays what it is."""
        fresh = {name: value for name, value in values.items() if name not in self.values}
        twice = {name for name in values if name in self.implicit}
        if not fresh and not twice:
            return self
        inner = self.child(fresh, {name: expr for name, expr in (exprs or {}).items() if name in fresh})
        barred = {**self.barred, **{name: _unclear(name) for name in twice}}
        return replace(inner, implicit=self.implicit.union(fresh), barred=barred)

    def unknown(self, name: str) -> Env:
        """This scope with a name whose value could not be found: what reads it stays silent."""
        return replace(self, barred={**self.barred, name: None})

    def sealed(self) -> Env:
        """What a block sees of its file: constants. An open param reaches it as an argument, or not at all."""
        if not self.open and not self.exprs and not self.implicit:
            return self
        barred = {**self.barred, **{name: _unreachable(name) for name in self.open}}
        return Env(self.values, {}, barred=barred, bound=self.bound)

    def expr(self, tree: ast.expr, names: Collection[str]) -> ast.expr | None:
        """The tree with constants filled in; None if nothing but constants is left."""
        return self.written_out(tree, names) if any(name in self.exprs for name in names) else None

    def written_out(self, tree: ast.expr, names: Collection[str]) -> ast.expr:
        """The tree with constants filled in, even if nothing else is left."""
        free = [name for name in names if name in self.values and not self._stands_for_itself(name)]
        if not free:
            return tree
        return substitute(tree, {name: self.exprs.get(name) or literal(showable(self.values[name])) for name in free})


@lru_cache(maxsize=4096)
def name_of(name: str) -> ast.expr:
    """The expression that reads a name."""
    return ast.Name(name, ast.Load())


def _unclear(name: str) -> Bar:
    remedy = "rename the inner one: `index: t`" if name == "s" else "name the outer one by a `let` or a block's param"
    return Bar(
        f"`{name}` could be the inner or the outer one", f"two repetitions around this bring an `{name}`", remedy
    )


def _unreachable(name: str) -> Bar:
    return Bar(
        f"a block cannot read the open param `{name}`",
        "it is an argument of the generated network's constructor, and a block sees its own params",
        f"give the block a param, and call it with `{name}: {name}`",
    )


def showable(value: Any) -> Any:
    """A value that can stand in an expression; a symbolic size or a block is shown by its name."""
    return value if isinstance(value, int | float | str | list | tuple) or value is None else str(value)


def free_names(values: Iterable[Value]) -> frozenset[str]:
    """The names that expressions in these values read; text that is no expression reads none."""
    names: set[str] = set()
    for value in values:
        if isinstance(value, ListValue):
            names |= free_names(value.items)
        elif isinstance(value, MapValue):
            names |= free_names(e.value for e in value.entries)
        elif isinstance(value.value, str):
            try:
                names |= parse(value.value.removeprefix("$")).names
            except ExpressionError:
                continue
    return frozenset(names)


def show(value: Any) -> str:
    """A value as a spec would write it, cut where it gets long."""
    text = _written(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"`{value}`"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_written(v).strip('`') for v in value[:20])}{', ...' if len(value) > 20 else ''}]"
    if isinstance(value, dict):
        return "a map"
    return "none" if value is None else f"the size {value}" if isinstance(value, Size) else str(value)
