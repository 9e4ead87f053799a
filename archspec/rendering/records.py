"""Diagnostics for scripts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archspec.diagnostics import Diagnostic
from archspec.lazy import lazy
from archspec.text.span import Span

json = lazy("json")


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """A JSON list, one object per diagnostic; its keys are stable and always there, in pure ASCII."""
    return f"{json.dumps([_record(diagnostic) for diagnostic in diagnostics], indent=2)}\n"


def _record(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "title": diagnostic.title,
        "span": None if diagnostic.span is None else _span(diagnostic.span),
        "label": diagnostic.label,
        "labels": [{"span": _span(label.span), "text": label.text} for label in diagnostic.labels],
        "notes": list(diagnostic.notes),
        "help": diagnostic.help,
        "chain": [{"how": frame.how, "what": frame.what, "span": _span(frame.span)} for frame in diagnostic.chain],
        "origins": [
            {
                "name": origin.name,
                "value": origin.value,
                "how": origin.how,
                "span": None if origin.span is None else _span(origin.span),
            }
            for origin in diagnostic.origins
        ],
        "edit": None
        if diagnostic.edit is None
        else {"span": _span(diagnostic.edit.span), "text": diagnostic.edit.text},
    }


def _span(span: Span) -> dict[str, str | int]:
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
