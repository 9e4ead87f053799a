"""`archspec summary`: a table per stage; with several networks, a comparison."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from typing import Any

from archspec import pipeline
from archspec.cli.command import FINE, Command
from archspec.cli.sources import add_spec, load
from archspec.cli.terminal import Terminal


def _arguments(parser: ArgumentParser) -> None:
    add_spec(parser, several=True)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def _run(args: Namespace, terminal: Terminal) -> int:
    tables = [pipeline.summary(load(source, args)) for source in args.specs]
    if args.format == "json":
        rows = [table.to_dict() for table in tables]
        terminal.say(json.dumps(rows[0] if len(rows) == 1 else rows, indent=2, ensure_ascii=False))
    elif len(tables) == 1:
        terminal.say(str(tables[0]))
    else:
        terminal.say(_side_by_side([table.to_dict() for table in tables]))
    return FINE


_ROWS = ("parameters", "macs", "weighted_layers", "receptive_field", "output")


def _side_by_side(tables: list[dict[str, Any]]) -> str:
    """One column per network; numbers flush right, thousands apart."""
    columns = [["", *(row.replace("_", " ") for row in _ROWS)]]
    columns += [[str(table["name"]), *(_shown(table[row]) for row in _ROWS)] for table in tables]
    widths = [max(map(len, column)) for column in columns]
    lines = (
        "  ".join(
            cell.ljust(w) if not i else cell.rjust(w) for i, (cell, w) in enumerate(zip(cells, widths, strict=True))
        )
        for cells in zip(*columns, strict=True)
    )
    return "\n".join(line.rstrip() for line in lines)


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


COMMAND = Command(
    "print a table of stages, or compare several networks",
    "archspec summary resnet34 resnet34@plain34 vgg19", _arguments, _run,
)  # fmt: skip
