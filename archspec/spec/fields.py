"""Taking a map of a spec apart: known keys, right kinds, one error per mistake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from keyword import iskeyword

from archspec.expressions.functions import FUNCTIONS
from archspec.expressions.parsing import CONSTANTS
from archspec.lazy import lazy
from archspec.report import Report, suggestion
from archspec.text.source import Entry, ListValue, MapValue, ScalarValue, Value

elsewhere = lazy("archspec.elsewhere")
yaml_text = lazy("archspec.spec.yaml_text")

MOST_DIGITS = 7
"""Of a size."""

KIND: Mapping[type, str] = {ScalarValue: "a single value", ListValue: "a list", MapValue: "a map"}
KIND_HELP: Mapping[tuple[type, type], str] = {
    (ListValue, MapValue): "write its entries as `key: value`, without `- `",
    (MapValue, ListValue): "put `- ` before each of its items",
    (ScalarValue, ListValue): "write it in brackets, or a line each behind `- `",
}


class Fields:
    """The entries of a map by key. What is taken is checked; what is left over at `close` is an unknown key."""

    def __init__(self, value: MapValue, what: str, report: Report) -> None:
        self.map, self.what, self.report = value, what, report
        self._left: dict[str, Entry] = {str(entry.key.value): entry for entry in value.entries}
        self._known: list[str] = []
        self.fine = True
        """Whether everything taken so far was of the right kind."""

    def value(self, key: str) -> Value | None:
        """Whatever stands under `key`, or None."""
        self._known.append(key)
        entry = self._left.pop(key, None)
        return entry.value if entry is not None else None

    def entry(self, key: str) -> Entry | None:
        self._known.append(key)
        return self._left.pop(key, None)

    def scalar(self, key: str) -> ScalarValue | None:
        found = self.value(key)
        return found if found is None or self.expect(found, ScalarValue, key) else None  # type: ignore[return-value]

    def text(self, key: str) -> ScalarValue | None:
        """A scalar that is a string."""
        found = self.scalar(key)
        if found is not None and not isinstance(found.value, str):
            self.report.error(
                "E0203",
                f"`{key}` of {self.what} must be text",
                found.span,
                notes=[f"found {found.text or 'nothing'}"],
                help=f'quote it: "{found.text}"' if found.text else None,
            )
            self.fine = False
            return None
        return found

    def list(self, key: str) -> ListValue | None:
        found = self.value(key)
        return found if found is None or self.expect(found, ListValue, key) else None  # type: ignore[return-value]

    def table(self, key: str) -> MapValue | None:
        found = self.value(key)
        return found if found is None or self.expect(found, MapValue, key) else None  # type: ignore[return-value]

    def expect(self, value: Value, kind: type, key: str) -> bool:
        """Whether the value is of this kind; an error if it is not."""
        if isinstance(value, kind):
            return True
        self.report.error(
            "E0203",
            f"`{key}` of {self.what} must be {KIND[kind]}",
            value.span,
            label=f"this is {KIND[type(value)]}",
            help=_meant(value, kind, key) or KIND_HELP.get((type(value), kind)),
        )
        self.fine = False
        return False

    def rest(self) -> tuple[Entry, ...]:
        """The entries not yet taken, as options of the map's own choosing."""
        left = tuple(self._left.values())
        self._left = {}
        return left

    def close(self) -> bool:
        """Refuse the keys that nothing asked for. Whether the map was fine in all."""
        for key, entry in self._left.items():
            known = ", ".join(dict.fromkeys(self._known))
            self.report.error(
                "E0201",
                f"unknown key `{key}` in {self.what}",
                entry.key.span,
                notes=[f"keys here: {known}"],
                help=suggestion(key, self._known) or self._called(key),
            )
        return self.fine and not self._left

    def _called(self, key: str) -> str | None:
        """What another library's key is called here."""
        meant = elsewhere.KEYS.get(key.lower())
        return f"it is called `{meant}` here" if meant in self._known else None


_FORMS: Mapping[str, str] = {
    "join": "join: {op: add}",
    "each": "each: {width: [64, 128]}",
    "first": "first: {stride: 2}",
    "init": "init: {weight: zeros}",
    "tie": "tie: {weight: embed.weight}",
    "register": "register: [conv1, conv2]",
}
"""How a field that takes a map or a list is written."""


def _meant(found: Value, kind: type, key: str) -> str | None:
    """What to write in place of a value of the wrong kind."""
    text = found.text.strip() if isinstance(found, ScalarValue) else ""
    if kind is ListValue and text.startswith("[") and text.endswith("]"):
        return f"without quotes: `{key}: {text}`"
    if key == "join" and is_name(text):
        return f"write `join: {{op: {text}}}`"
    return f"write it as in `{_FORMS[key]}`" if key in _FORMS else None


def is_name(text: str) -> bool:
    """Whether a text is letters, digits and _, of ASCII, and starts with no digit."""
    return text.isascii() and text.isidentifier()


def whole_number(text: str) -> int | None:
    """The number that a few digits of ASCII say; None for other text. Python's `int` takes much else, and not all."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None


def is_word(name: str) -> bool:
    """Whether a name means something in every expression: true, false, none, a function, a keyword."""
    return name in CONSTANTS or name in FUNCTIONS or iskeyword(name)


def is_private(name: str) -> bool:
    """Whether Python keeps a name for itself, renames it in a class, or throws it away."""
    return name == "_" or name.startswith("__")


def check_name(key: ScalarValue, what: str, report: Report) -> bool:
    """Whether a key is a plain identifier, as names of params, lets and blocks are."""
    name = str(key.value)
    if is_name(name) and not is_word(name) and not is_private(name):
        return True
    if is_word(name):
        note = "it has a meaning of its own in expressions"
        report.error("E0205", f"`{name}` cannot name {what}", key.span, notes=[note], help=f"call it `{name}_`")
        return False
    report.error(
        "E0205",
        f"`{key.value}` is not a name for {what}",
        key.span,
        notes=["names are ASCII letters, digits and _, and start with a letter or a single _"],
    )
    return False


def one_key(value: MapValue) -> Entry | None:
    """The single entry of a one-key map."""
    return value.entries[0] if len(value.entries) == 1 else None


def text_of(value: Value) -> str:
    """A value as short text for a message, on one line."""
    text = " ".join(value.text.split()) if isinstance(value, ScalarValue) else str(yaml_text.flow(value))
    return text if len(text) <= 60 else text[:57] + "..."


def listed(values: Iterable[str]) -> str:
    """`a, b, c`, cut where it gets long."""
    names = list(values)
    return ", ".join(names[:30]) + (", ..." if len(names) > 30 else "")
