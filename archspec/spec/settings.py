"""Values for params from outside the file: `--set depth=20`, `load(..., depth=20)`."""

from __future__ import annotations

from typing import Any

from archspec.diagnostics import UsageError
from archspec.source import ListValue, MapValue, ScalarValue, Value, parse
from archspec.span import Span

HERE = Span("--set", 1, 1, 1, 2)


def parse_setting(text: str) -> tuple[str, Value]:
    """`name=value`, the value as YAML."""
    name, equals, written = text.partition("=")
    if not equals or not name.strip().isidentifier():
        raise UsageError(f"`{text}` is not a setting", "write --set name=value, such as --set num_classes=10")
    return name.strip(), parse_value(name.strip(), written.strip())


def parse_value(name: str, written: str) -> Value:
    """A value as it would be written in a spec."""
    value, diagnostics = parse(written, "--set")
    if diagnostics or value is None or isinstance(value, MapValue):
        reason = diagnostics[0].title if diagnostics else "it is no single value and no list"
        raise UsageError(f"`{written}` is not a value for `{name}`: {reason}")
    return value


def setting(name: str, value: Any) -> Value:
    """A Python value as a value of a spec."""
    if isinstance(value, ScalarValue | ListValue):
        return value
    if isinstance(value, list | tuple):
        return ListValue(tuple(setting(name, item) for item in value), HERE)
    if value is None or isinstance(value, bool | int | float | str):
        return ScalarValue("none" if value is None else value, HERE, str(value), False)
    raise UsageError(
        f"`{name}` cannot be {type(value).__name__}", "a param is a number, true or false, text, or a list of them"
    )
