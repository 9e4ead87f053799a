"""What a command is: a verb with its arguments, its help and what it does."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from archspec.cli.terminal import Terminal
from archspec.records import Record

FINE = 0
SPEC_IS_WRONG = 1
WRONG_USE = 2
OUR_BUG = 3

STDIN = "-"


class Command(Record):
    """One verb. `run` returns the exit code: 0 fine, 1 the spec is wrong, 2 wrong use or files, 3 a bug of ours."""

    summary: str
    example: str
    arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace, Terminal], int]


def shielded(argument: str) -> str:
    """An argument as argparse may see it, which would take `-@VARIANT` for an option."""
    return f" {argument}" if argument.startswith(f"{STDIN}@") else argument


def unshielded(argument: str) -> str:
    """The argument as it was given."""
    return argument[1:] if argument.startswith(f" {STDIN}@") else argument
