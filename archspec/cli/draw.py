"""`archspec draw`: figures, as SVG, as a page to unfold, or as DOT for graphviz."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from archspec import pipeline
from archspec.backends.figure import LEVELS, THEMES, Figure
from archspec.checked import Checked
from archspec.cli.command import FINE, Command
from archspec.cli.sources import STDIN, add_features, add_spec, load
from archspec.cli.terminal import Terminal
from archspec.diagnostics import UsageError
from archspec.files import write_generated
from archspec.seal import DOT, XML, digest_of, seal

FORMATS = {"svg": XML, "html": XML, "dot": DOT}


def _arguments(parser: ArgumentParser) -> None:
    add_spec(parser, several=True)
    add_features(parser)
    parser.add_argument("-o", "--output", metavar="PATH", help="where to write it (NAME.svg here), or - to print it")
    parser.add_argument("--level", choices=LEVELS, default="block", help="how far to look into the network")
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
    parser.add_argument("--alt", action="store_true", help="print what the figure shows in words, and draw nothing")
    parser.add_argument("--format", choices=tuple(FORMATS), help="by default what PATH ends in, else svg")
    parser.add_argument("--force", action="store_true", help="replace the file even if it was edited or is not ours")


def _run(args: Namespace, terminal: Terminal) -> int:
    networks = [pipeline.check(load(source, args)) for source in args.specs]
    if args.alt:
        terminal.say(_figure(networks, args).description)
        return FINE
    form = args.format or _format_of(args.output)
    names = ", ".join(network.name for network in networks)
    digest = digest_of(network.graph.digest for network in networks)
    text = seal(_drawn(networks, args, form), names, digest, FORMATS[form])
    if args.output == STDIN:
        terminal.write(text)
        return FINE
    path = args.output or f"{networks[0].name}.{form}"
    changed = write_generated(path, text, force=args.force)
    terminal.remark(f"wrote {path}" if changed else f"kept {path}, current already")
    return FINE


def _drawn(networks: list[Checked], args: Namespace, form: str) -> str:
    if form == "html":
        return pipeline.page(*networks, level=args.level)
    figure = _figure(networks, args)
    return figure.svg if form == "svg" else figure.dot


def _figure(networks: list[Checked], args: Namespace) -> Figure:
    return pipeline.draw(
        *networks, level=args.level, show=args.show, block=args.block, theme=args.theme, wrap=not args.no_wrap
    )


def _list(words: str) -> list[str]:
    return [word for word in words.split(",") if word]


def _format_of(output: str | None) -> str:
    suffix = Path(output or "").suffix.lower()
    if output in (None, STDIN):
        return "svg"
    if suffix[1:] not in FORMATS:
        raise UsageError(f"a figure is SVG, HTML or DOT, not `{suffix or output}`", "-o figure.svg, or --format svg")
    return suffix[1:]


COMMAND = Command(
    "draw networks, side by side where there are several",
    "archspec draw vgg19 resnet34@plain34 resnet34 -o figure3.svg", _arguments, _run,
)  # fmt: skip
