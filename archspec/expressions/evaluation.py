"""Tree to value: bounded, and with the place of whatever goes wrong."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from archspec.expressions.errors import ExpressionError, Fault
from archspec.expressions.functions import FUNCTIONS, ROUNDING
from archspec.expressions.parsing import CONSTANTS, Expression
from archspec.expressions.printing import to_text
from archspec.expressions.trees import variable
from archspec.expressions.values import (
    MOST_ITEMS,
    Meter,
    bounded,
    calculate,
    compare,
    is_inexact,
    is_integer,
    is_list,
    is_number,
    kind,
    plain,
)
from archspec.lazy import lazy
from archspec.shapes import Quotient, Size

difflib = lazy("difflib")

_NOTHING = frozenset({"null", "nil"})
"""What other languages call `none`."""


def evaluate(expression: Expression, names: Mapping[str, Any], meter: Meter | None = None) -> Any:
    """The value of an expression under `names`; ExpressionError where it has none. Traced numbers come out plain."""
    return evaluate_tree(expression.tree, names, meter)


def evaluate_tree(tree: ast.expr, names: Mapping[str, Any], meter: Meter | None = None) -> Any:
    """The value of a tree, with no more work than the meter allows."""
    evaluator = _Evaluator(names, meter if meter is not None else Meter())
    try:
        return evaluator.finished(tree, evaluator.exact(tree))
    except RecursionError:
        raise evaluator.error(tree, "the expression is nested too deeply") from None
    finally:
        evaluator.meter.settle()


class _Evaluator:
    def __init__(self, names: Mapping[str, Any], meter: Meter) -> None:
        self.names = names
        self.meter = meter
        self.local: dict[str, Any] = {}
        self.division: tuple[ast.expr, Any, Any] | None = None  # the last one that was not exact, for the message

    def error(self, node: ast.AST, message: str, remedy: str | None = None) -> ExpressionError:
        start: int = getattr(node, "col_offset", 0)
        return ExpressionError(message, start, max(getattr(node, "end_col_offset", None) or start, start), remedy)

    def value(self, node: ast.expr) -> Any:
        """The value of a node, which may be a quotient that is still to be rounded."""
        try:
            self.meter.spend()
            return _RULES[type(node)](self, node)
        except Fault as fault:
            raise self.error(node, fault.message, fault.help) from None

    def exact(self, node: ast.expr) -> Any:
        """The value of a node where a quotient that is not whole has no place."""
        value = self.value(node)
        if not is_inexact(value):
            return value
        place, left, right = self.division or (node, value, 1)
        if isinstance(value, Quotient):
            raise self.error(place, f"{kind(left)} divided by {right} need not be a whole number", self.remedy(place))
        raise self.error(place, f"{left} / {right} is not a whole number", self.remedy(place))

    def remedy(self, place: ast.expr) -> str:
        if not (isinstance(place, ast.BinOp) and isinstance(place.op, ast.Div)):
            return "round it with ceil or floor"
        floored = to_text(ast.BinOp(place.left, ast.FloorDiv(), place.right))
        return f"write ceil({to_text(place)}) or {floored}"

    def condition(self, node: ast.expr) -> bool:
        value = self.exact(node)
        if isinstance(value, bool):
            return value
        remedy = f"write {to_text(node)} != 0" if is_number(value) else None
        raise self.error(node, f"a condition is true or false, found {kind(value)}", remedy)

    def finished(self, node: ast.expr, value: Any) -> Any:
        """What leaves the evaluator: numbers without their trace, in lists too."""
        if type(value) not in (list, tuple):
            return plain(value)
        try:
            self.meter.spend(len(value))
        except Fault as fault:
            raise self.error(node, fault.message, fault.help) from None
        items = (self.finished(node, item) for item in value)
        return list(items) if isinstance(value, list) else tuple(items)

    def constant(self, node: ast.Constant) -> Any:
        return node.value

    def name(self, node: ast.Name) -> Any:
        if node.id in self.local:
            return self.local[node.id]
        if node.id in self.names:
            return plain(self.names[node.id])
        known = [*self.local, *(name for name in self.names if isinstance(name, str))]
        close = difflib.get_close_matches(node.id, [*known, *CONSTANTS], 1) or ["none"] * (node.id in _NOTHING)
        remedy = f"did you mean `{close[0]}`?" if close else None
        if remedy is None and node.id in FUNCTIONS:
            remedy = f"`{node.id}` is a function: write {node.id}(...)"
        raise self.error(node, f"unknown name `{node.id}`", remedy)

    def binary(self, node: ast.BinOp) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        result = calculate(type(node.op), left, right)
        if is_inexact(result):
            if not is_inexact(left) and not is_inexact(right):
                self.division = node, left, right
        elif isinstance(result, (list, str)):
            self.meter.spend(len(result))
        return result

    def unary(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, ast.Not):
            return not self.condition(node.operand)
        value = self.value(node.operand)
        if not is_number(value) and not isinstance(value, Size):
            sign = "-" if isinstance(node.op, ast.USub) else "+"
            raise Fault(f"`{sign}` does not take {kind(value)}")
        return bounded(-value) if isinstance(node.op, ast.USub) else value

    def logic(self, node: ast.BoolOp) -> bool:
        conditions = (self.condition(value) for value in node.values)
        return any(conditions) if isinstance(node.op, ast.Or) else all(conditions)

    def comparison(self, node: ast.Compare) -> bool:
        left = self.value(node.left)
        for op, operand in zip(node.ops, node.comparators, strict=True):
            right = self.value(operand)
            if not compare(type(op), left, right, self.meter):
                return False
            left = right
        return True

    def choice(self, node: ast.IfExp) -> Any:
        return self.value(node.body if self.condition(node.test) else node.orelse)

    def items(self, node: ast.List | ast.Tuple) -> Any:
        values = [self.exact(item) for item in node.elts]
        return values if isinstance(node, ast.List) else tuple(values)

    def subscript(self, node: ast.Subscript) -> Any:
        items = self.exact(node.value)
        if not is_list(items):
            raise self.error(node.value, f"only a list has items, found {kind(items)}")
        if isinstance(node.slice, ast.Slice):
            return self.slice(node.slice, items)
        index = self.exact(node.slice)
        if not is_integer(index):
            raise self.error(node.slice, f"an index is an integer, found {kind(index)}")
        if not -len(items) <= index < len(items):
            last = f"indices go from 0 to {len(items) - 1}" if items else None
            raise self.error(
                node.slice,
                f"index {index} is out of range: the list has {len(items)} item{'s' * (len(items) != 1)}",
                last,
            )
        return plain(items[index])

    def slice(self, node: ast.Slice, items: Any) -> Any:
        bounds = []
        for bound in (node.lower, node.upper, node.step):
            value = None if bound is None else self.exact(bound)
            if bound is not None and value is not None and not is_integer(value):
                raise self.error(bound, f"the bound of a slice is an integer, found {kind(value)}")
            bounds.append(value)
        if bounds[2] == 0 and node.step is not None:
            raise self.error(node.step, "the step of a slice is 0")
        part = items[slice(*bounds)]
        self.meter.spend(len(part))
        return part

    def comprehension(self, node: ast.ListComp) -> list[Any]:
        [loop] = node.generators
        source = self.value(loop.iter)
        if not is_list(source) and not isinstance(source, range):
            raise self.error(loop.iter, f"a comprehension goes over a range or a list, found {kind(source)}")
        if source[MOST_ITEMS:]:
            raise self.error(loop.iter, f"the comprehension is too long: at most {MOST_ITEMS} items")
        outer = dict(self.local)
        result = []
        for item in source:
            self.meter.spend()
            self.local[variable(loop)] = plain(item)
            if all(self.condition(condition) for condition in loop.ifs):
                result.append(self.exact(node.elt))
        self.local = outer
        return result

    def call(self, node: ast.Call) -> Any:
        assert isinstance(node.func, ast.Name)
        function, division = FUNCTIONS[node.func.id], self.division
        read: Callable[[ast.expr], Any] = self.exact if function.exact else self.value
        arguments = [read(argument) for argument in node.args]
        keywords = {keyword.arg or "": read(keyword.value) for keyword in node.keywords}
        try:
            result = function.call(self.meter, *map(_numbers, arguments), **keywords)
        except (OverflowError, ValueError):  # infinity and not-a-number, where a caller gives them
            raise Fault(f"`{node.func.id}` has no value here") from None
        if node.func.id in ROUNDING:
            self.division = division  # what it divided is settled
        return result if isinstance(result, range) else bounded(result)


def _numbers(value: Any) -> Any:
    """A list with its numbers plain: functions compute with what is in it."""
    return [plain(item) for item in value] if is_list(value) else value


_RULES: dict[type[ast.AST], Callable[[_Evaluator, Any], Any]] = {
    ast.Constant: _Evaluator.constant,
    ast.Name: _Evaluator.name,
    ast.BinOp: _Evaluator.binary,
    ast.UnaryOp: _Evaluator.unary,
    ast.BoolOp: _Evaluator.logic,
    ast.Compare: _Evaluator.comparison,
    ast.IfExp: _Evaluator.choice,
    ast.List: _Evaluator.items,
    ast.Tuple: _Evaluator.items,
    ast.Subscript: _Evaluator.subscript,
    ast.ListComp: _Evaluator.comprehension,
    ast.Call: _Evaluator.call,
}
