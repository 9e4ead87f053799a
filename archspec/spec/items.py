"""Reading the items of a body: calls, containers, and the keyword items.

A mistake in one item is no reason to stop reading: it becomes a `BrokenItem`, and the rest is checked all the same.
"""

from __future__ import annotations

from collections.abc import Callable

from archspec.lazy import lazy
from archspec.records import replace
from archspec.report import Report
from archspec.spec.fields import Fields, check_name, one_key, text_of
from archspec.spec.model import (
    BrokenItem,
    CallItem,
    ContainerItem,
    DoItem,
    EachItem,
    Item,
    ParallelItem,
    RepeatItem,
)
from archspec.text.source import Entry, ListValue, MapValue, ScalarValue, Value

elsewhere = lazy("archspec.elsewhere")

BESIDE_OPTIONS = ("from", "when", "repeat", "first", "names", "init", "tie")
"""What may stand beside the options of a call."""

KEYS_OF_A_CALL = frozenset({"op", "same", *BESIDE_OPTIONS})
"""What no option may be called."""

_BESIDE_A_BODY = ("from", "when", "register")


def read_items(value: Value | None, what: str, report: Report) -> tuple[Item, ...]:
    """The items of a list."""
    if value is None:
        return ()
    if not isinstance(value, ListValue):
        with report.going_on():
            report.error(
                "E0203",
                f"{what} must be a list of items",
                value.span,
                help="ordered things are lists: put `- ` before each item",
            )
        return (BrokenItem(None, value.span),)
    with report.going_on():
        return tuple(_read_item(item, report) for item in value.items)


def _read_item(value: Value, report: Report) -> Item:
    if not isinstance(value, MapValue) or not value.entries:
        report.error(
            "E0208",
            "this is not an item",
            value.span,
            notes=[f"found `{text_of(value)}`"],
            help=_what_an_item_is(value),
        )
        return BrokenItem(None, value.span)
    readers: dict[str, Callable[[MapValue, Report], Item]] = {
        "op": _read_unnamed,
        "same": _read_unnamed,
        "each": _read_each,
        "parallel": _read_parallel,
        "repeat": _read_repeat,
        "do": _read_do,
        "section": _read_do,
    }
    keys = value.keys()
    reader = next((readers[key] for key in readers if key in keys), None)
    return reader(value, report) if reader is not None else _read_named(value, report)


def _what_an_item_is(found: Value) -> str:
    call = elsewhere.call_of(found.text) if isinstance(found, ScalarValue) else None
    if call is not None:
        return f"write `{call}`"
    if not isinstance(found, ListValue):
        return "an item is `name: {op: conv2d, ...}`, or `{op: relu}` without a name"
    if not found.items:
        return "`{op: identity}` passes its input on as it is"
    return "several items together are `name: [items]`, or `do: [items]` without a name"


def _read_unnamed(value: MapValue, report: Report) -> Item:
    return read_call(None, value, report)


def _read_named(value: MapValue, report: Report) -> Item:
    entry = one_key(value)
    if entry is None:
        names, first = ", ".join(value.keys()), value.entries[0]
        listed = isinstance(first.value, ListValue) and set(value.keys()[1:]) <= set(_BESIDE_A_BODY)
        one_map = f"write `{first.key.value}: {{body: [...], {', '.join(f'{key}: ...' for key in value.keys()[1:])}}}`"
        report.error(
            "E0208",
            "an item has one name",
            value.entries[1].key.span,
            notes=[f"found several keys: {names}"],
            help=one_map
            if listed
            else "put each named item on a line of its own, behind `- `; options stand further right than its name",
        )
        return BrokenItem(value.entries[0].key, value.span)
    name, body = entry.key, entry.value
    if isinstance(body, ListValue):
        return ContainerItem(name, read_items(body, f"`{name.value}`", report), name.span)
    if isinstance(body, MapValue) and body.get("body") is not None:
        return _read_container(entry, body, report)
    if isinstance(body, MapValue) and ("op" in body.keys() or "same" in body.keys()):  # noqa: SIM118
        return read_call(name, body, report)
    _refuse_named(name, body, report)
    return BrokenItem(name, name.span)


def _refuse_named(name: ScalarValue, body: Value, report: Report) -> None:
    call = elsewhere.call_of(name.text)
    if isinstance(body, MapValue):
        title, place, found = f"`{name.value}` names no op", name.span, ", ".join(body.keys())
        note, help_ = (
            f"found the keys {found}" if found else "found no keys",
            "an item says what it is by `op:`, a container has a list or `body:`",
        )
        if call is not None:
            more = ", ...}" if body.entries and not call.endswith("...}") else "}"
            help_ = f"write `{name.value}: {call[:-1]}{more}`"
        said = next((key for key in elsewhere.TYPE if isinstance(body.get(key), ScalarValue)), None)
        if said is not None:
            place = body.entries[body.keys().index(said)].key.span
            help_ = f"write `op: {text_of(body.entries[body.keys().index(said)].value)}`"
        if body.get("do") is not None:
            place, help_ = body.entries[body.keys().index("do")].key.span, "the list of a named item is called `body:`"
        if body.get("parallel") is not None:
            place = body.entries[body.keys().index("parallel")].key.span
            help_ = f"branches bear no name, but a container does: `{name.value}: [{{parallel: [...], join: ...}}]`"
    else:
        text = text_of(body)
        title, place = f"`{name.value}` has neither an op nor a body", body.span
        note = f"found `{text}`" if text else "found nothing behind the colon"
        help_ = f"write `{name.value}: {f'{{op: {text}}}' if text.isidentifier() else call or '{op: relu}'}`"
    report.error("E0208", title, place, notes=[note], help=help_)


def _read_container(entry: Entry, body: MapValue, report: Report) -> Item:
    fields = Fields(body, f"container `{entry.key.value}`", report)
    items = read_items(fields.value("body"), f"`body` of `{entry.key.value}`", report)
    from_, when, register = fields.value("from"), fields.value("when"), fields.value("register")
    if not fields.close():
        return BrokenItem(entry.key, entry.key.span)
    return ContainerItem(entry.key, items, entry.key.span, from_, when, register)


def read_call(name: ScalarValue | None, value: MapValue, report: Report) -> CallItem | BrokenItem:
    """A map with `op:` or `same:`."""
    fields = Fields(value, f"`{name.value}`" if name else "this item", report)
    same, op = fields.text("same"), fields.text("op")
    place = op if op is not None else same
    if place is None:
        if fields.fine:
            title = "`join` does not say its op" if name is None else f"`{name.value}` does not say its op"
            report.error("E0208", title, value.span, help="add `op: NAME`, such as `op: add`")
        return BrokenItem(name, value.span)
    call = CallItem(
        name,
        op,
        (),
        place.span,
        fields.value("from"),
        fields.value("when"),
        fields.value("repeat"),
        fields.table("first"),
        fields.text("names"),
        same,
        fields.table("tie"),
        fields.table("init"),
    )
    call = replace(call, options=fields.rest())
    return call if fields.fine and _fits_together(call, report) else BrokenItem(name, value.span)


def _fits_together(call: CallItem, report: Report) -> bool:
    """Whether the keys of a call go with each other."""
    before = len(report.diagnostics)
    if call.same is not None:
        extra = [("op", call.op), ("repeat", call.repeat), ("tie", call.tie), ("init", call.init)]
        unfit = [(key, value.span) for key, value in extra if value is not None]
        for key, span in (*unfit, *((entry.key.text, entry.key.span) for entry in call.options)):
            report.error(
                "E0204",
                f"`{key}` beside `same`",
                span,
                notes=[f"`same` runs the module of `{call.same.value}` again, as it is"],
                help="`from:` and `when:` are all it takes",
            )
    elif call.repeat is None:
        for key, value in (("first", call.first), ("names", call.names)):
            if value is not None:
                report.error("E0204", f"`{key}` without `repeat`", value.span, help="add `repeat: n`, or delete it")
    elif call.tie is not None:
        report.error(
            "E0204", "`tie` beside `repeat`", call.tie.span, help="tie a tensor of an item that is not repeated"
        )
    return len(report.diagnostics) == before


def _read_each(value: MapValue, report: Report) -> Item:
    fields = Fields(value, "`each`", report)
    table, index = fields.table("each"), fields.text("index")
    do = _read_needed(fields, value, report)
    if not fields.close() or table is None or not table.entries:
        return BrokenItem(None, value.span)
    names = [index] if index is not None else []
    if table.get("rows") is None and table.get("columns") is None:
        names += [entry.key for entry in table.entries]
        if not _are_names(names, report):
            return BrokenItem(None, value.span)
        return EachItem(tuple((e.key, e.value) for e in table.entries), None, index, do, value.span)
    inner = Fields(table, "`each`", report)
    columns, rows = inner.list("columns"), inner.value("rows")
    if not inner.close() or columns is None or rows is None:
        help_ = "write `each: {columns: [kernel, stride], rows: [[3, 1], [5, 2]]}`"
        report.error("E0208", "a table needs both `columns` and `rows`", table.span, help=help_)
        return BrokenItem(None, value.span)
    found = [column for column in columns.items if isinstance(column, ScalarValue)]
    if len({column.text for column in found}) < len(columns.items) or not found:
        report.error("E0205", "`columns` are different names", columns.span, notes=[f"found `{text_of(columns)}`"])
        return BrokenItem(None, value.span)
    if not _are_names([*names, *found], report):
        return BrokenItem(None, value.span)
    return EachItem(tuple((column, rows) for column in found), rows, index, do, value.span)


def _are_names(names: list[ScalarValue], report: Report) -> bool:
    found = [check_name(name, "a column", report) for name in names]
    return all(found)


def _read_parallel(value: MapValue, report: Report) -> Item:
    fields = Fields(value, "`parallel`", report)
    branches = read_items(fields.value("parallel"), "`parallel`", report)
    table, from_ = fields.table("join"), fields.value("from")
    join = read_call(None, table, report) if table is not None else None
    if not fields.close() or isinstance(join, BrokenItem):
        return BrokenItem(None, value.span)
    return ParallelItem(branches, join, value.span, from_)


def _read_repeat(value: MapValue, report: Report) -> Item:
    fields = Fields(value, "`repeat`", report)
    count, do = fields.value("repeat"), _read_needed(fields, value, report)
    return RepeatItem(count, do, value.span) if fields.close() and count is not None else BrokenItem(None, value.span)


def _read_do(value: MapValue, report: Report) -> Item:
    fields = Fields(value, "`do`", report)
    do, section, when = _read_needed(fields, value, report), fields.text("section"), fields.value("when")
    return DoItem(do, value.span, section, when) if fields.close() else BrokenItem(None, value.span)


def _read_needed(fields: Fields, value: MapValue, report: Report) -> tuple[Item, ...]:
    do = fields.value("do")
    if do is None:
        title, help_ = f"{fields.what} has nothing to do", "add `do: [items]`"
        report.error("E0208", title, value.entries[0].key.span, help=help_)
        return (BrokenItem(None, value.span),)
    return read_items(do, "`do`", report)
