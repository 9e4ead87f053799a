"""Evaluating what a spec writes, in the names of a scope."""

from __future__ import annotations

import ast
from collections import ChainMap
from collections.abc import Collection, Mapping
from typing import Any

from archspec.elaborate.env import COUNTERS, NOTHING, Env, free_names, show, showable
from archspec.elaborate.memory import meanings, meet
from archspec.expressions import ExpressionError, Meter, evaluate, expression_of, parse, parse_template
from archspec.expressions.printing import is_printable
from archspec.expressions.trees import free_names as read_by
from archspec.ir.graph import Option
from archspec.lazy import lazy
from archspec.report import Report, suggestion
from archspec.shapes import Quotient
from archspec.spec.fields import listed
from archspec.text.source import ListValue, MapValue, ScalarValue, Value, plain

origins = lazy("archspec.elaborate.origins")


def evaluate_value(
    value: Value, env: Env, report: Report, members: Collection[str] = NOTHING, bare: bool = False
) -> Option | None:
    """What a value means in a scope; None after an error was reported.

    `members` are identifiers that stand for themselves (of an enum); with `bare`, every unknown identifier does.
    """
    if isinstance(value, ScalarValue) and not isinstance(value.value, str):
        return Option(value.value)
    known = meanings(value) or meet(value, free_names([value]))
    key = known.key(env, members, bare)
    if key is not None and key in known.found:
        remembered: Option = known.found[key][0]
        return remembered
    option = _evaluated(value, env, report, members, bare)
    if option is not None and key is not None:
        known.remember(key, option, env)
    return option


def _evaluated(value: Value, env: Env, report: Report, members: Collection[str], bare: bool) -> Option | None:
    if isinstance(value, ListValue):
        return _list(value, env, report, members, bare)
    if isinstance(value, MapValue):
        return Option(plain(value))
    text = str(value.value)
    if text.isidentifier() and text not in env.barred:
        if text in env.values:
            if text in members and env.values[text] != text:
                _clash(value, report)
                return None
            return Option(env.values[text], env.exprs.get(text))
        if bare or text in members:
            return Option(text)
    return _expression(value, env, report, members)


def _clash(value: ScalarValue, report: Report) -> None:
    report.error(
        "E0214",
        f"`{value.text}` means two things here",
        value.span,
        notes=["it is a name in scope, and one of the values that this option can have"],
        help="call the param or `let` something else",
    )


def _list(value: ListValue, env: Env, report: Report, members: Collection[str], bare: bool) -> Option | None:
    parts = [evaluate_value(item, env, report, members, bare) for item in value.items]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    expr = None
    if any(part.expr is not None for part in known):
        items = [part.expr if part.expr is not None else expression_of(showable(part.value)) for part in known]
        expr = ast.List(items, ast.Load())
    return Option(tuple(part.value for part in known), expr)


def _expression(value: ScalarValue, env: Env, report: Report, members: Collection[str]) -> Option | None:
    expression = None
    try:
        expression = parse(str(value.value))
        if env.barred and _is_barred(expression.names, value, env, report):
            return None
        names: Mapping[str, Any] = env.values
        if members and not expression.names.isdisjoint(members):
            names = ChainMap(dict(env.values), {member: member for member in members})
        result = evaluate(expression, names, Meter(whole=report.work))
        if isinstance(result, Quotient):
            raise ExpressionError(
                f"`{value.text}` divides a size that need not divide",
                0,
                len(value.text),
                "write ceil(...) or // to say how it is rounded",
            )
        expr = env.expr(expression.tree, expression.names)
        if expr is None and isinstance(result, float):  # 0.2 * 3 / 16 is easier to read than what it comes to
            expr = env.written_out(expression.tree, expression.names)
    except ExpressionError as error:
        near = suggestion(str(value.value).lower(), members)
        help_ = error.help or near or _counter_help(error)
        known = f"names here: {listed(name for name in env.values if isinstance(name, str)) or 'none'}"
        words = [f"words here: {listed(sorted(members))}"] if members else []
        lost = error.message.startswith("unknown name")
        notes = [*words, known] if help_ is None and lost else []
        span, read = value.part(error.start, error.end), [] if expression is None or lost else [value]
        report.error("E0220", error.message, span, notes=notes, help=help_, origins=origins.of(read, env, report))
        return None
    return Option(tuple(result) if isinstance(result, list) else result, expr)


def _counter_help(error: ExpressionError) -> str | None:
    """What the names are that repetition brings, for those who read them elsewhere."""
    return COUNTERS.get(error.message.removeprefix("unknown name "))


def _is_barred(names: frozenset[str], value: ScalarValue, env: Env, report: Report) -> bool:
    barred = sorted(name for name in names if name in env.barred)
    if barred:
        bar = env.barred[barred[0]]
        if bar is not None:
            report.error("E0214", bar.title, value.span, notes=[bar.note], help=bar.help)
    return bool(barred)


def is_open(value: Value | None, env: Env) -> bool:
    """Whether a value changes with an argument of the generated network's constructor."""
    return value is not None and bool(env.open) and not env.open.isdisjoint(free_names([value]))


def is_fixed(value: Value, env: Env, report: Report, what: str) -> bool:
    """Whether structure may depend on a value; an error if it reads what a constructor argument changes."""
    found = sorted(free_names([value]) & env.open) if env.open else []
    if not found:
        return True
    report.error(
        "E0231",
        f"{what} depends on an open param",
        value.span,
        notes=[
            f"`{found[0]}` changes with an argument of the generated network's constructor",
            "which layers there are is decided here, once",
        ],
        help="drop `open` from the param; `--set` still changes it",
    )
    return False


def is_writable(option: Option, value: Value, env: Env, report: Report, what: str) -> bool:
    """Whether generated code can say a value that an open param changes; an error if it cannot."""
    if not env.open or option.expr is None or is_printable(option.expr):
        return True
    found = sorted(read_by(option.expr) & env.open)
    if not found:
        return True
    report.error(
        "E0231",
        f"{what} cannot follow an open param",
        value.span,
        notes=[
            f"`{found[0]}` changes with an argument of the generated network's constructor",
            "a comprehension, a slice, `count` and the like have no form there",
        ],
        help="write it with `+`, `*`, `//`, `min`, `max`, `sum` of a list, or drop `open` from the param",
    )
    return False


def evaluate_flag(value: Value, env: Env, report: Report, what: str) -> Option | None:
    """A condition: true or false, nothing else."""
    option = evaluate_value(value, env, report)
    if option is None:
        return None
    if isinstance(option.value, bool):
        return option if is_fixed(value, env, report, f"`{what}`") else None
    report.error(
        "E0221",
        f"`{what}` must be true or false",
        value.span,
        notes=[f"found {show(option.value)}"],
        help="compare with something, as in `stride != 1`",
        origins=origins.of([value], env, report),
    )
    return None


def evaluate_count(value: Value, env: Env, report: Report, what: str, most: int) -> int | None:
    """A whole number from 1 to `most`."""
    option = evaluate_value(value, env, report)
    if option is None or not is_fixed(value, env, report, f"`{what}`"):
        return None
    count = option.value
    if isinstance(count, int) and not isinstance(count, bool) and 1 <= count <= most:
        return int(count)
    report.error(
        "E0221",
        f"`{what}` must be a whole number from 1 to {most:,}",
        value.span,
        notes=[f"found {show(count)}"],
        help="leave the item out with `when:`" if count == 0 and not isinstance(count, bool) else None,
        origins=origins.of([value], env, report),
    )
    return None


def render_name(name: ScalarValue, env: Env, report: Report) -> str | None:
    """A name with its `{expressions}` filled in."""
    text = str(name.value)
    if "{" not in text and "}" not in text:
        return text
    try:
        template = parse_template(text)
        if env.barred and _is_barred(template.names, name, env, report):
            return None
        return template.render(env.values)
    except ExpressionError as error:
        help_ = error.help or _counter_help(error)
        report.error("E0220", error.message, name.part(error.start, error.end), help=help_)
        return None
