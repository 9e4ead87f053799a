"""`diff`: what sets two networks apart, layer by layer, and whether one's weights fit the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from archspec.backends.numbers import counted
from archspec.backends.summary import Summary, comparison_row, summarize
from archspec.backends.table.grid import Grid
from archspec.backends.table.plain import text
from archspec.checked import Checked
from archspec.ir.graph import Graph
from archspec.ops.words import shown
from archspec.passes.layout import tensors
from archspec.passes.listing import Layer, list_layers
from archspec.records import Record, fields_of

_NUMBER = re.compile(r"(?<![^.])\d+(?![^.])")
"""A part of a path that is a number: a unit of a repeat, or an unnamed layer."""

ABSENT = "—"


class Change(Record):
    """Layers that differ alike, by their paths, and what they are on both sides; None where one side lacks them."""

    paths: tuple[str, ...]
    before: str | None
    after: str | None


class Tensors(Record):
    """How many entries of the state_dict are equal in key and shape, have another shape, or stand on one side alone."""

    equal: int
    other_shape: int
    before_only: int
    after_only: int

    @property
    def fit(self) -> bool:
        """Whether a checkpoint of one side loads into the other."""
        return not (self.other_shape or self.before_only or self.after_only)


class Difference(Record):
    """Two networks apart. `changes` are layers of other options, wires or tensors; `resized` counts those that only
    see other sizes; `beyond` names what else differs: inputs, outputs, initialisation.

    `str` gives a table, `to_dict` what `--format json` prints; `bool` is whether there is any difference.
    """

    names: tuple[str, str]
    changes: tuple[Change, ...]
    resized: int
    beyond: tuple[str, ...]
    tensors: Tensors
    summaries: tuple[Summary, Summary]

    def __bool__(self) -> bool:
        return bool(self.changes or self.resized or self.beyond or not self.tensors.fit)

    def to_dict(self) -> dict[str, Any]:
        """The difference as plain data, each unit of a repeat by its own path."""
        pairs = {
            name: [getattr(summary, name) for summary in self.summaries]
            for name in ("parameters", "macs", "weighted_layers", "receptive_field")
        }
        return {
            "names": list(self.names),
            "equal": not self,
            "changes": [
                {"paths": list(change.paths), "before": change.before, "after": change.after} for change in self.changes
            ],
            "resized": self.resized,
            "beyond": list(self.beyond),
            **pairs,
            "state_dict": {name: getattr(self.tensors, name) for name in fields_of(Tensors)},
        }

    def __str__(self) -> str:
        return "\n\n".join([*([text(self._grid())] if self else []), "\n".join(self._facts())])

    def _grid(self) -> Grid:
        rows = tuple(
            (together(change.paths), change.before or ABSENT, change.after or ABSENT) for change in self.changes
        )
        before, after = (comparison_row(one) for one in self.summaries)
        foot = tuple((name, one, other) for name, one, other in zip(_FIGURES, before[1:], after[1:], strict=True))
        return Grid(("layer", *self.names), rows, "lll", foot)

    def _facts(self) -> Iterator[str]:
        if not self:
            yield "no difference: the same layers, options, wires and initialisation"
        if self.resized:
            yield f"sizes alone differ in {counted(self.resized, 'layer')} more"
        yield from (f"other {what}" for what in self.beyond)
        if self.tensors.fit:
            yield f"state_dict: the same keys and shapes ({counted(self.tensors.equal, 'tensor')})"
            return
        found, (one, other) = self.tensors, self.names
        apart = {
            "of another shape": found.other_shape, f"in {one} alone": found.before_only,
            f"in {other} alone": found.after_only,
        }  # fmt: skip
        rest = [f"{count} {where}" for where, count in apart.items() if count]
        yield f"state_dict: {', '.join([f'{found.equal} tensors in common', *rest])}"


_FIGURES = ("output", "weighted layers", "receptive field", "parameters", "MACs", "peak activations")


def differ(before: Checked, after: Checked, names: tuple[str, str] | None = None) -> Difference:
    """What sets `after` apart from `before`; layers are the same where their paths are."""
    listings = [list_layers(one.graph, one.shapes) for one in (before, after)]
    old, new = ({layer.path: layer for layer in listing.layers} for listing in listings)
    changes: list[Change] = []
    resized = 0
    for path in _in_order(old, new):
        words = _words(old.get(path), new.get(path), old, new)
        if words is not None:
            changes.append(Change((path,), *words))
        elif (old[path].inputs, old[path].output) != (new[path].inputs, new[path].output):
            resized += 1
    sides = [_beyond(side.graph, listing.outputs) for side, listing in zip((before, after), listings, strict=True)]
    return Difference(
        names or (before.name, after.name), tuple(_gathered(changes)), resized,
        tuple(what for what in sides[0] if sides[0][what] != sides[1][what]),
        _tensors(before, after), (summarize(before), summarize(after)),
    )  # fmt: skip


def _beyond(graph: Graph, ends: Sequence[str]) -> dict[str, object]:
    """What a network is besides its layers."""
    return {
        "inputs": [(one.name, str(one.shape), one.shape.at({})) for one in graph.inputs],
        "outputs": [(one.name, one.mode, end) for one, end in zip(graph.outputs, ends, strict=True)],
        "initialisation by op": graph.init,
    }


def _in_order(old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    """The paths of both; one that only the second has stands behind what it follows there."""
    known, behind, last = set(old), dict[str, list[str]](), ""
    for path in new:
        if path in known:
            last = path
        else:
            behind.setdefault(last, []).append(path)
    yield from behind.get("", ())
    for path in old:
        yield path
        yield from behind.get(path, ())


def _words(
    one: Layer | None, other: Layer | None, old: Mapping[str, Layer], new: Mapping[str, Layer]
) -> tuple[str | None, str | None] | None:
    """What a layer is on both sides; None where it is the same."""
    if one is None or other is None:
        return (one.label if one is not None else None, other.label if other is not None else None)
    facts = [_facts_of(layer) for layer in (one, other)]
    apart = [key for key in {**facts[0], **facts[1]} if facts[0].get(key) != facts[1].get(key)]
    said = [one.label, other.label]
    if said[0] == said[1]:
        said = [", ".join([said[0], *(f"{key} {own.get(key, ABSENT)}" for key in apart)]) for own in facts]
    if _rewired(one, other, old, new):
        said = [f"{label} ← {', '.join(layer.sources)}" for label, layer in zip(said, (one, other), strict=True)]
    return (said[0], said[1]) if said[0] != said[1] or apart else None


def _facts_of(layer: Layer) -> dict[str, str]:
    """What makes a layer what it is, wires and sizes aside."""
    facts = {"op": layer.op.name} | {name: shown(getattr(layer.op, name)) for name in fields_of(type(layer.op))}
    facts |= {f"init {tensor}": " ".join(map(str, scheme)) for tensor, scheme in layer.inits}
    return facts | ({"weights of": layer.weights_of} if layer.weights_of else {})


def _rewired(one: Layer, other: Layer, old: Mapping[str, Layer], new: Mapping[str, Layer]) -> bool:
    """Whether inputs come from elsewhere; a source that the other side lacks is a change of its own."""
    if len(one.sources) != len(other.sources):
        return True
    pairs = zip(one.sources, other.sources, strict=True)
    return any(a != b and (b in old or b not in new) and (a in new or a not in old) for a, b in pairs)


def _gathered(changes: Sequence[Change]) -> Iterator[Change]:
    """Changes alike in layers whose paths differ in one number, as one."""
    groups: dict[tuple[str, str | None, str | None], list[str]] = {}
    for change in changes:
        (path,) = change.paths
        groups.setdefault((_NUMBER.sub("*", path, count=1), *_alike(change, path)), []).append(path)
    words = {change.paths[0]: change for change in changes}
    for paths in groups.values():
        first = words[paths[0]]
        yield Change(tuple(paths), first.before, first.after)


def _alike(change: Change, path: str) -> tuple[str | None, str | None]:
    """The words of a change without the unit they stand in: `← layer1.0.bn2` is alike in `layer1.1`."""
    number = _NUMBER.search(path)
    start = path[: number.end()] + "." if number is not None else None
    return tuple(said and (said.replace(start, "*.") if start else said) for said in (change.before, change.after))  # type: ignore[return-value]


def together(paths: Sequence[str]) -> str:
    """Paths that differ in their first number, in one word: `layer3.[1-35].conv1`."""
    if len(paths) == 1:
        return paths[0]
    numbers = sorted(int(found[0]) for path in paths if (found := _NUMBER.search(path)) is not None)
    runs = [[n for _, n in run] for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])]
    ranges = ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
    return _NUMBER.sub(f"[{ranges}]", paths[0], count=1)


def _tensors(before: Checked, after: Checked) -> Tensors:
    old, new = ({one.key: one.shape for one in tensors(side.shapes)} for side in (before, after))
    common = old.keys() & new.keys()
    equal = sum(old[key] == new[key] for key in common)
    return Tensors(equal, len(common) - equal, len(old) - len(common), len(new) - len(common))
