"""What working on the networks of one file may cost in all: without it, many small tasks would make a large one."""

from __future__ import annotations

MOST_STEPS = 2_000_000
MOST_LAYERS = 20_000
MOST_ATOMS = 64
"""Of a symbolic size: what concatenations of floors of concatenations of floors make doubles with each."""


class Work:
    """What is left to spend on a file, its variants included: steps of its expressions, and distinct layers."""

    def __init__(self, steps: int = MOST_STEPS, layers: int = MOST_LAYERS) -> None:
        self.steps, self.layers = steps, layers

    @property
    def spent(self) -> bool:
        """Whether nothing is left of either."""
        return self.steps <= 0 or self.layers <= 0
