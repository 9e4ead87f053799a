"""What stages cost, beside the trunk: a bracket spans the whole stage, so that its bars are read as the sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archspec.backends.figure.lettering import fit
from archspec.backends.figure.outline import Group
from archspec.backends.figure.scene import Box, Part, Rule, Text
from archspec.backends.numbers import counted, quantity

COST_HEIGHT = 33.0
COST_WIDTH = 118.0
_BAR = 46.0


def costs(groups: Sequence[Group], reach: Sequence[tuple[float, float] | None], x: float) -> Iterator[Part]:
    """The brackets at `x`; `reach` is the top and bottom of each group, None for one that is not drawn."""
    most_macs = max((group.macs for group in groups), default=0) or 1
    most_parameters = max((group.parameters for group in groups), default=0) or 1
    for group, ends in zip(groups, reach, strict=True):
        if ends is None or not (group.macs or group.parameters):
            continue
        top, bottom = ends
        middle = max((top + bottom) / 2, top + COST_HEIGHT / 2)
        yield Rule((x, top), (x, max(bottom, top + 8.0)), "cardline")
        start, y = x + 7.0, middle - COST_HEIGHT / 2
        words = group.name + (f" · {counted(group.blocks, 'block')}" if group.blocks > 1 else "")
        for line in fit(words, COST_WIDTH - 8.0, 8.0, lines=1):
            yield Text(start, y + 7.5, line, 8.0)
        yield from _bar(start, y + 12.0, group, "macs", quantity(group.macs, "MACs"), group.macs / most_macs)
        share = group.parameters / most_parameters
        yield from _bar(start, y + 23.0, group, "params", quantity(group.parameters, "params"), share)


def _bar(x: float, y: float, group: Group, role: str, words: str, share: float) -> Iterator[Part]:
    across = max(share * _BAR, 0.8)
    whole = f", all {group.blocks} blocks" if group.blocks > 1 else ""
    value = f"{group.macs:,} MACs" if role == "macs" else f"{group.parameters:,} parameters"
    note = f"{group.name}: {value}{whole}" if group.name else value
    yield Box(x, y + 1.0, across, 7.0, "bar", fill=role, path=group.name, note=note)
    yield Text(x + across + 4.0, y + 7.2, words, 7.5, role="soft")
