"""A network at a glance: its stages in one row, the height of each the size of its map and the colour its width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log2

from archspec.backends.figure.column import finished
from archspec.backends.figure.heading import heading, heading_width
from archspec.backends.figure.lettering import SMALLEST, fit, width
from archspec.backends.figure.outline import Group, Outline, Step, Tail, extent
from archspec.backends.figure.pieces import Draughtsman, note, shape_text
from archspec.backends.figure.scene import Box, BoxShape, Part, Scene, Text, Wire, moved, of_network
from archspec.backends.figure.theme import fills
from archspec.backends.figure.wrapped import PAGE, joint
from archspec.backends.numbers import quantity
from archspec.records import Record

_GAP = 15.0
_NARROW, _WIDE = 50.0, 96.0
_FLAT, _DOUBLING = 30.0, 7.0
_HEAD, _LINE, _APART = 36.0, 9.5, 16.0
_TEXT = 9.0
_JOINT = 11.0


def rows_of_stages(outlines: Sequence[Outline]) -> Scene:
    """One row a network, one below the other; a row wider than a page goes on below."""
    boxes = [[*_steps(outline)] for outline in outlines]
    shapes = [step.shape for row in boxes for group, step in row if group and step.shape.rank > 2]
    colours = Draughtsman(fills(shape.channels for shape in shapes))
    parts: list[Part] = []
    across = top = 0.0
    for index, (outline, row) in enumerate(zip(outlines, boxes, strict=True)):
        drawn, wide, high = _rows([_stop(group, step, colours.fill(step)) for group, step in row])
        parts += of_network(moved((*heading(outline, 0.0, "start"), *moved(drawn, 0.0, _HEAD)), 0.0, top), index)
        across = max(across, wide, heading_width(outline))
        top += _HEAD + high + _APART
    return finished(parts, across)


class _Stop(Record):
    """A box of the row with the words below it, and how much room both need."""

    box: Box
    words: tuple[str, ...]
    room: float


def _steps(outline: Outline) -> Iterator[tuple[Group | None, Step]]:
    if outline.entry:
        yield None, outline.entry
    for group in outline.groups:
        yield from ((group, item) for item in group.chain if isinstance(item, Step) and item.family != "output")


def _stop(group: Group | None, step: Step, fill: str) -> _Stop:
    name, _, rest = step.label.partition(": ")
    room = _WIDE - 8.0
    lines = fit(name, room, _TEXT, lines=1 if rest else 2) + fit(rest, room, _TEXT, lines=1)
    across = max((width(line, _TEXT) + 8.0 for line in lines), default=_NARROW)
    shape: BoxShape = "rect" if group else "bare"
    across, high = max(across, _NARROW) if group else across, _height(step)
    box = Box(0.0, -high / 2, across, high, shape, lines, fill, _TEXT, path=step.path, note=note(step))
    costs = [quantity(group.macs, "MACs")] if group and group.macs else []
    exits = [f"→ {name}" for name in _exits(group)] if group else []
    below = [shape_text(step.shape.at({"N": 1})[1:]), *costs, *exits]
    words = tuple(line for words in below for line in fit(words, _WIDE, SMALLEST, lines=1))
    return _Stop(box, words, max(across, *(width(line, SMALLEST) for line in words)))


def _exits(group: Group) -> Iterator[str]:
    """The outputs that leave a stage, at its end the network's own."""
    for item in group.chain:
        if isinstance(item, Tail):
            yield item.name
        elif isinstance(item, Step) and item.family == "output":
            yield item.label


def _rows(stops: Sequence[_Stop]) -> tuple[list[Part], float, float]:
    """The parts, their width and height."""
    parts: list[Part] = []
    x = across = top = 0.0
    row: list[_Stop] = []
    letters = 0
    for stop in stops:
        if row and x + stop.room + _JOINT + _GAP > PAGE[0]:
            top = _row(row, top, parts, letters - 1, letters)
            letters, row, x = letters + 1, [], _JOINT + _GAP
        row.append(stop)
        x += stop.room + _GAP
        across = max(across, x - _GAP)
    bottom = _row(row, top, parts, letters - 1, -1)
    return parts, across + (_JOINT + _GAP if letters else 0.0), bottom


def _row(row: Sequence[_Stop], top: float, parts: list[Part], came: int, goes: int) -> float:
    """Draw one row from `top` down; letters say where it comes from and goes on. The top of the next row."""
    axis = top + max(stop.box.height for stop in row) / 2
    x = end = 0.0
    if came >= 0:
        parts.append(joint(came, _JOINT / 2, axis - _JOINT / 2))
        x, end = _JOINT + _GAP, _JOINT
    foot = 2 * axis - top
    for stop in row:
        box = stop.box.moved(x + (stop.room - stop.box.width) / 2, axis)
        if end:
            parts.append(Wire(((end, axis), (box.x, axis))))
        parts.append(box)
        parts += [
            Text(x + stop.room / 2, foot + 10.0 + place * _LINE, line, SMALLEST, "middle", role="soft")
            for place, line in enumerate(stop.words)
        ]
        x, end = x + stop.room + _GAP, box.right + (2.0 if box.shape == "bare" else 0.0)
    if goes >= 0:
        parts += [Wire(((end, axis), (x, axis))), joint(goes, x + _JOINT / 2, axis - _JOINT / 2)]
    return foot + 10.0 + _LINE * max(len(stop.words) for stop in row) + _APART / 2


def _height(step: Step) -> float:
    """A map is the higher the larger it is, a doubling at a time; anything else, and an input, is flat."""
    return _FLAT + _DOUBLING * log2(max(extent(step.shape), 1))
