"""Files with their params filled in, and the blocks that are visible in them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archspec.diagnostics import Label, UsageError
from archspec.elaborate.values import Env, OpRef, evaluate_flag, evaluate_value, show
from archspec.expressions import ExpressionError, parse_template
from archspec.ir.graph import Option
from archspec.ops import OPS
from archspec.report import Report, suggestion
from archspec.source import Entry, ScalarValue, Value
from archspec.span import Span
from archspec.spec.fields import listed
from archspec.spec.load import library_key
from archspec.spec.model import Block, Param, ParamType, Require, Spec, SpecFile


@dataclass(eq=False, slots=True)
class Scope:
    """A spec file with values for its params: what its blocks see, besides their own params."""

    file: SpecFile
    env: Env = field(default_factory=lambda: Env({}, {}))
    blocks: dict[str, BlockRef] = field(default_factory=dict)
    uses: list[tuple[Scope, ScalarValue, tuple[Entry, ...]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BlockRef:
    """A block in the scope of its file; what a param of type `block` holds."""

    block: Block
    scope: Scope

    def __str__(self) -> str:
        return self.block.name


Target = BlockRef | OpRef | None
Given = Mapping[str, tuple[Value, Env]]


def open_scope(spec: Spec, report: Report) -> Scope:
    """The scope of a spec's file, its params at their defaults, the variant's and the settings over them."""
    scope = _declare(spec.file, spec, {}, report)
    given = _settings(spec, scope, report)
    _fill(scope, given, report, root=True)
    return scope


def _declare(file: SpecFile, spec: Spec, seen: dict[str, Scope], report: Report) -> Scope:
    """Scopes with their blocks but no values yet: a param's default may name a block of a library.

    A file sees its own blocks and those that the files it uses define; its own win over theirs.
    """
    scope = Scope(file)
    scope.blocks.update({name: BlockRef(block, scope) for name, block in file.blocks.items()})
    for reference, arguments in file.uses:
        library = spec.libraries[library_key(file.path, str(reference.value))]
        used = _declare(library, spec, seen, report)
        scope.uses.append((used, reference, arguments.entries if arguments is not None else ()))
        for name in library.blocks:
            block, other = used.blocks[name], scope.blocks.get(name)
            if name in file.blocks:
                continue
            if other is not None and other.block is not block.block:
                report.error("E0212", f"two blocks are named `{name}`", reference.span,
                             labels=[Label(other.block.span, "the other one")], help="rename one of them")
            scope.blocks[name] = block
    return scope


def _settings(spec: Spec, scope: Scope, report: Report) -> Given:
    given: dict[str, tuple[Value, Env]] = {}
    names = [param.name for param in spec.file.params]
    if spec.variant is not None:
        table = next((t for n, t in spec.file.variants if n.value == spec.variant), None)
        if table is None:
            known = listed(spec.variants) or "none"
            raise UsageError(f"`{spec.file.path}` has no variant `{spec.variant}`",
                             suggestion(spec.variant, spec.variants) or f"its variants: {known}")
        given.update({str(e.key.value): (e.value, scope.env) for e in table.entries})
        for entry in table.entries:
            if entry.key.value not in names:
                report.error("E0213", f"variant `{spec.variant}` sets `{entry.key.value}`, which is no param", entry.key.span,
                             notes=[f"params: {listed(names)}"], help=suggestion(str(entry.key.value), names))
    for name, value in spec.settings.items():
        if name not in names:
            raise UsageError(f"`{spec.name}` has no param `{name}`", suggestion(name, names) or f"its params: {listed(names)}")
        given[name] = (value, scope.env)
    return given


def _fill(scope: Scope, given: Given, report: Report, root: bool = False) -> None:
    file = scope.file
    for param in file.params:
        option = bind(param, given, scope.env, scope, report, f"`{file.path}`", file.span)
        if option is None:
            continue
        exprs: dict[str, ast.expr] = {}
        if root and param.open:
            exprs[param.name] = ast.Name(param.name, ast.Load())
        elif option.expr is not None:
            exprs[param.name] = option.expr
        scope.env = scope.env.child(introduced(param, option), exprs)
    if not filled(scope):
        return
    for entry in file.lets:
        option = define(entry, scope.env, report)
        if option is not None:
            scope.env = scope.env.child({str(entry.key.value): option.value},
                                        {str(entry.key.value): option.expr} if option.expr is not None else None)
    check_requires(file.requires, scope.env, report)
    for used, reference, entries in scope.uses:
        names = [param.name for param in used.file.params]
        for entry in entries:
            if entry.key.value not in names:
                report.error("E0213", f"`{reference.value}` has no param `{entry.key.value}`", entry.key.span,
                             notes=[f"its params: {listed(names) or 'none'}"], help=suggestion(str(entry.key.value), names))
        handed = {str(e.key.value): (e.value, scope.env) for e in entries}
        used.env = Env({}, {})
        _fill_library(used, handed, scope, report)


def _fill_library(used: Scope, handed: Given, user: Scope, report: Report) -> None:
    """Arguments are evaluated in the user's file, defaults in the library's own."""
    values: dict[str, tuple[Value, Env]] = dict(handed)
    for param in used.file.params:
        owner = user if param.name in values else used
        option = bind(param, values, used.env, owner, report, f"`{used.file.path}`", used.file.span)
        if option is not None:
            exprs = {param.name: option.expr} if option.expr is not None else None
            used.env = used.env.child(introduced(param, option), exprs)
    for entry in used.file.lets:
        option = define(entry, used.env, report)
        if option is not None:
            used.env = used.env.child({str(entry.key.value): option.value})
    check_requires(used.file.requires, used.env, report)
    for deeper, _, entries in used.uses:
        deeper.env = Env({}, {})
        _fill_library(deeper, {str(e.key.value): (e.value, used.env) for e in entries}, used, report)


def filled(scope: Scope) -> bool:
    """Whether every param of the file has a value."""
    return all(param.name in scope.env.values for param in scope.file.params)


def introduced(param: Param, option: Option) -> dict[str, Any]:
    """The names that a param brings into scope: its own, and an enum's members, which stand for themselves."""
    return {**{member: member for member in param.type.members}, param.name: option.value}


def define(entry: Entry, env: Env, report: Report) -> Option | None:
    """A `let`: a new name for a value."""
    name = str(entry.key.value)
    if name in env.values:
        report.error("E0214", f"`{name}` is already a name here", entry.key.span, help="choose another name")
    return evaluate_value(entry.value, env, report)


def bind(param: Param, given: Given, env: Env, scope: Scope, report: Report, what: str, span: Span) -> Option | None:
    """The value of a param: what is given, else its default. None after an error."""
    if param.name in given:
        value, outer = given[param.name]
    elif param.default is not None:
        value, outer = param.default, env
    else:
        report.error("E0215", f"{what} needs `{param.name}`", span, labels=[Label(param.span, "declared here, without a default")],
                     help=f"add `{param.name}: ...` ({param.type})")
        return None
    return typed(param.type, param.name, value, outer, scope, report)


def typed(type_: ParamType, name: str, value: Value, env: Env, scope: Scope, report: Report) -> Option | None:
    """A value of the param's type. None after an error."""
    if type_.kind == "block":
        return block_value(name, value, env, scope, report)
    option = evaluate_value(value, env, report, type_.members, bare=type_.kind == "str")
    if option is None:
        return None
    converted = _convert(type_, option.value)
    if converted is not _WRONG:
        return Option(converted, option.expr)
    hint = None
    if type_.kind == "enum":
        hint = suggestion(str(option.value), type_.members)
    report.error("E0216", f"`{name}` must be {_article(type_)}", value.span, notes=[f"found {show(option.value)}"], help=hint)
    return None


_WRONG = object()


def _convert(type_: ParamType, value: Any) -> Any:
    if type_.kind == "list":
        if not isinstance(value, list | tuple):
            return _WRONG
        items = tuple(_convert(ParamType(type_.element), v) for v in value)
        return _WRONG if _WRONG in items else items
    if type_.kind == "enum":
        return value if value in type_.members else _WRONG
    if type_.kind == "float":
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else _WRONG
    kinds = {"int": int, "bool": bool, "str": str}
    fits = isinstance(value, kinds[type_.kind]) and (type_.kind == "bool" or not isinstance(value, bool))
    return value if fits else _WRONG


def _article(type_: ParamType) -> str:
    words = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "text"}
    if type_.kind == "enum":
        return f"one of {', '.join(type_.members)}"
    return f"a list of {type_.element}" if type_.kind == "list" else words[type_.kind]


def block_value(name: str, value: Value, env: Env, scope: Scope, report: Report) -> Option | None:
    """A block, an op or none, by name; a param of type `block` passes on what it holds."""
    if isinstance(value, ScalarValue) and isinstance(value.value, str):
        text = value.value.removeprefix("$")
        held = env.values.get(text)
        if isinstance(held, BlockRef | OpRef) or (text in env.values and held is None):
            return Option(held)
        if text == "none":
            return Option(None)
        if text in scope.blocks:
            return Option(scope.blocks[text])
        if text in OPS:
            return Option(OpRef(text))
        if not text.isidentifier():
            option = evaluate_value(value, Env({**{k: BlockHolder(v) for k, v in scope.blocks.items()}, **env.values}, {}), report)
            if option is None:
                return None
            found = option.value.ref if isinstance(option.value, BlockHolder) else option.value
            if found is None or isinstance(found, BlockRef | OpRef):
                return Option(found)
        report.error("E0217", f"there is no block `{text}`", value.span, notes=[f"blocks here: {listed(scope.blocks) or 'none'}"],
                     help=suggestion(text, [*scope.blocks, *OPS, "none"]))
        return None
    if isinstance(value, ScalarValue) and value.value is None:
        return Option(None)
    report.error("E0216", f"`{name}` must be the name of a block, or none", value.span,
                 help="`none` leaves it out" if isinstance(value, ScalarValue) and value.value is False else None)
    return None


@dataclass(frozen=True, slots=True)
class BlockHolder:
    """A block on its way through an expression such as `a if wide else b`."""

    ref: BlockRef


def check_requires(requires: tuple[Require, ...], env: Env, report: Report) -> None:
    """Report each precondition that does not hold, in its author's words."""
    for require in requires:
        option = evaluate_flag(require.condition, env, report, "if")
        if option is None or option.value:
            continue
        report.error("E0401", _message(require, env), require.condition.span, notes=[_readings(require, env)])


def _message(require: Require, env: Env) -> str:
    if require.message is None:
        return "a requirement does not hold"
    try:
        return parse_template(str(require.message.value)).render(env.values)
    except ExpressionError:
        return str(require.message.value)


def _readings(require: Require, env: Env) -> str:
    text = require.condition.text if isinstance(require.condition, ScalarValue) else ""
    values = [f"{n} = {show(v)}" for n, v in env.values.items() if n in text.replace("(", " ").replace(")", " ").split()]
    return "with " + ", ".join(values) if values else ""
