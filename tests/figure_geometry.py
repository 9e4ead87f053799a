"""What must hold of every picture, whatever it shows: checked on the scene, without knowing how it was laid out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, pairwise
from typing import TypeVar

from archspec.backends.figure.lettering import SMALLEST, width
from archspec.backends.figure.scene import Box, Rule, Scene, Text, Wire

SOLID = ("rect", "pill", "circle", "bare")
_STRIP = 60.0
_T = TypeVar("_T")


def faults(scene: Scene) -> list[str]:
    """Everything that is wrong with a picture."""
    solid = [box for box in scene.boxes if box.shape in SOLID]
    return [*_overlaps(scene, solid), *_crossings(scene, solid), *_letters(scene, solid), *_wires(scene, solid)]


def overlap(a: Box, b: Box, slack: float = 0.01) -> bool:
    return min(a.right, b.right) - max(a.x, b.x) > slack and min(a.bottom, b.bottom) - max(a.y, b.y) > slack


def contains(outer: Box, inner: Box) -> bool:
    return outer.x <= inner.x and outer.y <= inner.y and inner.right <= outer.right and inner.bottom <= outer.bottom


def on_edge(box: Box, x: float, y: float) -> bool:
    inside = box.x - 0.01 <= x <= box.right + 0.01 and box.y - 0.01 <= y <= box.bottom + 0.01
    return inside and (
        min(abs(x - box.x), abs(x - box.right)) < 0.01 or min(abs(y - box.y), abs(y - box.bottom)) < 0.01
    )


def text_box(text: Text) -> Box:
    wide = width(text.text, text.size, text.bold)
    x = text.x - (wide / 2 if text.anchor == "middle" else wide if text.anchor == "end" else 0.0)
    return Box(x, text.y - text.size * 0.75, wide, text.size * 0.95, "rect")


def stretches(wire: Wire) -> Iterator[Box]:
    """The straight pieces of a wire, as thin boxes; an oblique one in steps of 2 pt."""
    for (x1, y1), (x2, y2) in pairwise(wire.points):
        if min(abs(x1 - x2), abs(y1 - y2)) > 0.01:
            count = int(max(abs(x1 - x2), abs(y1 - y2)) / 2.0) + 1
            for step in range(count + 1):
                x, y = x1 + (x2 - x1) * step / count, y1 + (y2 - y1) * step / count
                yield Box(x - 0.2, y - 0.2, 0.4, 0.4, "rect")
            continue
        yield Box(min(x1, x2) - 0.2, min(y1, y2) - 0.2, abs(x1 - x2) + 0.4, abs(y1 - y2) + 0.4, "rect")


def near(first: Sequence[_T], second: Sequence[_T], place: Callable[[_T], Box]) -> Iterator[tuple[_T, _T]]:
    """The pairs that come into the same strip of the picture: what is far apart is not compared."""
    strips: dict[int, list[_T]] = defaultdict(list)
    for one in second:
        for strip in _strips(place(one)):
            strips[strip].append(one)
    for one in first:
        others = {id(other): other for strip in _strips(place(one)) for other in strips.get(strip, ())}
        yield from ((one, other) for other in others.values() if other is not one)


def _strips(box: Box) -> range:
    return range(int(box.y // _STRIP), int(box.bottom // _STRIP) + 1)


def _overlaps(scene: Scene, solid: Sequence[Box]) -> Iterator[str]:
    cards = [box for box in scene.boxes if box.shape == "card"]
    badges = [box for box in scene.boxes if box.shape == "badge"]
    yield from (f"overlap: {a} {b}" for a, b in near(solid, solid, _self) if overlap(a, b))
    yield from (f"badge on box: {a} {b}" for a, b in near(badges, solid, _self) if overlap(a, b))
    for a, b in near(cards, [*cards, *solid], _self):
        if overlap(a, b) and not contains(a, b) and not (b.shape == "card" and contains(b, a)):
            yield f"half in a card: {a} {b}"
    for box in scene.boxes:
        if box.x < 0 or box.y < 0 or box.right > scene.width or box.bottom > scene.height:
            yield f"outside: {box}"
        if any(width(line, box.size) > box.width for line in box.lines) or (
            len(box.lines) * box.size > box.height + 1.0
        ):
            yield f"label too large: {box}"


def _crossings(scene: Scene, solid: Sequence[Box]) -> Iterator[str]:
    pieces = [stretch for wire in scene.wires for stretch in stretches(wire)]
    for stretch, box in near(pieces, solid, _self):
        if overlap(stretch, box, 0.25):
            yield f"wire through box: {stretch} {box}"


def _letters(scene: Scene, solid: Sequence[Box]) -> Iterator[str]:
    texts = [text_box(text) for text in scene.texts]
    pieces = [stretch for wire in scene.wires for stretch in stretches(wire)]
    rules = [_thin(part) for part in scene.parts if isinstance(part, Rule)]
    for kind, others in (("box", solid), ("wire", pieces), ("hairline", rules), ("text", texts)):
        for text, other in near(texts, others, _self):
            if overlap(text, other, 0.3):
                yield f"text on {kind}: {text} {other}"
    for text, box in zip(scene.texts, texts, strict=True):
        if box.x < -0.01 or box.right > scene.width or box.y < 0 or box.bottom > scene.height:
            yield f"text outside: {text}"
    sizes = [text.size for text in scene.texts] + [box.size for box in scene.boxes if box.lines]
    if sizes and min(sizes) < SMALLEST:
        yield f"text of {min(sizes)} pt"


def _wires(scene: Scene, solid: Sequence[Box]) -> Iterator[str]:
    """Wires that go into a box have an arrowhead; those that leave another wire begin on one and end on a box."""
    flows = [stretch for wire in scene.wires for stretch in stretches(wire) if wire.kind in ("flow", "span")]
    framed = [box for box in scene.boxes if box.shape == "card"]
    ends = [(wire, Box(wire.points[-1][0], wire.points[-1][1], 0.0, 0.0, "rect")) for wire in scene.wires]
    reached: dict[int, Box] = {}
    for (wire, end), (_, box) in near(ends, [(None, box) for box in (*framed, *solid)], lambda pair: pair[1]):  # type: ignore[type-var, misc]
        if on_edge(box, end.x, end.y):
            reached[id(wire)] = box
            if not wire.arrow and wire.points[-2][1] < end.y and end.y < box.bottom - 0.01:
                yield f"no arrowhead: {wire} {box}"
    for wire in scene.wires:
        if not wire.dot:
            continue
        begun = not wire.arrow and any(other.points[0] == wire.points[-1] for other in scene.wires)
        if id(wire) not in reached and not begun:
            yield f"ends nowhere: {wire}"
        x, y = wire.points[0]
        if not any(s.x - 0.01 <= x <= s.right + 0.01 and s.y - 0.01 <= y <= s.bottom + 0.01 for s in flows):
            yield f"begins nowhere: {wire}"
        if wire.kind in ("identity", "projection", "pad") and not wire.arrow and id(wire) in reached:
            yield f"shortcut without arrowhead: {wire}"


def _thin(rule: Rule) -> Box:
    (x1, y1), (x2, y2) = rule.start, rule.end
    return Box(min(x1, x2) - 0.2, min(y1, y2) - 0.2, abs(x2 - x1) + 0.4, abs(y2 - y1) + 0.4, "rect")


def _self(box: Box) -> Box:
    return box


def lying_apart(boxes: Sequence[Box]) -> bool:
    """Whether no two of a few boxes overlap."""
    return not any(overlap(a, b) for a, b in combinations(boxes, 2))
