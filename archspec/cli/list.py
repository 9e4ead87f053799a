"""`archspec list`: the networks that come with archspec, the blocks for networks of one's own, and the ops."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from os.path import isfile
from textwrap import shorten, wrap
from typing import Any

from archspec.cli.command import FINE, Command
from archspec.cli.terminal import Terminal
from archspec.diagnostics import UsageError
from archspec.lazy import lazy
from archspec.records import as_dict
from archspec.report import suggestion
from archspec.spec.library import Library, libraries
from archspec.spec.zoo import Entry, entries, entry_of

ops = lazy("archspec.ops")
words = lazy("archspec.ops.words")

WIDTH = 110

Listing = tuple[Callable[[], list[dict[str, Any]]], Callable[[], Iterator[str]], Callable[[], Iterator[str]]]


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "what", nargs="?", metavar="{networks,blocks,ops,SPEC}", default="networks",
        help="networks of the zoo (the default), libraries of blocks, ops, or one network with its variants",
    )  # fmt: skip
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def _run(args: Namespace, terminal: Terminal) -> int:
    records, names, paragraphs = LISTINGS.get(args.what) or _network(args.what)
    if args.format == "json":
        terminal.say(json.dumps(records(), indent=2, ensure_ascii=False))
    else:
        terminal.write("".join(f"{line}\n" for line in (names() if terminal.quiet else paragraphs())))
    return FINE


def _network(name: str) -> Listing:
    """The listing of one network, of a file or of the zoo."""
    zoo = {entry.name: entry for entry in entries()}
    if name not in zoo and not name.endswith((".yaml", ".yml")) and not isfile(name):
        known = f"{', '.join(LISTINGS)}, files and networks can be listed"
        raise UsageError(f"there is nothing called `{name}` to list", suggestion(name, [*LISTINGS, *zoo]) or known)
    entry = zoo.get(name) or entry_of(name, name)
    if entry is None:
        raise UsageError(f"`{name}` is no spec", f"archspec check {name}")
    return partial(_networks, (entry,)), partial(_network_names, (entry,)), partial(_network_lines, (entry,))


def _networks(found: Iterable[Entry] = ()) -> list[dict[str, Any]]:
    return [{"name": e.name, "doc": e.doc, "variants": list(e.variants)} for e in found or entries()]


def _network_names(found: Iterable[Entry] = ()) -> Iterator[str]:
    """Every address that a shell takes as it is, one a line: what completion scripts read."""
    for entry in found or entries():
        yield entry.name
        plain = (each for each in entry.variants if each.isascii() and each.replace("-", "_").isidentifier())
        yield from (f"{entry.name}@{variant}" for variant in plain)


def _network_lines(found: Iterable[Entry] = ()) -> Iterator[str]:
    zoo = list(found or entries())
    width = max(len(entry.name) for entry in zoo)
    for entry in zoo:
        yield from _beside(entry.name, width, _about(entry, WIDTH - width))


def _about(entry: Entry, width: int) -> list[str]:
    lines = [shorten(entry.doc, width, placeholder=" …")]
    return lines + (wrap("variants: " + ", ".join(entry.variants), width) if entry.variants else [])


def _blocks() -> list[dict[str, Any]]:
    return [
        {
            **as_dict(library),
            "params": dict(library.params),
            "blocks": [{**as_dict(block), "params": dict(block.params)} for block in library.blocks],
        }
        for library in libraries()
    ]


def _block_names() -> Iterator[str]:
    return (block.name for library in libraries() for block in library.blocks)


def _block_lines() -> Iterator[str]:
    for library in libraries():
        yield from _library_lines(library)


def _library_lines(library: Library) -> Iterator[str]:
    yield f"use: [{library.name}]"
    yield from (f"  {line}" for line in wrap(library.doc, WIDTH))
    yield from (f"    {name}: {said}" for name, said in library.params)
    width = max(len(block.name) for block in library.blocks)
    for block in library.blocks:
        lines = wrap(block.doc, WIDTH - width)
        lines += [block.signature, *(f"  {name}: {said}" for name, said in block.params)]
        yield from (f"  {line}" for line in _beside(block.name, width, lines))
    yield ""


def _ops() -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "summary": op.summary,
            "options": [{"name": n, "type": t, "default": d} for n, t, d in words.options_of(op)],
        }
        for name, op in sorted(ops.OPS.items())
    ]


def _op_names() -> Iterator[str]:
    return iter(sorted(ops.OPS))


def _op_lines() -> Iterator[str]:
    width = max(map(len, ops.OPS))
    for name, op in sorted(ops.OPS.items()):
        given = (n if default == "required" else f"{n}: {default}" for n, _, default in words.options_of(op))
        listed = ", ".join(given)
        yield from _beside(name, width, [op.summary, *([listed] if listed else [])])


def _beside(name: str, width: int, lines: list[str]) -> Iterator[str]:
    """A name, and lines in a column beside it."""
    first, *rest = lines or [""]
    yield f"{name:<{width}}  {first}".rstrip()
    yield from (f"{'':{width}}  {line}" for line in rest)


LISTINGS: dict[str, Listing] = {
    "networks": (_networks, _network_names, _network_lines),
    "blocks": (_blocks, _block_names, _block_lines),
    "ops": (_ops, _op_names, _op_lines),
}
"""What can be listed: as records, as names alone, and for people."""

COMMAND = Command(
    "list networks and their variants, of the zoo or of a file, the blocks, or the ops",
    "archspec list blocks", _arguments, _run,
)  # fmt: skip
