"""The whole compiler on one screen: text -> Spec -> Graph -> Checked -> code, module, figure, table.

Each function takes a path, a zoo name (`resnet34@plain34`), text, or the result of the step before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from os.path import basename, isfile, splitext
from typing import TYPE_CHECKING, Any, TypeAlias

from archspec.assumptions import with_nominal_sizes
from archspec.checked import Checked
from archspec.diagnostics import Diagnostic, SpecError, UsageError, in_order
from archspec.elaborate.network import elaborate
from archspec.expectations import expect, read_expectations
from archspec.layouts import check_layout
from archspec.lazy import lazy
from archspec.lints import switched_on, warn_of_habits
from archspec.passes.cost import measure
from archspec.passes.shapes import infer
from archspec.records import replace
from archspec.report import Report
from archspec.sharing import check_sharing
from archspec.spec import zoo
from archspec.spec.choice import refuse_unknown_choice, variant_frame
from archspec.spec.load import load_text, read_bytes, shown, tidied
from archspec.spec.model import Spec
from archspec.spec.settings import setting
from archspec.text.source import Value
from archspec.unused import warn_of_unused
from archspec.work import Work

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from archspec.backends.against import Agreement
    from archspec.backends.difference import Difference
    from archspec.backends.figure import Figure
    from archspec.backends.summary import Level, Summary
    from archspec.backends.table.architecture import Table
    from archspec.checkpoints.weights import Weights

mending = lazy("archspec.mending")
fit = lazy("archspec.fit")
backbones = lazy("archspec.features")
opened = lazy("archspec.opened")
figure = lazy("archspec.backends.figure")
pages = lazy("archspec.backends.page")
differences = lazy("archspec.backends.difference")
summaries = lazy("archspec.backends.summary")
tables = lazy("archspec.backends.table.architecture")
torch_code = lazy("archspec.backends.torch_code")
torch_module = lazy("archspec.backends.module")
checkpoints = lazy("archspec.checkpoints.weights")
against = lazy("archspec.backends.against")
environment = lazy("archspec.backends.environment")

Source: TypeAlias = "str | Path | Spec | Checked"


def load(source: Source, variant: str | None = None, *, features: str | Sequence[str] = (), **params: Any) -> Spec:
    """Read a spec, with what it extends and uses; mistakes inside items are left to `check`, which finds the rest.

    `params` override the spec's, as `--set` does; `variant` may also stand in the name (`specs/vgg.yaml@vgg19`).
    With `features`, names of nodes, the network is a backbone: these are its outputs, and what only others need is
    gone. SpecError with every mistake found; UsageError if there is no such file, network, variant or param.
    """
    spec = _load(source, variant, params)
    refuse_unknown_choice(spec)
    return _cut_down(spec, features)


def _cut_down(spec: Spec, features: str | Sequence[str]) -> Spec:
    cut: Spec = backbones.with_features(spec, features) if features else spec
    return cut


def _load(source: Source, variant: str | None, params: Mapping[str, Any]) -> Spec:
    if not isinstance(variant, str | None):
        raise UsageError(f"a variant is called by its name, not by {type(variant).__name__}")
    if isinstance(source, Checked):
        source = source.spec
    settings = {name: setting(name, value) for name, value in params.items()}
    if isinstance(source, Spec):
        if variant is None and not params:
            return source
        merged = {**source.settings, **settings}
        return replace(source, variant=variant or source.variant, settings=merged)
    return _read(source, variant, settings)


def _read(source: str | Path, variant: str | None, settings: Mapping[str, Value]) -> Spec:
    if isinstance(source, str) and "\n" in source:
        return read(source, "<text>", variant, settings)
    path, chosen = locate(str(source))
    if variant is not None and chosen is not None and variant != chosen:
        raise UsageError(f"both `{chosen}` and `{variant}` are asked for", "name one variant")
    return read(read_bytes(path, special=True), shown(path), variant or chosen, settings)


def read(text: str | bytes, path: str, variant: str | None, settings: Mapping[str, Value]) -> Spec:
    """The spec written in `text`, which messages name by `path`. SpecError as `load` raises it."""
    try:
        return load_text(text, path, variant, settings, Report())
    except SpecError as error:
        raise mending.with_edits(error, partial(_rechecked, path, variant, settings, ()), Work()) from None


def _rechecked(
    path: str,
    variant: str | None,
    settings: Mapping[str, Value],
    features: tuple[str, ...],
    texts: Mapping[str, str],
    work: Work,
) -> tuple[Diagnostic, ...]:
    """What is wrong with a spec whose files have these texts."""
    try:
        spec = load_text(texts[path], path, variant, settings, Report(work), texts)
        _prove(_cut_down(spec, features), Report(work))
    except SpecError as error:
        return error.diagnostics
    return ()


def locate(source: str) -> tuple[str, str | None]:
    """The file and variant of an address: `FILE`, `FILE@VARIANT`, `NAME`, `NAME@VARIANT`, or a variant's own name."""
    name, variant = parts_of(source)
    if name.endswith((".yaml", ".yml")) or "/" in name:
        return tidied(name), variant or None
    path, own = zoo.find(name)
    if own is not None and variant:
        network = splitext(basename(path))[0]
        raise UsageError(f"`{name}` is a variant already", f"write `{name}` alone, or `{network}@` and a variant of it")
    return path, variant or own


def parts_of(source: str) -> tuple[str, str]:
    """What stands before the `@` of an address, and the variant behind it; a file whose name has an `@` is itself."""
    if "@" not in source or source.endswith((".yaml", ".yml")) or isfile(source):
        return source, ""
    name, _, variant = source.rpartition("@")
    if not isfile(name):
        name, _, variant = source.partition("@")
    if not variant:
        raise UsageError(f"`{source}` names no variant", f"write the variant behind the @, or `{name}` alone")
    return name, variant


def check(source: Source, variant: str | None = None, *, features: str | Sequence[str] = (), **params: Any) -> Checked:
    """Prove that a network fits together: shapes, parameters, MACs, expectations.

    SpecError carries every error at once, each with its place in the spec; warnings are in the result.
    """
    if isinstance(source, Checked) and variant is None and not params and not features:
        return source
    return prove(load(source, variant, features=features, **params), Report())


def prove(spec: Spec, report: Report) -> Checked:
    """`check` of a spec that has been read; the report says how much work it may take."""
    try:
        return _prove(spec, report)
    except SpecError as error:
        again = partial(_rechecked, spec.file.path, spec.variant, spec.settings, spec.features)
        raise mending.with_edits(error, again, report.work) from None


def _prove(spec: Spec, report: Report) -> Checked:
    report.texts.update(spec.texts)
    report.parents, report.variant = spec.parents, variant_frame(spec)
    report.take(spec.faults)
    read_expectations(spec, report)
    try:
        elaboration = elaborate(spec, report)
    except SpecError as error:
        raise fit.with_nearest_sizes(spec, error, report.work) from None
    if spec.features:
        elaboration = replace(elaboration, graph=backbones.pruned(elaboration.graph))
    graph = with_nominal_sizes(elaboration, report)
    shapes = infer(graph)
    check_sharing(shapes, report)
    cost = measure(graph, shapes)
    expect(spec, graph, shapes, cost, report)
    check_layout(spec, shapes, report)
    report.stop_if_failed()
    if not spec.features:
        warn_of_unused(spec, graph, report)
    if elaboration.open_flows:
        opened.warn_of_fixed(spec, graph, report)
    warn_of_habits(shapes, report)
    warnings = switched_on(in_order(report.warnings), spec.texts)
    return Checked(spec, graph, shapes, cost, warnings, elaboration.demands)


def build(source: Source, variant: str | None = None, *, features: str | Sequence[str] = (), **params: Any) -> str:
    """PyTorch source of the network: one file that imports only torch."""
    text: str = torch_code.generate(check(source, variant, features=features, **params))
    return text


def module(
    source: Source,
    *,
    init: bool = True,
    variant: str | None = None,
    features: str | Sequence[str] = (),
    **params: Any,
) -> nn.Module:
    """The network as an `nn.Module`: the generated source, compiled in memory.

    `params` are the spec's; the open ones, such as `num_classes`, are arguments of the constructor. With `init=False`
    parameters are left uninitialised, for loading a checkpoint. With `features` it is a backbone that returns these
    nodes. SpecError and UsageError as of `check`, also for a value with which the network would not hold.
    """
    spec = load(source, variant, features=features)
    free = {param.name for param in spec.file.params if param.open}
    whole = isinstance(source, Checked) and spec is source.spec
    checked = check(source if whole else spec, **{name: params[name] for name in params if name not in free})
    proved = check(checked, **params).graph.open_params if params.keys() & free else ()
    arguments = {name: value for name, _, value in proved if name in params}
    network: nn.Module = torch_module.instantiate(checked.graph, build(checked), init=init, **arguments)
    return network


def verify(source: Source, text: str | None = None) -> None:
    """Run generated source against the graph's reference interpreter, bit for bit; AssertionError where they part."""
    checked = check(source)
    torch_module.verify(checked.graph, text if text is not None else build(checked))


def summary(source: Source, variant: str | None = None, *, level: Level = "stage", **params: Any) -> Summary:
    """The network's stages, or layers, with shapes, parameters and MACs: a table, `.to_dict()` for scripts."""
    made: Summary = summaries.summarize(check(source, variant, **params), level)
    return made


def diff(before: Source, after: Source) -> Difference:
    """What sets two networks apart, layer by layer: a table, `.to_dict()` for scripts, false where they are equal."""
    found: Difference = differences.differ(check(before), check(after))
    return found


def table(*sources: Source, caption: str = "") -> Table:
    """What networks are made of, row by row of equal output size, as Table 1 of He et al. (2015).

    `str` is for a terminal; `.markdown`, `.latex`, `.html`, `.csv`, `.to_dict()`, `.save(path)`, itself in a notebook.
    """
    made: Table = tables.make_table(*(check(source) for source in sources), caption=caption)
    return made


def draw(*sources: Source, **options: Any) -> Figure:
    """A figure of one network or several: `.svg`, `.save(path)`, and itself in a notebook.

    `options` are those of `draw_figure`: `level="layer"`, `theme="dark"`.
    """
    drawn: Figure = figure.draw_figure(*(check(source) for source in sources), **options)
    return drawn


def weights(checkpoint: str | Path, source: Source, *, key_map: str | Path | None = None) -> Weights:
    """How a checkpoint file goes with a network: `.fit`, `.state_dict()` in the network's layout, `.save(path)`.

    UsageError where the file is no checkpoint; nothing in it is run.
    """
    held: Weights = checkpoints.hold(checkpoint, check(source), key_map)
    return held


def page(*sources: Source, level: str = "block", theme: str = "auto") -> str:
    """An HTML page of one network or several that needs no network: folds, facts on every node, search.

    `level` says what is unfolded at first, `theme` whose colours it has, as in `draw`.
    """
    if not sources:
        raise UsageError("there is nothing to show", "name at least one network")
    text: str = pages.write_page(*(check(source) for source in sources), level=level, theme=theme)
    return text


def compare(
    source: Source, model: nn.Module | str, arguments: Sequence[str] = (), *, tolerance: float = 0.0
) -> Agreement:
    """Hold a network against a live model: state_dict, parameters, MACs, outputs, and the first layer where they part.

    `model` is a module, or the name `module:callable` of one in the user's environment, whose code is then run, with
    `arguments` as `name=value`.
    """
    checked = check(source)
    if isinstance(model, str):
        model = environment.load_model(model, dict(map(environment.parse_argument, arguments)))
    found: Agreement = against.compare(checked, model, tolerance)
    return found
