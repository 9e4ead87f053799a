"""`archspec summary`: a table per stage; with several networks, a comparison."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from archspec import pipeline
from archspec.backends.summary import compare, summarize
from archspec.cli.command import FINE, Command
from archspec.cli.sources import add_features, add_size, add_spec, load, sized
from archspec.cli.terminal import Terminal


def _arguments(parser: ArgumentParser) -> None:
    add_spec(parser, several=True)
    add_features(parser)
    add_size(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def _run(args: Namespace, terminal: Terminal) -> int:
    checked = [sized(pipeline.check(load(source, args)), args) for source in args.specs]
    table = summarize(checked[0]) if len(checked) == 1 else compare(*checked)
    terminal.say(json.dumps(table.to_dict(), indent=2, ensure_ascii=False) if args.format == "json" else str(table))
    return FINE


COMMAND = Command(
    "print a table of stages, or compare several networks",
    "archspec summary resnet34 resnet34@plain34 vgg19", _arguments, _run,
)  # fmt: skip
