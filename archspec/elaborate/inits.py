"""Initialisation schemes: `zeros`, `{normal: 0.01}`, `{kaiming_normal: fan_out}`, `{uniform: 1/sqrt(fan_out)}`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from archspec.expressions import ExpressionError, Meter, evaluate, parse, to_text
from archspec.lazy import lazy
from archspec.ops.base import Op
from archspec.report import Report, suggestion
from archspec.source import MapValue, ScalarValue, Value

difflib = lazy("difflib")

PLAIN = frozenset({"zeros", "ones"})
NUMBERED = frozenset({"constant", "normal", "trunc_normal", "uniform", "xavier_uniform", "xavier_normal"})
FANNED = frozenset({"kaiming_normal", "kaiming_uniform"})
SCHEMES = PLAIN | NUMBERED | FANNED

MOST_STEPS = 100  # a number of an initialisation is a short formula

FANS = frozenset({"fan_in", "fan_out"})
"""What a number of a scheme may read: how many values of a weight go into one output, and how many read one input."""

Scheme = tuple[str] | tuple[str, float | str]
"""A name, and its number, the text of an expression of FANS, or the fan that it keeps."""


def read_inits(
    table: MapValue, tensors: Collection[str] | None, op: type[Op], report: Report
) -> tuple[tuple[str, Scheme], ...]:
    """(tensor, scheme) for each tensor of an `init:` of an op; `tensors` are those that there are, None: unknown.

    The linears inside an op are filled as `linear` says, and not here.
    """
    found: list[tuple[str, Scheme]] = []
    if tensors is not None:
        tensors = [name for name in tensors if name.partition(".")[0] not in op.linears]
    fans = op.weighted == 1  # a weight with inputs and outputs, which a number may read
    for entry in table.entries:
        name, scheme = str(entry.key.value), read_scheme(entry.value, report, fans)
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


def read_scheme(value: Value, report: Report, fans: bool) -> Scheme | None:
    """A scheme as a tuple: its name, and its number or fan. None after an error."""
    name: Any = value.value if isinstance(value, ScalarValue) else None
    if isinstance(value, ScalarValue) and name in PLAIN:
        return (str(name),)
    if isinstance(value, MapValue) and len(value.entries) == 1:
        entry = value.entries[0]
        name = str(entry.key.value)
        argument = entry.value.value if isinstance(entry.value, ScalarValue) else None
        if name in NUMBERED and isinstance(argument, int | float) and not isinstance(argument, bool):
            return (name, argument)
        if name in NUMBERED and fans and isinstance(argument, str) and (text := _of_fans(argument)) is not None:
            return (name, text)
        if name in FANNED and argument in ("fan_in", "fan_out"):
            return (name, str(argument))
    report.error(
        "E0229",
        "this is not an initialisation",
        value.span,
        notes=[
            "expected zeros, ones, {constant: 0.5}, {normal: std}, {trunc_normal: std}, {uniform: bound},\n"
            "{xavier_uniform: gain}, {xavier_normal: gain}, {kaiming_normal: fan_out} or {kaiming_uniform: fan_in};\n"
            "for convolutions and linears a number may read the fans: {uniform: 1/sqrt(fan_out)}"
        ],
        help=_scheme_help(name),
    )
    return None


def _of_fans(text: str) -> str | None:
    """An expression of the fans as it is printed; None where it has no value or reads anything else."""
    try:
        expression = parse(text)
        value = evaluate(expression, {"fan_in": 27.0, "fan_out": 64.0}, Meter(MOST_STEPS))
    except ExpressionError:
        return None
    fits = expression.names <= FANS and isinstance(value, int | float) and not isinstance(value, bool)
    return to_text(expression.tree) if fits else None


def _scheme_help(name: Any) -> str | None:
    if name in NUMBERED:
        number, what = ("1.0", "its gain") if name.startswith("xavier") else ("0.02", "a number")
        return f"write `{{{name}: {number}}}`, with {what}"
    if name in FANNED:
        return f"write `{{{name}: fan_out}}` or `{{{name}: fan_in}}`"
    near = difflib.get_close_matches(str(name), SCHEMES, 1)
    return _scheme_help(near[0]) if near and near[0] not in PLAIN else suggestion(str(name), PLAIN)
