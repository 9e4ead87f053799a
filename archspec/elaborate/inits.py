"""Initialisation schemes: `zeros`, `{normal: 0.01}`, `{kaiming_normal: fan_out}`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from archspec.report import Report, suggestion
from archspec.source import MapValue, ScalarValue, Value

PLAIN = frozenset({"zeros", "ones"})
NUMBERED = frozenset({"constant", "normal", "trunc_normal", "uniform", "xavier_uniform", "xavier_normal"})
FANNED = frozenset({"kaiming_normal", "kaiming_uniform"})
SCHEMES = PLAIN | NUMBERED | FANNED

Scheme = tuple[str] | tuple[str, float | str]


def read_inits(
    table: MapValue, tensors: Collection[str] | None, what: str, report: Report
) -> tuple[tuple[str, Scheme], ...]:
    """(tensor, scheme) for each tensor of an `init:`; `tensors` are those that there are, None: unknown."""
    found: list[tuple[str, Scheme]] = []
    for entry in table.entries:
        name, scheme = str(entry.key.value), read_scheme(entry.value, report)
        if tensors is not None and name not in tensors:
            report.error(
                "E0229",
                f"{what} has no tensor `{name}`",
                entry.key.span,
                notes=[f"its tensors: {', '.join(tensors) or 'none'}"],
                help=suggestion(name, tensors),
            )
        elif scheme is not None:
            found.append((name, scheme))
    return tuple(found)


def read_scheme(value: Value, report: Report) -> Scheme | None:
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
        if name in FANNED and argument in ("fan_in", "fan_out"):
            return (name, str(argument))
    report.error(
        "E0229",
        "this is not an initialisation",
        value.span,
        notes=[
            "expected zeros, ones, {constant: 0.5}, {normal: std}, {trunc_normal: std}, {uniform: bound},\n"
            "{xavier_uniform: gain}, {xavier_normal: gain}, {kaiming_normal: fan_out} or {kaiming_uniform: fan_in}"
        ],
        help=_scheme_help(name),
    )
    return None


def _scheme_help(name: Any) -> str | None:
    if name in NUMBERED:
        return f"write `{{{name}: 0.02}}`, with a number"
    if name in FANNED:
        return f"write `{{{name}: fan_out}}` or `{{{name}: fan_in}}`"
    return suggestion(str(name), SCHEMES)
