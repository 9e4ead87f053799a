"""Who is called: `op:` resolved to an op or a block, through params and aliases."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from archspec.diagnostics import Label
from archspec.elaborate.env import Env, name_of
from archspec.elaborate.params import bind, is_handed_open, with_param
from archspec.elaborate.scope import BlockRef, OpRef, Scope
from archspec.elaborate.values import evaluate_flag
from archspec.expressions import expression_of, literal
from archspec.expressions.trees import free_names as names_in
from archspec.ir.graph import Option
from archspec.lazy import lazy
from archspec.ops import OPS
from archspec.ops.base import Op
from archspec.records import Record, replace
from archspec.report import Report, suggestion
from archspec.shapes import Shape, Size
from archspec.spec.fields import listed
from archspec.spec.model import BrokenItem, CallItem, Signature
from archspec.text.source import Value
from archspec.text.span import Span

elsewhere = lazy("archspec.elsewhere")
library = lazy("archspec.spec.library")

MAX_ALIASES = 16


class Operand(Record):
    """An input of a call: what it is called, its shape, where it is named, and where it comes from."""

    name: str
    shape: Shape
    span: Span
    source: Span


class Resolved(Record):
    """A callee with aliases followed: an op or a block with a body, the arguments for it, and the aliases' `when`.

    `keys` are the places of the arguments' names.
    """

    op: type[Op] | None
    block: BlockRef | None
    given: dict[str, tuple[Value, Env]]
    when: Option | None
    keys: Mapping[str, Span]

    def __str__(self) -> str:
        return self.op.name if self.op is not None else str(self.block)


class Around(Record):
    """What following a name needs: the scope and names around the call, its inputs (None: unknown), its place.

    `open` are the caller's open names, in whose terms the shapes of the inputs are.
    """

    scope: Scope
    env: Env
    inputs: tuple[Operand, ...] | None
    open: frozenset[str]
    span: Span
    report: Report
    aliases: int = 0


def resolve(
    name: str, given: dict[str, tuple[Value, Env]], keys: Mapping[str, Span], around: Around
) -> Resolved | None:
    """Find the callee by name (`$name` through a param), following aliases. None after an error."""
    target = _target(name, around)
    if target is None:
        return None
    if isinstance(target, OpRef):
        return Resolved(OPS[target.name], None, given, None, keys)
    if target.block.alias is None:
        return Resolved(None, target, given, None, keys)
    return _through_alias(target, given, keys, around)


def takes_nothing(name: str, scope: Scope, env: Env) -> bool:
    """Whether `name` is, perhaps through aliases, an op without inputs, such as `param`."""
    for _ in range(MAX_ALIASES):
        held = env.values.get(name[1:]) if name.startswith("$") else scope.blocks.get(name)
        if held is None or isinstance(held, OpRef):
            op = OPS.get(name if held is None else held.name)
            return op is not None and op.inputs == 0
        if not isinstance(held, BlockRef) or not isinstance(held.block.alias, CallItem) or held.block.alias.op is None:
            return False
        name, scope, env = str(held.block.alias.op.value), held.scope, held.scope.env
    return False


def _target(name: str, around: Around) -> BlockRef | OpRef | None:
    report, env, scope = around.report, around.env, around.scope
    if name.startswith("$"):
        held = env.values.get(name[1:])
        if isinstance(held, BlockRef | OpRef):
            return held
        params = [f"${k}" for k, v in env.values.items() if isinstance(v, BlockRef | OpRef) or v is None]
        title = f"`{name}` is not a param of type block"
        report.error("E0217", title, around.span, notes=[f"block params here: {listed(params) or 'none'}"],
                     help=suggestion(name, params))  # fmt: skip
        return None
    if name in scope.blocks:
        return scope.blocks[name]
    if name in OPS:
        return OpRef(name)
    param = isinstance(env.values.get(name), BlockRef | OpRef)
    refuse_op(name, scope, around.span, report, f"`{name}` is a param: write `op: ${name}`" if param else None)
    return None


def refuse_op(name: str, scope: Scope, span: Span, report: Report, help_: str | None = None) -> None:
    """The error of a name that is no op's and no block's, with what may be meant unless the help is given."""
    blocks = f"blocks here: {listed(scope.blocks) or 'none'}"
    title = f"there is no op or block `{name}`"
    report.error("E0217", title, span, notes=[blocks], help=help_ or _op_help(name, scope))


def _op_help(name: str, scope: Scope) -> str:
    """What was meant by the name of no op: another library's name, a block of a library of ours, a misspelling."""
    homes = [one.name for one in library.libraries() if name in {block.name for block in one.blocks}]
    if homes:
        several = " or of ".join(f"`{home}`" for home in homes)
        return f"it is a block of {several}: write `use: [{homes[-1]}]`"
    meant: str | None = elsewhere.op_meant(name) or suggestion(name, [*scope.blocks, *OPS])
    return meant or "`archspec list ops` shows the ops, `archspec list blocks` the blocks"


def _through_alias(
    target: BlockRef, given: dict[str, tuple[Value, Env]], keys: Mapping[str, Span], around: Around
) -> Resolved | None:
    """What an alias stands for: its own params are taken out of the arguments, and its options filled in."""
    alias, report = target.block.alias, around.report
    assert alias is not None
    if isinstance(alias, BrokenItem):
        return None
    if alias.op is None or around.aliases == MAX_ALIASES:
        report.error("E0218", f"the alias `{target}` leads back to itself", target.block.span)
        return None
    env, left = target.scope.env.sealed(), dict(given)
    if target.block.params:
        env = env.child({}, bound=(target.block, given, 0, env.bound))
    for param in target.block.params:
        option = bind(param, given, env, target.scope, report, f"`{target}`", around.span)
        if option is None:
            return None
        left.pop(param.name, None)
        env = with_param(env, param, option, option.expr, is_handed_open(param.name, given))
    filled = {str(entry.key.value): entry for entry in alias.options}
    for name in (name for name in filled if name in left):
        report.error(
            "E0222",
            f"`{target}` sets `{name}` itself",
            keys.get(name, around.span),
            labels=[Label(filled[name].key.span, "set here")],
            help=f"call `{alias.op.value}` instead, or give the alias a param",
        )
    left.update({name: (entry.value, env) for name, entry in filled.items()})
    inner_keys = {**keys, **{name: entry.key.span for name, entry in filled.items()}}
    inner = Around(target.scope, env, around.inputs, around.open, alias.op.span, report, around.aliases + 1)
    found = resolve(str(alias.op.value), left, inner_keys, inner)
    if found is None or alias.when is None or around.inputs is None:
        return found
    seen = _seen(found, env, target.block.inputs, around)
    condition = evaluate_flag(alias.when, seen, report, "when")
    return None if condition is None else replace(found, when=both(found.when, condition))


def _seen(found: Resolved, env: Env, signatures: tuple[Signature, ...], around: Around) -> Env:
    """What an alias's `when` sees: the params of what it stands for, and the axes of its inputs."""
    inner = env
    if found.block is not None:
        scope = found.block.scope
        defaults = scope.env.sealed()
        signatures = signatures or found.block.block.inputs
        for param in found.block.block.params:
            what = f"block `{found.block}`"
            option = bind(param, found.given, defaults, scope, around.report, what, around.span)
            if option is not None and param.name not in env.values:
                inner = with_param(inner, param, option, option.expr, is_handed_open(param.name, found.given))
    values: dict[str, Any] = {}
    exprs: dict[str, ast.expr] = {}
    opened: set[str] = set()
    for signature, operand in zip(signatures, around.inputs or (), strict=False):
        for axis, dim in zip(signature.axes, operand.shape.dims, strict=False):
            name = str(axis.text.value)
            if not name.isidentifier() or name in inner.values or name in values:
                continue
            values[name] = int(dim) if isinstance(dim, int) else dim
            exprs[name] = name_of(name) if isinstance(dim, Size) else expression_of(dim)
            if around.open and not isinstance(dim, Size) and not around.open.isdisjoint(names_in(exprs[name])):
                opened.add(name)
    return inner.child(values, exprs, opened)


def both(first: Option | None, second: Option | None) -> Option | None:
    """Two conditions as one."""
    if first is None or second is None:
        return first or second
    if first.expr is None and second.expr is None:
        return Option(first.value and second.value)
    exprs = [o.expr if o.expr is not None else literal(o.value) for o in (first, second)]
    return Option(first.value and second.value, ast.BoolOp(ast.And(), exprs))
