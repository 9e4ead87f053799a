"""Values during elaboration: names in scope, and evaluating what a spec writes in them."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from archspec.expressions import ExpressionError, evaluate, literal, parse, parse_template, substitute
from archspec.ir.graph import Option
from archspec.report import Report
from archspec.shapes import Quotient, Size
from archspec.source import ListValue, MapValue, ScalarValue, Value, plain


@dataclass(frozen=True, slots=True)
class Env:
    """The names in scope: their values, and for those that are not constants the expression that stands for them."""

    values: Mapping[str, Any]
    exprs: Mapping[str, ast.expr]

    def child(self, values: Mapping[str, Any], exprs: Mapping[str, ast.expr] | None = None) -> Env:
        """This scope with more names."""
        return Env({**self.values, **values}, {**self.exprs, **(exprs or {})})

    def expr(self, tree: ast.expr, names: Collection[str]) -> ast.expr | None:
        """The tree with constants filled in; None if nothing but constants is left."""
        free = [name for name in names if name in self.values]
        if not any(name in self.exprs for name in free):
            return None
        bindings = {name: self.exprs.get(name) or literal(_shown(self.values[name])) for name in free}
        return substitute(tree, bindings)


def _shown(value: Any) -> Any:
    """A value that can stand in an expression; a symbolic size or a block is shown by its name."""
    return value if isinstance(value, int | float | str | list | tuple) or value is None else str(value)


@dataclass(frozen=True, slots=True)
class OpRef:
    """An op passed as a parameter."""

    name: str

    def __str__(self) -> str:
        return self.name


def evaluate_value(value: Value, env: Env, report: Report, members: Collection[str] = (), bare: bool = False) -> Option | None:
    """What a value means in a scope; None after an error was reported.

    `members` are identifiers that stand for themselves (of an enum); with `bare`, every unknown identifier does.
    """
    if isinstance(value, ListValue):
        parts = [evaluate_value(item, env, report, members, bare) for item in value.items]
        if any(part is None for part in parts):
            return None
        known = [part for part in parts if part is not None]
        expr = None
        if any(part.expr is not None for part in known):
            expr = ast.List([part.expr if part.expr is not None else literal(_shown(part.value)) for part in known], ast.Load())
        return Option(tuple(part.value for part in known), expr)
    if isinstance(value, MapValue):
        return Option(plain(value))
    if not isinstance(value.value, str):
        return Option(value.value)
    text = value.value
    if text in members and text not in env.values:
        return Option(text)
    if bare and text.isidentifier() and text not in env.values:
        return Option(text)
    return _expression(value, env, report, members)


def _expression(value: ScalarValue, env: Env, report: Report, members: Collection[str]) -> Option | None:
    try:
        expression = parse(str(value.value))
        names = {**{member: member for member in members}, **env.values}
        result = evaluate(expression, names)
        if isinstance(result, Quotient):
            raise ExpressionError(f"`{value.text}` divides a size that need not divide", 0, len(value.text),
                                  "write ceil(...) or // to say how it is rounded")
    except ExpressionError as error:
        span = value.part(error.start, error.end)
        report.error("E0220", error.message, span, help=error.help)
        return None
    if isinstance(result, list):
        result = tuple(result)
    return Option(result, env.expr(expression.tree, expression.names))


def evaluate_flag(value: Value, env: Env, report: Report, what: str) -> Option | None:
    """A condition: true or false, nothing else."""
    option = evaluate_value(value, env, report)
    if option is None or isinstance(option.value, bool):
        return option
    report.error("E0221", f"`{what}` must be true or false", value.span, notes=[f"found {show(option.value)}"],
                 help="compare with something, as in `stride != 1`")
    return None


def evaluate_count(value: Value, env: Env, report: Report, what: str, most: int) -> int | None:
    """A whole number from 0 to `most`."""
    option = evaluate_value(value, env, report)
    if option is None:
        return None
    count = option.value
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= most:
        report.error("E0221", f"`{what}` must be a whole number from 0 to {most:,}", value.span, notes=[f"found {show(count)}"])
        return None
    return int(count)


def render_name(name: ScalarValue, env: Env, report: Report) -> str | None:
    """A name with its `{expressions}` filled in."""
    text = str(name.value)
    if "{" not in text:
        return text
    try:
        return parse_template(text).render(env.values)
    except ExpressionError as error:
        report.error("E0220", error.message, name.part(error.start, error.end), help=error.help)
        return None


def show(value: Any) -> str:
    """A value as a spec would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"`{value}`"
    if isinstance(value, list | tuple):
        return f"[{', '.join(show(v).strip('`') for v in value)}]"
    return "none" if value is None else f"the size {value}" if isinstance(value, Size) else str(value)
