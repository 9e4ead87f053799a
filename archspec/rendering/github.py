"""Diagnostics as workflow commands, which GitHub shows beside the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterable

from archspec.diagnostics import Diagnostic
from archspec.rendering.cells import printable


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """One command a line. What a spec says is escaped, so it cannot end a command or start one of its own."""
    return "".join(f"{_command(diagnostic)}\n" for diagnostic in diagnostics)


def _command(diagnostic: Diagnostic) -> str:
    properties = {**_place(diagnostic), "title": f"{diagnostic.code}: {diagnostic.title}"}
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{diagnostic.severity} {listed}::{_data(message(diagnostic))}"


def message(diagnostic: Diagnostic) -> str:
    """The title, notes and help as lines of printable text."""
    labels = [
        f"{diagnostic.label}" if diagnostic.label else "",
        *(f"{label.span.file}:{label.span.line}:{label.span.column}: {label.text}" for label in diagnostic.labels),
    ]
    help_ = [] if diagnostic.help is None else [f"help: {diagnostic.help}"]
    parts = [diagnostic.title, *labels, *diagnostic.notes, *map(str, diagnostic.origins), *help_]
    return "\n".join(printable(line) for part in parts for line in part.splitlines())


def _place(diagnostic: Diagnostic) -> dict[str, str | int]:
    span = diagnostic.span
    if span is None:
        return {}
    place: dict[str, str | int] = {"file": span.file, "line": span.line, "endLine": span.end_line}
    # GitHub drops columns of a span over several lines, and counts the last column in.
    if span.line == span.end_line:
        place |= {"col": span.column, "endColumn": max(span.column, span.end_column - 1)}
    return place


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(text)).replace(":", "%3A").replace(",", "%2C")
