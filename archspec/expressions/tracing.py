"""Numbers that know the expression they came from, so that generated code can say `width * 2` instead of 128.

A traced number is the number in every way; arithmetic with it is traced too. What decides (a comparison, `min`, the
length of a list) gives plain values: it holds for this value only, and so does what is built on it.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from archspec.expressions.simplification import neutral
from archspec.expressions.sums import collected
from archspec.expressions.trees import bounded, literal


def _forward(op: type[ast.operator], function: Callable[[Any, Any], Any], reflected: bool = False) -> Any:
    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, (int, float)):
            return NotImplemented
        left, right = (other, self) if reflected else (self, other)
        value = function(_plain(left), _plain(right))
        if isinstance(value, float) and isinstance(left, int) and isinstance(right, int):
            return value  # 7 / 2 and 2 ** -1 are no numbers of the language
        return traced(value, _composed(op, expression_of(left), expression_of(right), isinstance(value, int)))

    return method


def _negated(self: Any) -> Any:
    return traced(-_plain(self), ast.UnaryOp(ast.USub(), expression_of(self)))


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, int) else float(value)


class _Arithmetic:
    """Operators that keep the expression beside the number."""

    __add__ = _forward(ast.Add, operator.add)
    __radd__ = _forward(ast.Add, operator.add, reflected=True)
    __sub__ = _forward(ast.Sub, operator.sub)
    __rsub__ = _forward(ast.Sub, operator.sub, reflected=True)
    __mul__ = _forward(ast.Mult, operator.mul)
    __rmul__ = _forward(ast.Mult, operator.mul, reflected=True)
    __truediv__ = _forward(ast.Div, operator.truediv)
    __rtruediv__ = _forward(ast.Div, operator.truediv, reflected=True)
    __floordiv__ = _forward(ast.FloorDiv, operator.floordiv)
    __rfloordiv__ = _forward(ast.FloorDiv, operator.floordiv, reflected=True)
    __mod__ = _forward(ast.Mod, operator.mod)
    __rmod__ = _forward(ast.Mod, operator.mod, reflected=True)
    __pow__ = _forward(ast.Pow, operator.pow)
    __rpow__ = _forward(ast.Pow, operator.pow, reflected=True)
    __neg__ = _negated


class TracedInt(_Arithmetic, int):
    """An integer and the expression it came from."""

    expr: ast.expr

    def __new__(cls, value: int, expr: ast.expr) -> TracedInt:
        self = super().__new__(cls, value)
        self.expr = expr
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return TracedInt, (int(self), self.expr)


class TracedFloat(_Arithmetic, float):
    """A float and the expression it came from."""

    expr: ast.expr

    def __new__(cls, value: float, expr: ast.expr) -> TracedFloat:
        self = super().__new__(cls, value)
        self.expr = expr
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return TracedFloat, (float(self), self.expr)


def traced(value: Any, expr: ast.expr) -> Any:
    """The value knowing its expression, if it is an integer or a float; true, false and other values unchanged."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return TracedInt(value, expr)
    return TracedFloat(value, expr) if isinstance(value, float) else value


def expression_of(value: Any) -> ast.expr:
    """The expression that a value came from, else the value as a literal; in lists item by item."""
    if isinstance(value, (TracedInt, TracedFloat)):
        return value.expr
    if isinstance(value, (list, tuple)):
        items = [expression_of(item) for item in value]
        return ast.List(items, ast.Load()) if isinstance(value, list) else ast.Tuple(items, ast.Load())
    return literal(value)


def _composed(op: type[ast.operator], left: ast.expr, right: ast.expr, whole: bool) -> ast.expr:
    tree = ast.BinOp(left, op(), right)
    if op is ast.FloorDiv and whole and isinstance(right, ast.Constant) and right.value == 1:
        return left
    simpler = neutral(tree, frozenset())
    return bounded(collected(simpler) if whole else simpler)
