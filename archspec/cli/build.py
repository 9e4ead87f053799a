"""`archspec build`: PyTorch source, written as a whole, over nothing that somebody edited."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from importlib.util import find_spec

from archspec import pipeline
from archspec.cli.command import FINE, SPEC_IS_WRONG, STDIN, Command
from archspec.cli.output import own_path
from archspec.cli.sources import add_features, add_spec, load
from archspec.cli.terminal import Terminal
from archspec.diagnostics import UsageError
from archspec.extras import remedy
from archspec.files import Standing, compare, write_generated

_NOT_CURRENT: dict[Standing, str] = {
    "missing": "is not there",
    "stale": "is out of date",
    "edited": "was edited by hand, or is of another version of archspec",
    "foreign": "was not written by archspec",
}


def _arguments(parser: ArgumentParser) -> None:
    add_spec(parser)
    add_features(parser)
    parser.add_argument("-o", "--output", metavar="PATH", help="where to write it (NAME.py here), or - to print it")
    parser.add_argument(
        "--verify", action="store_true", help="also run it against the graph's interpreter, bit for bit (needs torch)"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 unless the file is current")
    parser.add_argument("--force", action="store_true", help="replace the file even if it was edited or is not ours")


def _run(args: Namespace, terminal: Terminal) -> int:
    if args.verify and find_spec("torch") is None:
        raise UsageError("--verify runs the network, and torch is not installed", remedy("torch"))
    if args.check and args.output == STDIN:
        raise UsageError("there is no file to check in standard output", "name it: -o PATH")
    checked = pipeline.check(load(args.specs[0], args))
    text = pipeline.build(checked)
    if args.verify:
        with terminal.working(f"running {checked.name} against its graph"):
            pipeline.verify(checked, text)
    if args.output == STDIN:
        terminal.write(text)
        return FINE
    path = args.output or own_path(checked, ".py")
    if args.check:
        return _report_standing(path, compare(path, text), terminal)
    changed = write_generated(path, text, force=args.force)
    lines = text.count("\n")
    verified = ", equal to its graph bit for bit" if args.verify else ""
    terminal.remark(
        f"{'wrote' if changed else 'kept'} {path} ({lines} lines{'' if changed else ', current already'}{verified})"
    )
    return FINE


def _report_standing(path: str, standing: Standing, terminal: Terminal) -> int:
    if standing == "same":
        terminal.remark(f"{path} is current")
        return FINE
    terminal.complain(f"{path} {_NOT_CURRENT[standing]}")
    return SPEC_IS_WRONG


COMMAND = Command(
    "compile a network to PyTorch source", "archspec build resnet152 -o resnet152.py --verify", _arguments, _run
)
