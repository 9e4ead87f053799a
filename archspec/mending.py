"""Edits that mend a mistake: what a help says to write is written and checked again before anybody reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from archspec.diagnostics import Diagnostic, Edit, SpecError, UsageError
from archspec.records import replace
from archspec.text.span import Span
from archspec.work import Work

MOST_ALONE = 4
SPELT = re.compile(r"(?:did you mean|it is called) `([^`]+)`")
WRITTEN = re.compile(r"(?:quote (?:it|the expression): |without quotes: |write )`([^`]+)`(?:, or [^`]*)?$")
NAME = re.compile(r"(['\"]?)[\w./@$-]+\1")

Recheck = Callable[[Mapping[str, str], Work], Sequence[Diagnostic]]
"""What is wrong with the spec when its files have these texts, found with so much work."""


def with_edits(error: SpecError, recheck: Recheck, work: Work) -> SpecError:
    """The error, each of its diagnostics that an edit mends carrying it, and without the spellings that mend nothing.

    All edits are tried together, those that fail so a few of them alone. Each try is paid from what the work
    has to spare and to reread; where nothing is left no spelling is offered.
    """
    wanted = {d: edit for d in error.diagnostics if (edit := _wanted(d, error.texts)) is not None}
    if not wanted:
        return error
    trial = _Trial(error, recheck, work)
    good = trial.mended(wanted)
    for diagnostic in [d for d in wanted if d not in good][:MOST_ALONE] if len(wanted) > 1 else ():
        good |= trial.mended({diagnostic: wanted[diagnostic]})
    return SpecError(tuple(_offered(d, d in wanted, good) for d in error.diagnostics), error.texts)


def _offered(diagnostic: Diagnostic, tried: bool, good: Mapping[Diagnostic, Edit | None]) -> Diagnostic:
    if diagnostic in good:
        return replace(diagnostic, edit=good[diagnostic])
    spelling = tried and SPELT.match(diagnostic.help or "") is not None
    return replace(diagnostic, help=None) if spelling else diagnostic


def _wanted(diagnostic: Diagnostic, texts: Mapping[str, str]) -> Edit | None:
    """What the help says to write in the place of the mistake."""
    span, help_ = diagnostic.span, diagnostic.help or ""
    if span is None or span.line != span.end_line or not span.file.endswith((".yaml", ".yml", ">")):
        return None
    lines = texts.get(span.file, "").split("\n")
    found = lines[span.line - 1][span.column - 1 : span.end_column - 1] if span.line <= len(lines) else ""
    spelt, written, name = SPELT.match(help_), WRITTEN.match(help_), NAME.fullmatch(found)
    if spelt is not None:
        return Edit(span, f"{name[1]}{spelt[1]}{name[1]}") if name is not None else None
    return Edit(span, written[1]) if written is not None and found and "..." not in written[1] else None


class _Trial:
    """Edits tried on the texts of a spec that is wrong."""

    def __init__(self, error: SpecError, recheck: Recheck, work: Work) -> None:
        self.texts, self.recheck, self.work = error.texts, recheck, work
        self.before = {_mistake(d) for d in error.diagnostics}

    def mended(self, edits: Mapping[Diagnostic, Edit]) -> dict[Diagnostic, Edit | None]:
        """The mistakes that are gone with the edits, None for one in whose place another comes to light."""
        self.work.rereading -= sum(map(len, self.texts.values()))
        if self.work.rereading < 0:
            return {}
        texts, places = edited(self.texts, edits.values())
        try:
            left = self.recheck(texts, self.work.spare)
        except UsageError:
            return {}
        if self.work.spare.spent or any(d.code.startswith("E01") and _mistake(d) not in self.before for d in left):
            return {}  # the checker did not come as far as before
        good: dict[Diagnostic, Edit | None] = {}
        for diagnostic, edit in edits.items():
            place = places.get(edit)
            here = [d for d in left if place is not None and d.span is not None and _meet(d.span, place)]
            if place is not None and not any(d.code == diagnostic.code for d in here):
                good[diagnostic] = None if any(_mistake(d) not in self.before for d in here) else edit
        return good


def edited(texts: Mapping[str, str], edits: Iterable[Edit]) -> tuple[dict[str, str], dict[Edit, Span]]:
    """The texts with the edits made, and where each then stands; of edits that overlap the first is made."""
    made, places = dict(texts), dict[Edit, Span]()
    before: Span | None = None
    shift = 0
    for edit in sorted(dict.fromkeys(edits), key=lambda edit: edit.span):
        span = edit.span
        same_line = before is not None and (before.file, before.line) == (span.file, span.line)
        if before is not None and same_line and span.column < before.end_column:
            continue
        shift = shift if same_line else 0
        lines = made[span.file].split("\n")
        line, start = lines[span.line - 1], span.column - 1 + shift
        lines[span.line - 1] = line[:start] + edit.text + line[span.end_column - 1 + shift :]
        made[span.file] = "\n".join(lines)
        places[edit] = Span(span.file, span.line, start + 1, span.line, start + 1 + len(edit.text))
        before, shift = span, shift + len(edit.text) - (span.end_column - span.column)
    return made, places


def _meet(span: Span, place: Span) -> bool:
    """Whether a span of one line has something of a place, or starts in it."""
    if (span.file, span.line) != (place.file, place.line):
        return False
    end = span.end_column if span.end_line == span.line else span.column + 1
    return span.column < place.end_column and place.column < max(end, span.column + 1)


def _mistake(diagnostic: Diagnostic) -> tuple[str, str, str, int]:
    span = diagnostic.span
    return diagnostic.code, diagnostic.title, span.file if span else "", span.line if span else 0
