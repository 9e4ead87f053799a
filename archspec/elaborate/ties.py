"""`tie: {weight: embed.weight}`: one tensor in two places."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.elaborate.body import BodyBuilder
from archspec.report import Report, suggestion
from archspec.text.source import Entry, MapValue, ScalarValue

Tensors = Mapping[str, tuple[int, ...]]


def read_ties(tie: MapValue, own: Tensors, builder: BodyBuilder, report: Report) -> tuple[tuple[str, str], ...]:
    """(own tensor, path of the other) for each tie, both there and of one shape."""
    found = [_tie(entry, own, builder, report) for entry in tie.entries]
    return tuple(pair for pair in found if pair is not None)


def _tie(entry: Entry, own: Tensors, builder: BodyBuilder, report: Report) -> tuple[str, str] | None:
    name = str(entry.key.value)
    known = [tensor for tensor in own if tensor]
    if name not in known:
        itself = "" in own
        report.error(
            "E0232",
            f"there is no tensor `{name}` to tie" if name else "a tensor is tied by its name",
            entry.key.span,
            notes=[f"tensors of this op: {', '.join(known) or ('one without a name' if itself else 'none')}"],
            help="run the other item again: `{same: item}`" if itself else suggestion(name, known),
        )
        return None
    path = str(entry.value.value) if isinstance(entry.value, ScalarValue) else ""
    shape = _shape_of(path, builder)
    if shape is None:
        report.error(
            "E0232",
            f"there is no tensor `{path}` to tie to",
            entry.value.span,
            notes=["a tensor is named by its op, which stands before in the same body: `embed.weight`"],
            help=suggestion(path, [f"{op}.{t}" for op, tensors in builder.tensors.items() for t in tensors if t]),
        )
        return None
    if shape != own[name]:
        report.error(
            "E0232",
            "tied tensors have different shapes",
            entry.value.span,
            notes=[f"`{name}` is {list(map(int, own[name]))}, `{path}` is {list(map(int, shape))}"],
        )
        return None
    return name, path


def _shape_of(path: str, builder: BodyBuilder) -> tuple[int, ...] | None:
    """The shape of a tensor named from this body, through containers in it."""
    op, _, tensor = path.rpartition(".")
    if op in builder.tensors:
        return builder.tensors[op].get(tensor) if tensor else None
    parts = path.split(".")
    for cut in range(1, len(parts) - 1):
        child = builder.child(".".join(parts[:cut]))
        if child is not None:
            return _shape_of(".".join(parts[cut:]), child)
    return None
