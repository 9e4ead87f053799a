"""The SPEC arguments and `--set` of the commands."""

from __future__ import annotations

import glob
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

from archspec import pipeline
from archspec.diagnostics import UsageError
from archspec.report import Report
from archspec.spec.load import load_text
from archspec.spec.model import Spec
from archspec.spec.settings import parse_setting
from archspec.values import Value

STDIN = "-"


def add_spec(parser: ArgumentParser, *, several: bool = False) -> None:
    """The positional SPEC argument (`args.specs`, a list) and `--set`."""
    parser.add_argument(
        "specs",
        metavar="SPEC",
        nargs="+" if several else 1,
        help="a file, FILE@VARIANT, a network of the zoo, or - for standard input",
    )
    add_settings(parser)


def add_settings(parser: ArgumentParser) -> None:
    """`--set NAME=VALUE`, any number of times."""
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        dest="settings",
        help="give a parameter of the spec another value; may be repeated",
    )


def settings_of(args: Namespace) -> dict[str, Value]:
    """The `--set` options by name, the values read as a spec's own are."""
    settings: dict[str, Value] = {}
    for text in args.settings:
        name, value = parse_setting(text)
        if name in settings:
            raise UsageError(f"`--set {name}` is given twice")
        settings[name] = value
    return settings


def expanded(specs: list[str]) -> list[str]:
    """The sources with patterns and folders replaced by the spec files that they stand for, each once."""
    found: dict[str, None] = {}
    for spec in specs:
        found.update(dict.fromkeys(_expand(spec)))
    return list(found)


def _expand(spec: str) -> list[str]:
    path = Path(spec)
    if path.is_dir():
        files = [str(p) for p in sorted(path.glob("*.yaml"))]
    elif glob.has_magic(spec) and not path.exists():
        files = sorted(glob.glob(spec, recursive=True))
    else:
        return [spec]
    if not files:
        raise UsageError(f"no spec file matches `{spec}`")
    return files


def load(source: str, args: Namespace) -> Spec:
    """The spec that a SPEC argument names, with the `--set` options of the call."""
    return replace(_read(source), settings=settings_of(args))


def _read(source: str) -> Spec:
    if source == STDIN:
        return load_text(sys.stdin.buffer.read(), "<stdin>", None, {}, Report())
    return pipeline.load(source)
