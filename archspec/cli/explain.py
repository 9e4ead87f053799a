"""`archspec explain`: what an error code means, with a spec before and after mending, and the message between."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from textwrap import fill, indent
from typing import Any

from archspec.cli.command import FINE, Command
from archspec.cli.terminal import Terminal
from archspec.codes import CODES, Code, example_of
from archspec.diagnostics import UsageError
from archspec.records import as_dict
from archspec.report import suggestion


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("code", nargs="?", help="an error code such as E0301; without one, all are listed")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def _run(args: Namespace, terminal: Terminal) -> int:
    codes = [_find(args.code)] if args.code else list(CODES.values())
    if args.format == "json":
        rows = [{**as_dict(code), **_example(code.code)} for code in codes]
        terminal.say(json.dumps(rows[0] if args.code else rows, indent=2, ensure_ascii=False))
    elif args.code:
        terminal.write(_page(codes[0]))
    else:
        for code in codes:
            terminal.say(f"{code.code}  {code.title}")
    return FINE


def _example(code: str) -> dict[str, Any]:
    example = example_of(code)
    return {**as_dict(example), "files": dict(example.files)}


def _find(name: str) -> Code:
    code = CODES.get(name.strip("[]").upper())
    if code is None:
        raise UsageError(
            f"there is no error code `{name}`", suggestion(name.upper(), CODES) or "archspec explain lists them"
        )
    return code


def _page(code: Code) -> str:
    example = example_of(code.code)
    beside = [f"Beside it, {name}:\n\n{_indented(text)}" for name, text in example.files]
    parts = [
        f"{code.code}: {code.title}",
        fill(code.explanation, 100),
        "Wrong:",
        *([_indented(example.bad)] if example.bad else []),
        *beside,
        _indented(f"$ {example.command}\n{example.message}"),
        "Mended:",
        *([_indented(example.mended)] if example.mended else []),
        *([] if example.plain else [_indented(f"$ {example.mended_command}")]),
    ]
    return "\n\n".join(parts) + "\n"


def _indented(text: str) -> str:
    return indent(text.rstrip("\n"), "    ")


COMMAND = Command("explain an error code", "archspec explain E0301", _arguments, _run)
