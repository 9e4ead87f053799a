"""Calling an op or a block on inputs of known shape. Equal calls on equal shapes are elaborated once."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archspec.diagnostics import Label, SpecError, in_order
from archspec.elaborate.options import build_op
from archspec.elaborate.scope import BlockRef, Given, OpRef, Scope, bind
from archspec.elaborate.values import Env, evaluate_flag
from archspec.expressions import evaluate, expression_of, literal, parse, simplify, substitute, traced
from archspec.ir.graph import Body, Option
from archspec.ops import OPS
from archspec.ops.base import Op
from archspec.report import Report, suggestion
from archspec.shapes import Demand, Shape, Size
from archspec.span import Span
from archspec.spec.fields import listed
from archspec.spec.model import Axis, Signature

MAX_NODES = 200_000
SPATIAL = frozenset("HWT")


@dataclass(frozen=True, slots=True)
class Operand:
    """An input of a call: what it is called, its shape, and where it comes from."""

    name: str
    shape: Shape
    span: Span
    source: Span


@dataclass(frozen=True, slots=True)
class Resolved:
    """A callee with aliases followed: an op or a block with a body, the arguments for it, and the aliases' `when`."""

    op: type[Op] | None
    block: BlockRef | None
    given: dict[str, tuple[Any, Env]]
    when: Option | None
    keys: dict[str, Span]


@dataclass(frozen=True, slots=True)
class Called:
    """An elaborated call: its target, the arguments in the caller's terms, and the output shapes (None: unknown)."""

    target: Op | Body | None
    arguments: tuple[tuple[str, Option], ...]
    shapes: tuple[Shape | None, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Elaborated:
    """A block's body for given arguments and input shapes; its output shapes are in the block's own terms."""

    body: Body | None
    shapes: tuple[Shape | None, ...]
    names: tuple[str, ...]
    lets: tuple[tuple[str, ast.expr], ...]


def resolve(name: str, span: Span, given: Mapping[str, tuple[Any, Env]], keys: Mapping[str, Span], scope: Scope, env: Env,
            inputs: tuple[Operand, ...], report: Report) -> Resolved | None:
    """Find the callee by name (`$name` through a param), following aliases. None after an error."""
    target: Any = OpRef("")
    if name.startswith("$"):
        held = env.values.get(name[1:], target)
        if not isinstance(held, BlockRef | OpRef) and held is not None or held is target:
            params = [k for k, v in env.values.items() if isinstance(v, BlockRef | OpRef)]
            report.error("E0217", f"`{name}` is not a param of type block", span, help=suggestion(name[1:], params, "did you mean the param"))
            return None
        target = held
    elif name in scope.blocks:
        target = scope.blocks[name]
    elif name in OPS:
        target = OpRef(name)
    else:
        report.error("E0217", f"there is no op or block `{name}`", span, notes=[f"blocks here: {listed(scope.blocks) or 'none'}"],
                     help=suggestion(name, [*scope.blocks, *OPS]) or "`archspec explain E0217` lists the ops")
        return None
    return _follow(target, Resolved(None, None, dict(given), None, dict(keys)), span, inputs, report, 0)


def _follow(target: BlockRef | OpRef, so_far: Resolved, span: Span, inputs: tuple[Operand, ...], report: Report,
            depth: int) -> Resolved | None:
    if isinstance(target, OpRef):
        return Resolved(OPS[target.name], None, so_far.given, so_far.when, so_far.keys)
    alias = target.block.alias
    if alias is None:
        return Resolved(None, target, so_far.given, so_far.when, so_far.keys)
    if depth > 16 or alias.op is None:
        report.error("E0218", f"the alias `{target.block.name}` leads back to itself", target.block.span)
        return None
    env = target.scope.env
    given = dict(so_far.given)
    for param in target.block.params:
        option = bind(param, given, env, target.scope, report, f"`{target.block.name}`", span)
        if option is None:
            return None
        given.pop(param.name, None)
        env = env.child({param.name: option.value}, {param.name: option.expr} if option.expr is not None else None)
    filled = {str(e.key.value): e for e in alias.options}
    given.update({name: (entry.value, env) for name, entry in filled.items()})
    inner = Resolved(None, None, given, so_far.when, {**so_far.keys, **{n: e.key.span for n, e in filled.items()}})
    name = str(alias.op.value)
    found = resolve(name, alias.op.span, given, inner.keys, target.scope, env, inputs, report)
    if found is None or alias.when is None:
        return found if found is None else Resolved(found.op, found.block, found.given, both(so_far.when, found.when), found.keys)
    condition = evaluate_flag(alias.when, _alias_env(found, env, inputs, target.block.inputs, report, span), report, "when")
    return None if condition is None else Resolved(found.op, found.block, found.given,
                                                   both(both(so_far.when, found.when), condition), found.keys)


def _alias_env(found: Resolved, env: Env, inputs: tuple[Operand, ...], signatures: tuple[Signature, ...], report: Report,
               span: Span) -> Env:
    """What an alias's `when` sees: the params of what it stands for, and the axes of its inputs."""
    values: dict[str, Any] = {}
    exprs: dict[str, ast.expr] = {}
    if found.block is not None:
        signatures = signatures or found.block.block.inputs
        for param in found.block.block.params:
            option = bind(param, found.given, found.block.scope.env, found.block.scope, report, f"`{found.block}`", span)
            if option is not None and param.name not in env.values:
                values[param.name] = option.value
                if option.expr is not None:
                    exprs[param.name] = option.expr
    for signature, operand in zip(signatures, inputs, strict=False):
        for axis, dim in zip(signature.axes, operand.shape.dims, strict=False):
            values.setdefault(str(axis.text.value), _number(dim))
            exprs.setdefault(str(axis.text.value), expression_of(dim) if isinstance(dim, int) else literal(str(dim)))
    return env.child({k: v for k, v in values.items() if k.isidentifier()}, {k: v for k, v in exprs.items() if k.isidentifier()})


def both(first: Option | None, second: Option | None) -> Option | None:
    """Two conditions as one."""
    if first is None or second is None:
        return first or second
    exprs = [o.expr if o.expr is not None else literal(o.value) for o in (first, second)]
    static = first.expr is None and second.expr is None
    return Option(first.value and second.value, None if static else ast.BoolOp(ast.And(), exprs))


def _number(dim: Any) -> Any:
    return int(dim) if isinstance(dim, int) else dim


class Caller:
    """Elaborates calls and remembers them; `elaborate_block` is what turns a block's items into a body."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.intern: dict[Body, Body] = {}
        self.demands: dict[Demand, Span] = {}
        self._blocks: dict[tuple[Any, ...], Elaborated] = {}
        self._active: list[BlockRef] = []
        self._count = 0

    def elaborate_block(self, ref: BlockRef, params: dict[str, Option], inputs: tuple[Shape, ...], span: Span) -> Elaborated:
        """The body of a block; implemented where items are walked."""
        raise NotImplementedError

    def count(self, span: Span) -> None:
        """Bound the work a spec can ask for."""
        self._count += 1
        if self._count > MAX_NODES:
            self.report.error("E0219", f"the network has more than {MAX_NODES:,} distinct layers", span)
            raise SpecError(in_order(self.report.diagnostics), self.report.texts)

    def call_op(self, op: type[Op], resolved: Resolved, inputs: tuple[Operand, ...] | None, span: Span) -> Called | None:
        """An op with its options on its inputs; with `inputs` None only its options are checked."""
        self.count(span)
        built = build_op(op, resolved.given, span, self.report, resolved.keys)
        if built is None or inputs is None:
            return None
        if not self._accepts(built, resolved.given, inputs, span):
            return None
        shapes = tuple(operand.shape for operand in inputs)
        output = built.shape(*shapes)
        outputs = (output,) if isinstance(output, Shape) else output
        return Called(built, (), tuple(_settle(shape) for shape in outputs))

    def _accepts(self, op: Op, given: Given, inputs: tuple[Operand, ...], span: Span) -> bool:
        if not self._arity(op, inputs, span):
            return False
        for operand in inputs:
            if op.ranks is not None and operand.shape.rank not in op.ranks:
                ranks = " or ".join(str(rank) for rank in sorted(op.ranks))
                self.report.error("E0302", f"`{op.name}` takes {ranks} axes, and gets {operand.shape.rank}", operand.span,
                                  notes=[self._origin(operand)], help=_rank_help(op, operand.shape))
                return False
        for demand in op.demands(*(operand.shape for operand in inputs)):
            if isinstance(demand.left, Size) or isinstance(demand.right, Size):
                self.demands.setdefault(demand, span)
            if not demand.holds():
                self._refuse(demand, given, inputs, span)
                return False
        return True

    def _arity(self, op: Op, inputs: tuple[Operand, ...], span: Span) -> bool:
        if op.inputs is None or op.inputs == len(inputs):
            if inputs or op.inputs == 0:
                return True
        if op.name == "attention" and len(inputs) in (1, 3):
            return True
        takes = "one or more inputs" if op.inputs is None else f"{op.inputs} input{'s' * (op.inputs != 1)}"
        self.report.error("E0304", f"`{op.name}` takes {takes}, and gets {len(inputs)}", span,
                          help="name its inputs: `from: [a, b]`" if len(inputs) < 2 else "one `from:` name is enough")
        return False

    def _refuse(self, demand: Demand, given: Given, inputs: tuple[Operand, ...], span: Span) -> None:
        place, labels = span, []
        if demand.option is not None and demand.option in given:
            place = given[demand.option][0].span
        elif demand.operand is not None and demand.operand < len(inputs):
            place = inputs[demand.operand].span
        if len(inputs) > 1:
            labels = [Label(o.span, str(o.shape)) for o in inputs if o.span != place]
        notes = [demand.note, *(self._origin(operand) for operand in inputs)]
        self.report.error(demand.code, demand.title, place, labels=labels, notes=notes, help=demand.help)

    def _origin(self, operand: Operand) -> str:
        at = {name: size for name, size in zip(operand.shape.axes, operand.shape.at({}), strict=False)}
        shown = ", ".join("N" if axis == "N" else str(size if size is not None else dim)
                          for (axis, size), dim in zip(at.items(), operand.shape.dims, strict=False))
        return f"{operand.name} is [{shown}], from line {operand.source.line}"

    def call_block(self, ref: BlockRef, resolved: Resolved, inputs: tuple[Operand, ...] | None, span: Span, what: str) -> Called | None:
        """A block on its inputs; with `inputs` None only its arguments are checked."""
        params = self._arguments(ref, resolved, span)
        if params is None or inputs is None:
            return None
        if ref in self._active:
            self.report.error("E0218", f"block `{ref}` calls itself", span,
                              notes=[" -> ".join(str(b) for b in [*self._active, ref])])
            return None
        shapes = tuple(operand.shape for operand in inputs)
        if not self._fits(ref, inputs, span):
            return None
        key = (ref, tuple((name, option.value) for name, option in params.items()), shapes)
        found = self._blocks.get(key)
        if found is None:
            self.count(span)
            self._active.append(ref)
            with self.report.within(what, span):
                found = self.elaborate_block(ref, params, shapes, span)
            self._active.pop()
            self._blocks[key] = found
        if found.body is None and not any(found.shapes):
            return None
        bindings = self._bindings(ref, params, shapes, found.lets)
        return Called(found.body, tuple(params.items()), tuple(_translate(s, bindings) for s in found.shapes), found.names)

    def _arguments(self, ref: BlockRef, resolved: Resolved, span: Span) -> dict[str, Option] | None:
        block, names = ref.block, [param.name for param in ref.block.params]
        fine = True
        for name, (value, _) in resolved.given.items():
            if name not in names:
                fine = False
                self.report.error("E0222", f"block `{block.name}` has no param `{name}`", resolved.keys.get(name, value.span),
                                  labels=[Label(block.span, "the block")], notes=[f"its params: {listed(names) or 'none'}"],
                                  help=suggestion(name, names))
        env, params = ref.scope.env, {}
        for param in block.params:
            if param.name in ref.scope.env.values:
                self.report.error("E0214", f"`{param.name}` is already a name in this file", param.span, help="choose another name")
            option = bind(param, resolved.given, env, ref.scope, self.report, f"block `{block.name}`", span)
            if option is None:
                fine = False
                continue
            params[param.name] = option
            env = env.child({param.name: option.value}, {param.name: option.expr} if option.expr is not None else None)
        return params if fine else None

    def _fits(self, ref: BlockRef, inputs: tuple[Operand, ...], span: Span) -> bool:
        signatures = ref.block.inputs
        if len(signatures) != len(inputs):
            self.report.error("E0304", f"block `{ref}` takes {len(signatures)} inputs, and gets {len(inputs)}", span,
                              labels=[Label(ref.block.span, "the block")], help="name its inputs: `from: [a, b]`")
            return False
        for signature, operand in zip(signatures, inputs, strict=True):
            if len(signature.axes) != operand.shape.rank:
                self.report.error("E0302", f"block `{ref}` takes {len(signature.axes)} axes, and gets {operand.shape.rank}", operand.span,
                                  labels=[Label(signature.span, "its signature")], notes=[self._origin(operand)])
                return False
        return True

    def _bindings(self, ref: BlockRef, params: dict[str, Option], shapes: tuple[Shape, ...],
                  lets: tuple[tuple[str, ast.expr], ...]) -> dict[str, ast.expr]:
        bindings: dict[str, ast.expr] = {}
        for signature, shape in zip(ref.block.inputs, shapes, strict=True):
            for axis, dim in zip(signature.axes, shape.dims, strict=True):
                if isinstance(dim, int):
                    bindings.setdefault(str(axis.text.value), expression_of(dim))
        for name, option in params.items():
            if isinstance(option.value, int | float | tuple | str):
                bindings[name] = option.expr if option.expr is not None else literal(option.value)
        for name, expr in lets:
            bindings[name] = substitute(expr, bindings)
        return bindings


def bind_axes(signature: Signature, shape: Shape, env: Env, report: Report, span: Span) -> tuple[Shape, Env] | None:
    """Bind a signature's symbols to a shape; the shape comes back in the block's own terms. None after an error."""
    dims = list(shape.dims)
    for index, (axis, dim) in enumerate(zip(signature.axes, shape.dims, strict=True)):
        name = str(axis.text.value)
        if name.isidentifier() and name not in env.values:
            expr: ast.expr = ast.Name(name, ast.Load())
            if index != shape.channel_axis or not isinstance(dim, int):
                expr = literal(_number(dim)) if isinstance(dim, int) else expr
            env = env.child({name: _number(dim)}, {name: expr} if isinstance(expr, ast.Name) else None)
            dims[index] = traced(_number(dim), expr) if isinstance(expr, ast.Name) and isinstance(dim, int) else _number(dim)
        elif not _same(axis, dim, env):
            report.error("E0303", f"this block takes {name} along axis {index}, and gets {dim}", span,
                         labels=[Label(axis.text.span, "its signature")], notes=[f"the input is {shape}"])
            return None
        else:
            dims[index] = _number(dim)
    return Shape(tuple(dims), shape.axes), env


def _same(axis: Axis, dim: Any, env: Env) -> bool:
    if isinstance(axis.text.value, int):
        return bool(axis.text.value == dim)
    value = evaluate(parse(str(axis.text.value)), env.values)
    return value == dim or Demand(value, "==", dim, "", "").holds()


def _rank_help(op: Op, shape: Shape) -> str | None:
    if shape.rank == 4 and op.ranks is not None and 2 in op.ranks:
        return "put `{op: flatten}` before it"
    return None


def _settle(shape: Shape) -> Shape:
    """Keep expressions on the channel axis only: elsewhere they grow, and nothing reads them."""
    channel = shape.channel_axis
    return Shape(tuple(d if i == channel else _number(d) for i, d in enumerate(shape.dims)), shape.axes)


def _translate(shape: Shape | None, bindings: Mapping[str, ast.expr]) -> Shape | None:
    """An output shape of a block in its caller's terms."""
    if shape is None:
        return None
    channel = shape.channel_axis
    dim = shape.dims[channel]
    if not isinstance(dim, int):
        return shape
    expr = simplify(substitute(expression_of(dim), bindings))
    return shape.replace(channel, int(dim) if isinstance(expr, ast.Constant) else traced(int(dim), expr))
