"""`diff`: what sets two networks apart, layer by layer, and whether one's weights fit the other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import accumulate, groupby
from typing import Any

from archspec.backends.alignment import Alignment, align, facts
from archspec.backends.escape import markdown_text
from archspec.backends.numbers import counted
from archspec.backends.summary import Summary, comparison_row, summarize
from archspec.backends.table.grid import Grid
from archspec.backends.table.markdown import markdown
from archspec.backends.table.plain import text
from archspec.backends.table.web import fragment
from archspec.checked import Checked
from archspec.ir.graph import Graph
from archspec.passes.layout import tensors
from archspec.passes.listing import Layer, list_layers
from archspec.records import Record, fields_of

_NUMBER, _ENDING = r"(?<![^.])\d+(?![^.])", r"\d+\Z"
"""A part of a path that is a number: a unit of a repeat, or an unnamed layer; and one that ends a name."""

ABSENT = "—"
FEW = 3
"""Layers of a block that one side alone has which are named; of more it is said how many they are."""


class Change(Record):
    """Layers that differ alike, by their paths, and what they are on both sides; None where one side lacks them.

    The paths are those of the first side that has them.
    """

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
    """Two networks apart.

    `changes` are layers of other options, wires or tensors, `rows` the same with each block that one side alone has as
    one; `resized` counts those that only see other sizes; `moved` has the paths on both sides of what stands at
    another one; `beyond` names what else differs: inputs, outputs, initialisation.

    `str` gives a table, `to_dict` what `--format json` prints; `bool` is whether there is any difference.
    """

    names: tuple[str, str]
    changes: tuple[Change, ...]
    rows: tuple[Change, ...]
    resized: int
    moved: tuple[tuple[str, str], ...]
    beyond: tuple[str, ...]
    tensors: Tensors
    summaries: tuple[Summary, Summary]

    def __bool__(self) -> bool:
        return bool(self.changes or self.resized or self.moved or self.beyond or not self.tensors.fit)

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
            "moved": [{"before": one, "after": other} for one, other in self.moved],
            "beyond": list(self.beyond),
            **pairs,
            "state_dict": {name: getattr(self.tensors, name) for name in fields_of(Tensors)},
        }

    def __str__(self) -> str:
        return "\n\n".join([*([text(self._grid())] if self else []), "\n".join(self._facts())])

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        facts = "\n".join(f"- {markdown_text(fact)}" for fact in self._facts())
        return f"{markdown(self._grid())}\n\n{facts}" if self else facts

    def _repr_html_(self) -> str:
        return f"{fragment(self._grid()) if self else ''}<p>{'<br>'.join(map(escape, self._facts()))}</p>"

    def _grid(self) -> Grid:
        rows = tuple((together(change.paths), change.before or ABSENT, change.after or ABSENT) for change in self.rows)
        before, after = (comparison_row(one) for one in self.summaries)
        foot = tuple((name, one, other) for name, one, other in zip(_FIGURES, before[1:], after[1:], strict=True))
        return Grid(("layer", *self.names), rows, "lll", foot)

    def _facts(self) -> Iterator[str]:
        if not self:
            yield "no difference: the same layers, options, wires and initialisation"
        if self.resized:
            yield f"sizes alone differ in {counted(self.resized, 'layer')} more"
        if self.moved:
            one, other = self.moved[0]
            yield f"{counted(len(self.moved), 'layer')} at another path, such as {one} at {other}"
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
        yield f"state_dict: {', '.join([counted(found.equal, 'tensor') + ' in common', *rest])}"


_FIGURES = ("output", "weighted layers", "receptive field", "parameters", "MACs", "peak activations")


def differ(before: Checked, after: Checked) -> Difference:
    """What sets `after` apart from `before`; layers are the same where their paths are, unnamed ones by their order."""
    listings = [list_layers(one.graph, one.shapes) for one in (before, after)]
    old, new = (listing.layers for listing in listings)
    alignment = align(old, new)
    changes: list[Change] = []
    resized = 0
    for one, other in _in_order(old, new, alignment.there):
        words = _words(one, other, alignment)
        if words is not None:
            changes.append(Change(((one or other).path,), *words))  # type: ignore[union-attr]  # one of them is there
        elif one is not None and other is not None and (one.inputs, one.output) != (other.inputs, other.output):
            resized += 1
    sides = [_beyond(side.graph, listing.outputs) for side, listing in zip((before, after), listings, strict=True)]
    return Difference(
        (before.name, after.name), tuple(_gathered(changes)),
        tuple(_gathered(list(_folded(changes, old, new, alignment)))), resized,
        tuple((path, now) for now, path in alignment.there.items() if path != now),
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


def _in_order(
    old: Iterable[Layer], new: Iterable[Layer], there: Mapping[str, str]
) -> Iterator[tuple[Layer | None, Layer | None]]:
    """The layers of both sides; one that only the second has stands behind what it follows there."""
    matched, behind, last = dict[str, Layer](), dict[str, list[Layer]](), ""
    for layer in new:
        if layer.path in there:
            last = there[layer.path]
            matched[last] = layer
        else:
            behind.setdefault(last, []).append(layer)
    yield from ((None, layer) for layer in behind.get("", ()))
    for layer in old:
        yield layer, matched.get(layer.path)
        yield from ((None, added) for added in behind.get(layer.path, ()))


def _words(one: Layer | None, other: Layer | None, alignment: Alignment) -> tuple[str | None, str | None] | None:
    """What a layer is on both sides; None where it is the same."""
    if one is None or other is None:
        return (one.label if one is not None else None, other.label if other is not None else None)
    known = [facts(layer) for layer in (one, other)]
    apart = [key for key in {**known[0], **known[1]} if known[0].get(key) != known[1].get(key)]
    said = [one.label, other.label]
    if said[0] == said[1]:
        said = [", ".join([said[0], *(f"{key} {own.get(key, ABSENT)}" for key in apart)]) for own in known]
    if _rewired(one, other, alignment):
        said = [f"{label} ← {', '.join(layer.sources)}" for label, layer in zip(said, (one, other), strict=True)]
    return (said[0], said[1]) if said[0] != said[1] or apart else None


def _rewired(one: Layer, other: Layer, alignment: Alignment) -> bool:
    """Whether inputs come from elsewhere; a source that the other side lacks is a change of its own."""
    if len(one.sources) != len(other.sources):
        return True
    pairs = zip(one.sources, map(alignment.translated, other.sources), strict=True)
    return any(b is not None and a != b and not alignment.lost(a) for a, b in pairs)


def _folded(
    changes: Iterable[Change], old: Sequence[Layer], new: Sequence[Layer], alignment: Alignment
) -> Iterator[Change]:
    """The changes, those of a block that one side alone has as one, where its first is."""
    gone, added = _blocks(old, alignment.gone), _blocks(new, alignment.added)
    told: set[tuple[str, bool]] = set()
    for change in changes:
        (path,) = change.paths
        block = (gone if change.after is None else added if change.before is None else {}).get(path)
        if block is None:
            yield change
        elif (block[0], change.after is None) not in told:
            told.add((block[0], change.after is None))
            words = block[1]
            yield Change((block[0],), words if change.after is None else None, words if change.before is None else None)


def _blocks(layers: Sequence[Layer], alone: Collection[str]) -> dict[str, tuple[str, str]]:
    """For each layer that stands alone: the outermost block of which all layers do, several, and what it holds."""
    inside: dict[str, list[Layer]] = {}
    for layer in layers:
        for block in _around(layer.path):
            inside.setdefault(block, []).append(layer)
    lone = Counter(block for path in alone for block in _around(path))
    whole = {block for block, count in lone.items() if count == len(inside[block]) > 1}
    outermost = {path: next((block for block in _around(path) if block in whole), None) for path in alone}
    return {path: (block, _content(inside[block])) for path, block in outermost.items() if block is not None}


def _content(layers: Sequence[Layer]) -> str:
    if len(layers) <= FEW:
        return "; ".join(layer.label for layer in layers)
    return f"{len(layers)} layers"


def _around(path: str) -> Iterator[str]:
    """The blocks that a layer stands in, from the outside in."""
    return accumulate(path.split(".")[:-1], "{}.{}".format)


def _gathered(changes: Sequence[Change]) -> Iterator[Change]:
    """Changes alike in layers whose paths differ in one number, as one."""
    groups: dict[tuple[str, str | None, str | None], list[Change]] = {}
    for change in changes:
        (path,) = change.paths
        groups.setdefault((_numbered(path, "*"), *_alike(change, path)), []).append(change)
    for alike in groups.values():
        yield Change(tuple(change.paths[0] for change in alike), alike[0].before, alike[0].after)


def _alike(change: Change, path: str) -> tuple[str | None, str | None]:
    """The words of a change without the unit they stand in: `← layer1.0.bn2` is alike in `layer1.1`."""
    number = re.search(_NUMBER, path)
    start = path[: number.end()] + "." if number is not None else None
    return tuple(said and (said.replace(start, "*.") if start else said) for said in (change.before, change.after))  # type: ignore[return-value]


def together(paths: Sequence[str]) -> str:
    """Paths that differ in one number, in one word: `layer3.[1-35].conv1`, `denselayer[25-32]`."""
    if len(paths) == 1:
        return paths[0]
    numbers = sorted(int(found[0]) for path in paths if (found := _number(path)) is not None)
    runs = [[n for _, n in run] for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])]
    ranges = ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
    return _numbered(paths[0], f"[{ranges}]")


def _number(path: str) -> re.Match[str] | None:
    """The number that tells a path from others like it: the first that stands alone, else one at the end."""
    return re.search(_NUMBER, path) or re.search(_ENDING, path)


def _numbered(path: str, written: str) -> str:
    number = _number(path)
    return path if number is None else path[: number.start()] + written + path[number.end() :]


def _tensors(before: Checked, after: Checked) -> Tensors:
    old, new = ({one.key: one.shape for one in tensors(side.shapes)} for side in (before, after))
    common = old.keys() & new.keys()
    equal = sum(old[key] == new[key] for key in common)
    return Tensors(equal, len(common) - equal, len(old) - len(common), len(new) - len(common))
