"""Spec to Graph: the one bridge between text and graph."""

from __future__ import annotations

import ast
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from archspec.elaborate.body import BodyBuilder, Result
from archspec.elaborate.calls import Elaborated, bind_axes
from archspec.elaborate.inits import read_scheme
from archspec.elaborate.inputs import read_from
from archspec.elaborate.items import Place, Walker
from archspec.elaborate.scope import BlockRef, Scope, check_requires, define, filled, introduced, open_scope
from archspec.elaborate.values import Env, evaluate_flag, evaluate_value
from archspec.expressions import ExpressionError
from archspec.ir.graph import Graph, GraphInput, GraphOutput, Option, Ref
from archspec.ops import OPS
from archspec.report import Report, suggestion
from archspec.shapes import Demand, Dim, Shape, symbol
from archspec.source import ListValue, MapValue, ScalarValue, plain
from archspec.span import Span
from archspec.spec.model import Axis, OutputSpec, Signature, Spec

MAX_SIDE = 1 << 16


@dataclass(frozen=True, slots=True)
class Elaboration:
    """A graph, and what its symbolic sizes must satisfy, each demand with the place that makes it."""

    graph: Graph
    demands: tuple[tuple[Demand, Span], ...]


class _Elaborator(Walker):
    """Walks the network's items, and each block's when it is first called with given arguments and shapes."""

    def elaborate_block(self, ref: BlockRef, params: dict[str, Option], inputs: tuple[Shape, ...], span: Span) -> Elaborated:
        block, before = ref.block, self.report.failed
        values = {name: option.value for name, option in params.items()}
        env = ref.scope.env
        for param in block.params:
            env = env.child(introduced(param, params[param.name]), {param.name: _name(param.name)})
        builder = BodyBuilder(self.report, env, "block", block.name, f"{block.file}#{block.name}", block.span)
        for signature, shape in zip(block.inputs, inputs, strict=True):
            bound = bind_axes(signature, shape, env, self.report, span)
            if bound is None:
                return Elaborated(None, (None,), (), ())
            env = bound[1]
            builder.add_input(signature.name, bound[0], signature.span)
        builder.current = builder.names[block.inputs[0].name]
        lets: list[tuple[str, Option]] = []
        for entry in block.lets:
            option = define(entry, env, self.report)
            if option is not None:
                name = str(entry.key.value)
                lets.append((name, option))
                env = env.child({name: option.value}, {name: _name(name)} if option.expr is not None else None)
        builder.env = env
        check_requires(block.requires, env, self.report)
        self.walk(block.body, builder, Place(ref.scope, env))
        outputs, shapes = self._block_outputs(ref, builder, env)
        promised = self._contract(block.out, shapes[0] if shapes else None, env, f"block `{block.name}`")
        if promised is not None and shapes and shapes[0] is None:
            shapes = (promised, *shapes[1:])
        if self.report.failed and not before or not shapes:
            return Elaborated(None, shapes or (None,), (), ())
        if self.report.failed:
            return Elaborated(None, shapes, tuple(name for name, _ in outputs), ())
        if block.register is not None:
            builder.register = self._register(block.register, builder)
        body = builder.finish(
            self.intern, outputs, params=tuple(values.items()), lets=tuple(lets), doc=block.doc,
            symbols=tuple(tuple(str(a.text.value) for a in s.axes) for s in block.inputs),
        )
        exprs = tuple((name, option.expr) for name, option in lets if option.expr is not None)
        return Elaborated(body, shapes, tuple(name for name, _ in outputs) if block.outputs else (), exprs)

    def _block_outputs(self, ref: BlockRef, builder: BodyBuilder, env: Env) -> tuple[tuple[tuple[str, Ref], ...], tuple[Shape | None, ...]]:
        if not ref.block.outputs:
            if builder.current is None or builder.current.absent:
                return (), ()
            wire = builder.current.wires[0]
            return (("output", wire.ref),), (wire.shape,)
        named = [(output, self._output(output, builder, env)) for output in ref.block.outputs]
        found = [(output, result) for output, result in named if result is not None]
        for output, result in found:
            self._contract(output.shape, result.wires[0].shape, env, f"output `{output.name}`")
        return tuple((o.name, r.wires[0].ref) for o, r in found), tuple(r.wires[0].shape for _, r in found)

    def _output(self, output: OutputSpec, builder: BodyBuilder, env: Env) -> Result | None:
        if output.from_ is None:
            return builder.current
        sources = read_from(output.from_, builder, env, self.report)
        return sources[0].result if sources else None

    def _contract(self, written: ListValue | None, shape: Shape | None, env: Env, what: str) -> Shape | None:
        """Check a promised shape against the real one. The promise comes back, to go on with after an error."""
        if written is None:
            return None
        option = evaluate_value(written, env, self.report)
        if option is None:
            return None
        promised = option.value
        if shape is None:
            return Shape.of(*promised)
        if len(promised) != shape.rank:
            self.report.error("E0306", f"{what} promises {len(promised)} axes, and gives {shape.rank}", written.span, notes=[f"it gives {shape}"])
            return None
        for index, (dim, real) in enumerate(zip(promised, shape.dims, strict=True)):
            demand = Demand(dim, "==", real, "E0306", "")
            if not demand.holds():
                self.report.error("E0306", f"{what} promises another shape than it gives", written.items[index].span,
                                  label=f"promised {dim}, given {real}", notes=[f"it gives {shape}"])
                return None
            if not isinstance(dim, int) or not isinstance(real, int):
                self.demands.setdefault(demand, written.items[index].span)
        return None

    def network(self, spec: Spec) -> Elaboration | None:
        """The whole graph; None after errors."""
        file, scope = spec.file, open_scope(spec, self.report)
        if not file.items or not file.inputs:
            missing = "`input:`" if file.items else "`net:`, or `stem:`, `stages:` and `head:`"
            self.report.error("E0202", f"this is no network: it has no {missing}", file.span,
                              help="a library of blocks is used from a network's file, by `use:`")
            return None
        env = scope.env
        if not filled(scope):
            return None
        builder = BodyBuilder(self.report, env, "net", spec.name, file.path, file.span)
        symbols: dict[str, Dim] = {}
        inputs = [self._input(signature, scope, symbols) for signature in file.inputs]
        for signature, given in zip(file.inputs, inputs, strict=True):
            builder.add_input(signature.name, given.shape if given is not None else None, signature.span)
        env = env.child({n: s for n, s in symbols.items() if n not in env.values}, {n: _name(n) for n in symbols})
        builder.current = builder.names[file.inputs[0].name]
        self.walk(file.items, builder, Place(scope, env))
        outputs = self._outputs(file.outputs, builder, env)
        init = self._init(spec)
        if self.report.failed:
            return None
        body = builder.finish(self.intern, tuple((o.name, o.ref) for o in outputs), doc=file.doc, params=_shown_params(scope),
                              symbols=tuple(tuple(str(a.text.value) for a in s.axes) for s in file.inputs))
        graph = Graph(
            spec.name, body, tuple(given for given in inputs if given is not None), outputs, file.doc,
            str(file.class_name.value) if file.class_name is not None else None, _open_params(scope), init,
            str(file.layout.value) if file.layout is not None else None, digest(spec), file.path.rsplit("/", 1)[-1],
            spec.variant, {name: plain(value) for name, value in spec.settings.items()},
        )
        return Elaboration(graph, tuple(self.demands.items()))

    def _input(self, signature: Signature, scope: Scope, symbols: dict[str, Dim]) -> GraphInput | None:
        dims = [self._axis(axis, index, scope, symbols) for index, axis in enumerate(signature.axes)]
        known = [dim for dim in dims if dim is not None]
        if len(known) < len(dims):
            return None
        shape = Shape.of(*known)
        channels = shape.dims[shape.channel_axis]
        if shape.rank > 1 and not isinstance(channels, int):
            self.report.error("E0230", f"the channels of `{signature.name}` must be a number", signature.span,
                              notes=[f"found {channels}: sizes of the batch and the image may be free, channels may not"])
            return None
        if shape.rank == 4 and isinstance(shape.dims[3], int) and shape.dims[3] in (1, 3) and isinstance(channels, int) and channels > 16:
            self.report.error("E0230", "this input looks channels-last", signature.span, notes=[f"found {shape}; shapes are [N, C, H, W]"],
                              help="write the channels second: `x[N, 3, H=224, W=224]`")
            return None
        return GraphInput(signature.name, shape, signature.span)

    def _axis(self, axis: Axis, index: int, scope: Scope, symbols: dict[str, Dim]) -> Dim | None:
        text = str(axis.text.value)
        if index == 0:
            return symbols.setdefault(text, symbol("N")) if text == "N" else self._bad_axis(axis, "the batch axis comes first, and is called N")
        if text.isidentifier() and text not in scope.env.values:
            if axis.nominal is not None and not 1 <= axis.nominal <= MAX_SIDE:
                return self._bad_axis(axis, f"a nominal size is from 1 to {MAX_SIDE:,}")
            known = symbols.setdefault(text, symbol(text, axis.nominal))
            return known
        try:
            value = evaluate_value(ScalarValue(_literal(text), axis.text.span, text, False), scope.env, self.report)
        except ExpressionError:
            value = None
        if value is None:
            return None
        if not isinstance(value.value, int) or isinstance(value.value, bool) or not 1 <= value.value <= MAX_SIDE:
            return self._bad_axis(axis, f"a size is a whole number from 1 to {MAX_SIDE:,}, or a name")
        return value.value

    def _bad_axis(self, axis: Axis, note: str) -> None:
        self.report.error("E0230", f"`{axis.text.value}` is no size for an input", axis.text.span, notes=[note],
                          help="write `x[N, 3, H=224, W=224]`")

    def _outputs(self, written: tuple[OutputSpec, ...], builder: BodyBuilder, env: Env) -> tuple[GraphOutput, ...]:
        outputs = []
        for output in written or (OutputSpec("output", None, None, False, builder.span),):
            if output.when is not None:
                condition = evaluate_flag(output.when, env, self.report, "when")
                if condition is None or not condition.value:
                    continue
            result = self._output(output, builder, env)
            if result is None or result.absent:
                continue
            wire = result.wires[0]
            if wire.shape is not None:
                self._contract(output.shape, wire.shape, env, f"output `{output.name}`")
            outputs.append(GraphOutput(output.name, wire.ref, "train" if output.train_only else "always"))
        return tuple(outputs)

    def _init(self, spec: Spec) -> tuple[tuple[str, str, Any], ...]:
        found = []
        for entry in spec.file.init:
            name = str(entry.key.value)
            if name not in OPS:
                self.report.error("E0217", f"there is no op `{name}`", entry.key.span, help=suggestion(name, OPS))
            elif not isinstance(entry.value, MapValue):
                self.report.error("E0229", f"`init` of `{name}` must be a map of tensors", entry.value.span,
                                  help=f"write `{name}: {{weight: zeros}}`")
            else:
                schemes = [(str(t.key.value), read_scheme(t.value, self.report)) for t in entry.value.entries]
                found += [(name, tensor, scheme) for tensor, scheme in schemes if scheme is not None]
        return tuple(found)


def elaborate(spec: Spec, report: Report) -> Elaboration:
    """The graph of a spec. SpecError with every error found, if there is one."""
    elaboration = _Elaborator(report).network(spec)
    report.stop_if_failed()
    assert elaboration is not None
    return elaboration


def digest(spec: Spec) -> str:
    """The sha256 of what a spec says, whatever its layout on the page: keys sorted, files it uses included."""
    said = {
        "spec": plain(spec.file.tree), "variant": spec.variant, "settings": {k: plain(v) for k, v in spec.settings.items()},
        "uses": [plain(spec.libraries[key].tree) for key in sorted(spec.libraries, key=lambda k: k.rsplit("/", 1)[-1])],
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _literal(text: str) -> Any:
    return int(text) if text.isdigit() else text


def _name(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _shown_params(scope: Scope) -> tuple[tuple[str, Any], ...]:
    return tuple((param.name, scope.env.values[param.name]) for param in scope.file.params)


def _open_params(scope: Scope) -> tuple[tuple[str, str, Any], ...]:
    return tuple((p.name, str(p.type), scope.env.values[p.name]) for p in scope.file.params if p.open)

