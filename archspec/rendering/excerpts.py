"""Diagnostics for people: rustc's structure, with the lines of the spec and carets under them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from archspec.diagnostics import Diagnostic, Frame
from archspec.records import Record
from archspec.rendering.cells import printable
from archspec.rendering.marks import Mark, draw
from archspec.rendering.style import Role, paint
from archspec.text.lines import normalise
from archspec.text.span import Span

MAX_FRAMES = 4
MAX_WIDTH = 120


def render_text(diagnostics: Iterable[Diagnostic], texts: Mapping[str, str], color: bool = False) -> str:
    """Every diagnostic with its excerpt, and a closing line that counts them; "" for none.

    `texts` holds the sources by file name, as read; a file that it lacks is named without an excerpt. The user's own
    text is escaped, so nothing in a spec reaches the terminal as a control sequence.
    """
    page = _Page(texts, color)
    blocks = ["\n".join(page.block(diagnostic)) for diagnostic in diagnostics]
    if not blocks:
        return ""
    return "\n\n".join([*blocks, page.closing()]) + "\n"


def count(errors: int, warnings: int) -> str:
    """`2 errors and 1 warning`; a kind of which there is none is left out."""
    parts = [f"{n} {word}{'s' if n > 1 else ''}" for n, word in ((errors, "error"), (warnings, "warning")) if n]
    return " and ".join(parts)


class _Place(Record):
    """A label of either kind, still in spans."""

    span: Span
    text: str
    role: Role


class _Page:
    """Renders blocks one after another, and keeps the lines of the files and the counts."""

    def __init__(self, texts: Mapping[str, str], color: bool) -> None:
        self.texts, self.color = texts, color
        self.lines: dict[str, list[str]] = {}
        self.counts = {"error": 0, "warning": 0}

    def block(self, diagnostic: Diagnostic) -> Iterator[str]:
        """The lines of one diagnostic."""
        self.counts[diagnostic.severity] += 1
        head = paint(f"{diagnostic.severity}[{diagnostic.code}]", diagnostic.severity, self.color)
        yield head + paint(f": {printable(diagnostic.title)}", "title", self.color)
        places = _places(diagnostic)
        gutter = len(str(max((place.span.line for place in places), default=0)))
        if diagnostic.span is not None:
            yield from self._arrow(diagnostic.span, diagnostic.chain, gutter)
        yield from self._excerpts(places, gutter)
        yield from self._remarks(diagnostic, gutter)

    def closing(self) -> str:
        """The line that counts."""
        role: Role = "error" if self.counts["error"] else "warning"
        return paint(f"{count(self.counts['error'], self.counts['warning'])} found", role, self.color)

    def _arrow(self, span: Span, chain: tuple[Frame, ...], gutter: int) -> Iterator[str]:
        place = f"{printable(span.file)}:{span.line}:{span.column}"
        arrow = " " * gutter + paint("-->", "frame", self.color) + f" {place}"
        frames = [f"{_how(frame, index)} {_frame(frame, span.file)}" for index, frame in enumerate(chain)]
        if len(frames) > MAX_FRAMES:
            frames[MAX_FRAMES - 1 : -1] = [f"called by {len(frames) - MAX_FRAMES} more"]
        where = ", ".join(frames)
        if len(place) + len(where) + gutter + 7 <= MAX_WIDTH:
            yield arrow + (f"   {where}" if where else "")
        else:
            yield arrow
            yield from (" " * (gutter + 4) + frame for frame in frames)

    def _excerpts(self, places: list[_Place], gutter: int) -> Iterator[str]:
        for index, file in enumerate(dict.fromkeys(place.span.file for place in places)):
            here = [place for place in places if place.span.file == file]
            lines = self._lines_of(file)
            if index:
                first = min(here, key=lambda place: place.span)
                arrow = paint(":::", "frame", self.color)
                yield " " * gutter + f"{arrow} {printable(file)}:{first.span.line}:{first.span.column}"
            if lines is not None:
                yield from self._excerpt(here, lines, gutter)
                continue
            for place in here:
                if place.text:
                    yield self._bar(gutter, f" {place.span.line}:{place.span.column}: {printable(place.text)}")

    def _excerpt(self, places: list[_Place], lines: list[str], gutter: int) -> Iterator[str]:
        yield self._bar(gutter)
        before = None
        for number in sorted({place.span.line for place in places}):
            if before is not None and number > before + 1:
                yield paint("...", "frame", self.color)
            before = number
            line = lines[number - 1] if number <= len(lines) else ""
            shown, *rows = draw(line, [_mark(p, line) for p in places if p.span.line == number], self.color)
            yield f"{paint(f'{number:>{gutter}} |', 'frame', self.color)} {shown}".rstrip()
            yield from (self._bar(gutter, f" {row}") for row in rows)
        yield self._bar(gutter)

    def _remarks(self, diagnostic: Diagnostic, gutter: int) -> Iterator[str]:
        sign = " " * (gutter + 1) + paint("=", "frame", self.color)
        indent = "\n" + " " * (gutter + 3)
        for note in (*diagnostic.notes, *map(str, diagnostic.origins)):
            yield f"{sign} {indent.join(map(printable, note.splitlines()))}"
        if diagnostic.help is not None:
            text = f"{indent}      ".join(map(printable, diagnostic.help.splitlines()))
            yield f"{sign} {paint('help', 'help', self.color)}: {text}"

    def _bar(self, gutter: int, text: str = "") -> str:
        return " " * (gutter + 1) + paint("|", "frame", self.color) + text.rstrip()

    def _lines_of(self, file: str) -> list[str] | None:
        if file not in self.lines and file in self.texts:
            self.lines[file] = normalise(self.texts[file]).split("\n")
        return self.lines.get(file)


def _places(diagnostic: Diagnostic) -> list[_Place]:
    labels = [_Place(label.span, label.text, "second") for label in diagnostic.labels]
    if diagnostic.span is None:
        return labels
    return [_Place(diagnostic.span, diagnostic.label, diagnostic.severity), *labels]


def _mark(place: _Place, line: str) -> Mark:
    """A span of several lines is marked to the end of its first."""
    start, end = place.span.column - 1, place.span.end_column - 1
    return Mark(
        start,
        end if place.span.line == place.span.end_line else max(start + 1, len(line.rstrip())),
        place.text,
        place.role,
    )


def _how(frame: Frame, index: int) -> str:
    return "in" if index == 0 and frame.how == "called by" else frame.how


def _frame(frame: Frame, file: str) -> str:
    """`layer2.0 (repeat 1 of 8)` becomes `layer2.0 (line 60, repeat 1 of 8)`."""
    line = f"line {frame.span.line}" if frame.span.file == file else f"{printable(frame.span.file)}:{frame.span.line}"
    head, opened, tail = printable(frame.what).rpartition(" (")
    return f"{head} ({line}, {tail}" if opened and tail.endswith(")") else f"{printable(frame.what)} ({line})"
