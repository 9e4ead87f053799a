"""Filling in an op's options: evaluated by their declared types, checked by its model, errors at their place."""

from __future__ import annotations

import ast
import types
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from archspec.elaborate.env import Env, show
from archspec.elaborate.scope import Given
from archspec.elaborate.values import evaluate_value, is_fixed, is_writable
from archspec.expressions import traced
from archspec.ir.graph import Option
from archspec.lazy import lazy
from archspec.ops.base import Op
from archspec.ops.options import OptionsError, annotation, make_op
from archspec.records import Record, fields_of, replace
from archspec.report import Report, suggestion
from archspec.spec.fields import listed
from archspec.spec.items import BESIDE_OPTIONS
from archspec.text.source import ListValue, ScalarValue, Value
from archspec.text.span import Span

elsewhere = lazy("archspec.elsewhere")
origins = lazy("archspec.elaborate.origins")


class FieldKind(Record):
    """What a field admits: numbers (then text is an expression), members of a Literal, other text."""

    numeric: bool
    members: frozenset[str]
    text: bool


@cache
def field_kind(op: type[Op], name: str) -> FieldKind:
    """The kind of a field, from its annotation."""
    leaves = list(_leaves(annotation(op, name)))
    members = frozenset(m for leaf in leaves if isinstance(leaf, tuple) for m in leaf if isinstance(m, str))
    return FieldKind(any(leaf in (int, float, bool, Any) for leaf in leaves), members, str in leaves)


def _leaves(hint: Any) -> Iterable[Any]:
    origin = get_origin(hint)
    if origin is Literal:
        yield get_args(hint)
    elif origin is Annotated:
        yield from _leaves(get_args(hint)[0])
    elif origin in (Union, types.UnionType, tuple, list):
        for part in get_args(hint):
            yield from _leaves(part)
    elif isinstance(hint, type) or hint is Any:
        yield hint


def read_options(op: type[Op], given: Given, report: Report, keys: Mapping[str, Span]) -> dict[str, Option] | None:
    """What is said of an op's options, evaluated. None after errors were reported."""
    if not _check_names(op, given, report, keys):
        return None
    options = {name: _option(op, name, value, env, report) for name, (value, env) in given.items()}
    if any(option is None for option in options.values()):
        return None
    found = {name: option for name, option in options.items() if option is not None}
    for name, (value, env) in given.items():
        if env.open and not is_traceable(found[name].value) and not is_fixed(value, env, report, f"`{name}`"):
            return None
        if not is_writable(found[name], value, env, report, f"`{name}`"):
            return None
    return found


def build_op(op: type[Op], options: Mapping[str, Option], given: Given, span: Span, report: Report) -> Op | None:
    """The op with its options, numbers knowing their expressions. None after errors were reported."""
    try:
        built = make_op(op, {name: option.value for name, option in options.items()})
    except OptionsError as error:
        _explain(op, error, options, given, span, report)
        return None
    update = {name: trace(getattr(built, name), option) for name, option in options.items() if option.expr is not None}
    return replace(built, **update) if update else built


def _check_names(op: type[Op], given: Given, report: Report, keys: Mapping[str, Span]) -> bool:
    fine = True
    for name, (value, _) in given.items():
        if name in fields_of(op):
            continue
        fine = False
        right = op.aliases.get(name)
        fields = list(fields_of(op))
        if right is not None and right not in fields:
            report.error("E0222", f"`{name}` is not written", keys.get(name, value.span), notes=[right])
        else:
            report.error(
                "E0222",
                f"`{op.name}` has no option `{name}`",
                keys.get(name, value.span),
                notes=[f"its options: {listed(fields) or 'none'}"],
                help=f"it is called `{right}` here" if right else _meant(name, value, fields),
            )
    return fine


def _meant(name: str, value: Value, fields: Collection[str]) -> str | None:
    """What was meant by a key that is no option; one without a value may be a name whose options stand too far left."""
    if isinstance(value, ScalarValue) and value.value is None:
        return f"if `{name}` is the item's name, indent the keys below it further than `{name}`"
    if name in elsewhere.ITEM:
        return f"it is called `{elsewhere.ITEM[name]}` here"
    return suggestion(name, fields) or suggestion(name, BESIDE_OPTIONS, 0.75)


def _option(op: type[Op], name: str, value: Value, env: Env, report: Report) -> Option | None:
    kind = field_kind(op, name)
    if not kind.numeric and (kind.text or kind.members):
        return _text(value, env, report)
    return evaluate_value(value, env, report, kind.members, bare=kind.text)


def _text(value: Value, env: Env, report: Report) -> Option | None:
    if isinstance(value, ListValue):
        parts = [_text(item, env, report) for item in value.items]
        return Option(tuple(part.value if part is not None else None for part in parts))
    if isinstance(value, ScalarValue) and isinstance(value.value, str):
        held = env.values.get(value.value)
        if isinstance(held, str):
            return Option(held)
        if " if " in value.value:
            return evaluate_value(value, env, report, bare=True)
        return Option(value.value)
    return evaluate_value(value, env, report)


def is_traceable(value: Any) -> bool:
    """Whether a value can know the expression it came from: a number, or a list of numbers."""
    if isinstance(value, tuple):
        return all(map(is_traceable, value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def trace(value: Any, option: Option) -> Any:
    """The validated value, knowing the expression it came from."""
    if option.expr is None or not is_traceable(value):
        return value
    if not isinstance(value, tuple):
        return traced(value, option.expr)
    parts = option.expr.elts if isinstance(option.expr, ast.List | ast.Tuple) else []
    return tuple(map(traced, value, parts)) if len(parts) == len(value) else value


def _explain(
    op: type[Op], error: OptionsError, options: Mapping[str, Option], given: Given, span: Span, report: Report
) -> None:
    by_field: dict[str, list[Any]] = {}
    for detail in error.details:
        by_field.setdefault(str(detail["loc"][0]) if detail["loc"] else "", []).append(detail)
    for name, details in by_field.items():
        if details[0]["type"] == "missing":
            report.error(
                "E0223",
                f"`{op.name}` needs `{name}`",
                span,
                help=f"add `{name}: ...`",
                notes=[f"its options: {listed(fields_of(op))}"],
            )
            continue
        words = " or ".join(dict.fromkeys(_words(detail) for detail in details))
        found = options[name].value if name in options else None
        members = field_kind(op, name).members if name in fields_of(op) else frozenset()
        report.error(
            "E0224",
            f"`{name}` of `{op.name}` does not fit",
            given[name][0].span if name in given else span,
            label=f"expected {words}",
            notes=[f"found {show(found)}"],
            help=_fitting(name, found, members, words),
            origins=origins.of_options([name], given, report),
        )


def _fitting(name: str, found: Any, members: Collection[str], wanted: str) -> str | None:
    """What would fit in place of a value that does not."""
    if isinstance(found, str):
        return suggestion(found.lower(), members) or (f"one of {listed(sorted(members))}" if members else None)
    if name in ("axis", "axes") and isinstance(found, int | tuple):
        return "axes are named by their labels, such as `C`: N, C, H, W of a map, N, T, D of tokens, N, D of features"
    return "`round(...)` makes a whole number of it" if isinstance(found, float) and "whole" in wanted else None


WORDS = {
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "tuple_type": "a list",
    "literal_error": "{expected}",
    "none_required": "none",
    "too_long": "at most {max_length} values",
    "too_short": "at least {min_length} values",
    "finite_number": "a finite number",
}


def _words(detail: Any) -> str:
    words = WORDS.get(detail["type"])
    if words is not None:
        return words.format(**detail.get("ctx", {}))
    return str(detail["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")


__all__ = ["FieldKind", "build_op", "field_kind", "read_options", "trace"]
