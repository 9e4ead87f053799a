"""Values for params from outside the file: `--set depth=20`, `load(..., depth=20)`."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from operator import index
from typing import Any

from archspec.diagnostics import Diagnostic, Label, UsageError
from archspec.text.lines import normalise
from archspec.text.source import ListValue, MapValue, ScalarValue, Value, parse
from archspec.text.span import Span

SETTINGS = "--set"
"""The source that the spans of settings are in: the arguments of `--set`, each from a line of its own."""

FEATURES = "--features"
"""The source that the spans of features are in: the argument as written."""

HERE = Span(SETTINGS, 1, 1, 1, 2)


def parse_settings(arguments: Iterable[str]) -> tuple[dict[str, Value], str]:
    """Arguments `name=value` by name, the values as YAML, and the text of their spans. UsageError with an excerpt."""
    written = [normalise(argument) for argument in arguments]
    text = "\n".join(written)
    settings: dict[str, Value] = {}
    places: dict[str, Span] = {}
    line = 1
    for argument in written:
        name, equals, _ = argument.partition("=")
        place = Span(SETTINGS, line, 1, line, len(name) + 1)
        if not equals or not name.isidentifier():
            whole = Span(SETTINGS, line, 1, line, len(argument.split("\n")[0]) + 1)
            help_ = "write --set name=value, such as --set num_classes=10"
            raise _refusal(Diagnostic("E0502", f"`{argument}` is not a setting", whole, help=help_), text)
        if name in places:
            again = (Label(places[name], "the first time"),)
            raise _refusal(Diagnostic("E0502", f"`{name}` is set twice", place, labels=again), text)
        places[name] = place
        settings[name] = _value(argument, place, text)
        line += argument.count("\n") + 1
    return settings, text


def _value(argument: str, name: Span, text: str) -> Value:
    """The value behind the `=`, its span that in the text of all settings."""
    start = name.end_column
    if not argument[start:].strip():
        at = Span(SETTINGS, name.line, start + 1, name.line, start + 1)
        help_ = "write the value behind the `=`; `none` is none"
        raise _refusal(Diagnostic("E0502", f"`{argument[: start - 1]}` gets no value", at, help=help_), text)
    value, diagnostics = parse("\n" * (name.line - 1) + " " * start + argument[start:], SETTINGS)
    if diagnostics:
        raise _refusal(diagnostics[0], text)
    if value is None or isinstance(value, MapValue):
        title, span = f"`{argument[: start - 1]}` cannot be a map", value.span if value is not None else name
        raise _refusal(Diagnostic("E0502", title, span, notes=("expected a single value or a list",)), text)
    return value


def _refusal(diagnostic: Diagnostic, text: str) -> UsageError:
    return UsageError(diagnostic.title, diagnostic.help, diagnostic, {SETTINGS: text})


def setting(name: str, value: Any) -> Value:
    """A Python value as a value of a spec."""
    if isinstance(value, ScalarValue | ListValue):
        return value
    if isinstance(value, list | tuple):
        return ListValue(tuple(setting(name, item) for item in value), HERE)
    if value is None or isinstance(value, bool | int | float | str):
        return ScalarValue("none" if value is None else value, HERE, str(value), False)
    with suppress(TypeError):
        return setting(name, index(value))  # an integer of NumPy's
    raise UsageError(
        f"`{name}` cannot be {type(value).__name__}", "a param is a number, true or false, text, or a list of them"
    )
