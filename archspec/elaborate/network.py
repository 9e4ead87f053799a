"""Spec to Graph: the one bridge between text and graph."""

from __future__ import annotations

from typing import Any

from archspec.diagnostics import SpecError, UsageError
from archspec.elaborate.blocks import Blocks
from archspec.elaborate.body import BodyBuilder, Result
from archspec.elaborate.entrances import Entrances
from archspec.elaborate.env import Env, name_of
from archspec.elaborate.inits import read_inits
from archspec.elaborate.items import Place
from archspec.elaborate.opening import filled, open_scope
from archspec.elaborate.scope import Scope
from archspec.elaborate.unreached import refuse_unknown_ops
from archspec.elaborate.values import evaluate_flag
from archspec.ir.graph import Graph, GraphOutput
from archspec.ops import OPS
from archspec.records import Record
from archspec.report import Report, suggestion
from archspec.shapes import Demand
from archspec.spec.model import OutputSpec, Spec
from archspec.text.source import MapValue, plain
from archspec.text.span import Span
from archspec.work import Work

MAX_UNITS = 200_000


class Elaboration(Record):
    """A graph, and what its symbolic sizes must satisfy, each demand with the place that makes it.

    `open_flows`: whether something besides the features that a layer makes changes with an open param.
    """

    graph: Graph
    demands: tuple[tuple[Demand, Span], ...]
    open_flows: bool = False


def elaborate(spec: Spec, report: Report) -> Elaboration:
    """The graph of a spec. SpecError with every error found, if there is one."""
    network = _Network(report)
    try:
        graph = network.graph(spec)
    except RecursionError:
        graph = None
        report.error(
            "E0219", "the network is nested too deeply", spec.file.span, help="call fewer blocks inside blocks"
        )
    report.stop_if_failed()
    assert graph is not None
    return Elaboration(graph, tuple(network.demands.items()), network.open_flows)


def elaborate_free(spec: Spec, work: Work) -> Elaboration | None:
    """What a spec's graph demands of the sizes of its inputs, were all of them free; None where that cannot be said."""
    network = _Network(Report(work), free=True)
    try:
        graph = network.graph(spec)
    except (SpecError, UsageError, RecursionError):
        return None
    return Elaboration(graph, tuple(network.demands.items())) if graph is not None else None


class _Network(Blocks):
    """Walks the items of a network."""

    def graph(self, spec: Spec) -> Graph | None:
        """The whole graph; None after errors."""
        file = spec.file
        if not file.items or not file.inputs:
            self._refuse_library(spec)
            return None
        scope = open_scope(spec, self.report)
        if not filled(scope):
            return None
        entrances = Entrances(scope.env, self.report, self.free)
        inputs = [entrances.read(signature) for signature in file.inputs]
        builder = BodyBuilder(self.report, "net", spec.name, file.path, file.span)
        for signature, given in zip(file.inputs, inputs, strict=True):
            builder.add_input(signature.name, given.shape if given is not None else None, signature.span)
        builder.go_on(builder.names[file.inputs[0].name])
        symbols = {name: size for name, size in entrances.symbols.items() if name not in scope.env.values}
        env = scope.env.child(symbols, {name: name_of(name) for name in symbols})
        self.walk(file.items, builder, Place(scope, env))
        if file.register is not None:
            builder.register = self.registration(file.register, builder)
        outputs = self._outputs(file.outputs, builder, env)
        init = self._init(spec, scope.env)
        if self.report.failed:
            refuse_unknown_ops(file.blocks.values(), scope, self.report)
            return None
        body = builder.finish(
            self.intern,
            tuple((output.name, output.ref) for output in outputs),
            doc=file.doc,
            params=tuple((param.name, scope.env.values[param.name]) for param in file.params),
            symbols=tuple(tuple(str(axis.text.value) for axis in signature.axes) for signature in file.inputs),
        )
        if body.layers > MAX_UNITS:
            title = f"the network has more than {MAX_UNITS:,} layers, those of all calls and units counted"
            self.report.error("E0219", title, file.span, help="repeat less, or call fewer blocks twice inside blocks")
            return None
        return Graph(
            spec.name,
            body,
            tuple(given for given in inputs if given is not None),
            outputs,
            file.doc,
            str(file.class_name.value) if file.class_name is not None else None,
            _open_params(scope),
            init,
            str(file.layout.value) if file.layout is not None else None,
            file.path.rsplit("/", 1)[-1],
            spec.variant,
            {name: plain(value) for name, value in spec.settings.items()},
            spec.features,
        )

    def _refuse_library(self, spec: Spec) -> None:
        missing = "`input:`" if spec.file.items else "`net:`, or `stem:`, `stages:` and `head:`"
        first = spec.file.tree.entries[0].key.span if spec.file.tree.entries else spec.file.span
        self.report.error(
            "E0202",
            f"this is no network: it has no {missing}",
            first,
            notes=["a library of blocks is used from a network's file, by `use:`"] if spec.file.blocks else (),
            help="add `input: x[N, 3, H=224, W=224]`" if spec.file.items else "add `net:` with a list of items",
        )

    def _outputs(self, written: tuple[OutputSpec, ...], builder: BodyBuilder, env: Env) -> tuple[GraphOutput, ...]:
        outputs = []
        for output in written or (OutputSpec("output", None, None, False, builder.span),):
            if output.when is not None:
                condition = evaluate_flag(output.when, env, self.report, "when")
                if condition is None or not condition.value:
                    continue
            result = self.output(output, builder, env)
            if result is None or not _is_there(result):
                self._refuse_output(output)
                continue
            wire = result.wires[0]
            self.contract(output.shape, wire.shape, env, f"output `{output.name}`", result.span)
            outputs.append(GraphOutput(output.name, wire.ref, "train" if output.train_only else "always"))
        if not self.report.failed and not any(output.mode == "always" for output in outputs):
            place = written[0].span if written else builder.span
            self.report.error("E0204", "the network has no output outside training", place)
        return tuple(outputs)

    def _refuse_output(self, output: OutputSpec) -> None:
        if not self.report.failed:
            help_ = "say where it comes from: `outputs: {logits: {from: fc}}`"
            self.report.error("E0225", f"nothing comes before `{output.name}`", output.span, help=help_)

    def _init(self, spec: Spec, env: Env) -> tuple[tuple[str, str, Any], ...]:
        found: list[tuple[str, str, Any]] = []
        for entry in spec.file.init:
            name = str(entry.key.value)
            if name not in OPS:
                self.report.error("E0217", f"there is no op `{name}`", entry.key.span, help=suggestion(name, OPS))
            elif not isinstance(entry.value, MapValue):
                title, help_ = f"`init` of `{name}` must be a map of tensors", f"write `{name}: {{weight: zeros}}`"
                self.report.error("E0229", title, entry.value.span, help=help_)
            else:
                known = self.tensors.get(name)
                schemes = read_inits(entry.value, sorted(known) if known else None, OPS[name], env, self.report)
                found += [(name, tensor, scheme) for tensor, scheme in schemes]
        return tuple(found)


def _is_there(result: Result) -> bool:
    return bool(result.wires) and not result.absent


def _open_params(scope: Scope) -> tuple[tuple[str, str, Any], ...]:
    return tuple((p.name, str(p.type), scope.env.values[p.name]) for p in scope.file.params if p.open)
