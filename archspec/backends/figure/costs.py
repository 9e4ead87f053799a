"""What stages cost: bars whose lengths compare the stages, each with its number. A stage is drawn folded or not; its
bars are always those of all its blocks, and say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archspec.backends.figure.lettering import SMALLEST, fit
from archspec.backends.figure.outline import Group
from archspec.backends.figure.placing import Placed
from archspec.backends.figure.scene import Box, Part, Rule, Text
from archspec.backends.numbers import counted, quantity
from archspec.records import Record

COST_WIDTH, COST_HEIGHT = 118.0, 33.0
SMALL_HEIGHT = 25.5
_BAR, _SMALL_BAR = 46.0, 52.0


class Bars(Record):
    """Draws the bars of stages; the longest stage fills the room."""

    macs: int
    parameters: int

    @classmethod
    def of(cls, groups: Sequence[Group]) -> Bars:
        """Bars to the scale of these stages."""
        return cls(max((g.macs for g in groups), default=0) or 1, max((g.parameters for g in groups), default=0) or 1)

    def named(self, group: Group, x: float, y: float) -> Iterator[Part]:
        """The name of a stage over its bars, COST_WIDTH by COST_HEIGHT."""
        for line in fit(stage_words(group), COST_WIDTH - 8.0, 8.0, lines=1):
            yield Text(x, y + 7.5, line, 8.0)
        yield from self.wide(group, x, y + 12.0)

    def wide(self, group: Group, x: float, y: float) -> Iterator[Part]:
        """Two bars with their numbers to the right."""
        for top, (role, words, note, share) in zip((y, y + 11.0), self._values(group), strict=True):
            across = max(share * _BAR, 0.8)
            yield Box(x, top + 1.0, across, 7.0, "bar", fill=role, path=group.name, note=note)
            yield Text(x + across + 4.0, top + 7.2, words, 7.5, role="soft")

    def small(self, group: Group, x: float, y: float) -> Iterator[Part]:
        """Two thin bars under their numbers."""
        for top, (role, words, note, share) in zip((y, y + 12.5), self._values(group), strict=True):
            yield Text(x, top + 7.0, words, SMALLEST, role="soft")
            yield Box(x, top + 9.0, max(share * _SMALL_BAR, 0.8), 2.0, "bar", fill=role, path=group.name, note=note)

    def _values(self, group: Group) -> tuple[tuple[str, str, str, float], tuple[str, str, str, float]]:
        """Of MACs and parameters: colour, words, the exact number, and the share of the longest."""
        whole = f" ({stage_words(group)})" if group.name else ""
        macs, parameters = quantity(group.macs, "MACs"), quantity(group.parameters, "params")
        return (
            ("macs", macs, f"{group.macs:,} MACs{whole}", group.macs / self.macs),
            ("params", parameters, f"{group.parameters:,} parameters{whole}", group.parameters / self.parameters),
        )


class Beside:
    """Right of the trunk: a bracket spans the whole stage, so that its bars are read as the sum."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self._groups = groups
        self._reach: dict[int, tuple[float, float]] = {}

    def floor(self, before: Placed | None, item: Placed) -> float:
        """A stage is as high as what is written beside it."""
        if before is None or before.group not in self._reach or item.group == before.group:
            return 0.0
        return self._reach[before.group][0] + COST_HEIGHT + 4.0

    def add(self, before: Placed | None, item: Placed) -> None:
        """Let the stage of an item reach down to its end."""
        if item.group >= 0 and is_costly(self._groups[item.group]):
            self._reach[item.group] = self._reach.get(item.group, (item.y, 0.0))[0], item.bottom

    def draw(self, x: float) -> Iterator[Part]:
        """The brackets at `x` with their bars."""
        bars = Bars.of(self._groups)
        for index, (top, bottom) in self._reach.items():
            group = self._groups[index]
            middle = max((top + bottom) / 2, top + COST_HEIGHT / 2)
            yield Rule((x, top), (x, max(bottom, top + 8.0)), "cardline")
            yield from bars.named(group, x + 7.0, middle - COST_HEIGHT / 2)


def is_costly(group: Group) -> bool:
    """Whether a stage costs anything that could be shown."""
    return bool(group.macs or group.parameters)


def stage_words(group: Group) -> str:
    """A stage's name and how many blocks its costs are those of."""
    return group.name + (f" · {counted(group.blocks, 'block')}" if group.blocks > 1 else "")
