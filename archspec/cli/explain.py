"""`archspec explain`: what an error code means, with a spec before and after mending."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from textwrap import fill, indent

from archspec.cli.command import FINE, Command
from archspec.cli.terminal import Terminal
from archspec.codes import CODES, Code
from archspec.diagnostics import UsageError
from archspec.records import as_dict
from archspec.report import suggestion


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("code", nargs="?", help="an error code such as E0301; without one, all are listed")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def _run(args: Namespace, terminal: Terminal) -> int:
    codes = [_find(args.code)] if args.code else list(CODES.values())
    if args.format == "json":
        rows = [as_dict(code) for code in codes]
        terminal.say(json.dumps(rows[0] if args.code else rows, indent=2, ensure_ascii=False))
    elif args.code:
        terminal.write(_page(codes[0]))
    else:
        for code in codes:
            terminal.say(f"{code.code}  {code.title}")
    return FINE


def _find(name: str) -> Code:
    code = CODES.get(name.strip("[]").upper())
    if code is None:
        raise UsageError(
            f"there is no error code `{name}`", suggestion(name.upper(), CODES) or "archspec explain lists them"
        )
    return code


def _page(code: Code) -> str:
    parts = [f"{code.code}: {code.title}", fill(code.explanation, 100)]
    if code.bad:
        parts.append("Wrong:\n\n" + indent(code.bad.rstrip("\n"), "    "))
    if code.mended:
        parts.append("Mended:\n\n" + indent(code.mended.rstrip("\n"), "    "))
    return "\n\n".join(parts) + "\n"


COMMAND = Command("explain an error code", "archspec explain E0301", _arguments, _run)
