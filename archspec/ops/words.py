"""Options of ops in words: what each may be, and its default. For docs and listings; the annotations decide."""

from __future__ import annotations

import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from archspec.ops.base import Op
from archspec.ops.fields import Limits
from archspec.ops.options import annotation
from archspec.records import fields_of
from archspec.shapes import Size

PLAIN = {int: "integer", float: "number", bool: "`true` or `false`", str: "text", Size: "a size of the input"}


def options_of(op: type[Op]) -> tuple[tuple[str, str, str], ...]:
    """(name, what it may be, default or "required") of each option, in the order of their declaration."""
    return tuple(
        (name, in_words(annotation(op, name)), "required" if field.required else shown(field.default))
        for name, field in fields_of(op).items()
    )


def in_words(hint: Any) -> str:
    """What values an annotation admits: `integer, 1 to 1,024, or a pair of them`."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        limits = {
            key: said for each in hint.__metadata__ if isinstance(each, Limits) for key, said in each.said.items()
        }
        return _limited(in_words(arguments[0]), limits)
    if origin is Literal:
        return ", ".join(f"`{word}`" for word in arguments)
    if origin in (Union, types.UnionType):
        return ", or ".join("`none`" if each is types.NoneType else in_words(each) for each in arguments)
    if origin is tuple:
        return f"list, each {in_words(arguments[0])}" if arguments[-1] is ... else _NUMBERS[len(arguments)]
    return PLAIN[hint]


_NUMBERS = {2: "a pair of them", 4: "four of them"}


def _limited(words: str, limits: dict[str, Any]) -> str:
    if "pattern" in limits:
        return "the letter of an axis" if limits["pattern"] == "^[A-Z]$" else "letters of axes"
    least = f"{limits['ge']:,} to" if "ge" in limits else f"over {limits['gt']:,} up to" if "gt" in limits else ""
    if "le" in limits:
        return f"{words}, {least} {limits['le']:,}" if least else f"{words}, at most {limits['le']:,}"
    return f"{words}, {least.removesuffix(' up to')}" if "gt" in limits else words


def shown(value: object) -> str:
    """An option's value as a spec has it: `true`, `none`, `[1, 7]`."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(map(str, value))}]" if isinstance(value, tuple) else str(value)
