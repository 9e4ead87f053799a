"""Which keys of a map are refused, and why."""

from __future__ import annotations

from archspec.diagnostics import Diagnostic, Label
from archspec.text.lines import brief
from archspec.text.scalars import is_index, resolve
from archspec.text.values import ScalarValue, Value


def refusal(value: Value, known: dict[str, ScalarValue]) -> Diagnostic | None:
    """What is wrong with a key: it is no name, a merge key, or given twice. A good one joins the known ones."""
    if not isinstance(value, ScalarValue) or not (value.quoted or _is_name(value.text)):
        return _not_a_name(value)
    if value.text == "<<" and not value.quoted:
        return Diagnostic(
            "E0109",
            "merge keys are not part of the language",
            value.span,
            "a merge key",
            help="write the fields out, or use a block with params",
        )
    first = known.setdefault(value.text, value)
    if first is value:
        return None
    return Diagnostic(
        "E0112",
        f"the key `{brief(value.text)}` is given twice",
        value.span,
        "again here",
        labels=(Label(first.span, "first here"),),
        notes=("expected each key once",),
        help="delete one of the two",
    )


def _value_help(text: str) -> str:
    name, equals, value = text.partition("=")
    if equals and name.isidentifier() and value:
        return f"write `{name}: {value}`"
    return "write `key: value`; several values stand in brackets, `[a, b]`, a name or expression bare, without braces"


def without_value(key: ScalarValue) -> Diagnostic:
    """A key of a flow map without `: value`."""
    return Diagnostic(
        "E0115",
        f"`{brief(key.text)}` has no value",
        key.span,
        notes=("`{…}` is a map in YAML: expected `key: value`",),
        help=_value_help(key.text),
    )


def _is_name(text: str) -> bool:
    value = resolve(text)
    return isinstance(value, str) or is_index(text) or text.lower() in ("yes", "no", "on", "off")


def _not_a_name(value: Value) -> Diagnostic:
    found = {"ScalarValue": "scalar", "ListValue": "list", "MapValue": "map"}[type(value).__name__]
    text = brief(value.text) if isinstance(value, ScalarValue) else ""
    return Diagnostic(
        "E0113",
        f"the key `{text}` is not a name" if text else "a key is not a name",
        value.span,
        notes=(f"YAML does not read `{text}` as text" if text else f"expected a name, found a {found}",),
        help=f'quote it: `"{text}"`' if text else "write a name before the `:`",
    )
