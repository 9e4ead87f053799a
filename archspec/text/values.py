"""The tree of values that a spec's text holds; every value knows its span."""

from __future__ import annotations

from typing import Any

from archspec.records import Record
from archspec.text.scalars import Plain
from archspec.text.span import Span


class ScalarValue(Record):
    """A scalar: `value` is what it means, `text` its content as written (without quotes, escapes resolved)."""

    value: Plain
    span: Span
    text: str
    quoted: bool

    def part(self, start: int, end: int) -> Span:
        """The span of `text[start:end]`; the whole span where the text is not written on one line as it stands."""
        surplus = self.span.end_column - self.span.column - len(self.text)
        if self.span.line != self.span.end_line or surplus != (2 if self.quoted else 0):
            return self.span
        return self.span.within(start + surplus // 2, end + surplus // 2)


class ListValue(Record):
    """A list in either notation."""

    items: tuple[Value, ...]
    span: Span


class Entry(Record):
    """One `key: value` of a map; the key's value is a string."""

    key: ScalarValue
    value: Value


class MapValue(Record):
    """A map in either notation, in the order of the text; keys are unique."""

    entries: tuple[Entry, ...]
    span: Span

    def get(self, key: str) -> Value | None:
        """The value under `key`, None where there is none."""
        return next((entry.value for entry in self.entries if entry.key.value == key), None)

    def keys(self) -> tuple[str, ...]:
        """The keys in the order of the text."""
        return tuple(entry.key.text for entry in self.entries)


Value = ScalarValue | ListValue | MapValue


def plain(value: Value) -> Any:
    """The value as Python data: dicts, lists, strings, numbers, booleans and None."""
    if isinstance(value, ListValue):
        return [plain(item) for item in value.items]
    if isinstance(value, MapValue):
        return {entry.key.value: plain(entry.value) for entry in value.entries}
    return value.value
