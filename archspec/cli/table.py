"""`archspec table`: what networks are made of, for a paper, a README or a spreadsheet."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from archspec import pipeline
from archspec.backends.suffix import format_of
from archspec.backends.table.architecture import FIGURES, FORMATS, SUFFIXES, make_table
from archspec.cli.command import FINE, STDIN, Command
from archspec.cli.output import deliver, marked
from archspec.cli.sources import add_features, add_names, add_spec, called, load, told_apart
from archspec.cli.terminal import Terminal
from archspec.diagnostics import UsageError
from archspec.seal import LATEX, XML, Comment

_COMMENTS: dict[str, Comment] = {"markdown": XML, "latex": LATEX, "html": XML}
"""The formats that can say where they come from."""


def _arguments(parser: ArgumentParser) -> None:
    add_spec(parser, several=True)
    add_features(parser)
    add_names(parser)
    parser.add_argument("-o", "--output", metavar="PATH", default=STDIN, help="where to write it; printed by default")
    parser.add_argument("--format", choices=tuple(FORMATS), help="by default what PATH ends in, else text")
    parser.add_argument(
        "--rows", metavar="LIST", default=",".join(FIGURES),
        help=f"the totals below, in this order: {','.join(FIGURES)}, or none",
    )  # fmt: skip
    parser.add_argument("--no-params", action="store_true", help="leave the parameters out")
    parser.add_argument("--caption", metavar="TEXT", default="", help="a caption")
    parser.add_argument("--label", metavar="KEY", default="", help="LaTeX's label, for \\ref")
    parser.add_argument("--force", action="store_true", help="replace the file even if it was edited or is not ours")


def _run(args: Namespace, terminal: Terminal) -> int:
    form = args.format or ("text" if args.output == STDIN else format_of(args.output, SUFFIXES, "table"))
    if args.label and form != "latex":
        raise UsageError(f"--label is LaTeX's, and this table is {form}", "--format latex")
    networks = called(told_apart([pipeline.check(load(source, args)) for source in args.specs], args.specs), args.names)
    table = make_table(*networks, figures=_figures(args), caption=args.caption, label=args.label)
    made: str | bytes = FORMATS[form](table)
    if args.output != STDIN:
        made = marked(made, networks, _COMMENTS.get(form))
    deliver(made, args.output, terminal, ours=form in _COMMENTS, force=args.force)
    return FINE


def _figures(args: Namespace) -> tuple[str, ...]:
    names = () if args.rows == "none" else tuple(name.strip() for name in args.rows.split(","))
    return tuple(name for name in names if not (args.no_params and name == "parameters"))


COMMAND = Command(
    "print what networks are made of, aligned on output size, for a paper or a README",
    "archspec table resnet18 resnet34 resnet50 resnet101 resnet152 -o table1.tex", _arguments, _run,
)  # fmt: skip
