"""`archspec schema`: the JSON schema of a spec file, for editors."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from archspec.cli.command import FINE, STDIN, Command
from archspec.cli.terminal import Terminal
from archspec.files import write
from archspec.spec.schema import schema_text


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("-o", "--output", metavar="PATH", default=STDIN, help="where to write it; printed by default")


def _run(args: Namespace, terminal: Terminal) -> int:
    text = schema_text()
    if args.output == STDIN:
        terminal.write(text)
        return FINE
    changed = write(args.output, text)
    terminal.remark(f"wrote {args.output}" if changed else f"kept {args.output}, current already")
    return FINE


COMMAND = Command(
    "print the JSON schema of a spec file, for editors", "archspec schema -o schema.json", _arguments, _run
)
