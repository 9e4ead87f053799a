"""Series-parallel decomposition of atoms: chains, forks that rejoin, and tangles where wires do not nest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from archspec.backends.figure.outline import Chain, Fork, Item, Step, Tail, Tangle
from archspec.backends.figure.shortcut import classify
from archspec.records import Record

SOURCE = -1
DEEPEST = 16
"""Forks in forks beyond this many are drawn as tangles: lanes in lanes that nobody could follow."""


class Nesting(Record):
    """`sources[i]` are the positions atom i reads from (all smaller; SOURCE is the entry), `items[i]` what it draws.

    Positions are topological, so a place where no edge passes over an atom is a place where all paths meet.
    """

    sources: Sequence[tuple[int, ...]]
    items: Callable[[int], Chain]

    def chain(self, members: Sequence[int], entry: int, exits: Sequence[int], depth: int = 0) -> Chain:
        """The steps from `entry` through `members`; `exits` are the members (or the entry) that the end reads from."""
        return tuple(item for _, chain in self.segments(members, entry, exits, depth) for item in chain)

    def segments(
        self, members: Sequence[int], entry: int, exits: Sequence[int], depth: int = 0
    ) -> Iterator[tuple[int, Chain]]:
        """The same, cut where all paths meet: the last atom of each segment and its steps."""
        cuts = set(self._cuts(members, entry, exits))
        start, inner = entry, list[int]()
        for member in members:
            if member in cuts:
                yield member, self._segment(start, inner, member, depth)
                start, inner = member, []
            else:
                inner.append(member)
        if inner:
            yield inner[-1], self._tangle(start, inner)

    def _cuts(self, members: Sequence[int], entry: int, exits: Sequence[int]) -> Iterator[int]:
        """The members that every path from entry to exit runs through."""
        rank = {member: index for index, member in enumerate(members)}
        last = list(range(len(members)))
        reach_of_entry = -1
        for member in members:
            for source in self.sources[member]:
                if source in rank:
                    last[rank[source]] = max(last[rank[source]], rank[member])
                else:
                    reach_of_entry = max(reach_of_entry, rank[member])
        for exit_ in exits:
            if exit_ in rank:
                last[rank[exit_]] = len(members)
            else:
                reach_of_entry = len(members)
        farthest = reach_of_entry
        for index, member in enumerate(members):
            if farthest <= index:
                yield member
            farthest = max(farthest, last[index])

    def _segment(self, start: int, inner: list[int], end: int, depth: int) -> Chain:
        """What lies between two cuts, the second one included."""
        sources = self.sources[end]
        if not inner and len(sources) < 2:
            return self.items(end)
        groups = self._components(inner)
        whole = len({groups[source] for source in sources if source in groups}) == len(set(sources) - {start})
        if not whole or depth >= DEEPEST:  # before its branches are looked into: most would be looked into in vain
            return self._tangle(start, [*inner, end])
        branches = [self._branch(start, inner, source, groups, depth) for source in dict.fromkeys(sources)]
        direct = sum(1 for source in sources if source == start)
        branches.extend([()] * (direct - 1))
        join, *rest = self.items(end) or (None,)
        if len(branches) < 2 or not isinstance(join, Step) or not all(map(_is_exit, rest)):
            return self._tangle(start, [*inner, end])
        return (Fork(classify(tuple(branches), join), join), *rest)

    def _branch(self, start: int, inner: list[int], source: int, groups: dict[int, int], depth: int) -> Chain:
        if source == start:
            return ()
        members = [member for member in inner if groups[member] == groups[source]]
        return self.chain(members, start, [source], depth + 1)

    def _components(self, members: list[int]) -> dict[int, int]:
        """Which members hang together, the places around them aside."""
        root = {member: member for member in members}

        def find(member: int) -> int:
            while root[member] != member:
                root[member] = root[root[member]]
                member = root[member]
            return member

        for member in members:
            for source in self.sources[member]:
                if source in root:
                    root[find(source)] = find(member)
        return {member: find(member) for member in members}

    def _tangle(self, start: int, members: list[int]) -> Chain:
        """Runs of members that only follow each other are one piece."""
        pieces: list[list[int]] = []
        readers = self._readers(members)
        for member in members:
            before = pieces[-1][-1] if pieces else start
            if pieces and self.sources[member] == (before,) and readers[before] == 1:
                pieces[-1].append(member)
            else:
                pieces.append([member])
        place = {piece[-1]: index for index, piece in enumerate(pieces)}
        chains = tuple(tuple(item for member in piece for item in self.items(member)) for piece in pieces)
        wires = tuple(
            (place.get(source, SOURCE), index)
            for index, piece in enumerate(pieces)
            if not _is_input(chains[index])
            for source in dict.fromkeys(self.sources[piece[0]])
        )
        return (Tangle(chains, wires),)

    def _readers(self, members: list[int]) -> Counter[int]:
        return Counter(source for member in members for source in self.sources[member])


def _is_input(chain: Chain) -> bool:
    """Whether a piece begins with an input of the network: nothing leads to it."""
    first = chain[0] if chain else None
    return isinstance(first, Step) and first.family == "input"


def _is_exit(item: Item) -> bool:
    """Whether an item is an output and what leads to it: nothing goes on behind it."""
    return isinstance(item, Tail) or (isinstance(item, Step) and item.family == "output")
