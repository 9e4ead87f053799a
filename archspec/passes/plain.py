"""Ops without the expressions their numbers came from: arithmetic on those builds trees that no analysis reads."""

from __future__ import annotations

from typing import Any

from archspec.ops.base import Op
from archspec.records import fields_of, replace

MOST = 20_000
_known: dict[int, tuple[Op, Op]] = {}
"""By identity, which is quicker than by options; the op is held so that no other can take its place."""


def plain(op: Op) -> Op:
    """The op with plain numbers for options."""
    found = _known.get(id(op))
    if found is None:
        if len(_known) >= MOST:
            _known.clear()
        found = _known[id(op)] = op, _stripped(op)
    return found[1]


def _stripped(op: Op) -> Op:
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
