"""Where the names that a value reads got their values: followed back when an error speaks of it, never before."""

from __future__ import annotations

from collections.abc import Iterable

from archspec.diagnostics import Origin
from archspec.elaborate.env import COUNTERS, Env, free_names, show
from archspec.elaborate.scope import Given
from archspec.records import Record
from archspec.report import Report
from archspec.shapes import Size
from archspec.spec.model import Block, EachItem, SpecFile
from archspec.spec.settings import HERE, SETTINGS
from archspec.text.lines import brief
from archspec.text.source import ListValue, ScalarValue, Value
from archspec.text.span import Span

MOST = 6
"""How many names are followed back for one mistake."""


class _Setting(Record):
    """What set a name, in words, its place, and what it was set to, in the names of which scope."""

    how: str
    span: Span | None
    value: Value | None
    env: Env


_Found = dict[tuple[str, Span | None], Origin]


def of(values: Iterable[Value], env: Env, report: Report) -> tuple[Origin, ...]:
    """What each name of expressions stood for and what set it; then the same of the expressions that set them."""
    found: _Found = {}
    _follow(values, env, report, found)
    return tuple(found.values())


def of_options(names: Iterable[str], given: Given, report: Report) -> tuple[Origin, ...]:
    """The same of some of the options that an op was given."""
    found: _Found = {}
    for name in names:
        if name in given:
            value, env = given[name]
            _follow([value], env, report, found)
    return tuple(found.values())


def _follow(values: Iterable[Value], env: Env, report: Report, found: _Found) -> None:
    for name in sorted(free_names(values)):
        sized = isinstance(env.values.get(name), Size)  # nothing sets the size of an image
        setting = _setting(name, env, report) if name in env.values and not sized else None
        if setting is None or (name, setting.span) in found or len(found) == MOST:
            continue
        further = setting.value
        read = further is not None and not free_names([further]).isdisjoint(setting.env.values)
        written = f" as `{brief(further.text)}`" if read and isinstance(further, ScalarValue) else ""
        found[name, setting.span] = Origin(name, show(env.values[name]), setting.how + written, setting.span)
        if further is not None:
            _follow([further], setting.env, report, found)


def _setting(name: str, env: Env, report: Report) -> _Setting | None:
    """What set a name of a scope. None for a member of an enum, which nothing sets."""
    bound = env.bound
    while bound is not None:
        owner, given, row, bound = bound
        if isinstance(owner, EachItem):
            setting = _in_row(owner, row, name, env)
        elif name in given and any(param.name == name for param in owner.params):
            setting = _given(owner, *given[name])
        else:
            setting = _own(owner, name, env, report)
        if setting is not None:
            return setting
    counted = COUNTERS.get(f"`{name}`") if name in env.implicit else None
    return None if counted is None else _Setting(f"which {counted.partition(' ')[2]}", None, None, env)


def _in_row(each: EachItem, row: int, name: str, env: Env) -> _Setting | None:
    """A column of an `each` in one of its rows."""
    for index, (key, column) in enumerate(each.columns):
        if key.value != name:
            continue
        cell: Value = column
        for at in (row,) if each.rows is None else (row, index):
            cell = cell.items[at] if isinstance(cell, ListValue) else cell
        return _Setting(f"in row {row + 1} of the `each`", cell.span, cell, env)
    return None


def _given(owner: Block | SpecFile, value: Value, outer: Env) -> _Setting:
    """An argument of a block's call or of a `use`, or what a variant or `--set` says of the spec's own params."""
    if isinstance(owner, Block):
        return _Setting(f"given to `{owner.name}`", value.span, value, outer)
    if value.span.file == SETTINGS:
        return _Setting("set by the call" if value.span is HERE else "set by `--set`", None, value, outer)
    variant = next((key for key, table in owner.variants if any(e.value is value for e in table.entries)), None)
    how = f"set by variant `{variant.value}`" if variant is not None else f"given to `{owner.path}`"
    return _Setting(how, value.span, value, outer)


def _own(owner: Block | SpecFile, name: str, env: Env, report: Report) -> _Setting | None:
    """What a block or file says of its own names: a default, a `let`, an axis of an input."""
    for param in owner.params:
        if param.name == name and param.default is not None:
            extends = any(place.file == param.default.span.file for place in report.parents.values())
            how = "set by the file that extends it" if extends else "by default"
            return _Setting(how, param.default.span, param.default, env)
    for entry in owner.lets:
        if entry.key.value == name:
            return _Setting("by `let`", entry.value.span, entry.value, env)
    for axis in (axis for signature in owner.inputs for axis in signature.axes):
        if axis.text.value == name:
            return _Setting("the size of an axis", axis.text.span, None, env)
    return None
