"""`archspec weights`: key by key, how a checkpoint goes with a network; and its weights in the network's layout."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from archspec import pipeline
from archspec.checkpoints.fit import Fit, Named, Pair
from archspec.cli.command import FINE, SPEC_IS_WRONG, Command
from archspec.cli.sources import add_features, add_settings, load
from archspec.cli.terminal import Terminal
from archspec.diagnostics import UsageError
from archspec.extras import remedy
from archspec.rendering.cells import printable

LISTED = 8
"""Keys shown of each kind, unless all are asked for."""


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("checkpoint", metavar="CHECKPOINT", help="a .safetensors file, or a checkpoint of torch's")
    parser.add_argument("spec", metavar="SPEC", help="a file, FILE@VARIANT, or a network of the zoo")
    add_settings(parser)
    add_features(parser)
    parser.add_argument("--map", metavar="FILE", help="a YAML map of keys: `_blocks.{i}.{rest}: blocks.{i}.{rest}`")
    parser.add_argument("-o", "--output", metavar="PATH", help="write a .safetensors file in the network's layout")
    parser.add_argument(
        "--partial", action="store_true", help="write what fits and leave out the rest: a head of another width, say"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to report")
    parser.add_argument("--all", action="store_true", help=f"list every key, not {LISTED} of each kind")


def _run(args: Namespace, terminal: Terminal) -> int:
    if find_spec("torch") is None:
        raise UsageError("reading weights takes torch, which is not installed", remedy("torch"))
    if args.output is not None and Path(args.output).suffix != ".safetensors":
        raise UsageError("weights are written as safetensors", "name the file: -o weights.safetensors")
    checked = pipeline.check(load(args.spec, args))
    with terminal.working(f"reading {args.checkpoint}"):
        weights = pipeline.weights(args.checkpoint, checked, key_map=args.map)
    fit = weights.fit
    if args.format == "json":
        terminal.say(json.dumps({"checkpoint": args.checkpoint, "network": checked.name, **_as_dict(fit)}, indent=2))
    else:
        terminal.write(printable_report(fit, f"{args.checkpoint} -> {checked.name}", None if args.all else LISTED))
        if not fit.complete and fit.sources and args.output is None:
            terminal.say(
                f"  -o FILE --partial writes the {len(fit.sources)} that fit, for load_state_dict(strict=False)"
            )
    if not fit.complete and not (args.partial and fit.sources):
        if args.output is not None:
            hint = "; --partial writes what fits" if fit.sources else ""
            terminal.complain(f"{args.output} is not written: the checkpoint does not fill the network{hint}")
        return SPEC_IS_WRONG
    if args.output is not None:
        with terminal.working(f"writing {args.output}"):
            weights.save(args.output, partial=args.partial)
        terminal.remark(f"wrote {args.output}" + ("" if fit.complete else f", {len(fit.sources)} tensors"))
    return FINE


def printable_report(fit: Fit, title: str, listed: int | None) -> str:
    """The report as lines; at most `listed` keys of a kind."""
    lines = [printable(title), f"  {_verdict(fit)}"]
    if fit.prefix:
        lines.append(f"  every key of the checkpoint starts with `{printable(fit.prefix)}`, which is left out")
    lines += [] if fit.exact else _section("fit by name", len(fit.named), ())
    lines += _section("renamed", len(fit.renamed), _listed(map(_move, fit.renamed), listed, len(fit.renamed)), fit.how)
    lines += _section("tied", len(fit.tied), _listed(map(_move, fit.tied), listed, len(fit.tied)), "one tensor each")
    torn = "one tensor in the network, two in the checkpoint that differ"
    lines += _section("not equal", len(fit.torn), _listed(map(_both, fit.torn), listed, len(fit.torn)), torn)
    lines += _section("other shape", len(fit.reshaped), _listed(map(_shapes, fit.reshaped), listed, len(fit.reshaped)))
    lines += _section("missing", len(fit.missing), _listed(map(_key, fit.missing), listed, len(fit.missing)))
    lines += _section("not used", len(fit.unexpected), _listed(map(_key, fit.unexpected), listed, len(fit.unexpected)))
    lines += _section("counters", len(fit.counters), (), "steps of batch norms, not in the checkpoint; they start at 0")
    lines += [f"  {printable(why)}" for why in fit.why_not]
    if fit.why_not:
        lines.append("  say which goes where with --map FILE")
    return "\n".join(lines) + "\n"


def _verdict(fit: Fit) -> str:
    if fit.exact:
        return f"fits: all {len(fit.named)} tensors, by name"
    if fit.complete:
        return "fits, with the changes below (-o writes them into a file)"
    return "does not fit"


def _section(name: str, count: int, lines: Iterable[str], remark: str = "") -> list[str]:
    if not count:
        return []
    return [f"  {name:<12}{count:>6}" + (f"   {remark}" if remark else ""), *(f"    {line}" for line in lines)]


def _listed(lines: Iterable[str], limit: int | None, count: int) -> Sequence[str]:
    shown = [line for _, line in zip(range(count if limit is None else limit), lines, strict=False)]
    left = count - len(shown)
    return [*shown, f"... and {left} more (--all)"] if left else shown


def _move(pair: Pair) -> str:
    was = "" if pair.held.shape == pair.wanted.shape else f" of {list(pair.held.shape)}"
    return f"{printable(pair.held.key)}{was} -> {printable(pair.wanted.key)} {list(pair.wanted.shape)}"


def _both(pair: Pair) -> str:
    return f"{printable(pair.wanted.key)} {list(pair.wanted.shape)} and {printable(pair.held.key)}"


def _shapes(pair: Pair) -> str:
    own = "" if pair.held.key == pair.wanted.key else f" as {printable(pair.held.key)}"
    return f"{printable(pair.wanted.key)} is {list(pair.wanted.shape)}, the checkpoint has {list(pair.held.shape)}{own}"


def _key(one: Named) -> str:
    return f"{printable(one.key)} {list(one.shape)}"


def _as_dict(fit: Fit) -> dict[str, object]:
    return {
        "fits": fit.complete,
        "exact": fit.exact,
        "prefix": fit.prefix,
        "mapped": fit.how,
        "named": [pair.wanted.key for pair in fit.named],
        "renamed": [{"from": pair.held.key, "to": pair.wanted.key} for pair in fit.renamed],
        "reshaped": [
            {"key": p.wanted.key, "shape": list(p.wanted.shape), "from": p.held.key, "found": list(p.held.shape)}
            for p in fit.reshaped
        ],
        "tied": [{"from": pair.held.key, "to": pair.wanted.key} for pair in fit.tied],
        "torn": [{"key": pair.wanted.key, "and": pair.held.key} for pair in fit.torn],
        "missing": [one.key for one in fit.missing],
        "unexpected": [one.key for one in fit.unexpected],
        "counters": [one.key for one in fit.counters],
        "why_not": list(fit.why_not),
    }


COMMAND = Command(
    "say key by key how a checkpoint fits a network, and write it in the network's layout",
    "archspec weights mobilenet_v2-b0353104.pth mobilenet_v2 -o mobilenet_v2.safetensors", _arguments, _run,
)  # fmt: skip
