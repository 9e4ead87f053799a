"""The rows of an `each`: zipped columns, or a table of rows."""

from __future__ import annotations

import ast
from typing import Any

from archspec.elaborate.env import Env, show
from archspec.elaborate.params import block_value, refuse_shadow
from archspec.elaborate.scope import Scope
from archspec.elaborate.values import evaluate_value, is_fixed, is_open
from archspec.ir.graph import Option
from archspec.lazy import lazy
from archspec.ops import OPS
from archspec.records import Record
from archspec.report import Report
from archspec.spec.model import EachItem
from archspec.text.source import ListValue, ScalarValue, Value

origins = lazy("archspec.elaborate.origins")

MAX_ROWS = 10_000


class Row(Record):
    """The names that one round of an `each` binds; `open` are those that change with a constructor argument."""

    values: dict[str, Any]
    exprs: dict[str, ast.expr]
    open: frozenset[str] = frozenset()


def read_rows(item: EachItem, scope: Scope, env: Env, report: Report) -> list[Row]:
    """One row per round. Empty after an error."""
    names = [key for key, _ in item.columns]
    index = [item.index] if item.index is not None else []
    taken = [key for key in (*names, *index) if key.value in env.values]
    taken += [key for key in index if any(key.value == name.value for name in names)]
    for key in taken:
        refuse_shadow(str(key.value), key.span, report)
    if taken:
        return []
    opened = frozenset(str(key.value) for key, value in item.columns if is_open(value, env))
    table = _table(item, item.rows, scope, env, report) if item.rows is not None else _zipped(item, scope, env, report)
    rows = []
    for cells in table or ():
        values = {str(name.value): cell.value for name, cell in zip(names, cells, strict=True)}
        exprs = {str(n.value): cell.expr for n, cell in zip(names, cells, strict=True) if cell.expr is not None}
        rows.append(Row(values, exprs, opened))
    return rows


def _zipped(item: EachItem, scope: Scope, env: Env, report: Report) -> list[list[Option]] | None:
    columns = [_column(value, scope, env, report) for _, value in item.columns]
    known = [column for column in columns if column is not None]
    if len(known) < len(columns):
        return None
    if len({len(column) for column in known}) > 1:
        shown = ", ".join(f"{key.value}: {len(column)}" for (key, _), column in zip(item.columns, known, strict=True))
        short = min(zip(item.columns, known, strict=True), key=lambda pair: len(pair[1]))[0]
        report.error(
            "E0228",
            "the columns of this `each` differ in length",
            short[1].span,
            label="the shortest",
            notes=[f"expected as many values in each, found {shown}"],
        )
        return None
    return [list(row) for row in zip(*known, strict=True)]


def _column(value: Value, scope: Scope, env: Env, report: Report) -> list[Option] | None:
    if isinstance(value, ListValue):
        cells = [_cell(item, scope, env, report) for item in value.items]
        known = [cell for cell in cells if cell is not None]
        return known if len(known) == len(cells) else None
    option = evaluate_value(value, env, report)
    if option is None:
        return None
    if not isinstance(option.value, list | tuple) or len(option.value) > MAX_ROWS:
        report.error(
            "E0228",
            f"a column of `each` is a list of at most {MAX_ROWS:,} values",
            value.span,
            notes=[f"found {show(option.value)}"],
            origins=origins.of([value], env, report),
        )
        return None
    # A list written out has a cell for each value; one that is computed may change its length with what is open.
    parts = option.expr.elts if isinstance(option.expr, ast.List) else []
    if len(parts) == len(option.value):
        return [Option(v, None if isinstance(p, ast.Constant) else p) for v, p in zip(option.value, parts, strict=True)]
    return [Option(v) for v in option.value] if is_fixed(value, env, report, "this column") else None


def _cell(value: Value, scope: Scope, env: Env, report: Report) -> Option | None:
    text = value.value if isinstance(value, ScalarValue) else None
    if (
        isinstance(text, str)
        and text.isidentifier()
        and text not in env.values
        and (text in scope.blocks or text in OPS)
    ):
        return block_value("op", value, env, scope, report)
    return evaluate_value(value, env, report, bare=True)


def _table(item: EachItem, rows: Value, scope: Scope, env: Env, report: Report) -> list[list[Option]] | None:
    table: list[list[Option]] = []
    if not isinstance(rows, ListValue):
        option = evaluate_value(rows, env, report)
        if option is None or not is_fixed(rows, env, report, "`rows`"):
            return None
        found = option.value if isinstance(option.value, list | tuple) else ()
        if not found or len(found) > MAX_ROWS or not all(isinstance(row, list | tuple) for row in found):
            notes, known = [f"found {show(option.value)}"], origins.of([rows], env, report)
            report.error("E0228", "`rows` is a list of lists", rows.span, notes=notes, origins=known)
            return None
        table = [[Option(cell) for cell in row] for row in found]
        places = [rows.span] * len(table)
    else:
        cells = [_column(row, scope, env, report) for row in rows.items]
        table = [row for row in cells if row is not None]
        places = [row.span for row in rows.items]
        if len(table) < len(cells):
            return None
    fine = True
    for row, place in zip(table, places, strict=True):
        if len(row) != len(item.columns):
            fine = False
            report.error("E0228", f"this row has {len(row)} cells for {len(item.columns)} columns", place)
    return table if fine else None
