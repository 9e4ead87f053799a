"""The built-in libraries of blocks, as a listing shows them: nothing of them is elaborated."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from archspec.records import Record
from archspec.resources import folder
from archspec.spec.yaml_text import flow
from archspec.text.source import Entry, MapValue, ScalarValue, Value, parse

Params = tuple[tuple[str, str], ...]
"""Names of params, each with its type and default as written."""


class BlockEntry(Record):
    """A block of a library: its name, what it is, what it takes and gives, and its params."""

    name: str
    doc: str
    signature: str
    params: Params


class Library(Record):
    """A file of blocks: the name that `use:` takes, what it is, its own params, and its blocks."""

    name: str
    doc: str
    params: Params
    blocks: tuple[BlockEntry, ...]


@cache
def libraries() -> tuple[Library, ...]:
    """Every library, by name; read once, for a mistake may ask for them at each unit of a repeat."""
    return tuple(_read())


def _read() -> Iterator[Library]:
    root = Path(folder("specs"))
    for path in sorted((root / "blocks").glob("*.yaml")):
        tree, _ = parse(path.read_bytes(), path.name)
        if isinstance(tree, MapValue):
            name = path.relative_to(root).with_suffix("").as_posix()
            blocks = tuple(_block(entry) for entry in _entries(tree.get("blocks")))
            yield Library(name, _text(tree.get("doc")), _params(tree.get("params")), blocks)


def _block(entry: Entry) -> BlockEntry:
    keys: dict[str, Value] = {str(one.key.value): one.value for one in _entries(entry.value)}
    takes, gives = _shape(keys.get("in")), _shape(keys.get("out", keys.get("outputs")))
    alias = f"an alias of {_text(keys.get('op'))}"
    signature = f"{takes} -> {gives}" if gives else takes
    return BlockEntry(str(entry.key.value), _text(keys.get("doc")), signature or alias, _params(keys.get("params")))


def _entries(value: Value | None) -> tuple[Entry, ...]:
    return value.entries if isinstance(value, MapValue) else ()


def _params(value: Value | None) -> Params:
    return tuple((str(entry.key.value), _text(entry.value)) for entry in _entries(value))


def _text(value: Value | None) -> str:
    return " ".join(value.text.split()) if isinstance(value, ScalarValue) else ""


def _shape(value: Value | None) -> str:
    return "" if value is None else _text(value) if isinstance(value, ScalarValue) else flow(value)
