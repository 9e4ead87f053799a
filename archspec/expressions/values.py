"""The values of the expression language, and what its operators do to them: exact, bounded, and strict about kinds."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from math import isfinite
from typing import Any

from archspec import work
from archspec.expressions.errors import Fault
from archspec.lazy import lazy
from archspec.shapes import Quotient, Size
from archspec.work import MOST_ATOMS, Work

fractions = lazy("fractions")

MOST_INTEGER = 2**63
MOST_ITEMS = 100_000
MOST_TEXT = 10_000
MOST_STEPS = 400_000
TOO_MUCH = f"an expression may take {MOST_STEPS:,} steps, those of a file {work.MOST_STEPS:,} in all"

SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
}  # fmt: skip
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in",
    ast.NotIn: "not in",
}  # fmt: skip

_NUMBERS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}  # fmt: skip
_ORDERS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip


class Meter:
    """The work that one evaluation may do, out of `whole`. Every visited node, copied or compared item is a step."""

    def __init__(self, steps: int = MOST_STEPS, whole: Work | None = None) -> None:
        self.whole, self.left = whole, steps if whole is None else min(steps, whole.steps)
        self.given = self.left

    def spend(self, steps: int = 1) -> None:
        """Take `steps` off what is left; Fault where nothing is."""
        self.left -= steps
        if self.left < 0:
            raise Fault("this takes too much work to evaluate", TOO_MUCH)

    def settle(self) -> None:
        """Take what was spent off the whole."""
        if self.whole is not None:
            self.whole.steps -= self.given - max(self.left, 0)


def is_number(value: Any) -> bool:
    """Whether it is an integer, a float or a fraction; true and false are no numbers."""
    return (isinstance(value, (int, float)) and not isinstance(value, bool)) or is_fraction(value)


_COMMON = (int, float, str, list, tuple, type(None), Size, Quotient)


def is_fraction(value: Any) -> bool:
    """Whether it is a fraction: what an inexact division of integers gives, without loading `fractions` for others."""
    return not isinstance(value, _COMMON) and isinstance(value, fractions.Fraction)


def is_inexact(value: Any) -> bool:
    """Whether it is a fraction, or a quotient of a size."""
    return isinstance(value, Quotient) or is_fraction(value)


def is_integer(value: Any) -> bool:
    """Whether it is an integer; true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_list(value: Any) -> bool:
    """Whether it is a list or a tuple: the language does not tell them apart."""
    return isinstance(value, (list, tuple))


def plain(value: Any) -> Any:
    """A traced number as the number that it is; anything else unchanged."""
    kind = type(value)
    if kind is int or kind is float or kind is bool or not isinstance(value, (int, float)):
        return value
    return int(value) if isinstance(value, int) else float(value)


def kind(value: Any) -> str:
    """What to call a value in a message."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if is_number(value):
        return str(value)
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 40 else "a string"
    if isinstance(value, Size):
        return f"the size {value}"
    if isinstance(value, Quotient):
        return f"the quotient {value.of} / {value.divisor}"
    return "a list" if is_list(value) else f"a {type(value).__name__.lower()}"


def bounded(value: Any) -> Any:
    """A result within the bounds of the language, a whole fraction as an integer; Fault outside them."""
    if is_fraction(value):
        if value.denominator == 1:
            return bounded(value.numerator)
        if max(abs(value.numerator), value.denominator) > MOST_INTEGER:
            raise Fault("the fraction is too fine to be kept exactly")
    elif isinstance(value, int):
        if abs(value) > MOST_INTEGER:
            raise Fault("the result is too large", "integers are at most 2**63")
    elif isinstance(value, complex):
        raise Fault("the result is not a real number")
    elif isinstance(value, float) and not isfinite(value):
        raise Fault("the result is too large for a float")
    elif is_list(value) and len(value) > MOST_ITEMS:
        raise Fault(f"the list is too long: {len(value)} items, at most {MOST_ITEMS}")
    elif isinstance(value, str) and len(value) > MOST_TEXT:
        raise Fault(f"the string is too long: {len(value)} characters, at most {MOST_TEXT}")
    return value


def calculate(op: type[ast.operator], left: Any, right: Any) -> Any:
    """`left op right`. Integers divide to a Fraction where that is not exact, symbolic sizes to a Quotient."""
    if op in (ast.Div, ast.FloorDiv, ast.Mod) and is_number(right) and right == 0:
        raise Fault("division by zero")
    try:
        if is_number(left) and is_number(right):
            return bounded(_number(op, left, right))
        if isinstance(left, Size) or isinstance(right, Size):
            return _size(op, left, right)
        if op is ast.Add and is_list(left) and is_list(right):
            return bounded([*left, *right])
        if op is ast.Add and isinstance(left, str) and isinstance(right, str):
            return bounded(left + right)
        if op is ast.Mult and is_list(left) and is_integer(right):
            return _repeated(left, right)
        if op is ast.Mult and is_integer(left) and is_list(right):
            return _repeated(right, left)
    except OverflowError:
        raise Fault("the result is too large") from None
    raise _no_result(op, left, right)


def _number(op: type[ast.operator], left: Any, right: Any) -> Any:
    if op is ast.Pow:
        return _power(left, right)
    if op is ast.Div:
        return left / right if isinstance(left, float) or isinstance(right, float) else _divided(left, right)
    return _NUMBERS[op](left, right)


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(base, float) or not is_integer(exponent):
        if base == 0 and exponent < 0:
            raise Fault("division by zero")
        return base**exponent
    if base in (0, 1, -1):
        if base == 0 and exponent < 0:
            raise Fault("division by zero")
        return base ** abs(exponent)
    if abs(exponent) > 64:  # bounded before it is computed: 2**64 is beyond every bound already
        raise Fault("the result is too large", "integers are at most 2**63")
    return int(base) ** int(exponent) if exponent >= 0 and is_integer(base) else fractions.Fraction(base) ** exponent


def _divided(left: Any, right: Any) -> Any:
    if is_integer(left) and is_integer(right) and left % right == 0:
        return int(left) // int(right)
    return fractions.Fraction(left) / right


def _size(op: type[ast.operator], left: Any, right: Any) -> Any:
    if sum(value.atoms for value in (left, right) if isinstance(value, Size)) > MOST_ATOMS:
        raise Fault("the size has too many parts", f"a size has at most {MOST_ATOMS}")
    if op in (ast.Add, ast.Sub, ast.Mult) and all(is_integer(v) or isinstance(v, Size) for v in (left, right)):
        return {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}[op](left, right)
    if isinstance(left, Size) and is_integer(right) and right >= 1:
        if op is ast.Mod:
            return left - left // right * right
        if op in (ast.Div, ast.FloorDiv):
            return left / right if op is ast.Div else left // right
    raise _no_result(op, left, right)


def _repeated(items: Any, times: int) -> Any:
    if len(items) * times > MOST_ITEMS:
        raise Fault(f"the list is too long: {len(items) * times} items, at most {MOST_ITEMS}")
    return [*items] * times


def _no_result(op: type[ast.operator], left: Any, right: Any) -> Fault:
    for value in (left, right):
        if isinstance(value, Quotient):
            return Fault(
                f"{value.of} / {value.divisor} need not be a whole number",
                f"write ceil({value.of}/{value.divisor}) or {value.of} // {value.divisor}",
            )
    for value in (left, right):
        if isinstance(value, Size):
            return Fault(
                f"`{SIGNS[op]}` of {kind(left)} and {kind(right)}: the size {value} is not fixed",
                "a size that is not fixed goes with integers: + - *, and / or // by a positive one",
            )
    return Fault(f"`{SIGNS[op]}` does not take {kind(left)} and {kind(right)}")


def equal(left: Any, right: Any, meter: Meter) -> bool:
    """Whether two values are the same; Fault where that depends on a size, or on reading true as 1."""
    meter.spend()
    if is_list(left) and is_list(right):
        return len(left) == len(right) and all(equal(a, b, meter) for a, b in zip(left, right, strict=True))
    if isinstance(left, Quotient) or isinstance(right, Quotient):
        raise _no_result(ast.Div, left, right)
    if isinstance(left, Size) or isinstance(right, Size):
        if left == right:
            return True
        if all(is_number(v) or isinstance(v, Size) for v in (left, right)):
            raise _undecided(left, right)
        return False
    same = bool(left == right)
    if same and isinstance(left, bool) != isinstance(right, bool):
        raise Fault(f"{kind(left)} is not {kind(right)}: true and false are no numbers")
    return same


def compare(op: type[ast.cmpop], left: Any, right: Any, meter: Meter) -> bool:
    """`left op right` of one comparison."""
    if op in (ast.Eq, ast.NotEq):
        return equal(left, right, meter) is (op is ast.Eq)
    if op in (ast.In, ast.NotIn):
        return contains(right, left, meter) is (op is ast.In)
    if isinstance(left, (Size, Quotient)) or isinstance(right, (Size, Quotient)):
        raise _undecided(left, right)
    if (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str)):
        return _ORDERS[op](left, right)
    raise Fault(
        f"`{COMPARISONS[op]}` does not take {kind(left)} and {kind(right)}", "numbers and strings have an order"
    )


def contains(items: Any, value: Any, meter: Meter) -> bool:
    """Whether a list has the value, or a string the part."""
    if isinstance(items, str) and isinstance(value, str):
        return value in items
    if not is_list(items):
        raise Fault(f"`in` wants a list on its right, found {kind(items)}")
    return any(equal(item, value, meter) for item in items)


def _undecided(left: Any, right: Any) -> Fault:
    size = left if isinstance(left, (Size, Quotient)) else right
    return Fault(
        f"{kind(size)} is not fixed, so {kind(left)} and {kind(right)} cannot be compared",
        "a decision can read only sizes that `input:` fixes with a number",
    )
