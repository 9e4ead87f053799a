"""One measured ratio with the goal it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from benchmarks.compare import Comparison


@dataclass(frozen=True, slots=True)
class Result:
    """`one` / `other` as median and quartiles; `goal` bounds the median; None: no goal, only a figure to know."""

    case: str
    one: str
    other: str
    ratio: float
    low: float
    high: float
    goal: tuple[Literal["<=", ">="], float] | None
    unit: str
    one_value: float
    other_value: float
    rounds: int
    repeated: int
    disturbed: int

    @property
    def met(self) -> bool | None:
        """Whether the median meets the goal."""
        if self.goal is None:
            return None
        return self.ratio <= self.goal[1] if self.goal[0] == "<=" else self.ratio >= self.goal[1]

    def line(self) -> str:
        """The result as one line of text."""
        goal = (
            "" if self.goal is None else f"   goal {self.goal[0]} {self.goal[1]:g}: {'met' if self.met else 'MISSED'}"
        )
        noise = f"   {self.disturbed} of {self.rounds} rounds disturbed" if self.disturbed else ""
        return (
            f"({self.case}) {self.one} / {self.other}: {_short(self.ratio)} [{_short(self.low)}, {_short(self.high)}]"
            f"   {_short(self.one_value)} / {_short(self.other_value)} {self.unit}{goal}{noise}"
        )


Goal = tuple[Literal["<=", ">="], float] | None


def result(case: str, comparison: Comparison, one: str, other: str, goal: Goal = None, unit: str = "ms") -> Result:
    """The ratio of two contenders of a comparison."""
    middle, low, high = comparison.ratio(one, other)
    scale = 1e3 if unit.startswith("ms") else 1
    return Result(case, one, other, middle, low, high, goal, unit,
                  comparison.middle(one) * scale, comparison.middle(other) * scale,
                  len(comparison.values[one]), comparison.repeated, comparison.disturbed)  # fmt: skip


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value < 1 else f"{value:.2f}"
