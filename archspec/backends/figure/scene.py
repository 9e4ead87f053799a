"""A figure as plain data: boxes, wires, texts, hairlines. Every backend prints this; none of them decides anything.

The contract with the backends:

- Units are points at the size of a printed page; y grows downwards; parts are drawn in order, later ones on top.
- Colours are names of the theme (`Box.fill`, `Text.role`, `Rule.role`, and a wire's colour is its kind, `wire` for
  "flow"), dashes are `theme.DASHES` by kind. A backend looks them up in a palette and knows no colour itself.
- Every box that stands for something in the network carries the `path` of its node, block or stage, the number of the
  `network` in the figure (from 0), and in `note` the whole of what its lines may have cut. Boxes of the legend have no
  path.
- Lines of text are fitted already: a backend prints them as they are, and cuts and breaks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from archspec.records import Record, replace

Point = tuple[float, float]
BoxShape = Literal["rect", "pill", "circle", "card", "shadow", "bare", "badge", "bar"]
WireKind = Literal["flow", "span", "identity", "projection", "pad", "gated"]
"""What a wire is: the flow of the trunk and of branches, a stretch of trunk with nothing on it, a kind of shortcut."""
Anchor = Literal["start", "middle", "end"]


class Box(Record):
    """A shape with centred lines of text; `x`, `y` is its top left corner.

    `fill` names a colour of the theme. `heavy` boxes change the size of the map and have a thicker outline. `symbol`
    is drawn with strokes (the plus of an addition). `path` is the place in the network: of a node, of a block or of the
    first of `count` equal blocks that one card stands for, of a stage its name. `note` is what a reader gets who points
    at it.
    """

    x: float
    y: float
    width: float
    height: float
    shape: BoxShape
    lines: tuple[str, ...] = ()
    fill: str = "neutral"
    size: float = 9.0
    heavy: bool = False
    symbol: Literal["", "+", "×"] = ""
    path: str = ""
    note: str = ""
    count: int = 1
    network: int = 0

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def moved(self, dx: float, dy: float) -> Box:
        """The same box elsewhere."""
        return replace(self, x=self.x + dx, y=self.y + dy)


class Wire(Record):
    """A line through `points` with rounded corners; `dot` marks where it leaves another wire."""

    points: tuple[Point, ...]
    kind: WireKind = "flow"
    arrow: bool = True
    dot: bool = False

    @property
    def bottom(self) -> float:
        return max(y for _, y in self.points)

    def moved(self, dx: float, dy: float) -> Wire:
        """The same wire elsewhere."""
        return replace(self, points=tuple((x + dx, y + dy) for x, y in self.points))


class Text(Record):
    """A line of free text; `x`, `y` is the anchor on its baseline. `role` names a colour of the theme."""

    x: float
    y: float
    text: str
    size: float = 8.0
    anchor: Anchor = "start"
    bold: bool = False
    role: str = "ink"

    @property
    def bottom(self) -> float:
        return self.y

    def moved(self, dx: float, dy: float) -> Text:
        """The same text elsewhere."""
        return replace(self, x=self.x + dx, y=self.y + dy)


class Rule(Record):
    """A hairline: horizontal across the figure at a change of size, or the vertical bracket of a stage."""

    start: Point
    end: Point
    role: str = "hairline"

    @property
    def bottom(self) -> float:
        return max(self.start[1], self.end[1])

    def moved(self, dx: float, dy: float) -> Rule:
        """The same line elsewhere."""
        (x1, y1), (x2, y2) = self.start, self.end
        return replace(self, start=(x1 + dx, y1 + dy), end=(x2 + dx, y2 + dy))


Part = Box | Wire | Text | Rule


class Scene(Record):
    """A finished picture: its size and its parts in drawing order.

    `breaks` are the heights at which a printer may cut it into pages, none where it fits on one.
    """

    width: float
    height: float
    parts: tuple[Part, ...]
    breaks: tuple[float, ...] = ()

    @property
    def boxes(self) -> tuple[Box, ...]:
        return tuple(part for part in self.parts if isinstance(part, Box))

    @property
    def wires(self) -> tuple[Wire, ...]:
        return tuple(part for part in self.parts if isinstance(part, Wire))

    @property
    def texts(self) -> tuple[Text, ...]:
        return tuple(part for part in self.parts if isinstance(part, Text))


def moved(parts: Iterable[Part], dx: float, dy: float) -> tuple[Part, ...]:
    """All parts elsewhere."""
    return tuple(part.moved(dx, dy) for part in parts)


def scaled(parts: Iterable[Part], factor: float) -> tuple[Part, ...]:
    """All parts larger, text and distances alike."""
    return tuple(_scaled(part, factor) for part in parts)


def _scaled(part: Part, factor: float) -> Part:
    if isinstance(part, Box):
        x, y, across, high = (value * factor for value in (part.x, part.y, part.width, part.height))
        return replace(part, x=x, y=y, width=across, height=high, size=part.size * factor)
    if isinstance(part, Text):
        return replace(part, x=part.x * factor, y=part.y * factor, size=part.size * factor)
    if isinstance(part, Wire):
        return replace(part, points=tuple((x * factor, y * factor) for x, y in part.points))
    (x1, y1), (x2, y2) = part.start, part.end
    return replace(part, start=(x1 * factor, y1 * factor), end=(x2 * factor, y2 * factor))


def of_network(parts: Iterable[Part], index: int) -> tuple[Part, ...]:
    """All parts, with their boxes marked as those of the network at `index`."""
    return tuple(replace(part, network=index) if isinstance(part, Box) else part for part in parts)
