"""`archspec summary`: a table of stages or layers; with several networks, a comparison."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from typing import Any

from archspec import pipeline
from archspec.backends.summary import LEVELS, compare, summarize
from archspec.cli.command import FINE, Command
from archspec.cli.sources import add_features, add_size, add_spec, load, sized
from archspec.cli.terminal import Terminal
from archspec.diagnostics import UsageError
from archspec.formulas import formulas
from archspec.passes.formulas import Formulas


def _arguments(parser: ArgumentParser) -> None:
    add_spec(parser, several=True)
    add_features(parser)
    add_size(parser)
    parser.add_argument("--level", choices=LEVELS, default="stage", help="a row for each stage, or for each layer")
    parser.add_argument(
        "--symbolic", action="store_true", help="also print parameters and MACs as formulas in H, W and open params"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def _run(args: Namespace, terminal: Terminal) -> int:
    if args.level == "layer" and len(args.specs) > 1:
        raise UsageError("the layers of one network at a time", "archspec diff tells two apart")
    networks = [pipeline.check(load(source, args)) for source in args.specs]
    checked = [sized(network, args) for network in networks]
    table = summarize(checked[0], args.level) if len(checked) == 1 else compare(*checked)
    found = [formulas(one) for one in networks] if args.symbolic else []
    if args.format == "json":
        terminal.say(json.dumps(_with_formulas(table.to_dict(), found), indent=2, ensure_ascii=False))
        return FINE
    terminal.say(str(table))
    for one, formula in zip(checked, found, strict=False):
        terminal.say("")
        terminal.say(f"{one.name}: no formula" if formula is None else f"{one.name}: {formula.parameters} parameters")
        if formula is not None:
            terminal.say(f"{one.name}: {formula.macs} MACs")
    return FINE


def _with_formulas(facts: Any, found: list[Formulas | None]) -> Any:
    for one, formula in zip(facts if isinstance(facts, list) else [facts], found, strict=False):
        shown = {"parameters": str(formula.parameters), "macs": str(formula.macs)} if formula is not None else None
        one["formulas"] = shown
    return facts


COMMAND = Command(
    "print a table of stages or layers, or compare several networks",
    "archspec summary resnet34 resnet34@plain34 vgg19", _arguments, _run,
)  # fmt: skip
