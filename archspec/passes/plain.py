"""Ops without the expressions their numbers came from: arithmetic on those builds trees that no analysis reads."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from archspec.ops.base import Op
from archspec.records import fields_of, replace

MOST = 20_000
T = TypeVar("T")
P = ParamSpec("P")


def by_identity(find: Callable[Concatenate[Op, P], T]) -> Callable[Concatenate[Op, P], T]:
    """Remembers what is found out about an op by its identity, which is quicker than by its options."""
    known: dict[Any, tuple[Op, T]] = {}

    @wraps(find)
    def remembered(op: Op, /, *others: P.args, **_: P.kwargs) -> T:
        key = (id(op), others) if others else id(op)
        found = known.get(key)
        if found is None:
            if len(known) >= MOST:
                known.clear()
            found = known[key] = op, find(op, *others)  # type: ignore[call-arg]  # held, so that its id stays its own
        return found[1]

    return remembered


@by_identity
def plain(op: Op) -> Op:
    """The op with plain numbers for options."""
    values = {name: getattr(op, name) for name in fields_of(type(op))}
    stripped = {name: _plain(value) for name, value in values.items()}
    changed = {name: value for name, value in stripped.items() if value is not values[name]}
    return replace(op, **changed) if changed else op


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is int or kind is float or kind is bool or kind is str or value is None:
        return value
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return int(value) if isinstance(value, int) else float(value) if isinstance(value, float) else value
