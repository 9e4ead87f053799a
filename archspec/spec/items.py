"""Reading the items of a body: calls, containers, and the keyword items `each`, `repeat`, `parallel`, `do`, `section`."""

from __future__ import annotations

from archspec.report import Report
from archspec.source import Entry, ListValue, MapValue, ScalarValue, Value
from archspec.spec.fields import Fields, one_key, text_of
from archspec.spec.model import CallItem, ContainerItem, DoItem, EachItem, Item, ParallelItem, RepeatItem

KEYWORDS = frozenset({"each", "repeat", "parallel", "do", "section", "op", "same"})
CONTAINER_KEYS = frozenset({"body", "from", "when", "register"})


def read_items(value: Value | None, what: str, report: Report) -> tuple[Item, ...]:
    """The items of a list; what is no item is an error and left out."""
    if value is None:
        return ()
    if not isinstance(value, ListValue):
        report.error("E0203", f"{what} must be a list of items", value.span,
                     help="ordered things are lists: put `- ` before each item")
        return ()
    return tuple(item for element in value.items if (item := _read_item(element, report)) is not None)


def _read_item(value: Value, report: Report) -> Item | None:
    if not isinstance(value, MapValue) or not value.entries:
        report.error("E0208", "this is not an item", value.span, notes=[f"found `{text_of(value)}`"],
                     help="an item is `name: {op: conv2d, ...}`, or `{op: relu}` without a name")
        return None
    keys = {str(entry.key.value) for entry in value.entries}
    if "op" in keys or "same" in keys:
        return read_call(None, value, report)
    if "each" in keys:
        return _read_each(value, report)
    if "parallel" in keys:
        return _read_parallel(value, report)
    if "repeat" in keys and "do" in keys:
        return _read_repeat(value, report)
    if "do" in keys:
        return _read_do(value, report)
    return _read_named(value, report)


def _read_named(value: MapValue, report: Report) -> Item | None:
    entry = one_key(value)
    if entry is None:
        names = ", ".join(str(e.key.value) for e in value.entries)
        report.error("E0208", "an item has one name", value.entries[1].key.span, notes=[f"found several keys: {names}"],
                     help="put each named item on a line of its own, with `- ` before it")
        return None
    body = entry.value
    if isinstance(body, ListValue):
        return ContainerItem(entry.key, read_items(body, f"`{entry.key.value}`", report), value.span)
    if not isinstance(body, MapValue):
        report.error("E0208", f"`{entry.key.value}` has neither an op nor a body", body.span,
                     notes=[f"found `{text_of(body)}`"], help=f"write `{entry.key.value}: {{op: {text_of(body) or 'relu'}}}`")
        return None
    keys = {str(e.key.value) for e in body.entries}
    if "body" in keys:
        return _read_container(entry, body, report)
    if "op" in keys or "same" in keys:
        return read_call(entry.key, body, report)
    report.error("E0208", f"`{entry.key.value}` names no op", entry.key.span, notes=[f"found the keys {', '.join(sorted(keys))}"],
                 help="an item says what it is with `op:`, a container has a list or `body:`")
    return None


def _read_container(entry: Entry, body: MapValue, report: Report) -> ContainerItem:
    name = str(entry.key.value)
    fields = Fields(body, f"container `{name}`", report)
    items = read_items(fields.value("body"), f"`body` of `{name}`", report)
    item = ContainerItem(entry.key, items, entry.key.span, fields.value("from"), fields.value("when"), fields.value("register"))
    fields.close()
    return item


def read_call(name: ScalarValue | None, value: MapValue, report: Report) -> CallItem | None:
    """A map with `op:` or `same:`."""
    fields = Fields(value, f"`{name.value}`" if name else "this item", report)
    same = fields.text("same")
    op = fields.text("op")
    if op is None and same is None:
        if not report.failed:
            report.error("E0208", "`op` is empty", value.span)
        return None
    span = op.span if op is not None else same.span  # type: ignore[union-attr]
    call = CallItem(
        name, op, (), span, fields.value("from"), fields.value("when"), fields.value("repeat"), fields.table("first"),
        fields.text("names"), same, fields.table("tie"), fields.table("init"), 
    )
    options = fields.rest()
    return CallItem(name, op, options, span, call.from_, call.when, call.repeat, call.first, call.names, same, call.tie, call.init)


def _read_each(value: MapValue, report: Report) -> EachItem | None:
    fields = Fields(value, "`each`", report)
    table, index = fields.table("each"), fields.text("index")
    do = read_items(fields.value("do"), "`do`", report)
    fields.close()
    if table is None:
        return None
    name = str(index.value) if index is not None else "s"
    if "rows" not in table.keys():
        return EachItem(tuple((e.key, e.value) for e in table.entries), None, name, do, value.span)
    inner = Fields(table, "`each`", report)
    columns, rows = inner.list("columns"), inner.value("rows")
    inner.close()
    if columns is None or rows is None:
        report.error("E0208", "`each` with rows needs `columns: [names]` too", table.span)
        return None
    named = tuple((c, rows) for c in columns.items if isinstance(c, ScalarValue))
    return EachItem(named, rows, name, do, value.span)


def _read_parallel(value: MapValue, report: Report) -> ParallelItem:
    fields = Fields(value, "`parallel`", report)
    branches = read_items(fields.value("parallel"), "`parallel`", report)
    join = fields.table("join")
    item = ParallelItem(branches, read_call(None, join, report) if join else None, value.span, fields.value("from"))
    fields.close()
    return item


def _read_repeat(value: MapValue, report: Report) -> RepeatItem:
    fields = Fields(value, "`repeat`", report)
    count, do = fields.value("repeat"), read_items(fields.value("do"), "`do`", report)
    fields.close()
    assert count is not None
    return RepeatItem(count, do, value.span)


def _read_do(value: MapValue, report: Report) -> DoItem:
    fields = Fields(value, "`do`", report)
    item = DoItem(read_items(fields.value("do"), "`do`", report), value.span, fields.text("section"), fields.value("when"))
    fields.close()
    return item
