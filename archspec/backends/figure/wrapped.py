"""A network too tall for a page, in several columns: broken where a stage begins if possible, and over several pages if
need be, so that a page holds it with no text smaller than 6 pt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise, product
from math import inf
from string import ascii_uppercase

from archspec.backends.figure.fragment import down
from archspec.backends.figure.gutter import GUTTER, Gutter
from archspec.backends.figure.heading import HEAD, heading, heading_width
from archspec.backends.figure.lettering import SMALLEST
from archspec.backends.figure.outline import Outline
from archspec.backends.figure.placing import Placed, reach, settled, trunk
from archspec.backends.figure.scene import Box, Part, moved
from archspec.records import Record

PAGE = (607.5, 810.0)
"""Width and height: the 6.75 by 9 inches of a paper's page print this at 4/5, and so the smallest text at 6 pt."""
FRAME = 54.0
"""How much of a page's height margins and legend take."""
_APART = 26.0
_JOINT, _WIRE = 11.0, 8.0
_HEADROOM = _JOINT + _WIRE
_FULL = 0.62

Room = Callable[[int], float]
"""How high the column at this place may be."""


class Sheet(Record):
    """Columns of a wrapped network: its parts, its size, and the heights at which its pages end."""

    parts: tuple[Part, ...]
    width: float
    breaks: tuple[float, ...]

    @property
    def tallest(self) -> float:
        """The height of its tallest page."""
        return max(end - start for start, end in pairwise([0.0, *self.breaks, max(part.bottom for part in self.parts)]))


def wrapped(outline: Outline, items: Sequence[Placed], first: str, page: tuple[float, float] = PAGE) -> Sheet:
    """All columns side by side, as many to a page as it holds, page below page."""
    left, right = reach(items)
    across = GUTTER + left + right + 4.0
    most = max(1, int((page[0] + _APART) // (across + _APART)))
    rise = 0.0 if heading_width(outline) > across else HEAD

    def room(index: int) -> float:
        taken = HEAD - (rise if index else 0.0) if index < most else 0.0
        return page[1] - FRAME - taken - (2 * _HEADROOM if index else _HEADROOM)

    tall = settled(items, 0.0, Gutter(outline.groups, across, first))
    columns = _columns(tall, room, most)
    parts: list[Part] = [*heading(outline, 0.0, "start")]
    top, breaks, running = HEAD, list[float](), -1
    for start in range(0, len(columns), most):
        foot = top
        for place, column in enumerate(columns[start : start + most]):
            index = start + place
            gutter = Gutter(outline.groups, across, "output" if index else first, running)
            placed = settled(column, _HEADROOM if index else 0.0, gutter)
            own = [*gutter.parts, *moved(trunk(placed), GUTTER + left, 0.0)]
            last = index + 1 == len(columns)
            own += moved(_joints(placed, index, last), GUTTER + left, 0.0)
            head = top - (rise if place and not start else 0.0)
            parts += moved(own, place * (across + _APART), head)
            running = placed[-1].group
            foot = max(foot, head + max(placed[-1].bottom + (0.0 if last else _HEADROOM), gutter.bottom))
        top = foot + _APART
        breaks.append(foot + _APART / 2)
    return Sheet(tuple(parts), min(len(columns), most) * (across + _APART) - _APART, tuple(breaks[:-1]))


def _joints(column: Sequence[Placed], index: int, last: bool) -> list[Part]:
    """Letters in circles at the head and foot of a column: where a wire goes on."""
    parts: list[Part] = []
    if index:
        parts += [joint(index - 1, 0.0, 0.0), down(0.0, _JOINT, column[0].y, not column[0].fragment.soft)]
    if not last:
        foot = column[-1].bottom + _WIRE
        parts += [down(0.0, column[-1].bottom, foot), joint(index, 0.0, foot)]
    return parts


def joint(index: int, middle: float, top: float) -> Box:
    """A letter in a circle: the wire that ends at one goes on at the other."""
    turn, letter = divmod(index, len(ascii_uppercase))
    words = ascii_uppercase[letter] + (str(turn) if turn else "")
    across = _JOINT if len(words) == 1 else _JOINT + 8.0
    return Box(
        middle - across / 2, top, across, _JOINT, "circle", (words,), "joint", SMALLEST, note=f"goes on at {words}"
    )


def _columns(tall: Sequence[Placed], room: Room, most: int) -> list[Sequence[Placed]]:
    """The items in columns; on one page, of much the same height, and each of whole stages if possible."""
    full = _broken(tall, inf, room, staged=len(tall) > most)
    if len(full) > most:
        return full
    fewest = len(_broken(tall, inf, room, staged=False))
    fair = tall[-1].bottom / fewest
    for staged, share in product((True, False), (1.0, 1.08, 1.16, 1.25)):
        columns = _broken(tall, fair * share, room, staged)
        if len(columns) <= fewest:
            return columns
    return full


def _broken(tall: Sequence[Placed], wanted: float, room: Room, staged: bool) -> list[Sequence[Placed]]:
    cuts = [0]
    while (cut := _cut(tall, cuts[-1], wanted, room(len(cuts) - 1), staged)) is not None:
        cuts.append(cut)
    return [tall[start:end] for start, end in pairwise([*cuts, len(tall)])]


def _cut(tall: Sequence[Placed], start: int, wanted: float, room: float, staged: bool) -> int | None:
    """The item that begins the next column, None if all fit: of those that begin a stage the one nearest to what is
    wanted, unless much would stay empty.
    """
    top, height = tall[start].y, min(wanted, room)
    if tall[-1].bottom - top <= min(wanted, room + _HEADROOM):
        return None
    whole: int | None = None
    last: int | None = None
    for index in range(start + 1, len(tall)):
        if tall[index].ends.inside or tall[index].ends.opens:  # a long shortcut passes here
            continue
        reached = tall[index - 1].bottom - top
        if reached > room and last is not None:
            break
        last = index if last is None or reached <= height else last
        if staged and tall[index].group != tall[index - 1].group and reached >= height * _FULL:
            nearer = whole is None or abs(reached - height) < abs(tall[whole - 1].bottom - top - height)
            whole = index if nearer else whole
    return whole or last
