"""Params: binding them to arguments or defaults, and holding values against their types."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from archspec.diagnostics import Label
from archspec.elaborate.env import COUNTERS, Env, free_names, name_of, show
from archspec.elaborate.scope import BlockRef, Given, OpRef, Scope
from archspec.elaborate.values import evaluate_value, is_fixed, is_open, is_writable
from archspec.ir.graph import Option
from archspec.lazy import lazy
from archspec.ops import OPS
from archspec.records import Record
from archspec.report import Report, suggestion
from archspec.spec.fields import is_word, listed
from archspec.spec.model import Param, ParamType
from archspec.text.source import Entry, ScalarValue, Value
from archspec.text.span import Span

origins = lazy("archspec.elaborate.origins")


def bind(
    param: Param, given: Given, env: Env, scope: Scope, report: Report, what: str, span: Span | None
) -> Option | None:
    """The value of a param: what is given, else its default. None after an error."""
    if param.name in given:
        value, outer = given[param.name]
    elif param.default is not None:
        value, outer = param.default, env
    else:
        report.error(
            "E0215",
            f"{what} needs `{param.name}`",
            span if span is not None else param.span,
            labels=[Label(param.span, "declared without a default")] if span is not None else (),
            help=f"add `{param.name}: ...`, {article(param.type)}"
            if span is not None
            else f"give it a default here, or a value: --set {param.name}=...",
        )
        return None
    return typed(param.type, param.name, value, outer, scope, report)


def with_param(env: Env, param: Param, option: Option, standing: ast.expr | None, opened: bool) -> Env:
    """A scope with a param in it. `standing` is the expression that stands for it where it is no constant."""
    exprs = {param.name: standing} if standing is not None else None
    return env.child(param_values([param], {param.name: option}), exprs, (param.name,) if opened else ())


def param_values(params: Iterable[Param], options: Mapping[str, Option]) -> dict[str, Any]:
    """What the names of params stand for, and the words of enums, which stand for themselves."""
    values: dict[str, Any] = {}
    for param in params:
        values |= {member: member for member in param.type.members}
        values[param.name] = options[param.name].value
    return values


def with_lets(lets: Iterable[Entry], env: Env, report: Report, named: bool) -> tuple[Env, dict[str, Option]]:
    """A scope with its `let`s. `named`: the body that reads them knows them by their names."""
    found: dict[str, Option] = {}
    for entry in lets:
        name = str(entry.key.value)
        if name in env.values:
            refuse_shadow(name, entry.key.span, report)
            continue
        option = evaluate_value(entry.value, env, report)
        if option is None:
            env = env.unknown(name)
            continue
        if isinstance(option.value, int | float) and not is_writable(option, entry.value, env, report, f"`{name}`"):
            env = env.unknown(name)
            continue
        found[name] = option
        standing = option.expr if option.expr is None or not named else name_of(name)
        opened = is_open(entry.value, env)
        exprs = {name: standing} if standing is not None else None
        env = env.child({name: option.value}, exprs, (name,) if opened else ())
    return env, found


def refuse_shadow(name: str, span: Span, report: Report) -> None:
    """An error: a name that is already taken."""
    note = "a block sees the params and lets of its file; a name in scope keeps its meaning"
    report.error("E0214", f"`{name}` is already a name here", span, notes=[note], help="choose another name")


def is_handed_open(name: str, given: Given) -> bool:
    """Whether an argument changes with an argument of the generated network's constructor."""
    return name in given and is_open(*given[name])


def typed(type_: ParamType, name: str, value: Value, env: Env, scope: Scope, report: Report) -> Option | None:
    """A value of the param's type. None after an error."""
    if type_.kind == "block":
        return block_value(name, value, env, scope, report)
    if type_.kind in ("int", "float", "bool") and isinstance(value, ScalarValue) and _is_stray(value, env):
        notes = [f"found `{value.text}`, which is no name here"]
        report.error("E0216", f"`{name}` must be {article(type_)}", value.span, notes=notes)
        return None
    option = evaluate_value(value, env, report, type_.members, bare=type_.kind == "str")
    if option is None:
        return None
    converted = _converted(type_, option.value)
    if type_.kind != "list" and not is_writable(option, value, env, report, f"`{name}`"):
        return None
    if converted is not _WRONG:
        return Option(converted, option.expr)
    hint = suggestion(str(option.value), type_.members) if type_.kind == "enum" else None
    title, notes = f"`{name}` must be {article(type_)}", [f"found {show(option.value)}"]
    report.error("E0216", title, value.span, notes=notes, help=hint, origins=origins.of([value], env, report))
    return None


def _is_stray(value: ScalarValue, env: Env) -> bool:
    """Whether this is a word that means nothing, and is not the misspelling of one that does."""
    word = value.value
    if not isinstance(word, str) or not word.isidentifier() or word in env.values or word in env.barred:
        return False
    known = [*env.values, "true", "false", "none", "null"]
    return not is_word(word) and f"`{word}`" not in COUNTERS and suggestion(word, known) is None


_WRONG = object()


def _converted(type_: ParamType, value: Any) -> Any:
    if type_.kind == "list":
        if not isinstance(value, list | tuple):
            return _WRONG
        items = tuple(_converted(ParamType(type_.element), v) for v in value)
        return _WRONG if any(item is _WRONG for item in items) else items
    if type_.kind == "enum":
        return value if isinstance(value, str) and value in type_.members else _WRONG
    if type_.kind == "float":
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else _WRONG
    kinds = {"int": int, "bool": bool, "str": str}
    fits = isinstance(value, kinds[type_.kind]) and (type_.kind == "bool" or not isinstance(value, bool))
    return value if fits else _WRONG


def article(type_: ParamType) -> str:
    """A type in words: `a whole number`."""
    words = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "text", "block": "a block"}
    if type_.kind == "enum":
        return f"one of {', '.join(type_.members)}"
    if type_.kind == "list":
        plural = {"int": "whole numbers", "float": "numbers", "bool": "true and false", "str": "texts"}
        return f"a list of {plural[type_.element]}"
    return words[type_.kind]


def block_value(name: str, value: Value, env: Env, scope: Scope, report: Report) -> Option | None:
    """A block, an op or none, by name; a param of type `block` passes on what it holds."""
    if isinstance(value, ScalarValue) and value.value is None:
        return Option(None)
    if not isinstance(value, ScalarValue) or not isinstance(value.value, str):
        report.error(
            "E0216",
            f"`{name}` must be the name of a block or an op, or none",
            value.span,
            notes=[f"found {value.text}" if isinstance(value, ScalarValue) else "found several values"],
            help="`none` leaves it out" if isinstance(value, ScalarValue) and value.value is False else None,
        )
        return None
    text = value.value.removeprefix("$")
    if not text.isidentifier():
        return _chosen(name, value, env, scope, report)
    held = env.values.get(text)
    if isinstance(held, BlockRef | OpRef) or (text in env.values and held is None) or text == "none":
        return Option(held if isinstance(held, BlockRef | OpRef) else None)
    if text in scope.blocks:
        return Option(scope.blocks[text])
    if text in OPS:
        return Option(OpRef(text))
    report.error(
        "E0217",
        f"there is no block or op `{text}`",
        value.span,
        notes=[f"blocks here: {listed(scope.blocks) or 'none'}"],
        help="write `none`" if text == "null" else suggestion(text, [*scope.blocks, *OPS, "none"]),
    )
    return None


class _Held(Record):
    """A block or op on its way through an expression such as `a if wide else b`."""

    ref: BlockRef | OpRef


def _chosen(name: str, value: ScalarValue, env: Env, scope: Scope, report: Report) -> Option | None:
    named = free_names([value])
    held = {key: _Held(OpRef(key)) for key in OPS if key in named}
    held.update({key: _Held(ref) for key, ref in scope.blocks.items() if key in named})
    option = evaluate_value(value, Env({**held, **env.values}, {}, env.open), report)
    if option is None or not is_fixed(value, env, report, f"`{name}`"):
        return None
    found = option.value.ref if isinstance(option.value, _Held) else option.value
    if found is None or isinstance(found, BlockRef | OpRef):
        return Option(found)
    report.error(
        "E0216",
        f"`{name}` must be the name of a block or an op, or none",
        value.span,
        notes=[f"found {show(found)}"],
    )
    return None
