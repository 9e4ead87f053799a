"""Calling an op or a block on inputs of known shape. Equal calls on equal shapes are elaborated once."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from archspec.diagnostics import Label, SpecError, in_order
from archspec.elaborate.callee import Operand, Resolved
from archspec.elaborate.memory import MOST, Key, option_key, shape_key
from archspec.elaborate.options import build_op, read_options
from archspec.elaborate.params import bind, is_handed_open, refuse_shadow, with_param
from archspec.elaborate.scope import BlockRef, Given
from archspec.elaborate.signatures import caller_terms, origin, settled, shown_shape, translated
from archspec.expressions import ExpressionError, expression_of
from archspec.expressions.trees import free_names
from archspec.ir.graph import Body, Option, Repeat
from archspec.lazy import lazy
from archspec.ops.base import Op
from archspec.ops.linear import FIXED
from archspec.records import Record, field
from archspec.report import Report, suggestion
from archspec.shapes import Demand, Shape, Size
from archspec.spec.fields import listed
from archspec.text.span import Span
from archspec.work import MOST_ATOMS, MOST_LAYERS

origins = lazy("archspec.elaborate.origins")

MAX_LAYERS = 10_000
MAX_DEPTH = 32


class Caller(Record):
    """Who calls, for messages: the name of the item, its place, which unit of a repeat, and its open names."""

    name: str
    span: Span
    unit: str = ""
    open: frozenset[str] = frozenset()


class Called(Record):
    """An elaborated call: its target, the arguments in the caller's terms, and the output shapes (None: unknown).

    The target is None after an error that leaves the shapes known: what follows is checked, and nothing is built. Of an
    op, also what it demands of symbolic sizes, and its tensors.
    """

    target: Op | Body | Repeat | None
    arguments: tuple[tuple[str, Option], ...]
    shapes: tuple[Shape | None, ...]
    names: tuple[str, ...] = ()
    demands: tuple[Demand, ...] = ()
    tensors: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


class Elaborated(Record):
    """A block's body for given arguments and input shapes; its output shapes are in the block's own terms."""

    body: Body | None
    shapes: tuple[Shape | None, ...]
    names: tuple[str, ...]
    lets: tuple[tuple[str, ast.expr], ...]


_performed: dict[Key, tuple[Called, object]] = {}
"""Equal calls of ops, in this network or another, and what their keys know by identity."""


def remember_call(key: Key, called: Called, *held: object) -> None:
    """Keep what a call gave; of too many, all are forgotten."""
    if len(_performed) >= MOST:
        _performed.clear()
    _performed[key] = called, held


FAILED = Elaborated(None, (None,), (), ())


class Calls:
    """Elaborates calls and remembers them; `elaborate_block` is what turns a block's items into a body.

    `free`: only to learn what is demanded of the sizes of the input. A demand that the nominal ones fail is no error
    then, and features count as being what they are.
    """

    def __init__(self, report: Report, free: bool = False) -> None:
        self.report, self.free = report, free
        self.intern: dict[Body, Body] = {}
        self.demands: dict[Demand, Span] = {}
        self.tensors: dict[str, set[str]] = {}
        """The names of the tensors of each op that is called."""
        self.open_flows = False
        """Whether something besides the features that a layer makes changes with an open param."""
        self._noted: dict[int, Called] = {}
        self._blocks: dict[tuple[Any, ...], Elaborated] = {}
        self._active: list[BlockRef] = []
        self._count = 0

    def elaborate_block(
        self,
        ref: BlockRef,
        params: Mapping[str, Option],
        given: Given,
        opened: frozenset[str],
        inputs: tuple[Operand, ...],
    ) -> Elaborated:
        """The body of a block; implemented where items are walked.

        `given` are the arguments that the `params` came of, `opened` the block's names that are open.
        """
        raise NotImplementedError

    def count(self, span: Span) -> None:
        """Bound the work a spec can ask for."""
        self._count += 1
        self.report.work.layers -= 1
        if self._count > MAX_LAYERS:
            self._refuse_more(
                f"the network has more than {MAX_LAYERS:,} distinct layers",
                span,
                "equal units of a chain count once: `name: {op: ..., repeat: n}` instead of `do:` or `each`",
            )
        if self.report.work.layers < 0:
            self._refuse_more(
                f"the network and its variants have more than {MOST_LAYERS:,} distinct layers",
                span,
                "check some of the variants, by name: FILE@VARIANT",
            )

    def _refuse_more(self, title: str, span: Span, help: str) -> None:
        self.report.error("E0219", title, span, label="this one is too many", help=help)
        raise SpecError(in_order(self.report.diagnostics), self.report.texts)

    def call_op(self, resolved: Resolved, inputs: tuple[Operand, ...] | None, caller: Caller) -> Called | None:
        """An op with its options on its inputs; with `inputs` None only its options are checked."""
        assert resolved.op is not None
        span = caller.span
        self.count(span)
        options = read_options(resolved.op, resolved.given, self.report, resolved.keys)
        if options is None:
            return None
        if inputs is None:
            build_op(resolved.op, options, resolved.given, span, self.report)
            return None
        shapes = tuple(operand.shape for operand in inputs)
        key = (
            resolved.op,
            *((name, *option_key(option)) for name, option in options.items()),
            *map(shape_key, shapes),
        )
        found = _performed.get(key) if not self.free else None
        called = found[0] if found is not None else self._perform(resolved.op, options, resolved.given, inputs, span)
        if called is None:
            return None
        if found is None and not self.free:
            remember_call(key, called, options, shapes)
        if caller.open and self._mixes(options, shapes, called.shapes, caller):
            return None
        self.note(called, span)
        return called

    def note(self, called: Called, span: Span) -> None:
        """What the call of an op asks of the network."""
        if id(called) in self._noted:
            return  # where it is met first is where it is spoken of
        self._noted[id(called)] = called
        assert isinstance(called.target, Op)
        for demand in called.demands:
            self.demands.setdefault(demand, span)
        self.tensors.setdefault(called.target.name, set()).update(called.tensors)

    def _perform(
        self, op: type[Op], options: dict[str, Option], given: Given, inputs: tuple[Operand, ...], span: Span
    ) -> Called | None:
        built = build_op(op, options, given, span, self.report)
        if built is None:
            return None
        demands = self._accepts(built, given, inputs, span)
        if demands is None:
            return None
        shapes = tuple(operand.shape for operand in inputs)
        try:
            output = built.shape(*shapes)
        except ExpressionError as error:
            self.report.error("E0220", error.message, span, help=error.help)
            return None
        outputs = (output,) if isinstance(output, Shape) else output
        if any(isinstance(dim, Size) and dim.atoms > MOST_ATOMS for shape in outputs for dim in shape.dims):
            title = f"a size of this output has more than {MOST_ATOMS} parts"
            self.report.error("E0219", title, span, help="fix H and W in `input:`, or join maps of one size")
            return None
        return Called(built, (), tuple(map(settled, outputs)), (), demands, built.tensors(*shapes))

    def _mixes(
        self,
        options: Mapping[str, Option],
        inputs: tuple[Shape, ...],
        outputs: tuple[Shape | None, ...],
        caller: Caller,
    ) -> bool:
        """Whether open channels and free sizes become one axis, which nothing can say; an error. Sets `open_flows`."""
        channels = [dim for x in inputs for dim in x.dims if isinstance(dim, int)]
        found = sorted(name for dim in channels for name in free_names(expression_of(dim)) & caller.open)
        sized = [option.expr for name, option in options.items() if name != "out" and option.expr is not None]
        self.open_flows |= bool(found) or any(free_names(expr) & caller.open for expr in sized)
        if not found or not any(x and isinstance(x.dims[x.channel_axis], Size) for x in outputs):
            return False
        notes = [f"`{found[0]}` changes with an argument of the generated network's constructor"]
        help_ = "fix H and W in `input:`, or drop `open` from the param; `--set` still changes it"
        title = "the features of a map of any size depend on an open param"
        self.report.error("E0231", title, caller.span, notes=notes, help=help_)
        return True

    def _accepts(self, op: Op, given: Given, inputs: tuple[Operand, ...], span: Span) -> tuple[Demand, ...] | None:
        """What the op demands of symbolic sizes. None after an error."""
        if not self._arity(op, inputs, span):
            return None
        demands = []
        for operand in inputs:
            if op.ranks is not None and operand.shape.rank not in op.ranks:
                ranks = " or ".join(str(rank) for rank in sorted(op.ranks))
                self.report.error(
                    "E0302",
                    f"`{op.name}` takes {ranks} axes, and gets {operand.shape.rank}",
                    operand.span,
                    label=shown_shape(operand.shape),
                    notes=[origin(operand)],
                    help=_rank_help(op, operand.shape),
                )
                return None
            if operand.shape.holds_ids and not op.reads_ids:
                self._refuse(_no_numbers(op, operand.shape, inputs.index(operand)), given, inputs, span)
                return None
        for demand in op.demands(*(operand.shape for operand in inputs)):
            symbolic = isinstance(demand.left, Size) or isinstance(demand.right, Size)
            if self.free and symbolic and FIXED in demand.title:
                continue
            if symbolic:
                demands.append(demand)
            if not demand.holds() and not (self.free and symbolic):
                self._refuse(demand, given, inputs, span)
                return None
        return tuple(demands)

    def _arity(self, op: Op, inputs: tuple[Operand, ...], span: Span) -> bool:
        count = len(inputs)
        if count == op.inputs or (op.inputs is None and count) or (op.name == "attention" and count in (1, 3)):
            return True
        takes = "one or more inputs" if op.inputs is None else f"{op.inputs} input{'s' * (op.inputs != 1)}"
        more = op.inputs is None or count < op.inputs
        help_ = "name its inputs: `from: [a, b]`" if more else "one `from:` name is enough"
        self.report.error("E0304", f"`{op.name}` takes {takes}, and gets {count}", span, help=help_)
        return False

    def _refuse(self, demand: Demand, given: Given, inputs: tuple[Operand, ...], span: Span) -> None:
        place, label, known = span, "", ()
        if demand.option is not None and demand.option in given:
            place, known = given[demand.option][0].span, origins.of_options([demand.option], given, self.report)
        elif demand.operand is not None and demand.operand < len(inputs):
            place, label = inputs[demand.operand].span, shown_shape(inputs[demand.operand].shape)
        elif len(inputs) == 1:
            label = f"gets {shown_shape(inputs[0].shape)}"
        several = len({operand.span for operand in inputs}) > 1
        labels = [Label(o.span, shown_shape(o.shape)) for o in inputs if o.span != place] if several else []
        notes = [demand.note, *(origin(operand) for operand in inputs)]
        self.report.error(
            demand.code, demand.title, place, label=label, labels=labels, notes=notes, help=demand.help, origins=known
        )

    def call_block(self, resolved: Resolved, inputs: tuple[Operand, ...] | None, caller: Caller) -> Called | None:
        """A block on its inputs; with `inputs` None only its arguments are checked."""
        ref, report = resolved.block, self.report
        assert ref is not None
        params = self._arguments(ref, resolved, caller)
        if params is None or inputs is None or not self._fits(ref, inputs, caller.span):
            return None
        if not self._may_enter(ref, caller.span):
            return None
        shapes = tuple(operand.shape for operand in inputs)
        opened = _opened(ref, params, shapes, caller.open)
        self.open_flows |= bool(opened)
        key = (ref, tuple((name, option.value) for name, option in params.items()), shapes, opened)
        found = self._blocks.get(key)
        if found is None:
            self.count(caller.span)
            self._active.append(ref)
            with report.within(str(ref), ref.block.span, caller.name, caller.span, caller.unit):
                found = self.elaborate_block(ref, params, resolved.given, opened, inputs)
            self._active.pop()
            self._blocks[key] = found
        if not any(found.shapes):
            return None
        try:
            bindings = caller_terms(ref.block.inputs, params, shapes, found.lets, found.shapes)
            outputs = tuple(translated(shape, bindings) for shape in found.shapes)
        except ExpressionError as error:
            report.error("E0220", error.message, caller.span, help=error.help)
            return None
        return Called(found.body, tuple(params.items()), outputs, found.names)

    def _may_enter(self, ref: BlockRef, span: Span) -> bool:
        if ref in self._active:
            chain = " -> ".join(str(block) for block in [*self._active[self._active.index(ref) :], ref])
            self.report.error(
                "E0218", f"block `{ref}` calls itself", span, notes=[chain], help="state repetition with `repeat`"
            )
            return False
        if len(self._active) < MAX_DEPTH:
            return True
        self.report.error("E0219", f"blocks call each other more than {MAX_DEPTH} levels deep", span)
        return False

    def _arguments(self, ref: BlockRef, resolved: Resolved, caller: Caller) -> dict[str, Option] | None:
        block, names = ref.block, [param.name for param in ref.block.params]
        fine = True
        for name, (value, _) in resolved.given.items():
            if name not in names:
                fine = False
                self.report.error(
                    "E0222",
                    f"block `{block.name}` has no param `{name}`",
                    resolved.keys.get(name, value.span),
                    labels=[Label(block.span, "the block")],
                    notes=[f"its params: {listed(names) or 'none'}"],
                    help=suggestion(name, names),
                )
        env, params = ref.scope.env.sealed(), {}
        for param in block.params:
            if param.name in env.values:
                refuse_shadow(param.name, param.span, self.report)
                fine = False
            option = bind(param, resolved.given, env, ref.scope, self.report, f"block `{block.name}`", caller.span)
            if option is None:
                fine = False
                env = env.unknown(param.name)
                continue
            params[param.name] = option
            env = with_param(env, param, option, option.expr, is_handed_open(param.name, resolved.given))
        return params if fine else None

    def _fits(self, ref: BlockRef, inputs: tuple[Operand, ...], span: Span) -> bool:
        signatures = ref.block.inputs
        if len(signatures) != len(inputs):
            takes = f"{len(signatures)} input{'s' * (len(signatures) != 1)}"
            self.report.error(
                "E0304",
                f"block `{ref}` takes {takes}, and gets {len(inputs)}",
                span,
                labels=[Label(ref.block.span, "the block")],
                help="name its inputs: `from: [a, b]`" if len(inputs) < len(signatures) else None,
            )
            return False
        for signature, operand in zip(signatures, inputs, strict=True):
            if len(signature.axes) != operand.shape.rank:
                self.report.error(
                    "E0302",
                    f"block `{ref}` takes {len(signature.axes)} axes, and gets {operand.shape.rank}",
                    operand.span,
                    label=shown_shape(operand.shape),
                    labels=[Label(signature.span, "its signature")],
                    notes=[origin(operand)],
                )
                return False
        return True


def _opened(
    ref: BlockRef, params: Mapping[str, Option], shapes: tuple[Shape, ...], outer: frozenset[str]
) -> frozenset[str]:
    """The names inside a block that change with a constructor argument."""
    if not outer:
        return outer
    found = {name for name, option in params.items() if option.expr and not outer.isdisjoint(free_names(option.expr))}
    for signature, shape in zip(ref.block.inputs, shapes, strict=True):
        for axis, dim in zip(signature.axes, shape.dims, strict=True):
            if isinstance(dim, int) and not outer.isdisjoint(free_names(expression_of(dim))):
                found.add(str(axis.text.value))
    return frozenset(found)


def _no_numbers(op: Op, shape: Shape, index: int) -> Demand:
    return Demand(
        0, "==", 1, "E0328", f"`{op.name}` on token ids",
        f"expected numbers, found the ids of tokens {shape}: an input of two axes, N and T",
        "put `{op: embedding, vocabulary: 1000, out: 64}` before it", operand=index,
    )  # fmt: skip


def _rank_help(op: Op, shape: Shape) -> str | None:
    if shape.rank == 4 and op.ranks is not None and 2 in op.ranks:
        return "put `{op: flatten}` before it"
    if shape.rank == 4 and op.ranks == frozenset({3}):
        return "put `{op: flatten, axes: HW, into: T, order: NTC}` before it: each place of the map a token"
    if shape.rank == 2 and op.ranks == frozenset({4}):
        return "put it before what flattens the map"
    return None
