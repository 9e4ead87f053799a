"""The way through an outline, for languages that place what is drawn themselves and want nodes and wires."""

from __future__ import annotations

from abc import ABC, abstractmethod

from archspec.backends.figure.outline import Branch, Card, Chain, Fork, Item, Step, Tangle
from archspec.backends.figure.scene import WireKind


class Walk(ABC):
    """Writes chains; each method returns the node that the next wire leaves from, None before the first."""

    def chain(self, chain: Chain, start: str | None) -> str | None:
        """Items one after another."""
        for item in chain:
            start = self.item(item, start)
        return start

    def item(self, item: Item, start: str | None) -> str | None:
        """One item, by its kind; a tail hangs aside."""
        if isinstance(item, Step):
            node = self.step(item)
            self.wire(start, node)
            return node
        if isinstance(item, Fork):
            node = self.step(item.join)
            for branch in item.branches:
                self._branch(branch, start, node)
            return node
        if isinstance(item, Card):
            return self.card(item, start)
        if isinstance(item, Tangle):
            return self.tangle(item, start)
        self.wire(self.chain(item.chain, start), self.exit(item.name))
        return start

    def _branch(self, branch: Branch, start: str | None, join: str) -> None:
        """A shortcut is one wire with its words on it, any other branch its steps."""
        if branch.kind is not None:
            self.wire(start, join, branch.kind, " ".join(branch.labels))
        else:
            self.wire(self.chain(branch.chain, start), join)

    @abstractmethod
    def step(self, step: Step) -> str:
        """The node of a step."""

    @abstractmethod
    def exit(self, name: str) -> str:
        """The node of an output beside the last."""

    @abstractmethod
    def card(self, card: Card, start: str | None) -> str | None:
        """A chain in a frame."""

    @abstractmethod
    def tangle(self, tangle: Tangle, start: str | None) -> str | None:
        """Pieces with wires of their own."""

    @abstractmethod
    def wire(self, start: str | None, end: str | None, kind: WireKind = "flow", label: str = "") -> None:
        """A wire, unless one of its ends is not there."""
