"""What was evaluated before, in this network or another: the variants of a file say mostly the same.

A value is known by the object that the text became, and its meaning by what the names that it reads stand for. Errors
are never remembered, so each is reported wherever it is made.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from archspec.elaborate.env import Env
from archspec.expressions.tracing import TracedInt
from archspec.ir.graph import Option
from archspec.records import Record, field
from archspec.shapes import Shape, Size
from archspec.spec.model import CallItem
from archspec.text.source import Value

MOST = 20_000
"""Remembered values, and meanings of one value; then all are forgotten."""

Key = tuple[Any, ...]
_ABSENT = object()
_COMPARABLE = frozenset({int, bool, str, float, type(None), Size, object})
"""Types whose values are the same in every way if they are equal."""


class Meanings(Record, frozen=False):
    """What one value or item has meant. What is known by identity is held, so that nothing else can take its place."""

    text: Value | CallItem
    names: tuple[str, ...]
    found: dict[Key, tuple[Any, tuple[object, ...]]] = field(default_factory=dict)

    def key(self, env: Env, members: Collection[str], bare: bool) -> Key | None:
        """All that the meaning depends on; None where that cannot be compared."""
        key: list[Any] = [bare, members]
        values, exprs, barred = env.values, env.exprs, env.barred
        for name in self.names:
            value = values.get(name, _ABSENT)
            kind = type(value)
            if name in barred or kind not in _COMPARABLE:
                return None
            key += (kind, value if kind is not float else _told_apart(value), id(exprs.get(name)))
        return tuple(key)

    def remember(self, key: Key, meaning: object, env: Env, *held: object) -> None:
        """Keep a meaning, and what else its key knows by identity."""
        if len(self.found) >= MOST:
            self.found.clear()
        self.found[key] = meaning, (*map(env.exprs.get, self.names), *held)


_meanings: dict[int, Meanings] = {}


def meanings(text: Value | CallItem) -> Meanings | None:
    """What this value or item has meant so far."""
    return _meanings.get(id(text))


def meet(text: Value | CallItem, names: Collection[str]) -> Meanings:
    """A value or item that is new here, and the names that it reads."""
    if len(_meanings) >= MOST:
        _meanings.clear()
    made = _meanings[id(text)] = Meanings(text, tuple(names))
    return made


def option_key(option: Option) -> Key:
    """An option by its value, and the place of its expression."""
    value = option.value
    if option.expr is None and type(value) in _COMPARABLE:
        return type(value), _told_apart(value)
    return (id(option),)


def _told_apart(value: object) -> object:
    """A value that is equal to what it is the same as: 0.0 and -0.0 are not."""
    return value.hex() if type(value) is float else value


_shapes: dict[Key, Shape] = {}


def one_for_all(shape: Shape) -> Shape:
    """The same object for all shapes that are the same in every way, so that they are told apart by identity."""
    if len(_shapes) >= MOST:
        _shapes.clear()
    return _shapes.setdefault(shape_key(shape), shape)


def shape_key(shape: Shape) -> Key:
    """A shape, and the places of the expressions that its sizes know."""
    return shape, *(id(dim.expr) if type(dim) is TracedInt else 0 for dim in shape.dims)
