"""From a tree of values back to YAML: block style where there is much, flow style where it fits on a line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archspec.lazy import lazy
from archspec.records import Record
from archspec.text.source import Entry, ListValue, MapValue, ScalarValue, Value
from archspec.text.span import Span

json = lazy("json")

WIDTH = 110
_PLAIN_IN_FLOW = r"[A-Za-z0-9_$.+(-][A-Za-z0-9_$.+*/%()<>=! -]*\Z"
_TRICKY = r"(?:- |[>|&*!%@`'\"#?:,\[\]{}])|.*(?:: | #|:\Z)"


class Line(Record):
    """A line of YAML, and the place in the sources of what is first on it."""

    text: str
    origin: Span


def lines_of(tree: MapValue) -> Iterator[Line]:
    """The lines of a spec; its sections stand in block style, whatever fits below them in flow style."""
    for entry in tree.entries:
        key = _scalar(entry.key, flow_style=False)
        if isinstance(entry.value, ScalarValue) or not _children(entry.value) or _is_short_list(entry.value):
            yield Line(f"{key}: {flow(entry.value, top=True)}", _origin(entry))
        else:
            yield Line(f"{key}:", entry.key.span)
            yield from _block(entry.value, "  ")


def _block(value: MapValue | ListValue, pad: str) -> Iterator[Line]:
    if isinstance(value, MapValue):
        for entry in value.entries:
            yield from _item(f"{pad}{_scalar(entry.key, flow_style=False)}:", entry.value, _origin(entry), pad + "  ")
        return
    for item in value.items:
        if isinstance(item, MapValue) and len(item.entries) == 1 and not isinstance(item.entries[0].value, ScalarValue):
            entry = item.entries[0]
            head = f"{pad}- {_scalar(entry.key, flow_style=False)}:"
            yield from _item(head, entry.value, item.span, pad + "    ")
        elif isinstance(item, MapValue) and len(pad) + len(flow(item)) + 2 > WIDTH:
            inner = list(_block(item, pad + "  "))
            yield Line(f"{pad}- {inner[0].text.lstrip()}", item.span)
            yield from inner[1:]
        else:
            yield from _item(f"{pad}-", item, item.span, pad + "  ")


def _origin(entry: Entry) -> Span:
    """A value is where it was written last; lists and maps may begin a line below, so their key stands for them."""
    return entry.value.span if isinstance(entry.value, ScalarValue) else entry.key.span


def _item(head: str, value: Value, origin: Span, pad: str) -> Iterator[Line]:
    inline = f"{head} {flow(value, top=True)}"
    if isinstance(value, ScalarValue) or not _children(value) or len(inline) <= WIDTH:
        yield Line(inline, origin)
    else:
        yield Line(head, origin)
        yield from _block(value, pad)


def flow(value: Value, *, top: bool = False) -> str:
    """A value on one line; `top`: it stands behind a block-style key, where a plain scalar may hold more."""
    if isinstance(value, ScalarValue):
        return _scalar(value, flow_style=not top)
    if isinstance(value, ListValue):
        return f"[{', '.join(map(flow, value.items))}]"
    return f"{{{', '.join(f'{flow(e.key)}: {flow(e.value)}' for e in value.entries)}}}"


def _scalar(value: ScalarValue, *, flow_style: bool) -> str:
    text = value.text
    plain = not value.quoted and text.isprintable() and text == text.strip() and text != ""
    safe = re.match(_PLAIN_IN_FLOW, text) if flow_style else not re.match(_TRICKY, text)
    return text if plain and safe else str(json.dumps(text, ensure_ascii=False))


def _children(value: MapValue | ListValue) -> int:
    return len(value.entries) if isinstance(value, MapValue) else len(value.items)


def _is_short_list(value: Value) -> bool:
    return isinstance(value, ListValue) and all(isinstance(item, ScalarValue) for item in value.items)
