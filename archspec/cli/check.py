"""`archspec check`: every network of the files, their variants included, and every mistake in them at once."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext

from archspec import pipeline
from archspec.backends.numbers import counted, quantity
from archspec.checked import Checked
from archspec.cli.command import FINE, SPEC_IS_WRONG, WRONG_USE, Command
from archspec.cli.sources import add_size, add_spec, expanded, load, sized
from archspec.cli.terminal import Terminal
from archspec.diagnostics import Diagnostic, SpecError, UsageError
from archspec.lazy import lazy
from archspec.passes.sizes import free_sizes, in_words
from archspec.records import Record, field, replace
from archspec.report import Report, suggestion
from archspec.spec.model import Spec
from archspec.spec.settings import parse_settings
from archspec.work import Work

json = lazy("json")
catalogue = lazy("archspec.codes")
forms = lazy("archspec.backends.sizes")
rendering = lazy("archspec.rendering")
sarif = lazy("archspec.rendering.sarif")


MOST_VARIANTS = 8
"""How many variants with the same mistake are named after the first."""


class Verdict(Record, frozen=False):
    """What was found: the networks that fit, by source, the diagnostics, one per mistake, and what was not found.

    `variants` are those that a mistake was found in after the first.
    """

    networks: list[tuple[str, Checked]] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    unusable: list[UsageError] = field(default_factory=list)
    variants: dict[tuple[object, ...], list[str]] = field(default_factory=dict)

    def add(self, diagnostics: tuple[Diagnostic, ...], texts: Mapping[str, str]) -> None:
        """Take up diagnostics; one that a variant shares with its base, or files with a library, counts once."""
        known = {_mistake(d): d for d in self.diagnostics}
        self.diagnostics += [d for d in diagnostics if _mistake(d) not in known]
        for diagnostic in diagnostics:
            if (first := known.get(_mistake(diagnostic))) is not None and (name := _further(first, diagnostic)):
                self.variants.setdefault(_mistake(first), []).append(name)
        self.texts.update(texts)

    def found(self) -> list[Diagnostic]:
        """The diagnostics, each with the names of the further variants that have it."""
        return [_shared(d, self.variants.get(_mistake(d), ())) for d in self.diagnostics]

    def exit_code(self, strict: bool) -> int:
        """That of the worst of all sources; under `strict` warnings are reason enough."""
        if self.unusable:
            return WRONG_USE
        wrong = any(strict or d.severity == "error" for d in self.diagnostics)
        return SPEC_IS_WRONG if wrong else FINE

    def records(self) -> list[Diagnostic]:
        """Everything that is wrong, for scripts: what could not be read has no place in a spec."""
        lost = [e.diagnostic or Diagnostic("E0501", e.message, help=e.help) for e in self.unusable]
        return [*self.found(), *lost]


def _mistake(diagnostic: Diagnostic) -> tuple[object, ...]:
    return diagnostic.code, diagnostic.title, diagnostic.span


def _further(first: Diagnostic, again: Diagnostic) -> str:
    """The variant under which a mistake was found again, if another of the same file was the first that has it."""
    one, other = ([frame for frame in each.chain if frame.how == "under"] for each in (first, again))
    of_one_file = one and other and one[0].span.file == other[0].span.file
    return other[0].what.removeprefix("variant ") if of_one_file else ""


def _shared(diagnostic: Diagnostic, variants: Sequence[str]) -> Diagnostic:
    if not variants:
        return diagnostic
    more = f" and {len(variants) - MOST_VARIANTS} more" if len(variants) > MOST_VARIANTS else ""
    note = f"also in {'variant' if len(variants) == 1 else 'variants'} {', '.join(variants[:MOST_VARIANTS])}{more}"
    return replace(diagnostic, notes=(*diagnostic.notes, note))


def _arguments(parser: ArgumentParser) -> None:
    add_spec(parser, several=True, folders=True)
    add_size(parser)
    parser.add_argument("--strict", action="store_true", help="let warnings fail too")
    parser.add_argument(
        "--ignore",
        metavar="CODES",
        type=_warning_codes,
        action="extend",
        default=[],
        help="warnings to leave out, such as W0604,W0609; `archspec explain W0604` says what each is for",
    )
    parser.add_argument("--format", choices=("text", "json", "sarif", "github"), default="text", help="how to print it")


def _warning_codes(text: str) -> list[str]:
    codes = text.upper().split(",")
    known = [code for code in catalogue.CODES if code.startswith("W")]
    if unknown := [code for code in codes if code not in known]:
        help_ = suggestion(unknown[0], known)
        raise UsageError(f"`{unknown[0]}` is no code of a warning", help_)
    return codes


def _run(args: Namespace, terminal: Terminal) -> int:
    parse_settings(args.settings)  # a mistake in them is one of the call, whatever the sources
    verdict = Verdict()
    seen: set[str] = set()
    for pattern in args.specs:
        try:
            sources = expanded(pattern)
            for source in sources:
                if source in seen:
                    continue
                seen.add(source)
                several = len(args.specs) > 1 or len(sources) > 1
                with terminal.working(f"checking {source}") if several else nullcontext():
                    note = _check(source, args, verdict)
                if note:
                    terminal.remark(note)
        except UsageError as error:
            verdict.unusable.append(error)
    terminal.write(_shown(verdict, args, terminal))
    if args.format == "text":
        for unusable in verdict.unusable:
            terminal.refuse(unusable)
    return verdict.exit_code(args.strict)


def _check(source: str, args: Namespace, verdict: Verdict) -> str:
    """Check a file's networks; a note on what was left out, if anything was."""
    try:
        spec = load(source, args)
    except SpecError as error:
        verdict.add(error.diagnostics, error.texts)
        return ""
    work = Work()
    for each in _with_variants(spec):
        if work.spent:
            break  # that was said
        try:
            checked = sized(pipeline.prove(each, Report(work)), args)
        except SpecError as error:
            verdict.add(error.diagnostics, error.texts)
        else:
            verdict.networks.append((pipeline.parts_of(source)[0], checked))
            verdict.add(tuple(w for w in checked.warnings if w.code not in args.ignore), spec.texts)
    left = _left_out(spec) if spec.variant is None else []
    return f"note: {counted(len(left), 'variant')} of {spec.name} not checked, whose own params are set" if left else ""


def _with_variants(spec: Spec) -> Iterator[Spec]:
    """The spec, and its variants unless it is one; one whose own params the call sets would not be itself."""
    yield spec
    if spec.variant is None:
        left = _left_out(spec)
        for name in spec.variants:
            if name not in left:
                yield replace(spec, variant=name)


def _left_out(spec: Spec) -> list[str]:
    return [str(name.value) for name, params in spec.file.variants if spec.settings.keys() & set(params.keys())]


def _shown(verdict: Verdict, args: Namespace, terminal: Terminal) -> str:
    form = args.format
    if form == "sarif":
        return str(sarif.render_sarif(verdict.records()))
    if form == "github":
        return str(rendering.render_github(verdict.records()))
    if form == "json":
        networks = [{"source": source, **_facts(checked)} for source, checked in verdict.networks]
        found = {"networks": networks, "diagnostics": json.loads(rendering.render_json(verdict.records()))}
        return f"{json.dumps(found, indent=2)}\n"
    problems = "" if not verdict.diagnostics else rendering.render_text(verdict.found(), verdict.texts, terminal.color)
    if terminal.quiet:
        return problems
    return problems + "".join(_line(checked, args.size is not None) for _, checked in verdict.networks)


def _facts(checked: Checked) -> dict[str, object]:
    cost = checked.cost
    return {
        "name": checked.name,
        "parameters": cost.parameters,
        "macs": cost.macs,
        "weighted_layers": cost.weighted_layers,
        "receptive_field": cost.receptive_field,
        "at": free_sizes(checked.graph),
        "sizes": {each.sizes.symbol: each.to_dict() for each in forms.answers(checked)},
        "outputs": {
            output.name: forms.shape_forms(shape, checked.sizes)
            for output, shape in zip(checked.graph.outputs, checked.shapes.root.outputs, strict=True)
        },
    }


def _line(checked: Checked, at_size: bool) -> str:
    cost = checked.cost
    sizes = _where(checked) if at_size else in_words(checked.sizes)
    return (
        f"ok  {checked.name:<24} {cost.parameters:>13,} parameters  {quantity(cost.macs, 'MACs'):>10}"
        f"  {cost.weighted_layers:>4} weighted layers  {sizes}".rstrip()
        + "\n"
    )


def _where(checked: Checked) -> str:
    return "at " + " and ".join(f"{name} = {size}" for name, size in free_sizes(checked.graph).items())


COMMAND = Command(
    "check networks and their variants, and report every mistake",
    "archspec check resnet152 --set num_classes=10", _arguments, _run,
)  # fmt: skip
