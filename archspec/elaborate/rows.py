"""The rows of an `each`: zipped columns, or a table of rows."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from archspec.elaborate.scope import Scope, block_value
from archspec.elaborate.values import Env, evaluate_value
from archspec.ir.graph import Option
from archspec.ops import OPS
from archspec.report import Report
from archspec.source import ListValue, ScalarValue, Value
from archspec.spec.model import EachItem

MAX_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Row:
    """The names that one round of an `each` binds."""

    values: dict[str, Any]
    exprs: dict[str, ast.expr]


def read_rows(item: EachItem, scope: Scope, env: Env, report: Report) -> list[Row]:
    """One row per round, with the index. Empty after an error."""
    names = [str(key.value) for key, _ in item.columns]
    for key, _ in item.columns:
        if key.value in env.values:
            report.error("E0214", f"`{key.value}` is already a name here", key.span, help="choose another name")
            return []
    table = _table(item, scope, env, report) if item.rows is not None else _zipped(item, scope, env, report)
    rows = []
    for index, cells in enumerate(table or ()):
        values = {name: cell.value for name, cell in zip(names, cells, strict=True)}
        exprs = {name: cell.expr for name, cell in zip(names, cells, strict=True) if cell.expr is not None}
        rows.append(Row({**values, item.index: index}, exprs))
    return rows


def _zipped(item: EachItem, scope: Scope, env: Env, report: Report) -> list[list[Option]] | None:
    columns = [_column(value, scope, env, report) for _, value in item.columns]
    known = [column for column in columns if column is not None]
    if len(known) < len(columns):
        return None
    lengths = {len(column) for column in known}
    if len(lengths) > 1:
        shown = ", ".join(f"{key.value}: {len(column)}" for (key, _), column in zip(item.columns, known, strict=True))
        report.error("E0228", "the columns of this `each` differ in length", item.span, notes=[shown])
        return None
    return [list(row) for row in zip(*known, strict=True)]


def _column(value: Value, scope: Scope, env: Env, report: Report) -> list[Option] | None:
    if isinstance(value, ListValue):
        cells = [_cell(item, scope, env, report) for item in value.items]
        return None if any(cell is None for cell in cells) else [cell for cell in cells if cell is not None]
    option = evaluate_value(value, env, report)
    if option is None:
        return None
    if not isinstance(option.value, list | tuple) or len(option.value) > MAX_ROWS:
        report.error("E0228", f"a column of `each` is a list of at most {MAX_ROWS:,} values", value.span)
        return None
    exprs = option.expr.elts if isinstance(option.expr, ast.List) and len(option.expr.elts) == len(option.value) else None
    return [Option(v, exprs[k] if exprs and not isinstance(exprs[k], ast.Constant) else None) for k, v in enumerate(option.value)]


def _cell(value: Value, scope: Scope, env: Env, report: Report) -> Option | None:
    text = value.value if isinstance(value, ScalarValue) else None
    if isinstance(text, str) and text.isidentifier() and text not in env.values and (text in scope.blocks or text in OPS):
        return block_value("op", value, env, scope, report)
    return evaluate_value(value, env, report, bare=True)


def _table(item: EachItem, scope: Scope, env: Env, report: Report) -> list[list[Option]] | None:
    assert item.rows is not None
    if not isinstance(item.rows, ListValue):
        option = evaluate_value(item.rows, env, report)
        if option is None or not isinstance(option.value, list | tuple):
            return None
        return [[Option(cell) for cell in row] for row in option.value]
    table = []
    for row in item.rows.items:
        cells = _column(row, scope, env, report)
        if cells is None:
            return None
        if len(cells) != len(item.columns):
            report.error("E0228", f"this row has {len(cells)} cells for {len(item.columns)} columns", row.span)
            return None
        table.append(cells)
    return table
