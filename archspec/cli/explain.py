"""`archspec explain`: what an error code means, with a spec before and after mending, and the message between."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from inspect import cleandoc
from textwrap import fill, indent
from typing import Any

from archspec.cli.command import FINE, Command
from archspec.cli.terminal import Terminal
from archspec.codes import CODES, Code, example_of
from archspec.diagnostics import UsageError
from archspec.ops import OPS
from archspec.ops.base import Op
from archspec.ops.words import options_of
from archspec.records import as_dict
from archspec.report import suggestion
from archspec.spec.library import libraries


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "code", nargs="?", help="a code such as E0301, or an op such as conv2d; without one, all codes are listed"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def _run(args: Namespace, terminal: Terminal) -> int:
    if args.code in OPS:
        return _explain_op(OPS[args.code], args.format, terminal)
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
        if any(block.name == name for library in libraries() for block in library.blocks):
            raise UsageError(f"`{name}` is a block", "`archspec list blocks` shows the blocks")
        near = suggestion(name.upper(), CODES) or suggestion(name, OPS)
        raise UsageError(
            f"there is no error code and no op `{name}`",
            near or "`archspec explain` lists the codes, `archspec list ops` the ops",
        )
    return code


def _explain_op(op: type[Op], form: str, terminal: Terminal) -> int:
    options = [dict(zip(("name", "type", "default"), option, strict=True)) for option in options_of(op)]
    doc = cleandoc(op.__doc__ or op.summary)
    if form == "json":
        terminal.say(json.dumps({"op": op.name, "doc": doc, "options": options}, indent=2, ensure_ascii=False))
        return FINE
    width = max((len(option["name"]) for option in options), default=0)
    lines = [f"    {o['name']:<{width}}  {o['default']:<8}  {o['type'].replace('`', '')}" for o in options]
    terminal.say(
        "\n\n".join(
            [f"{op.name}: {op.summary}", doc, *(["Options, with their defaults:", "\n".join(lines)] if lines else [])]
        )
    )
    return FINE


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


COMMAND = Command("explain an error code, or an op", "archspec explain E0301", _arguments, _run)
