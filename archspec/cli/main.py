"""From argv to an exit code: 0 fine, 1 the spec is wrong, 2 wrong use or files, 3 a bug of ours."""

from __future__ import annotations

import errno
import os
import sys
from argparse import SUPPRESS, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

from archspec.cli.command import OUR_BUG, SPEC_IS_WRONG, STDIN, WRONG_USE, Command, shielded
from archspec.cli.terminal import Terminal, open_terminal
from archspec.diagnostics import SpecError, UsageError
from archspec.lazy import lazy
from archspec.report import suggestion
from archspec.version import VERSION


class Formatter(RawDescriptionHelpFormatter):
    """argparse makes one for each argument that it is told of, and would load `shutil` to ask for the width."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


def _columns() -> int:
    try:
        return int(os.environ.get("COLUMNS", "0")) or os.get_terminal_size().columns or 80
    except (ValueError, OSError):
        return 80


class Parser(ArgumentParser):
    """argparse, with our words and without abbreviated options, which would turn every new option into a break."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, formatter_class=Formatter, **options)

    def _print_message(self, message: str, file: Any = None) -> None:
        """Help and version are a result like any other: argparse does not care whether they can be written."""
        print(message, end="", file=file, flush=True)

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, help=f"{self.prog} --help")


rendering = lazy("archspec.rendering")
signal = lazy("signal")
traceback = lazy("traceback")

VERBS = (
    "check",
    "build",
    "draw",
    "table",
    "summary",
    "diff",
    "weights",
    "verify",
    "show",
    "list",
    "init",
    "explain",
    "schema",
    "watch",
    "completion",
)
"""The commands; each is the module of its name beside this one, loaded only when it is wanted."""


_EPILOG = """\
examples:
  archspec init my_net.yaml
  archspec check my_net.yaml
  archspec draw vgg19 resnet34@plain34 resnet34 -o figure3.svg
  archspec build resnet50 -o resnet50.py

A SPEC is a file (FILE or FILE@VARIANT), a network of the zoo (see `archspec list`), or - for standard input.
Each command has a --help of its own.
Exit codes: 0 fine, 1 the spec is wrong, 2 wrong use or files, 3 a bug of ours."""

_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.EAGAIN)
"""What a disk that is full or fails, or a stream that only reads or does not wait, says of standard output."""


def load_command(verb: str) -> Command:
    """The command of this name. A lazy door: `check` must not pay for what `draw` imports."""
    command: Command = import_module(f"archspec.cli.{verb}").COMMAND
    return command


def make_parser(verbs: Sequence[str] = VERBS) -> Parser:
    """The parser of the command line, with these commands."""
    parser = Parser(
        prog="archspec",
        description="A compiler for neural-network architectures: YAML to checked shapes, PyTorch source and figures.",
        epilog=_EPILOG,
    )
    _add_everywhere(parser)
    parser.add_argument("--version", action="version", version=f"archspec {VERSION}")
    parser.set_defaults(root=parser)
    commands = parser.add_subparsers(
        dest="verb", metavar="COMMAND", required=True, parser_class=Parser, prog=parser.prog
    )
    for verb in verbs:
        command = load_command(verb)
        _fill(commands.add_parser(verb, help=command.summary), command)
    return parser


def command_parser(verb: str) -> Parser:
    """The parser of what stands behind a verb, alone: to make one takes longer than to use it."""
    parser = Parser(prog=f"archspec {verb}")
    _fill(parser, load_command(verb))
    return parser


def _fill(parser: Parser, command: Command) -> None:
    parser.description, parser.epilog = f"{command.summary}.", f"example:\n  {command.example}"
    _add_everywhere(parser)
    command.arguments(parser)
    parser.set_defaults(run=command.run)


def _add_everywhere(parser: Parser) -> None:
    parser.add_argument("-q", "--quiet", action="store_true", default=SUPPRESS, help="print results and errors only")
    parser.add_argument(
        "--color", choices=("auto", "always", "never"), default=SUPPRESS, help="colour; by default on a terminal only"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; only `--help` and `--version` leave through SystemExit."""
    terminal = open_terminal("auto", quiet=False)
    try:
        argv = sys.argv[1:] if argv is None else argv
        if not argv:
            terminal.complain(make_parser().format_help().rstrip())
            return WRONG_USE
        args = _parse(argv)
        if getattr(args, "output", None) == "/dev/stdout":
            args.output = STDIN  # it may be a pipe, and a file behind it must not be replaced
        terminal = open_terminal(getattr(args, "color", "auto"), getattr(args, "quiet", False))
        code: int = args.run(args, terminal)
        terminal.out.flush()
        return code
    except SpecError as error:
        terminal.tell(rendering.render_text(error.diagnostics, error.texts, terminal.color_err))
        return SPEC_IS_WRONG
    except UsageError as error:
        terminal.refuse(error)
        return WRONG_USE
    except KeyboardInterrupt:
        return 128 + int(signal.SIGINT)
    except BrokenPipeError:
        return 128 + int(signal.SIGPIPE)  # the reader went away (`archspec list | head`)
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            return _report_bug(error, terminal)
        terminal.complain(f"error: cannot write: {error.strerror}")
        return WRONG_USE
    except Exception as error:
        return _report_bug(error, terminal)


def _parse(argv: Sequence[str]) -> Namespace:
    argv = [shielded(argument) for argument in argv]
    verb = argv[0] if argv else ""
    if verb in VERBS and verb != "completion":
        for dashed in argv:
            if len(dashed) > 1 and dashed.startswith("-") and os.path.isfile(dashed):
                raise UsageError(f"the file `{dashed}` looks like an option", f"./{dashed}")
        return _arguments(verb, argv[1:])
    if verb and not verb.startswith("-") and verb not in VERBS:
        raise UsageError(f"there is no command `{verb}`", help=suggestion(verb, VERBS) or "archspec --help")
    return make_parser(() if verb == "--version" else VERBS).parse_args(argv)


def _arguments(verb: str, given: Sequence[str]) -> Namespace:
    """The arguments of a command. Options may stand between specs, which takes argparse a second, slower way."""
    with suppress(UsageError):
        args, unknown = command_parser(verb).parse_known_args(given)
        if not unknown:
            return args
    args, unknown = command_parser(verb).parse_known_intermixed_args(given)
    if unknown:
        raise UsageError(f"`archspec {verb}` does not take {unknown[0]}", help=f"archspec {verb} --help")
    return args


def _report_bug(error: Exception, terminal: Terminal) -> int:
    if os.environ.get("ARCHSPEC_DEBUG") == "1":
        terminal.complain("".join(traceback.format_exception(error)).rstrip())
    where = traceback.extract_tb(error.__traceback__)[-1]
    terminal.complain(
        f"error: this is a bug in archspec, not in your spec: {type(error).__name__}: {error}\n"
        f"note: in {where.name}, {os.path.basename(where.filename)}:{where.lineno}\n"
        "help: please report it, with your spec and the output under ARCHSPEC_DEBUG=1"
    )
    return OUR_BUG
