"""The bodies of blocks, elaborated when they are first called with given arguments and shapes."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.elaborate.body import BodyBuilder, Result
from archspec.elaborate.callee import Operand
from archspec.elaborate.calls import FAILED, Elaborated
from archspec.elaborate.env import Env, name_of
from archspec.elaborate.inputs import read_from
from archspec.elaborate.items import Place
from archspec.elaborate.params import param_values, with_lets
from archspec.elaborate.requires import check_requires
from archspec.elaborate.scope import BlockRef, Given
from archspec.elaborate.signatures import bind_axes, plain_size, promised_shape
from archspec.elaborate.steps import Steps
from archspec.ir.graph import Option, Ref
from archspec.shapes import Shape
from archspec.spec.model import OutputSpec
from archspec.text.source import ListValue
from archspec.text.span import Span

Outputs = tuple[tuple[str, Ref], ...]


class Blocks(Steps):
    """Walks a block's items."""

    def elaborate_block(
        self,
        ref: BlockRef,
        params: Mapping[str, Option],
        given: Given,
        opened: frozenset[str],
        inputs: tuple[Operand, ...],
    ) -> Elaborated:
        """The body of a block. `given` are the arguments that `params` came of, `opened` its names that are open."""
        block = ref.block
        env = ref.scope.env.sealed()
        names = {param.name: name_of(param.name) for param in block.params}
        env = env.child(param_values(block.params, params), names, opened, (block, given, 0, env.bound))
        definition = f"{block.file}#{block.name}"
        builder = BodyBuilder(self.report, "block", block.name, definition, block.span)
        for signature, operand in zip(block.inputs, inputs, strict=True):
            bound = bind_axes(signature, operand, env, self.report)
            if bound is None:
                return FAILED
            env = bound[1]
            builder.add_input(signature.name, bound[0], signature.span)
        env, lets = with_lets(block.lets, env, self.report, named=True)
        check_requires(block.requires, env, self.report)
        self.walk(block.body, builder, Place(ref.scope, env))
        outputs, shapes = self._block_outputs(ref, builder, env)
        last = builder.current.span if builder.current is not None and not block.outputs else None
        promised = self.contract(block.out, shapes[0] if shapes else None, env, f"block `{block.name}`", last)
        if promised is not None and shapes[:1] == (None,):
            shapes = (promised, *shapes[1:])
        if self.report.failed or not shapes:
            return Elaborated(None, shapes or (None,), tuple(name for name, _ in outputs) if block.outputs else (), ())
        if block.register is not None:
            builder.register = self.registration(block.register, builder)
        body = builder.finish(
            self.intern,
            outputs,
            params=tuple((name, option.value) for name, option in params.items()),
            lets=tuple(lets.items()),
            doc=block.doc,
            symbols=tuple(tuple(str(axis.text.value) for axis in signature.axes) for signature in block.inputs),
        )
        exprs = tuple((name, option.expr) for name, option in lets.items() if option.expr is not None)
        return Elaborated(body, shapes, tuple(name for name, _ in outputs) if block.outputs else (), exprs)

    def _block_outputs(self, ref: BlockRef, builder: BodyBuilder, env: Env) -> tuple[Outputs, tuple[Shape | None, ...]]:
        block = ref.block
        if not block.outputs:
            if builder.current is None or builder.current.absent:
                if not self.report.failed:
                    title = f"block `{block.name}` has no output"
                    help_ = "end it with one item, or name what it gives in `outputs:`"
                    self.report.error("E0208", title, block.span, help=help_)
                return (), ()
            wire = builder.current.wires[0]
            return (("output", wire.ref),), (wire.shape,)
        named = [(output, self.output(output, builder, env)) for output in block.outputs]
        found = [(output, result) for output, result in named if result is not None]
        for output, result in found:
            self.contract(output.shape, result.wires[0].shape, env, f"output `{output.name}`", result.span)
        return tuple((o.name, r.wires[0].ref) for o, r in found), tuple(r.wires[0].shape for _, r in found)

    def output(self, output: OutputSpec, builder: BodyBuilder, env: Env) -> Result | None:
        """What an output stands for. None after an error."""
        if output.from_ is None:
            return builder.current
        sources = read_from(output.from_, builder, env, self.report)
        if not sources:
            return None
        if len(sources) > 1 or sources[0].result.absent:
            what, help_ = "a node that is left out", "give it a `when:` too"
            if len(sources) > 1:
                what, help_ = "several nodes", "join them by an op, or make them outputs of their own"
            self.report.error("E0227", f"output `{output.name}` is {what}", output.from_.span, help=help_)
            return None
        return sources[0].result

    def contract(
        self, written: ListValue | None, shape: Shape | None, env: Env, what: str, item: Span | None
    ) -> Shape | None:
        """Check a promised shape against the real one, which comes from `item`.

        The promise comes back where the real one is not known.
        """
        if written is None:
            return None
        bare = None if shape is None else Shape(tuple(plain_size(dim) for dim in shape.dims), shape.axes)
        promised, demands = promised_shape(written, bare, env, what, item, self.report)
        for demand, index in demands:
            self.demands.setdefault(demand, written.items[index].span)
        return promised
