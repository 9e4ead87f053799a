"""Left of the trunk: the size of each row, and in a wrapped figure what each stage costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archspec.backends.figure.costs import SMALL_HEIGHT, Bars, is_costly
from archspec.backends.figure.lettering import SMALLEST, fit, width
from archspec.backends.figure.outline import Group
from archspec.backends.figure.placing import RULE_ABOVE, Placed
from archspec.backends.figure.scene import Part, Rule, Text
from archspec.backends.numbers import counted

GUTTER = 60.0
_LABEL = 17.0
_LINE = 9.0


class Gutter:
    """The words beside one column of a wrapped figure, from the top down."""

    def __init__(self, groups: Sequence[Group], across: float, first: str, running: int = -1) -> None:
        """`running` is the stage that a column before this one began; `first` says what the first row's size is of."""
        self.parts: list[Part] = []
        self.bottom = 0.0
        self._groups, self._bars = groups, Bars.of(groups)
        self._across, self._first, self._running = across, first, running

    def floor(self, before: Placed | None, item: Placed) -> float:
        """A new row begins below what is written beside the one before."""
        return 0.0 if before is None or item.size == before.size else self.bottom + RULE_ABOVE + 3.0

    def add(self, before: Placed | None, item: Placed) -> None:
        """Write what has to stand beside an item."""
        if before is None or item.size != before.size:
            across = self._across if before is not None else 0.0
            self.parts += row_label(item.size, item.top, self._first if before is None else "output", across)
            self.bottom = item.top + _LABEL
        if before is None and item.group >= 0 and item.group == self._running and self._groups[item.group].name:
            self.bottom = self._words(f"{self._groups[item.group].name}, continued", self.bottom + 4.0)
        if item.group < 0 or item.group == self._running or not is_costly(self._groups[item.group]):
            return
        self._running, group = item.group, self._groups[item.group]
        y = max(item.top, self.bottom + 4.0)
        y = self._words(group.name, y)
        y = self._words(counted(group.blocks, "block"), y, "soft") if group.blocks > 1 else y
        self.parts += self._bars.small(group, 0.0, y)
        self.bottom = y + SMALL_HEIGHT

    def _words(self, words: str, y: float, role: str = "ink") -> float:
        for line in fit(words, GUTTER - 4.0, SMALLEST):
            self.parts.append(Text(0.0, y + SMALLEST, line, SMALLEST, role=role))
            y += _LINE
        return y


def row_label(size: str, top: float, word: str, across: float) -> Iterator[Part]:
    """The size of a row, under a hairline `across` the column if it has any length."""
    if across:
        yield Rule((0.0, top - RULE_ABOVE), (across, top - RULE_ABOVE))
    yield Text(0.0, top + 4.0, word, SMALLEST, role="soft")
    letters = next((high for high in (9.0, 8.0) if width(size, high, bold=True) <= GUTTER - 3.0), SMALLEST)
    yield Text(0.0, top + 14.0, size, letters, bold=True)
