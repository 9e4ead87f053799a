"""Which layers of two networks are the same one: those of one path, and unnamed ones by their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from archspec.ops.words import shown
from archspec.passes.listing import Layer
from archspec.records import Record, field, fields_of

MOST_COMPARED = 1_000_000
"""Pairs of unnamed layers of one container, equal ones at its start and end aside: beyond, they are told by place."""


class Alignment(Record):
    """`there` has the path in the first network for each layer of the second that both have.

    `added` are the paths of the second that have none there, `gone` those of the first that nothing leads to.
    """

    there: Mapping[str, str]
    added: frozenset[str]
    gone: frozenset[str]

    def lost(self, source: str) -> bool:
        """Whether a layer of the first network, perhaps one of its outputs, is none of the second."""
        return source in self.gone or source.rpartition(".")[0] in self.gone

    def translated(self, source: str) -> str | None:
        """A source in the second network by its name in the first; None where that lacks it."""
        layer, _, output = source.rpartition(".")
        if source in self.added or (source not in self.there and layer in self.added):
            return None
        if source not in self.there and layer in self.there:
            return f"{self.there[layer]}.{output}"
        return self.there.get(source, source)


def facts(layer: Layer) -> dict[str, str]:
    """What makes a layer what it is, wires and sizes aside."""
    found = {"op": layer.op.name} | {name: shown(getattr(layer.op, name)) for name in fields_of(type(layer.op))}
    found |= {f"init {tensor}": " ".join(map(str, scheme)) for tensor, scheme in layer.inits}
    return found | ({"weights of": layer.weights_of} if layer.weights_of else {})


def align(old: Sequence[Layer], new: Sequence[Layer]) -> Alignment:
    """Which layer of `new` is which of `old`.

    The path of what has no name is a number, which another layer before it changes: within a container such layers,
    blocks and units are matched in order: equal ones first, between those as many by place, else such of equal ops.
    """
    found = {other.path: one.path for one, other in _both(_tree(old), _tree(new))}
    there = {layer.path: found[layer.path] for layer in new if layer.path in found}
    added = frozenset(layer.path for layer in new if layer.path not in there)
    return Alignment(there, added, frozenset(layer.path for layer in old).difference(there.values()))


class _Part(Record, frozen=False):
    """A layer, or what a path leads to: `inside` by the next part of their paths. `whole` and `ops` tell it apart."""

    layer: Layer | None = None
    inside: dict[str, _Part] = field(default_factory=dict)
    whole: Any = None
    ops: Any = None


def _tree(layers: Iterable[Layer]) -> _Part:
    root = _Part()
    for layer in layers:
        part = root
        for name in layer.path.split("."):
            part = part.inside.setdefault(name, _Part())
        part.layer = layer
    _tell(root)
    return root


def _tell(part: _Part) -> None:
    for inner in part.inside.values():
        _tell(inner)
    layer = part.layer
    part.whole = (
        tuple(facts(layer).items()) if layer is not None else (),
        tuple([(name, inner.whole) for name, inner in part.inside.items()]),
    )
    part.ops = (
        layer.op.name if layer is not None else "",
        tuple([(name, inner.ops) for name, inner in part.inside.items()]),
    )


def _both(one: _Part, other: _Part) -> Iterator[tuple[Layer, Layer]]:
    """The layers that two parts have in common, where they are the same part."""
    if one.layer is not None and other.layer is not None:
        yield one.layer, other.layer
    for name, inner in other.inside.items():
        if name in one.inside and not name.isdecimal():
            yield from _both(one.inside[name], inner)
    for each, its in _matched(_numbered(one), _numbered(other), ("whole", "ops")):
        yield from _both(each, its)


def _numbered(part: _Part) -> list[_Part]:
    return [inner for name, inner in part.inside.items() if name.isdecimal()]


def _matched(old: list[_Part], new: list[_Part], keys: Sequence[str]) -> Iterator[tuple[_Part, _Part]]:
    """Parts equal by the first key in order, and between two of those as many by place, or the rest by the next key."""
    if not keys:
        if all(part.inside for part in (*old, *new)):
            yield from zip(old, new, strict=False)
        return
    ours, theirs = ([getattr(part, keys[0]) for part in side] for side in (old, new))
    head = _equal(ours, theirs)
    tail = _equal(ours[head:][::-1], theirs[head:][::-1])
    here, there = slice(head, len(old) - tail), slice(head, len(new) - tail)
    yield from zip(old[:head] + old[here.stop :], new[:head] + new[there.stop :], strict=True)
    old, new = old[here], new[there]
    if len(old) * len(new) > MOST_COMPARED:
        yield from zip(old, new, strict=False)
        return
    matcher = SequenceMatcher(None, ours[here], theirs[there], autojunk=False)
    for what, start, end, first, last in matcher.get_opcodes():
        if what == "equal" or (what == "replace" and end - start == last - first):
            yield from zip(old[start:end], new[first:last], strict=True)
        elif what == "replace":
            yield from _matched(old[start:end], new[first:last], keys[1:])


def _equal(ours: Sequence[object], theirs: Sequence[object]) -> int:
    """How many are equal, from the first on."""
    pairs = enumerate(zip(ours, theirs, strict=False))
    return next((index for index, (one, other) in pairs if one != other), min(len(ours), len(theirs)))
