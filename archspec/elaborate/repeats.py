"""Repeats: units in a chain, equal neighbours counted instead of written out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from archspec.elaborate.calls import Called, Operand
from archspec.elaborate.values import Env
from archspec.expressions import ExpressionError, literal, parse, parse_template, substitute, to_text
from archspec.ir.graph import Repeat, Run
from archspec.report import Report
from archspec.shapes import Shape
from archspec.source import ListValue, MapValue, ScalarValue, Value


@dataclass(frozen=True, slots=True)
class Unit:
    """One elaborated unit of a repeat."""

    called: Called
    inits: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Unrolled:
    """A repeat with the shapes that come out of its last unit."""

    target: Repeat
    shapes: tuple[Shape | None, ...]
    names: tuple[str, ...]


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
                names |= parse(value.value).names
            except ExpressionError:
                continue
    return frozenset(names)


def unroll(count: int, varies: bool, operands: tuple[Operand, ...] | None,
           unit: Callable[[int, tuple[Operand, ...] | None], Unit | None]) -> Unrolled | None:
    """The runs of a repeat. A unit that gives the shape it gets, and does not read `i`, stands for all after it."""
    runs: list[Run] = []
    index = 0
    shapes: tuple[Shape | None, ...] = ()
    names: tuple[str, ...] = ()
    while index < count:
        made = unit(index, operands)
        if made is None or operands is None:
            return None
        called = made.called
        shapes, names = called.shapes, called.names
        steady = not varies and index > 0 and _next(operands, shapes) == operands
        number = count - index if steady else 1
        _append(runs, Run(number, called.target, called.arguments, made.inits))  # type: ignore[arg-type]
        operands = _next(operands, shapes)
        index += number
    return Unrolled(Repeat(tuple(runs)), shapes, names)


def _next(operands: tuple[Operand, ...], shapes: tuple[Shape | None, ...]) -> tuple[Operand, ...] | None:
    if len(shapes) < len(operands) or None in shapes:
        return None
    return tuple(replace(operand, shape=shape) for operand, shape in zip(operands, shapes, strict=False) if shape is not None)


def _append(runs: list[Run], run: Run) -> None:
    last = runs[-1] if runs else None
    if last is not None and replace(last, count=run.count) == run and _same_expressions(last, run):
        runs[-1] = replace(last, count=last.count + run.count)
    else:
        runs.append(run)


def _same_expressions(a: Run, b: Run) -> bool:
    """First overrides may give an equal value by another expression; such units are still equal in value."""
    return a.target is b.target or a.target == b.target


def unit_names(names: ScalarValue, env: Env, report: Report) -> str | None:
    """The template of `names:` with everything but `i` filled in."""
    try:
        template = parse_template(str(names.value))
        parts = []
        for piece in template.parts:
            if isinstance(piece, str):
                parts.append(piece)
                continue
            bindings = {name: literal(env.values[name]) for name in piece.names if name != "i" and name in env.values}
            parts.append("{" + to_text(substitute(piece.tree, bindings)) + "}")
        filled = "".join(parts)
        parse_template(filled).render({"i": 0})
        return filled
    except ExpressionError as error:
        report.error("E0220", error.message, names.part(error.start, error.end), help=error.help)
        return None
