"""Errors and warnings as frozen data; a renderer per format turns them into text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from archspec.records import Record
from archspec.text.span import Span

Severity = Literal["error", "warning"]


class Label(Record):
    """A second place that a diagnostic speaks of, and what is to be said of it."""

    span: Span
    text: str


class Frame(Record):
    """One link of the chain that made a value: `in bottleneck, called by layer2.0 (line 60, repeat 1 of 8)`.

    `how` are the words before it where it is not the first.
    """

    what: str
    span: Span
    how: str = "called by"


class Origin(Record):
    """What set a name that a value reads: `k` is 3, `set by variant `wide``, at its place in a file if it has one."""

    name: str
    value: str
    how: str
    span: Span | None = None

    def __str__(self) -> str:
        place = f" at {self.span.file}:{self.span.line}:{self.span.column}" if self.span is not None else ""
        return f"`{self.name}` is {self.value}, {self.how}{place}"


class Edit(Record):
    """A change of a spec's text: what is to stand where `span` is, all of it on one line."""

    span: Span
    text: str


class Diagnostic(Record):
    """One thing that is wrong with a spec, and how to mend it.

    `code` is stable (`E0301`), `title` one line, `label` the words beside the caret, `notes` say what was expected
    and what was found, `help` how to mend it, `chain` what leads to `span`, innermost first:
    calls, the files that extend its file, the variant.
    `origins` say what set the names that the value at `span` reads.
    `edit` is a change that was made and checked before it is offered: the mistake is gone with it.
    """

    code: str
    title: str
    span: Span | None = None
    label: str = ""
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    chain: tuple[Frame, ...] = ()
    severity: Severity = "error"
    edit: Edit | None = None
    origins: tuple[Origin, ...] = ()


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The diagnostics by position, equal ones once."""
    first = Span("", 0, 0, 0, 0)
    unique = dict.fromkeys(diagnostics)
    return tuple(sorted(unique, key=lambda d: (d.span or first, d.code, d.title)))


class SpecError(Exception):
    """A spec is wrong. `diagnostics` holds every error found, ordered by position; `texts` the sources by file name."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...], texts: Mapping[str, str] | None = None) -> None:
        super().__init__(diagnostics, texts)
        self.diagnostics, self.texts = diagnostics, texts or {}

    def __str__(self) -> str:
        return "\n".join(
            f"{d.code}: {d.title}" + (f" ({d.span.file}:{d.span.line}:{d.span.column})" if d.span else "")
            for d in self.diagnostics
        )


class UsageError(Exception):
    """The call is wrong, not the spec: a missing file, an unknown network, an option that does not exist.

    `diagnostic` points at the place in an argument of the call, where there is one; `texts` holds that argument.
    """

    def __init__(
        self,
        message: str,
        help: str | None = None,
        diagnostic: Diagnostic | None = None,
        texts: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, help, diagnostic, texts)
        self.message, self.help, self.diagnostic, self.texts = message, help, diagnostic, texts or {}

    def __str__(self) -> str:
        return self.message if self.help is None else f"{self.message}\n{self.help}"
