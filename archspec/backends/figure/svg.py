"""Scene to SVG: text stays text, arrowheads are paths (converters drop markers), equal scenes give equal bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.sax.saxutils import escape as escape_xml

from archspec.backends.escape import clean
from archspec.backends.figure.paths import arrowhead, rounded, shortened
from archspec.backends.figure.scene import Box, Part, Point, Rule, Scene, Text, Wire
from archspec.backends.figure.theme import DASHES, FONTS, stylesheet


def render(scene: Scene, title: str, description: str, palette: Mapping[str, str] | None = None) -> str:
    """The SVG document; colours follow the reader's scheme, or are baked in from `palette` for converters."""
    paint = Paint(palette)
    width, height = _number(scene.width), _number(scene.height)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="archspec" role="img" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{FONTS}">',
        f"<title>{_text(title)}</title>",
        f"<desc>{_text(description)}</desc>",
        *([] if palette else [f"<style>{stylesheet()}</style>"]),
        f'<rect width="{width}" height="{height}" {paint(fill="paper")}/>',
    ]
    for part in scene.parts:
        lines.extend(_part(part, paint))
    return "\n".join([*lines, "</svg>", ""])


def draw_part(part: Part) -> str:
    """One part as SVG elements, for a document that brings the style sheet."""
    return "".join(_part(part, Paint(None)))


class Paint:
    """Colour roles as attributes: classes of the style sheet, or the colours of a palette."""

    def __init__(self, palette: Mapping[str, str] | None) -> None:
        self._palette = palette

    def __call__(self, fill: str | None = None, stroke: str | None = None) -> str:
        none = "" if fill else ' fill="none"'
        if self._palette is None:
            classes = [f"f-{fill}"] * bool(fill) + [f"s-{stroke}"] * bool(stroke)
            return f'class="{" ".join(classes)}"{none}'
        fills = [f'fill="{self._palette[fill]}"'] if fill else []
        strokes = [f'stroke="{self._palette[stroke]}"'] if stroke else []
        return " ".join([*fills, *strokes]) + none


def _part(part: Part, paint: Paint) -> Iterator[str]:
    if isinstance(part, Box):
        yield from _box(part, paint)
    elif isinstance(part, Wire):
        yield from _wire(part, paint)
    elif isinstance(part, Text):
        yield _label(part.x, part.y, part.text, part.size, part.anchor, part.bold, paint(fill=part.role))
    else:
        yield _rule(part, paint)


def _box(box: Box, paint: Paint) -> Iterator[str]:
    yield "<g>" if not box.note else f"<g><title>{_text(box.note)}</title>"
    if box.shape != "bare":
        yield _outline(box, paint)
    if box.symbol:
        yield _symbol(box, paint)
    ink = {"badge": "badgeink", "bare": "soft", "card": "soft"}.get(box.shape, "boxink")
    leading = box.size * 1.12
    first = box.y + box.height / 2 + box.size * 0.35 - leading * (len(box.lines) - 1) / 2
    for index, line in enumerate(box.lines):
        bold = box.shape == "badge"
        yield _label(box.x + box.width / 2, first + index * leading, line, box.size, "middle", bold, paint(fill=ink))
    yield "</g>"


def _outline(box: Box, paint: Paint) -> str:
    rounding = {"rect": 2.5, "card": 5.0, "shadow": 5.0, "bar": 1.0}.get(box.shape, box.height / 2)
    place = (
        f'x="{_number(box.x)}" y="{_number(box.y)}" width="{_number(box.width)}" height="{_number(box.height)}" '
        f'rx="{_number(rounding)}"'
    )
    if box.shape in ("badge", "bar"):
        return f"<rect {place} {paint(fill=box.fill)}/>"
    framing = box.shape in ("card", "shadow")
    stroke, weight = ("cardline", 0.7) if framing else ("heavy", 1.5) if box.heavy else ("outline", 0.7)
    return f'<rect {place} {paint(box.fill, stroke)} stroke-width="{weight}"/>'


def _symbol(box: Box, paint: Paint) -> str:
    x, y, reach = box.x + box.width / 2, box.y + box.height / 2, min(box.width, box.height) * 0.3
    if box.symbol == "+":
        strokes = f"M{_xy(x - reach, y)}H{_number(x + reach)}M{_xy(x, y - reach)}V{_number(y + reach)}"
    else:
        reach *= 0.75
        strokes = (
            f"M{_xy(x - reach, y - reach)}L{_xy(x + reach, y + reach)}"
            f"M{_xy(x - reach, y + reach)}L{_xy(x + reach, y - reach)}"
        )
    return f'<path d="{strokes}" {paint(stroke="boxink")} stroke-width="1"/>'


def _wire(wire: Wire, paint: Paint) -> Iterator[str]:
    points = shortened(wire.points) if wire.arrow else wire.points
    dash = f' stroke-dasharray="{DASHES[wire.kind]}"' if wire.kind in DASHES else ""
    colour, weight = ("wire", 0.9) if wire.kind == "flow" else (wire.kind, 0.9 if wire.kind == "span" else 1.3)
    yield f'<path d="{_rounded(points)}" {paint(stroke=colour)} stroke-width="{weight}"{dash}/>'
    if wire.arrow:
        yield f'<path d="{_triangle(arrowhead(wire.points[-2], wire.points[-1]))}" {paint(fill=colour)}/>'
    if wire.dot:
        (x, y) = wire.points[0]
        yield f'<circle cx="{_number(x)}" cy="{_number(y)}" r="1.5" {paint(fill=colour)}/>'


def _rule(rule: Rule, paint: Paint) -> str:
    (x1, y1), (x2, y2) = rule.start, rule.end
    return f'<path d="M{_xy(x1, y1)}L{_xy(x2, y2)}" {paint(stroke=rule.role)} stroke-width="0.7"/>'


def _label(x: float, y: float, text: str, size: float, anchor: str, bold: bool, paint: str) -> str:
    weight = ' font-weight="bold"' if bold else ""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    start = f'<text x="{_number(x)}" y="{_number(y)}" font-size="{_number(size)}"'
    return f"{start}{place}{weight} {paint}>{_text(text)}</text>"


def _rounded(points: tuple[Point, ...]) -> str:
    start, *corners, end = rounded(points)
    curves = "".join(f"L{_xy(*enter)}Q{_xy(*corner)} {_xy(*leave)}" for enter, corner, leave in corners)
    return f"M{_xy(*start[1])}{curves}L{_xy(*end[1])}"


def _triangle(points: tuple[Point, Point, Point]) -> str:
    return "M" + "L".join(_xy(*point) for point in points) + "Z"


def _xy(x: float, y: float) -> str:
    return f"{_number(x)} {_number(y)}"


def _number(value: float) -> str:
    return (
        f"{value + 0.0:.2f}".rstrip("0").rstrip(".").removeprefix("-")
        if abs(value) < 0.005
        else f"{value:.2f}".rstrip("0").rstrip(".")
    )


def _text(text: str) -> str:
    return escape_xml(clean(text))
