r"""Scene to TikZ, for `\input` in a LaTeX document: its text is the document's own, its sizes are those of the SVG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archspec.backends.escape import latex_text
from archspec.backends.figure.paths import arrowhead, rounded, shortened
from archspec.backends.figure.scene import Box, Part, Point, Rule, Scene, Text, Wire
from archspec.backends.figure.theme import DASHES

_ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}
_RADII = {"rect": 2.5, "card": 5.0, "shadow": 5.0, "bar": 1.0}


def tikz(scene: Scene, palette: Mapping[str, str]) -> str:
    """A `tikzpicture` that needs nothing but tikz; colours are defined inside it, under names of their own."""
    body = [line for part in scene.parts for line in _part(part)]
    used = [name for name in palette if any(f"as-{name}" in line for line in body)]
    colours = [rf"\definecolor{{as-{name}}}{{HTML}}{{{palette[name].removeprefix('#').upper()}}}" for name in used]
    frame = rf"\path[use as bounding box] (0,0) rectangle {_at((scene.width, scene.height))};"
    return "\n".join(
        [
            r"% \usepackage{tikz}",
            r"\begin{tikzpicture}[x=1pt,y=-1pt,inner sep=0pt,outer sep=0pt,line join=round,font=\sffamily]",
            *colours, frame, *body, r"\end{tikzpicture}", "",
        ]
    )  # fmt: skip


def _part(part: Part) -> Iterator[str]:
    if isinstance(part, Box):
        yield from _box(part)
    elif isinstance(part, Wire):
        yield from _wire(part)
    elif isinstance(part, Text):
        yield _label((part.x, part.y), part.text, part.size, _ANCHORS[part.anchor], part.bold, part.role)
    else:
        yield _rule(part)


def _box(box: Box) -> Iterator[str]:
    if box.shape != "bare":
        yield _outline(box)
    if box.symbol:
        yield _symbol(box)
    ink = {"badge": "badgeink", "bare": "soft", "card": "soft"}.get(box.shape, "boxink")
    leading = box.size * 1.12
    first = box.y + box.height / 2 + box.size * 0.35 - leading * (len(box.lines) - 1) / 2
    for index, line in enumerate(box.lines):
        place = (box.x + box.width / 2, first + index * leading)
        yield _label(place, line, box.size, "base", box.shape == "badge", ink)


def _outline(box: Box) -> str:
    radius = min(_RADII.get(box.shape, box.height / 2), box.height / 2, box.width / 2)
    style = f"fill=as-{box.fill},rounded corners={_number(radius)}pt"
    if box.shape not in ("badge", "bar"):
        framing = box.shape in ("card", "shadow")
        stroke, weight = ("cardline", 0.7) if framing else ("heavy", 1.5) if box.heavy else ("outline", 0.7)
        style += f",draw=as-{stroke},line width={weight}pt"
    return rf"\path[{style}] {_at((box.x, box.y))} rectangle {_at((box.right, box.bottom))};"


def _symbol(box: Box) -> str:
    x, y, reach = box.x + box.width / 2, box.y + box.height / 2, min(box.width, box.height) * 0.3
    dx, dy = (0.0, reach) if box.symbol == "+" else (reach * 0.75, -reach * 0.75)
    ends = ((reach, 0.0), (dx, dy)) if box.symbol == "+" else ((reach * 0.75, reach * 0.75), (dx, dy))
    strokes = " ".join(f"{_at((x - a, y - b))} -- {_at((x + a, y + b))}" for a, b in ends)
    return rf"\draw[as-boxink,line width=1pt] {strokes};"


def _wire(wire: Wire) -> Iterator[str]:
    colour, weight = ("wire", 0.9) if wire.kind == "flow" else (wire.kind, 1.3)
    dash = f",dash pattern={_dashes(DASHES[wire.kind])}" if wire.kind in DASHES else ""
    points = shortened(wire.points) if wire.arrow else wire.points
    yield rf"\draw[as-{colour},line width={weight}pt{dash}] {_curve(points)};"
    if wire.arrow:
        triangle = " -- ".join(map(_at, arrowhead(wire.points[-2], wire.points[-1])))
        yield rf"\fill[as-{colour}] {triangle} -- cycle;"
    if wire.dot:
        yield rf"\fill[as-{colour}] {_at(wire.points[0])} circle[radius=1.5pt];"


def _curve(points: Sequence[Point]) -> str:
    """A line with round corners; TikZ's curves are cubic, so each control point is two thirds of the way."""
    (start, _, _), *corners, (_, _, end) = rounded(points)
    words = [_at(start)]
    for enter, corner, leave in corners:
        first, second = (_between(side, corner) for side in (enter, leave))
        words.append(f"-- {_at(enter)} .. controls {_at(first)} and {_at(second)} .. {_at(leave)}")
    return " ".join([*words, f"-- {_at(end)}"])


def _between(side: Point, corner: Point) -> Point:
    return side[0] + (corner[0] - side[0]) * 2 / 3, side[1] + (corner[1] - side[1]) * 2 / 3


def _rule(rule: Rule) -> str:
    return rf"\draw[as-{rule.role},line width=0.7pt] {_at(rule.start)} -- {_at(rule.end)};"


def _label(place: Point, text: str, size: float, anchor: str, bold: bool, role: str) -> str:
    font = rf"\fontsize{{{_number(size)}}}{{{_number(size)}}}\selectfont" + (r"\bfseries" if bold else "")
    return rf"\node[anchor={anchor},text=as-{role},font=\sffamily{font}] at {_at(place)} {{{latex_text(text)}}};"


def _dashes(pattern: str) -> str:
    return " ".join(f"{'off' if index % 2 else 'on'} {each}pt" for index, each in enumerate(pattern.split()))


def _at(point: Point) -> str:
    return f"({_number(point[0])},{_number(point[1])})"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-0", "0") if abs(value) < 0.005 else f"{value:.2f}"
