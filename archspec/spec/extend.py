"""`extends`: a child's values over its one parent's. Maps merge, so does `use` as a list; the rest is replaced."""

from __future__ import annotations

from archspec.diagnostics import Label
from archspec.report import Report, suggestion
from archspec.spec.fields import text_of
from archspec.text.source import Entry, ListValue, MapValue, ScalarValue, Value

OWN = frozenset({"archspec", "name", "doc", "class", "variants", "expect", "weights", "extends"})
"""What a child never inherits."""

GROWING = frozenset({"use", "blocks", "init", "require"})
"""Sections in which a child may add keys; elsewhere a new key is a slip of the pen."""


ALTERNATIVES = (
    (frozenset({"net"}), frozenset({"stem", "stages", "head"})),
    (frozenset({"output"}), frozenset({"outputs"})),
)
"""Two ways to say the same: what a child says in one of them replaces what its parent says in the other."""


def extend(parent: MapValue, child: MapValue, report: Report) -> MapValue:
    """The child's tree over the parent's: what the child says holds, what it does not say is the parent's."""
    said = frozenset(child.keys())
    replaced = {
        key
        for pair in ALTERNATIVES
        for one, other in (pair, pair[::-1])
        if said & one and not said & other
        for key in other
    }
    merged = {e.key.text: e for e in parent.entries if e.key.text not in OWN | replaced}
    for entry in child.entries:
        key = str(entry.key.value)
        inherited = merged.get(key)
        if inherited is None:
            merged[key] = entry
        else:
            both = (inherited.value, entry.value)
            before, after = map(_without_arguments, both) if key == "use" else both
            value = _merge(before, after, key, key in GROWING, report)
            merged[key] = Entry(entry.key, value)
    return MapValue(tuple(merged.values()), child.span)


def _without_arguments(uses: Value) -> Value:
    """Libraries named alone or in a list, as the map that stands for: a child adds to what its parent uses."""
    items = uses.items if isinstance(uses, ListValue) else (uses,)
    if isinstance(uses, MapValue) or not all(isinstance(item, ScalarValue) for item in items):
        return uses
    named = (Entry(item, MapValue((), item.span)) for item in items if isinstance(item, ScalarValue))
    return MapValue(tuple(named), uses.span)


def _lacks_a_type(parent: Entry, child: Entry, report: Report) -> bool:
    """Whether the child gives a param a value and no type; the help says which it has."""
    declared, value = parent.value, child.value
    if not isinstance(declared, ScalarValue) or (isinstance(value, ScalarValue) and isinstance(value.value, str)):
        return False
    report.error(
        "E0207",
        f"param `{child.key.text}` needs a type",
        value.span,
        notes=[f"found `{text_of(value)}`"],
        labels=[Label(declared.span, "that of the parent")],
        help=f"write `{declared.text.partition('=')[0].rstrip()} = {text_of(value)}`",
    )
    return True


def _merge(parent: Value, child: Value, path: str, growing: bool, report: Report) -> Value:
    if not isinstance(parent, MapValue) or not isinstance(child, MapValue):
        return child
    merged = {str(e.key.value): e for e in parent.entries}
    for entry in child.entries:
        key = str(entry.key.value)
        if path == "params" and key in merged and _lacks_a_type(merged[key], entry, report):
            continue
        if key in merged:
            value = _merge(merged[key].value, entry.value, f"{path}.{key}", False, report)
            merged[key] = Entry(entry.key, value)
        elif growing:
            merged[key] = entry
        else:
            report.error(
                "E0209",
                f"the parent has no `{path}.{key}`",
                entry.key.span,
                labels=[Label(parent.span, "the parent's keys are here")],
                notes=["`extends` overrides what the parent has, and refuses the rest as a likely misspelling"],
                help=suggestion(key, merged),
            )
    return MapValue(tuple(merged.values()), child.span)
