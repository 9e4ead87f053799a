"""What working on the networks of one file may cost in all: without it, many small tasks would make a large one."""

from __future__ import annotations

from functools import cached_property

MOST_STEPS = 2_000_000
MOST_LAYERS = 20_000
MOST_REREAD = 1 << 18
MOST_ATOMS = 64
"""Of a symbolic size: what concatenations of floors of concatenations of floors make doubles with each."""


class Work:
    """What is left to spend on a file, its variants included: steps of its expressions, and distinct layers.

    `rereading` are the bytes that may be read once more, to try what a help says.
    """

    def __init__(self, steps: int = MOST_STEPS, layers: int = MOST_LAYERS) -> None:
        self.steps, self.layers, self.rereading = steps, layers, MOST_REREAD

    @cached_property
    def spare(self) -> Work:
        """A fifth as much again, for trying what the helps say."""
        return Work(MOST_STEPS // 5, MOST_LAYERS // 5)

    @property
    def spent(self) -> bool:
        """Whether nothing is left of either."""
        return self.steps <= 0 or self.layers <= 0
