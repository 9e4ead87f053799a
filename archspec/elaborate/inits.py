"""Initialisation schemes: `zeros`, `{normal: 0.02/sqrt(depth)}`, `{kaiming_normal: fan_out}`, `{uniform: 1/fan_in}`."""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import Any

from archspec.elaborate.env import Env
from archspec.expressions import ExpressionError, Meter, evaluate, literal, parse, substitute, to_text
from archspec.expressions.trees import rebuilt
from archspec.lazy import lazy
from archspec.ops.base import Op
from archspec.report import Report, suggestion
from archspec.text.source import MapValue, ScalarValue, Value

difflib = lazy("difflib")

PLAIN = frozenset({"zeros", "ones"})
NUMBERED = frozenset({"constant", "normal", "trunc_normal", "uniform", "xavier_uniform", "xavier_normal"})
FANNED = frozenset({"kaiming_normal", "kaiming_uniform"})
SCHEMES = PLAIN | NUMBERED | FANNED

MOST_STEPS = 100  # a number of an initialisation is a short formula

FANS = frozenset({"fan_in", "fan_out"})
"""What a number may read besides params: how many values of a weight go into an output, and how many read an input."""

Scheme = tuple[str] | tuple[str, float | str]
"""A name, and its number, the text of an expression of numbers and FANS, or the fan that it keeps."""


def read_inits(
    table: MapValue, tensors: Collection[str] | None, op: type[Op], env: Env, report: Report
) -> tuple[tuple[str, Scheme], ...]:
    """(tensor, scheme) for each tensor of an `init:` of an op; `tensors` are those that there are, None: unknown.

    Numbers may read the params and `let`s of `env`, and the fans if the op has a weight with inputs and outputs. The
    linears inside an op are filled as `linear` says, and not here.
    """
    found: list[tuple[str, Scheme]] = []
    if tensors is not None:
        tensors = [name for name in tensors if name.rpartition(".")[0] not in op.linears]
    fans = op.weighted == 1  # a weight with inputs and outputs, which a number may read
    for entry in table.entries:
        name, scheme = str(entry.key.value), read_scheme(entry.value, env, report, fans)
        if tensors is not None and name not in tensors:
            report.error(
                "E0229",
                f"`{op.name}` has no tensor `{name}`",
                entry.key.span,
                notes=[f"its tensors: {', '.join(tensors) or 'none'}"]
                + [f"its linears, {' and '.join(op.linears)}, are filled as `linear` says"] * bool(op.linears),
                help=suggestion(name, tensors),
            )
        elif scheme is not None:
            found.append((name, scheme))
    return tuple(found)


def read_scheme(value: Value, env: Env, report: Report, fans: bool) -> Scheme | None:
    """A scheme as a tuple: its name, and its number or fan. None after an error."""
    name: Any = value.value if isinstance(value, ScalarValue) else None
    why: list[str] = []
    if isinstance(value, ScalarValue) and name in PLAIN:
        return (str(name),)
    if isinstance(value, MapValue) and len(value.entries) == 1:
        entry = value.entries[0]
        name = str(entry.key.value)
        argument = entry.value.value if isinstance(entry.value, ScalarValue) else None
        if name in NUMBERED and isinstance(argument, int | float) and not isinstance(argument, bool):
            return (name, argument)
        if name in NUMBERED and isinstance(argument, str):
            try:
                number = _computed(argument, env, fans)
            except ExpressionError as error:
                number, why = None, [error.message + (f": {error.help}" if error.help else "")]
            if number is not None:
                return (name, number)
        if name in FANNED and argument in ("fan_in", "fan_out"):
            return (name, str(argument))
    report.error(
        "E0229",
        "this is not an initialisation",
        value.span,
        notes=[
            *why,
            "expected zeros, ones, {constant: 0.5}, {normal: std}, {trunc_normal: std}, {uniform: bound},\n"
            "{xavier_uniform: gain}, {xavier_normal: gain}, {kaiming_normal: fan_out} or {kaiming_uniform: fan_in};\n"
            "a number may read params that are not open, and of convolutions and linears the fans: {uniform: 1/fan_in}",
        ],
        help=_scheme_help(name),
    )
    return None


def _computed(text: str, env: Env, fans: bool) -> float | str | None:
    """A number, or its expression as it is printed, params by their values; None where it reads anything else.

    ExpressionError where it has no value.
    """
    expression = parse(text)
    known = expression.names & env.values.keys() - env.barred.keys() - env.open
    constant = {name: env.values[name] for name in known if isinstance(env.values[name], int | float)}
    if not expression.names - constant.keys() <= (FANS if fans else frozenset()):
        return None
    tree = substitute(expression.tree, {name: literal(number) for name, number in constant.items()})
    value = _value(tree)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return value if isinstance(tree, ast.Constant) else to_text(tree)


def _value(tree: ast.expr) -> Any:
    """With fans of some layer; unlike the size of anything else, a number may be a fraction of integers."""
    fans = {"fan_in": 27.0, "fan_out": 64.0}
    try:
        return evaluate(parse(to_text(tree)), fans, Meter(MOST_STEPS))
    except ExpressionError:
        return evaluate(parse(to_text(_floated(tree))), fans, Meter(MOST_STEPS))


def _floated(tree: ast.expr) -> ast.expr:
    if isinstance(tree, ast.Constant) and type(tree.value) is int:
        return ast.Constant(float(tree.value))
    return rebuilt(tree, _floated)


def _scheme_help(name: Any) -> str | None:
    if name in NUMBERED:
        number, what = ("1.0", "its gain") if name.startswith("xavier") else ("0.02", "a number")
        return f"write `{{{name}: {number}}}`, with {what}"
    if name in FANNED:
        return f"write `{{{name}: fan_out}}` or `{{{name}: fan_in}}`"
    near = difflib.get_close_matches(str(name), SCHEMES, 1)
    return _scheme_help(near[0]) if near and near[0] not in PLAIN else suggestion(str(name), PLAIN)
