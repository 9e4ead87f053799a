"""Collecting what is wrong, so that one run shows every error of a file."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import contextmanager
from collections.abc import Iterator
from difflib import get_close_matches

from archspec.diagnostics import Diagnostic, Frame, Label, SpecError, in_order
from archspec.span import Span


class Report:
    """The diagnostics found so far, the texts they point into, and the chain of calls being worked on."""

    def __init__(self) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.texts: dict[str, str] = {}
        self._chain: list[Frame] = []

    def error(
        self,
        code: str,
        title: str,
        span: Span | None,
        *,
        label: str = "",
        labels: Iterable[Label] = (),
        notes: Iterable[str] = (),
        help: str | None = None,
    ) -> None:
        """Record an error at `span`, with the chain of calls that lead there."""
        chain = tuple(reversed(self._chain))
        kept_notes = tuple(note for note in notes if note)
        self.diagnostics.append(Diagnostic(code, title, span, label, tuple(labels), kept_notes, help, chain))

    def warn(self, code: str, title: str, span: Span, *, notes: Iterable[str] = (), help: str | None = None) -> None:
        """Record a warning at `span`."""
        chain = tuple(reversed(self._chain))
        self.diagnostics.append(Diagnostic(code, title, span, "", (), tuple(notes), help, chain, "warning"))

    @contextmanager
    def within(self, what: str, span: Span) -> Iterator[None]:
        """Whatever is recorded inside happened in `what`, called at `span`."""
        self._chain.append(Frame(what, span))
        try:
            yield
        finally:
            self._chain.pop()

    @property
    def failed(self) -> bool:
        return any(d.severity == "error" for d in self.diagnostics)

    def stop_if_failed(self) -> None:
        """Raise SpecError with everything found, if any of it is an error."""
        if self.failed:
            raise SpecError(in_order(self.diagnostics), self.texts)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return in_order(d for d in self.diagnostics if d.severity == "warning")


def suggestion(word: str, options: Iterable[str], lead: str = "did you mean") -> str | None:
    """`did you mean `conv2d`?` for the nearest of the options, if one is near."""
    near = get_close_matches(word, list(options), n=1, cutoff=0.6)
    return f"{lead} `{near[0]}`?" if near else None
