"""The functions of the expression language: the only things that can be called."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from archspec.expressions.errors import Fault
from archspec.expressions.values import (
    Meter,
    bounded,
    calculate,
    compare,
    equal,
    fractions,
    is_fraction,
    is_integer,
    is_list,
    is_number,
    kind,
)
from archspec.records import Record
from archspec.shapes import Quotient, Size

if TYPE_CHECKING:
    from fractions import Fraction


class Function(Record):
    """A function: how many arguments it takes, what they are called, whether it takes inexact quotients as they are."""

    call: Callable[..., Any]
    least: int
    most: int
    keywords: tuple[str, ...] = ()
    exact: bool = False  # True: a quotient that is not whole is an error before the call


def _items(value: Any, name: str) -> Sequence[Any]:
    if not is_list(value):
        raise Fault(f"`{name}` wants a list, found {kind(value)}")
    items: Sequence[Any] = value
    return items


def _real(value: Any, name: str) -> Any:
    if not is_number(value):
        raise Fault(
            f"`{name}` wants a number, found {kind(value)}"
            + (", which is not fixed" if isinstance(value, Size) else "")
        )
    return value


def _extreme(name: str, op: type[ast.cmpop]) -> Callable[..., Any]:
    def choose(meter: Meter, *values: Any) -> Any:
        items = _items(values[0], name) if len(values) == 1 else values
        if not items:
            raise Fault(f"`{name}` of an empty list")
        meter.spend(len(items))
        best = items[0]
        for item in items[1:]:
            if item != best and compare(op, item, best, meter):
                best = item
        if isinstance(best, bool) or is_list(best) or best is None:
            raise Fault(f"`{name}` wants numbers, found {kind(best)}")
        return best

    return choose


def _sum(meter: Meter, values: Any) -> Any:
    meter.spend(len(_items(values, "sum")))
    total: Any = 0
    for value in values:
        if is_list(value):
            raise Fault("`sum` wants a list of numbers, found a list in it")
        total = calculate(ast.Add, total, value)
    return total


def _len(meter: Meter, values: Any) -> int:
    return len(values) if isinstance(values, str) else len(_items(values, "len"))


def _rounded(name: str, rounding: Callable[[Any], Any]) -> Callable[..., Any]:
    def apply(meter: Meter, value: Any) -> Any:
        if isinstance(value, Size):
            return value  # a size is whole
        if isinstance(value, Quotient) and name != "round":
            return rounding(value)
        return rounding(_real(value, name))

    return apply


def _root(meter: Meter, value: Any) -> float:
    if _real(value, "sqrt") < 0:
        raise Fault(f"`sqrt` of a negative number, {value}")
    return math.sqrt(value)


def _log(meter: Meter, value: Any) -> float:
    if _real(value, "log") <= 0:
        raise Fault(f"`log` wants a positive number, found {value}")
    return math.log(value)


def _abs(meter: Meter, value: Any) -> Any:
    return abs(_real(value, "abs"))


def _unique(meter: Meter, values: Any) -> list[Any]:
    found: list[Any] = []
    for value in _items(values, "unique"):
        if not any(equal(value, other, meter) for other in found):
            found.append(value)
    return found


def _count(meter: Meter, values: Any, value: Any) -> int:
    return sum(equal(item, value, meter) for item in _items(values, "count"))


def make_divisible(value: float | Fraction, divisor: int = 8, min_value: int | None = None) -> int:
    """`value` rounded to a multiple of `divisor`, at least `min_value`, but never below 90 % of it.

    The rule for channels of MobileNets (Sandler et al. 2018, in the authors' TensorFlow code).
    """
    least = divisor if min_value is None else min_value
    half = fractions.Fraction(divisor, 2) if is_fraction(value) else divisor / 2
    rounded = max(least, int(value + half) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


def _make_divisible(meter: Meter, value: Any, divisor: Any = 8, min_value: Any = None) -> int:
    if not is_integer(divisor) or divisor < 1:
        raise Fault(f"`make_divisible` wants a positive integer as divisor, found {kind(divisor)}")
    if min_value is not None and not is_integer(min_value):
        raise Fault(f"`make_divisible` wants an integer as min_value, found {kind(min_value)}")
    return int(bounded(make_divisible(_real(value, "make_divisible"), divisor, min_value)))


def _range(meter: Meter, *bounds: Any) -> range:
    for bound in bounds:
        if not is_integer(bound):
            raise Fault(
                f"`range` wants integers, found {kind(bound)}"
                + (", which is not fixed" if isinstance(bound, Size) else "")
            )
    if len(bounds) == 3 and bounds[2] == 0:
        raise Fault("the step of `range` is 0")
    return range(*bounds)


MANY = 200  # more arguments than an expression has room for

FUNCTIONS: dict[str, Function] = {
    "min": Function(_extreme("min", ast.Lt), 1, MANY),
    "max": Function(_extreme("max", ast.Gt), 1, MANY),
    "sum": Function(_sum, 1, 1),
    "len": Function(_len, 1, 1, exact=True),
    "round": Function(_rounded("round", round), 1, 1),
    "abs": Function(_abs, 1, 1),
    "ceil": Function(_rounded("ceil", math.ceil), 1, 1),
    "floor": Function(_rounded("floor", math.floor), 1, 1),
    "log": Function(_log, 1, 1),
    "sqrt": Function(_root, 1, 1),
    "unique": Function(_unique, 1, 1, exact=True),
    "count": Function(_count, 2, 2, exact=True),
    "make_divisible": Function(_make_divisible, 1, 3, ("divisor", "min_value")),
    "range": Function(_range, 1, 3, exact=True),
}
ROUNDING = frozenset({"ceil", "floor", "round", "make_divisible"})
