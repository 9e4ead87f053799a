"""`archspec diff`: what sets two networks apart."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from archspec import pipeline
from archspec.backends.difference import differ
from archspec.cli.command import FINE, SPEC_IS_WRONG, Command
from archspec.cli.sources import add_features, add_spec, load, told_apart
from archspec.cli.terminal import Terminal


def _arguments(parser: ArgumentParser) -> None:
    add_spec(parser, count=2)
    add_features(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def _run(args: Namespace, terminal: Terminal) -> int:
    before, after = told_apart([pipeline.check(load(source, args)) for source in args.specs], args.specs)
    found = differ(before, after)
    said = json.dumps(found.to_dict(), indent=2, ensure_ascii=False) if args.format == "json" else str(found)
    terminal.say(said)
    return SPEC_IS_WRONG if found else FINE


COMMAND = Command(
    "tell two networks apart, layer by layer; exit 1 if they differ",
    "archspec diff resnet50 resnet50@resnet50_v1", _arguments, _run,
)  # fmt: skip
