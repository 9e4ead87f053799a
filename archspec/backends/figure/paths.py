"""The lines of a figure as geometry: rounded corners and arrowheads, for every writer of a scene."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archspec.backends.figure.scene import Point

CORNER = 7.0
ARROW = 5.2


def rounded(points: Sequence[Point]) -> Iterator[tuple[Point, Point, Point]]:
    """A line with corners of radius 7, or half a segment where that is shorter.

    For each point where its curve begins, the control point, and where it ends; all one at both ends of the line.
    """
    yield points[0], points[0], points[0]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        reach = min(CORNER, distance(before, corner) / 2, distance(corner, after) / 2)
        yield towards(corner, before, reach), corner, towards(corner, after, reach)
    yield points[-1], points[-1], points[-1]


def arrowhead(before: Point, tip: Point) -> tuple[Point, Point, Point]:
    """The triangle at the end of a line."""
    (x, y), (bx, by) = tip, towards(tip, before, ARROW)
    sx, sy = (y - by) * 0.36, (bx - x) * 0.36
    return tip, (bx + sx, by + sy), (bx - sx, by - sy)


def shortened(points: Sequence[Point]) -> tuple[Point, ...]:
    """The line without its last stretch, which lies under the arrowhead."""
    before, tip = points[-2], points[-1]
    return (*points[:-1], towards(tip, before, min(ARROW * 0.8, distance(before, tip))))


def towards(start: Point, goal: Point, reach: float) -> Point:
    """The point `reach` away from `start` on the way to `goal`."""
    length = distance(start, goal) or 1.0
    return start[0] + (goal[0] - start[0]) * reach / length, start[1] + (goal[1] - start[1]) * reach / length


def distance(a: Point, b: Point) -> float:
    """How far two points are apart."""
    return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)
