"""The built-in zoo: networks addressed by bare names, and variants by theirs where they are unique."""

from __future__ import annotations

import os
from collections.abc import Iterator
from os.path import isfile, join

from archspec.diagnostics import UsageError
from archspec.records import Record
from archspec.report import suggestion
from archspec.resources import folder
from archspec.spec.load import read_bytes
from archspec.text.source import MapValue, ScalarValue, parse


class Entry(Record):
    """A network of the zoo: the stem of its file, what it is, and its variants."""

    name: str
    path: str
    doc: str
    variants: tuple[str, ...]


def entries() -> Iterator[Entry]:
    """Every network file of the zoo, by name."""
    root = folder("specs")
    for file in sorted(name for name in os.listdir(root) if name.endswith(".yaml")):
        entry = entry_of(join(root, file), file.removesuffix(".yaml"))
        if entry is not None:
            yield entry


def entry_of(path: str, name: str) -> Entry | None:
    """The network of a file, called by this name. None where the file is no map; UsageError where it cannot be read."""
    tree, _ = parse(read_bytes(path), path)
    if not isinstance(tree, MapValue):
        return None
    doc, variants = tree.get("doc"), tree.get("variants")
    text = " ".join(str(doc.value).split()) if isinstance(doc, ScalarValue) else ""
    return Entry(name, path, text, tuple(variants.keys()) if isinstance(variants, MapValue) else ())


def find(name: str) -> tuple[str, str | None]:
    """The file of a bare name, and the variant if it is a variant's. UsageError if nothing or more than one fits."""
    path = join(folder("specs"), f"{name}.yaml")
    if name.replace("_", "").replace("-", "").isalnum() and isfile(path):
        return path, None
    if not name:
        raise UsageError("an empty name is the name of no network", "`archspec list` shows the zoo")
    if os.path.isdir(name):
        raise UsageError(f"`{name}` is a folder", "name a file in it; `archspec check` takes folders too")
    zoo = list(entries())
    owners = [entry for entry in zoo if name in entry.variants]
    if len(owners) == 1:
        return owners[0].path, name
    if owners:
        choices = " or ".join(f"`{owner.name}@{name}`" for owner in owners)
        raise UsageError(f"`{name}` is a variant of several networks", f"write {choices}")
    beside = next((file for suffix in (".yaml", ".yml") if isfile(file := name + suffix)), None)
    known = [n for entry in zoo for n in (entry.name, *entry.variants)]
    raise UsageError(
        f"there is no file and no network of the zoo called `{name}`",
        f"the file here is `{beside}`" if beside else suggestion(name, known) or "`archspec list` shows the zoo",
    )
