"""Diagnostics as SARIF 2.1.0 (OASIS), which code-scanning services read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from archspec.codes import CODES
from archspec.diagnostics import Diagnostic, Edit
from archspec.rendering.cells import printable
from archspec.rendering.github import message
from archspec.text.span import Span
from archspec.version import VERSION

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render_sarif(diagnostics: Iterable[Diagnostic]) -> str:
    """One run with the rules that it uses; columns count code points.

    What has no place in a file, such as a file that is not there, is no result (code-scanning services refuse results
    without a location): it is a notification of the run.
    """
    found = tuple(diagnostics)
    placed, unplaced = ([d for d in found if (d.span is None) is lost] for lost in (False, True))
    codes, lost = (sorted({diagnostic.code for diagnostic in some}) for some in (placed, unplaced))
    driver: dict[str, Any] = {"name": "archspec", "version": VERSION, "rules": [_rule(code) for code in codes]}
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, codes.index(diagnostic.code)) for diagnostic in placed],
    }
    if lost:
        driver["notifications"] = [_rule(code) for code in lost]
        notifications = [_notification(diagnostic, lost.index(diagnostic.code)) for diagnostic in unplaced]
        run["invocations"] = [{"executionSuccessful": False, "toolExecutionNotifications": notifications}]
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    known = CODES.get(code)
    if known is None:
        return {"id": code}
    return {"id": code, "shortDescription": {"text": known.title}, "fullDescription": {"text": known.explanation}}


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    related = [
        *(_location(label.span, label.text) for label in diagnostic.labels),
        *(
            _location(frame.span, f"{'in' if frame.how == 'called by' else frame.how} {frame.what}")
            for frame in diagnostic.chain
        ),
        *(
            _location(origin.span, f"`{origin.name}` is {origin.value}, {origin.how}")
            for origin in diagnostic.origins
            if origin.span is not None
        ),
    ]
    fixes = {} if diagnostic.edit is None else {"fixes": [_fix(diagnostic.help or "", diagnostic.edit)]}
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity,
        "message": {"text": message(diagnostic)},
        "locations": [] if diagnostic.span is None else [_location(diagnostic.span)],
        "relatedLocations": [{"id": i, **location} for i, location in enumerate(related)],
        **fixes,
    }


def _fix(help_: str, edit: Edit) -> dict[str, Any]:
    place = _location(edit.span)["physicalLocation"]
    replacement = {"deletedRegion": place["region"], "insertedContent": {"text": edit.text}}
    change = {"artifactLocation": place["artifactLocation"], "replacements": [replacement]}
    return {"description": {"text": printable(help_)}, "artifactChanges": [change]}


def _notification(diagnostic: Diagnostic, index: int) -> dict[str, Any]:
    return {
        "descriptor": {"id": diagnostic.code, "index": index},
        "level": diagnostic.severity,
        "message": {"text": message(diagnostic)},
    }


def _location(span: Span, text: str = "") -> dict[str, Any]:
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    location = {"artifactLocation": {"uri": quote(span.file.replace("\\", "/"))}, "region": region}
    return {"physicalLocation": location, **({"message": {"text": text}} if text else {})}
