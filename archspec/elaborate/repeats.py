"""Repeats: units in a chain, equal neighbours counted instead of written out."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from archspec.elaborate.callee import Operand
from archspec.elaborate.calls import Called
from archspec.elaborate.env import Env
from archspec.elaborate.paths import Paths
from archspec.expressions import ExpressionError, literal, parse_template, simplify, substitute, to_text
from archspec.ir.graph import Repeat, Run, handed_on, written
from archspec.records import Record, replace
from archspec.report import Report
from archspec.shapes import Shape
from archspec.text.source import ScalarValue

SHOWN_UNITS = 1000
"""How many unit names are tried out: a template that gives names for these gives names for more."""


class Unit(Record):
    """One elaborated unit of a repeat."""

    called: Called
    inits: tuple[tuple[str, Any], ...]


class Unrolled(Record):
    """A repeat with the shapes that come out of its last unit; without a target after an error in one."""

    target: Repeat | None
    shapes: tuple[Shape | None, ...]
    names: tuple[str, ...]


def unroll(
    count: int,
    varies: bool,
    operands: tuple[Operand, ...] | None,
    unit: Callable[[int, tuple[Operand, ...] | None], Unit | None],
) -> Unrolled | None:
    """The runs of a repeat. A unit that gives the shape it gets, and does not read `i`, stands for all after it."""
    runs: list[Run] = []
    index = 0
    shapes: tuple[Shape | None, ...] = ()
    names: tuple[str, ...] = ()
    failed = False
    while index < count:
        made = unit(index, operands)
        if made is None or operands is None:
            return None
        called = made.called
        shapes, names = called.shapes, called.names
        following = _next(operands, shapes)
        number = count - index if not varies and index > 0 and following == operands else 1
        if called.target is None or isinstance(called.target, Repeat):
            failed = True
        else:
            _append(runs, Run(number, called.target, called.arguments, made.inits))
        operands = following
        index += number
    return Unrolled(None if failed else Repeat(tuple(runs)), shapes, names)


def _next(operands: tuple[Operand, ...], shapes: tuple[Shape | None, ...]) -> tuple[Operand, ...] | None:
    if None in shapes:
        return None
    given = zip(operands, shapes, strict=False)
    return handed_on(operands, tuple(replace(operand, shape=shape) for operand, shape in given if shape is not None))


def _append(runs: list[Run], run: Run) -> None:
    last = runs[-1] if runs else None
    if last is not None and replace(last, count=run.count) == run and _written(last) == _written(run):
        runs[-1] = replace(last, count=last.count + run.count)
    else:
        runs.append(run)


def _written(run: Run) -> list[str]:
    return written(run.target, run.arguments)


def unit_names(names: ScalarValue, count: int, env: Env, report: Report) -> str | None:
    """The template of `names:` with everything but `i` filled in, and every unit's name fit to be a path."""
    try:
        template = parse_template(str(names.value))
        parts = []
        for piece in template.parts:
            if isinstance(piece, str):
                parts.append(piece)
                continue
            known = {"n": count, **env.values}
            bindings = {name: literal(known[name]) for name in piece.names if name != "i" and name in known}
            tree = simplify(substitute(piece.tree, bindings))
            known_now = isinstance(tree, ast.Constant) and type(tree.value) is int
            parts.append(to_text(tree) if known_now else "{" + to_text(tree) + "}")
        filled = parse_template("".join(parts))
        paths = Paths(report)
        before = len(report.diagnostics)
        for index in range(min(count, SHOWN_UNITS)):
            paths.take(filled.render({"i": index}), names.span)
            if len(report.diagnostics) > before:
                return None
        return filled.text
    except ExpressionError as error:
        report.error("E0220", error.message, names.part(error.start, error.end), help=error.help)
    except TypeError:
        report.error("E0220", "`names` reads what is no number and no text", names.span)
    return None
