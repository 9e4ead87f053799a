"""`archspec verify`: the generated network against its graph, or against a live model of the user's."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from archspec import pipeline
from archspec.cli.command import FINE, SPEC_IS_WRONG, Command
from archspec.cli.sources import add_features, add_spec, load
from archspec.cli.terminal import Terminal
from archspec.diagnostics import UsageError
from archspec.extras import remedy
from archspec.rendering.cells import printable

if TYPE_CHECKING:
    from archspec.backends.against import Agreement

LISTED = 8


def _arguments(parser: ArgumentParser) -> None:
    add_spec(parser)
    add_features(parser)
    parser.add_argument(
        "--against",
        metavar="MODULE:CALLABLE",
        help="a model of your environment; this imports the module and runs its code",
    )
    parser.add_argument(
        "--with",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        dest="call",
        help="an argument of that callable; may be repeated",
    )
    parser.add_argument(
        "--tolerance", type=_tolerance, default=0.0, help="how far outputs may differ, relative to the largest value"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to report")


def _tolerance(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1:
        raise ValueError(text)
    return value


def _run(args: Namespace, terminal: Terminal) -> int:
    if find_spec("torch") is None:
        raise UsageError("verify runs the network, and torch is not installed", remedy("torch"))
    if args.against is None and (args.call or args.tolerance):
        raise UsageError(
            "--with and --tolerance are about a model to compare with", "name it: --against MODULE:CALLABLE"
        )
    checked = pipeline.check(load(args.specs[0], args))
    if args.against is None:
        with terminal.working(f"running {checked.name} against its graph"):
            pipeline.verify(checked)
        terminal.say(f"{checked.name}: the generated network equals its graph bit for bit")
        return FINE
    terminal.remark(f"running {printable(args.against)} of your environment")
    with terminal.working(f"comparing {checked.name} with {printable(args.against)}"):
        found = pipeline.compare(checked, args.against, args.call, tolerance=args.tolerance)
    if args.format == "json":
        terminal.say(json.dumps(_as_dict(found), indent=2))
    else:
        terminal.write(_text(found))
    return FINE if found.holds else SPEC_IS_WRONG


def _text(found: Agreement) -> str:
    lines = []
    for finding in found.findings:
        lines.append(f"{'ok  ' if finding.agrees else 'DIFF'}  {finding.what:<20}  {printable(finding.said)}")
        lines += [f"        {printable(detail)}" for detail in finding.details[:LISTED]]
        if len(finding.details) > LISTED:
            lines.append(f"        ... and {len(finding.details) - LISTED} more (--format json)")
    if found.parting is not None:
        lines += _parting_lines(found)
    return "\n".join(lines) + "\n"


def _parting_lines(found: Agreement) -> list[str]:
    parting = found.parting
    if parting is None:
        return []
    head = "they part"
    if parting.ours:
        place = f" ({parting.span.file}:{parting.span.line}:{parting.span.column})" if parting.span else ""
        head = f"they part at `{parting.ours}`{place} here, `{parting.theirs}` there"
    return [printable(head), *(f"  {printable(said)}" for said in parting.said)]


def _as_dict(found: Agreement) -> dict[str, object]:
    parting = found.parting
    return {
        "holds": found.holds,
        "findings": [
            {"what": f.what, "agrees": f.agrees, "said": f.said, "details": list(f.details)} for f in found.findings
        ],
        "parting": None
        if parting is None
        else {
            "ours": parting.ours,
            "theirs": parting.theirs,
            "file": parting.span.file if parting.span else None,
            "line": parting.span.line if parting.span else None,
            "column": parting.span.column if parting.span else None,
            "said": list(parting.said),
        },
    }


COMMAND = Command(
    "run a network against its graph, or against a model of your environment",
    "archspec verify resnet50 --set num_classes=10\n  archspec verify resnet50 --against torchvision.models:resnet50",
    _arguments, _run,
)  # fmt: skip
