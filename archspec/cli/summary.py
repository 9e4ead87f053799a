"""`archspec summary`: a table of stages or layers; with several networks, a comparison."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from typing import Any

from archspec import pipeline
from archspec.backends.summary import LEVELS, compare, summarize
from archspec.checked import Checked
from archspec.cli.command import FINE, SPEC_IS_WRONG, Command
from archspec.cli.sources import add_features, add_size, add_spec, load, sized, told_apart
from archspec.cli.terminal import Terminal
from archspec.diagnostics import SpecError, UsageError
from archspec.formulas import formulas
from archspec.lazy import lazy
from archspec.passes.formulas import Formulas
from archspec.records import replace
from archspec.spec.model import Spec

rendering = lazy("archspec.rendering")


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
    broken: list[SpecError] = []
    networks = [_proved(load(source, args), broken) for source in args.specs]
    checked = told_apart([sized(network, args) for network in networks], args.specs)
    table = summarize(checked[0], args.level) if len(checked) == 1 else compare(*checked)
    found = [formulas(one) for one in networks] if args.symbolic else []
    if args.format == "json":
        terminal.say(json.dumps(_with_formulas(table.to_dict(), found), indent=2, ensure_ascii=False))
    else:
        terminal.say(str(table))
        _say_formulas(checked, found, terminal)
    terminal.out.flush()
    for error in broken:
        terminal.tell(rendering.render_text(error.diagnostics, error.texts, terminal.color_err))
    return SPEC_IS_WRONG if broken else FINE


def _proved(spec: Spec, broken: list[SpecError]) -> Checked:
    """The network; where only what it promises of itself does not hold, the table shows why, and the error follows."""
    try:
        return pipeline.check(spec)
    except SpecError as error:
        if any(diagnostic.code != "E0403" for diagnostic in error.diagnostics if diagnostic.severity == "error"):
            raise
        broken.append(error)
        return pipeline.check(replace(spec, file=replace(spec.file, expect=None)))


def _say_formulas(checked: list[Checked], found: list[Formulas | None], terminal: Terminal) -> None:
    for one, formula in zip(checked, found, strict=False):
        terminal.say("")
        terminal.say(f"{one.name}: no formula" if formula is None else f"{one.name}: {formula.parameters} parameters")
        if formula is not None:
            terminal.say(f"{one.name}: {formula.macs} MACs")


def _with_formulas(facts: Any, found: list[Formulas | None]) -> Any:
    for one, formula in zip(facts if isinstance(facts, list) else [facts], found, strict=False):
        shown = {"parameters": str(formula.parameters), "macs": str(formula.macs)} if formula is not None else None
        one["formulas"] = shown
    return facts


COMMAND = Command(
    "print a table of stages or layers, or compare several networks",
    "archspec summary resnet34 resnet34@plain34 vgg19", _arguments, _run,
)  # fmt: skip
