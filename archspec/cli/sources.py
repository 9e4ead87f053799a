"""The SPEC arguments and `--set` of the commands."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from archspec import pipeline
from archspec.backends.numbers import counted
from archspec.checked import Checked
from archspec.cli.command import STDIN, unshielded
from archspec.diagnostics import UsageError
from archspec.lazy import lazy
from archspec.records import replace
from archspec.spec.load import tidied
from archspec.spec.model import Spec
from archspec.spec.settings import SETTINGS, parse_settings
from archspec.text.lines import MAX_BYTES

backbones = lazy("archspec.features")
fit = lazy("archspec.fit")
glob = lazy("glob")
pathlib = lazy("pathlib")


def add_spec(
    parser: ArgumentParser, *, several: bool = False, count: int = 1, piped: bool = True, folders: bool = False
) -> None:
    """The positional SPEC argument (`args.specs`, a list) and `--set`; `piped`: standard input will do."""
    parser.add_argument(
        "specs",
        metavar="SPEC",
        nargs="+" if several else count,
        type=unshielded,
        help="FILE or FILE@VARIANT, or a network or variant of the zoo"
        + (", or - or -@VARIANT for standard input" if piped else "")
        + ("; folders and patterns too" if folders else ""),
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
        help="give a param of the spec another value, as in depth=56; may be repeated",
    )


def add_size(parser: ArgumentParser) -> None:
    """`--size`, another size of the input than the nominal one (`args.size`)."""
    parser.add_argument(
        "--size",
        metavar="HxW",
        help="at this size of the input: 65x129, 65 for all free axes, or by name, H=65,W=129",
    )


def sized(checked: Checked, args: Namespace) -> Checked:
    """The network at the size that the call asks for. SpecError where it does not hold there."""
    if args.size is None:
        return checked
    at_size: Checked = fit.at_sizes(checked, fit.read_size(args.size, checked.graph))
    return at_size


def add_features(parser: ArgumentParser) -> None:
    """`--features NAME,NAME`."""
    parser.add_argument(
        "--features",
        metavar="NODES",
        help="make it a backbone: its outputs are these nodes (layer1,layer4), and what they do not need is gone",
    )


def add_names(parser: ArgumentParser) -> None:
    """`--name TEXT`, once for each network."""
    parser.add_argument(
        "--name",
        metavar="TEXT",
        action="append",
        default=[],
        dest="names",
        help="what to call a network; may be repeated, in the order of the networks",
    )


def told_apart(networks: list[Checked], sources: Sequence[str]) -> list[Checked]:
    """The networks, those that share a name under what the call names them by."""
    names = [network.name for network in networks]
    apart = zip(networks, sources, strict=True)
    return [one if names.count(one.name) == 1 else one.called(source) for one, source in apart]


def called(networks: list[Checked], names: Sequence[str]) -> list[Checked]:
    """The networks under the names that `--name` gives them, the rest under their own."""
    if len(names) > len(networks):
        raise UsageError(f"there are {len(names)} names for {counted(len(networks), 'network')}")
    if not all(map(str.strip, names)):
        raise UsageError("a network needs a name", "--name TEXT")
    return [one.called(name) for one, name in zip(networks, names, strict=False)] + networks[len(names) :]


def expanded(spec: str) -> list[str]:
    """The spec files that a pattern or a folder stands for; any other source is itself. UsageError where none match."""
    if os.path.isdir(spec):
        names = [name for name in os.listdir(spec) if os.path.splitext(name)[1] in (".yaml", ".yml")]
        files = [tidied(os.path.join(spec, name)) for name in sorted(names)]
    elif not os.path.exists(spec) and glob.has_magic(spec):
        files = sorted(glob.glob(spec, recursive=True))
    else:
        return [spec]
    if not files:
        raise UsageError(
            f"there is no spec file in `{spec}`" if os.path.isdir(spec) else f"no spec file matches `{spec}`"
        )
    return files


def load(source: str, args: Namespace) -> Spec:
    """The spec that a SPEC argument names, with the `--set` options of the call."""
    settings, text = parse_settings(args.settings)
    spec = _read(source, args)
    spec = replace(spec, settings=settings, texts={**spec.texts, SETTINGS: text}) if settings else spec
    features = getattr(args, "features", None)
    cut: Spec = spec if features is None else backbones.with_features(spec, features)
    return cut


def _read(source: str, args: Namespace) -> Spec:
    name, variant = pipeline.parts_of(source)
    if name != STDIN:
        # A name of two lines is no text of a spec.
        return pipeline.load(pathlib.Path(source) if "\n" in source else source)
    if "stdin" not in args:  # it can be read once, and `check - -@wide` names it twice
        args.stdin = sys.stdin.buffer.read(MAX_BYTES + 1)
    return pipeline.read(args.stdin, "<stdin>", variant or None, {})
