"""Where the outputs of a network leave it: one ends the trunk, the others stand beside it where they are taken off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archspec.backends.figure.flatten import SOURCE, Atom, Port
from archspec.backends.figure.nest import Nesting
from archspec.backends.figure.order import Shown, fold, merged
from archspec.backends.figure.outline import Chain, Step, Tail
from archspec.backends.figure.steps import Reader, ancestors
from archspec.ir.graph import GraphInput
from archspec.records import Record

_FEW = 3
"""Up to this many layers on the way to an output are drawn one by one, unless a block is among them."""


class Way(Record):
    """An output beside what is drawn before it: the atoms on its way alone, from where it is taken off to its end."""

    name: str
    start: int
    members: tuple[int, ...]
    end: int

    def path(self, atoms: Sequence[Atom]) -> str:
        """The place that holds all of its layers, where there is one."""
        places = [atoms[member].path.split(".") for member in self.members]
        common = [parts[0] for parts in zip(*places, strict=False) if len(set(parts)) == 1]
        return ".".join(common)


class Exits(Record):
    """`ends` are where the trunk ends, `names` the outputs there if there are several, `ways` the others by start.

    It ends in more than one place where another output reads several of its atoms, or an input that nothing else reads.
    """

    ends: tuple[int, ...]
    names: Mapping[int, str]
    ways: Mapping[int, tuple[Way, ...]]


def exits(outputs: Sequence[tuple[str, Port]], training: frozenset[str], atoms: Sequence[Atom]) -> Exits:
    """The exits of a network with these outputs; `training` names those that serve training only.

    The trunk leads to the output that most of the network leads to, the first of equals.
    """
    found = [(name, port, ancestors(atoms, [port])) for name, port in outputs if port is not None]
    found.sort(key=lambda exit_: (exit_[0] in training, -len(exit_[2])))
    if not found:
        return Exits((SOURCE,), {}, {})
    ends = [found[0][1]]
    while True:
        drawn = ancestors(atoms, ends)
        read = {source for member in drawn for source in atoms[member].sources}
        names = {end: name for name, end, _ in reversed(found) if end in ends and end not in read}
        ways: dict[int, tuple[Way, ...]] = {}
        for name, end, before in found:
            if names.get(end) == name:
                continue
            members = tuple(sorted(before - drawn))
            feeds = {source for member in members for source in atoms[member].sources if source not in members}
            if len(feeds) > 1 or any(isinstance(atoms[member].target, GraphInput) for member in members):
                ends.append(end)
                break
            start = feeds.pop() if feeds else end
            label = f"{name} (training only)" if name in training else name
            ways[start] = (*ways.get(start, ()), Way(label, start, members, end))
            drawn |= before
        else:
            return Exits(tuple(ends), names if len(found) > 1 else {}, ways)


class Leaving(Record):
    """Draws what leaves an atom for another output; `folded` says that all layers on the way are one box."""

    atoms: Sequence[Atom]
    exits: Exits
    reader: Reader
    keep: Shown
    folded: bool

    def items(self, place: int) -> Chain:
        """What an atom draws, what leaves it, and the output that it ends in."""
        atom, name = self.atoms[place], self.exits.names.get(place, "")
        end = (Step("output", "output", name, "", name, atom.output),) if name else ()
        return (*self.reader.items(atom), *self.tails(place), *end)

    def tails(self, place: int) -> Chain:
        """The outputs that are taken off behind an atom."""
        return tuple(self._tail(way) for way in self.exits.ways.get(place, ()))

    def _tail(self, way: Way) -> Tail:
        nesting = Nesting([atom.sources for atom in self.atoms], self.items)
        steps = nesting.chain(way.members, way.start, [way.end])
        chain = fold(steps, self.keep) or merged(steps)
        few = all(isinstance(item, Step) for item in chain) and len(chain) <= _FEW
        nested = any(isinstance(item, Tail) for item in chain)
        return Tail(way.name, chain, way.path(self.atoms), self.folded and not few and not nested)
