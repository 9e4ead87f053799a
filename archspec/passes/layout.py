"""The state_dict of a network: its keys in torch's order and their shapes, without building it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from archspec.hashes import sha256_hex
from archspec.ir.graph import Node, Repeat
from archspec.ops.base import Op
from archspec.passes.shapes import BodyShapes, Shapes
from archspec.shapes import Shape


class Entry(NamedTuple):
    """One tensor of a state_dict: its key, its shape, whether it is learned (else a buffer), and what it is tied to."""

    key: str
    shape: tuple[int, ...]
    learned: bool = True
    tied: str = ""


class _Placed(NamedTuple):
    """What stands at a path of a module; a bare parameter has the one entry ""."""

    path: str
    entries: tuple[Entry, ...]


def tensors(shapes: Shapes) -> tuple[Entry, ...]:
    """Every entry of the state_dict in torch's order: a module's own tensors, its buffers, then its children's.

    A module that is run twice is listed once, where it is registered; a tied tensor stands under both its keys.
    """
    return _Layout().body(shapes.root)


def fingerprint(entries: Iterable[Entry]) -> str:
    """The sha256 of the ordered keys and shapes: equal fingerprints exchange checkpoints."""
    said = ",".join([f'["{entry.key}",[{",".join(map(str, map(int, entry.shape)))}]]' for entry in entries])
    return sha256_hex(f"[{said}]".encode())


class _Layout:
    """Entries of bodies relative to their own path, once per distinct body."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Entry, ...]] = {}

    def body(self, shapes: BodyShapes) -> tuple[Entry, ...]:
        found = self._known.get(id(shapes))
        if found is None:
            found = self._known[id(shapes)] = _ordered(self._placed(shapes))
        return found

    def _placed(self, shapes: BodyShapes) -> list[_Placed]:
        """What a body registers, in the order in which it does so."""
        order = {key: place for place, key in enumerate(shapes.body.register)}
        made: list[_Placed] = []
        for node in sorted(shapes.body.nodes, key=lambda n: order.get(n.key, -1)):
            if node.target is not None and node.shares is None:
                made.extend(self._node(node, shapes))
        return made

    def _node(self, node: Node, shapes: BodyShapes) -> list[_Placed]:
        if node.key in shapes.children:
            inner = shapes.children[node.key]
            return self._placed(inner) if node.path is None else [_within(node.path, self.body(inner))]
        if isinstance(node.target, Repeat):
            units = self._units(node.target, shapes, node.key)
            return units if node.path is None else [_within(node.path, _ordered(units))]
        own, ties = op_entries(node.target, shapes.into(node)), dict(node.ties)  # type: ignore[arg-type]
        if ties:
            own = tuple(one._replace(tied=ties.get(one.key, "")) for one in own)
        return [_Placed(node.path or "", own)]

    def _units(self, repeat: Repeat, shapes: BodyShapes, key: str) -> list[_Placed]:
        names, made = repeat.names(), list[_Placed]()
        for unit in shapes.units[key]:
            entries = self.body(unit.body) if unit.body is not None else op_entries(unit.run.target, unit.inputs)  # type: ignore[arg-type]
            made += [_within(next(names), entries) for _ in range(unit.count)]
        return made


def op_entries(op: Op, inputs: tuple[Shape, ...]) -> tuple[Entry, ...]:
    """The tensors of one op and its buffers, by local names ("" for a bare parameter); its layers' (`a.b`) are last."""
    learned = [Entry(name, shape) for name, shape in op.tensors(*inputs).items()]
    others = [Entry(name, shape, learned=False) for name, shape in op.buffers(*inputs).items()]
    return tuple(sorted([*learned, *others], key=lambda entry: "." in entry.key))


def _within(path: str, entries: tuple[Entry, ...]) -> _Placed:
    """A body's entries at a path: what they are tied to is in that body."""
    if any(entry.tied for entry in entries):
        entries = tuple(one._replace(tied=f"{path}.{one.tied}") if one.tied else one for one in entries)
    return _Placed(path, entries)


def _ordered(placed: Iterable[_Placed]) -> tuple[Entry, ...]:
    """Bare parameters first, then modules, each where its first part was registered."""
    bare: list[Entry] = []
    modules: dict[str, list[_Placed]] = {}
    for path, entries in placed:
        head, _, rest = path.partition(".")
        if not rest and len(entries) == 1 and entries[0].key == "":
            bare.append(entries[0]._replace(key=head))
        else:
            modules.setdefault(head, []).append(_Placed(rest, entries))
    return (
        *bare,
        *[
            Entry(f"{head}.{key}", shape, learned, tied)
            for head, inside in modules.items()
            for key, shape, learned, tied in _inside(inside)
        ],
    )


def _inside(placed: list[_Placed]) -> Iterable[Entry]:
    if len(placed) == 1 and placed[0].path == "":
        return placed[0].entries
    if all(path == "" for path, _ in placed):
        return (entry for _, entries in placed for entry in entries)
    return _ordered(placed)
