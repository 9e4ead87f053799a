"""Initialisation schemes: `zeros`, `{normal: 0.01}`, `{kaiming_normal: fan_out}`."""

from __future__ import annotations

from typing import Any

from archspec.report import Report, suggestion
from archspec.source import MapValue, ScalarValue, Value

PLAIN = frozenset({"zeros", "ones"})
NUMBERED = frozenset({"constant", "normal", "trunc_normal", "uniform", "xavier_uniform", "xavier_normal"})
FANNED = frozenset({"kaiming_normal", "kaiming_uniform"})
SCHEMES = PLAIN | NUMBERED | FANNED

Scheme = tuple[str] | tuple[str, float | str]


def read_inits(table: MapValue | None, report: Report) -> tuple[tuple[str, Scheme], ...]:
    """(tensor, scheme) for each tensor of an item's `init:`."""
    if table is None:
        return ()
    found = [(str(entry.key.value), read_scheme(entry.value, report)) for entry in table.entries]
    return tuple((tensor, scheme) for tensor, scheme in found if scheme is not None)


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
    report.error("E0229", "this is not an initialisation", value.span,
                 notes=["schemes: zeros, ones, {constant: 0.5}, {normal: std}, {trunc_normal: std}, {uniform: bound},",
                        "{xavier_uniform: gain}, {xavier_normal: gain}, {kaiming_normal: fan_out}, {kaiming_uniform: fan_in}"],
                 help=suggestion(str(name), SCHEMES))
    return None
