"""`archspec list`: the networks that come with archspec."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from textwrap import shorten, wrap

from archspec.cli.command import FINE, Command
from archspec.cli.terminal import Terminal
from archspec.spec.zoo import Entry, entries


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def _run(args: Namespace, terminal: Terminal) -> int:
    zoo = list(entries())
    if args.format == "json":
        rows = [{"name": e.name, "doc": e.doc, "variants": list(e.variants)} for e in zoo]
        terminal.say(json.dumps(rows, indent=2, ensure_ascii=False))
        return FINE
    width = max(len(entry.name) for entry in zoo)
    for entry in zoo:
        terminal.write(_names(entry) if terminal.quiet else _paragraph(entry, width))
    return FINE


def _names(entry: Entry) -> str:
    """Every address, one a line: what completion scripts read."""
    return "".join(f"{name}\n" for name in (entry.name, *(f"{entry.name}@{variant}" for variant in entry.variants)))


def _paragraph(entry: Entry, width: int) -> str:
    lines = [shorten(entry.doc, 110 - width, placeholder=" …")]
    if entry.variants:
        lines += wrap("variants: " + ", ".join(entry.variants), 110 - width)
    return f"{entry.name:<{width}}  " + f"\n{'':{width}}  ".join(lines) + "\n"


COMMAND = Command("list the networks of the zoo and their variants", "archspec list --format json", _arguments, _run)
