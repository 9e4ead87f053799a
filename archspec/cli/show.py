"""`archspec show`: the spec as it is understood: what it extends merged in, its variant and settings applied."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from archspec.cli.command import FINE, Command
from archspec.cli.sources import add_spec, load
from archspec.cli.terminal import Terminal
from archspec.elaborate.opening import open_scope
from archspec.rendering.cells import printable
from archspec.report import Report
from archspec.spec.resolve import resolved
from archspec.spec.yaml_text import lines_of
from archspec.text.source import plain


def _arguments(parser: ArgumentParser) -> None:
    add_spec(parser)
    parser.add_argument("--origin", action="store_true", help="say behind each line where it was written")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def _run(args: Namespace, terminal: Terminal) -> int:
    spec = load(args.specs[0], args)
    if spec.variant is not None or spec.settings:
        report = Report()
        report.texts.update(spec.texts)
        open_scope(spec, report)  # what is no variant or param of the file, or has another type, is nothing to show
        report.stop_if_failed()
    tree = resolved(spec)
    if args.format == "json":
        terminal.say(json.dumps(plain(tree), indent=2, ensure_ascii=False))
        return FINE
    lines = list(lines_of(tree))
    if not args.origin:
        terminal.write("".join(f"{line.text}\n" for line in lines))
        return FINE
    width = min(80, max(len(line.text) for line in lines))
    for line in lines:
        terminal.say(f"{line.text:<{width}}  # {printable(line.origin.file)}:{line.origin.line}:{line.origin.column}")
    return FINE


COMMAND = Command(
    "print the spec as it is understood, without its comments: parents merged in, variant and settings applied",
    "archspec show resnet34@plain34 --origin", _arguments, _run,
)  # fmt: skip
