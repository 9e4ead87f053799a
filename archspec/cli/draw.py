"""`archspec draw`: figures for papers, pages and terminals."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from archspec import pipeline
from archspec.backends.figure import LEVELS, THEMES, Figure
from archspec.backends.figure.convert import SCALE
from archspec.backends.figure.formats import FORMATS, SUFFIXES
from archspec.backends.figure.layouts import LAYOUTS
from archspec.backends.suffix import format_of
from archspec.checked import Checked
from archspec.cli.command import FINE, STDIN, Command
from archspec.cli.output import deliver, marked, own_path
from archspec.cli.sources import add_features, add_names, add_spec, called, load, told_apart
from archspec.cli.terminal import Terminal
from archspec.diagnostics import UsageError

PLACED = frozenset({"svg", "png", "pdf", "tikz"})
"""The formats in which things stand where the layout puts them."""


def _arguments(parser: ArgumentParser) -> None:
    add_spec(parser, several=True)
    add_features(parser)
    add_names(parser)
    parser.add_argument("-o", "--output", metavar="PATH", help="where to write it (NAME.svg here), or - to print it")
    parser.add_argument(
        "--level", choices=LEVELS, default="block", help="how far to look into the network, by default block"
    )
    parser.add_argument(
        "--show", metavar="LIST", type=_list, default=[], help="also draw what is folded away: norm,act"
    )
    parser.add_argument(
        "--block",
        metavar="PATH",
        action="append",
        default=[],
        help="a block alone (layer2.0), large; may be repeated",
    )
    parser.add_argument("--theme", choices=THEMES, default="auto", help="colours; auto follows the reader's scheme")
    parser.add_argument("--no-wrap", action="store_true", help="let a column be higher than a page")
    parser.add_argument(
        "--layout",
        choices=LAYOUTS,
        default="auto",
        help="how wires that cross are placed: in lanes, by Graphviz, in layers; auto chooses",
    )
    parser.add_argument("--alt", action="store_true", help="print what the figure shows in words, and draw nothing")
    parser.add_argument("--format", choices=tuple(FORMATS), help="by default what PATH ends in, else svg")
    parser.add_argument(
        "--scale", type=float, default=SCALE, metavar="N", help=f"pixels per point of a PNG, by default {SCALE:g}"
    )
    parser.add_argument("--force", action="store_true", help="replace the file even if it was edited or is not ours")


def _run(args: Namespace, terminal: Terminal) -> int:
    networks = called(told_apart([pipeline.check(load(source, args)) for source in args.specs], args.specs), args.names)
    if args.alt:
        if args.output not in (None, STDIN) or args.format not in (None, "text"):
            raise UsageError("--alt prints words, and draws nothing", "leave -o and --format out")
        terminal.say(_figure(networks, args).description)
        return FINE
    path = args.output or (STDIN if args.format == "text" else own_path(networks[0], _suffix(args.format)))
    form = args.format or ("svg" if path == STDIN else format_of(path, SUFFIXES, "figure"))
    comment = FORMATS[form].comment
    made = marked(_drawn(networks, args, form, terminal), networks, comment)
    deliver(made, path, terminal, ours=comment is not None or isinstance(made, bytes), force=args.force)
    return FINE


def _drawn(networks: list[Checked], args: Namespace, form: str, terminal: Terminal) -> str | bytes:
    if form != "html":
        figure = _figure(networks, args)
        for remark in figure.remarks if form in PLACED else ():
            terminal.remark(f"note: {remark}")
        return figure.render(form, args.scale)
    if args.block or args.show or args.no_wrap or args.layout != "auto":
        raise UsageError(
            "--block, --show, --no-wrap and --layout are for drawn figures, and HTML is a page to unfold",
            "--format svg",
        )
    return pipeline.page(*networks, level=args.level, theme=args.theme)


def _figure(networks: list[Checked], args: Namespace) -> Figure:
    return pipeline.draw(
        *networks, level=args.level, show=args.show, block=args.block, theme=args.theme, wrap=not args.no_wrap,
        layout=args.layout,
    )  # fmt: skip


def _list(words: str) -> list[str]:
    return [word for word in words.split(",") if word]


def _suffix(form: str | None) -> str:
    return FORMATS[form or "svg"].suffixes[0]


COMMAND = Command(
    "draw networks, side by side where there are several",
    "archspec draw vgg19 resnet34@plain34 resnet34 -o figure3.svg", _arguments, _run,
)  # fmt: skip
