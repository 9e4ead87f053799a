"""Collecting what is wrong, so that one run shows every error of a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice

from archspec.diagnostics import Diagnostic, Frame, Label, Origin, SpecError, in_order
from archspec.lazy import lazy
from archspec.records import Record
from archspec.text.span import Span
from archspec.work import Work

difflib = lazy("difflib")

MAX_ERRORS = 50
MAX_AGAIN = 500
MAX_WORD = 100
MAX_OPTIONS = 1000
LOCAL = frozenset({"E0112", "E0114", "E0115"})
"""Mistakes of the text that concern one value: what else is wrong with that value is a consequence."""


class _Call(Record):
    """A call being worked on: of which block, defined where, by which item, where, and which unit of a repeat it is."""

    block: str
    defined: Span
    caller: str
    span: Span
    unit: str


class Report:
    """The diagnostics found so far, the texts they point into, and the chain of calls being worked on.

    A mistake inside a block or a repeat is found again in each of its units; the first one is kept. After MAX_ERRORS,
    or one met again MAX_AGAIN times, the next raises SpecError: a file with so many is not worth more work.
    """

    def __init__(self, work: Work | None = None) -> None:
        self.work = work if work is not None else Work()
        self.diagnostics: list[Diagnostic] = []
        self.texts: dict[str, str] = {}
        self.variant: Frame | None = None
        """The variant that is looked at."""
        self.parents: Mapping[str, Span] = {}
        """Where each file that is a parent is named, by its path."""
        self.failed = False
        self.fatal = False
        """Whether an error was found after which the rest would only be a consequence."""
        self._lenient = 0
        self._calls: list[_Call] = []
        self._settled: list[Span] = []
        self._seen: set[tuple[str, Span | None, str]] = set()
        self._again = 0

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
        origins: Iterable[Origin] = (),
    ) -> None:
        """Record an error at `span`, with the chain of calls that lead there."""
        self.failed = True
        self.fatal = self.fatal or not self._lenient
        mistake = (code, span, re.sub(r"\d+|\[.*?\]", "#", title) if self._calls else title)
        if mistake in self._seen or any(_within(span, settled) for settled in self._settled):
            self._again += 1
            if self._again > MAX_AGAIN:
                self.stop_if_failed()
            return
        if code == "E0224" and span is not None and any(_within(settled, span) for settled in self._settled):
            return  # the value of an option, of which a part is no YAML
        self._seen.add(mistake)
        if len(self.diagnostics) >= MAX_ERRORS:
            self.stop_if_failed()
        kept = tuple(note for note in notes if note)
        chain, known = self._chain(span), tuple(origins)
        made = Diagnostic(code, title, span, label, tuple(labels), kept, help, chain, origins=known)
        self.diagnostics.append(made)

    def at_most(self, most: int, what: str, spans: list[Span]) -> None:
        """An error at the first of these that is one too many."""
        if len(spans) > most:
            notes = [f"expected {most} at most, found {len(spans)}"]
            self.error("E0219", f"too many {what}", spans[most], label="this one is too many", notes=notes)

    def take(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Record what was found before, in the text or the items of a spec."""
        for diagnostic in diagnostics:
            self.diagnostics.append(diagnostic)
            self.failed = True
            self.fatal = self.fatal or (diagnostic.code.startswith("E01") and diagnostic.code not in LOCAL)
            if diagnostic.span is not None and diagnostic.code in LOCAL:
                self._settled.append(diagnostic.span)

    def warn(self, code: str, title: str, span: Span, *, notes: Iterable[str] = (), help: str | None = None) -> None:
        """Record a warning at `span`."""
        kept = tuple(note for note in notes if note)
        self.diagnostics.append(Diagnostic(code, title, span, "", (), kept, help, self._chain(span), "warning"))

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Errors recorded inside do not keep the rest of a spec from being checked."""
        self._lenient += 1
        try:
            yield
        finally:
            self._lenient -= 1

    @contextmanager
    def within(self, block: str, defined: Span, caller: str, span: Span, unit: str = "") -> Iterator[None]:
        """Whatever is recorded inside happened in `block`, called by the item `caller` at `span`."""
        self._calls.append(_Call(block, defined, caller, span, unit))
        try:
            yield
        finally:
            self._calls.pop()

    def _chain(self, span: Span | None) -> tuple[Frame, ...]:
        """`projection`, then its callers: `downsample in bottleneck`, then `layer2.0 (repeat 1 of 8)`.

        Then the files that extend that of the outermost place, the nearest first, and the variant.
        """
        frames: list[Frame] = []
        for index in range(len(self._calls) - 1, -1, -1):
            call = self._calls[index]
            if not frames:
                frames.append(Frame(call.block, call.defined))
            what = f"{call.caller} in {self._calls[index - 1].block}" if index else call.caller
            frames.append(Frame(f"{what} ({call.unit})" if call.unit else what, call.span))
        place = frames[-1].span if frames else span
        while place is not None and (named := self.parents.get(place.file)) is not None:
            frames.append(Frame(named.file.rpartition("/")[2], named, "extended by"))
            place = named
        if self.variant is not None and (span is None or span.line != self.variant.span.line):
            frames.append(self.variant)
        return tuple(frames)

    def stop_if_fatal(self) -> None:
        """Raise SpecError with everything found, if going on would only find consequences."""
        if self.fatal:
            self.stop_if_failed()

    def stop_if_failed(self) -> None:
        """Raise SpecError with everything found, if any of it is an error."""
        if self.failed:
            raise SpecError(in_order(self.diagnostics), self.texts)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return in_order(d for d in self.diagnostics if d.severity == "warning")


def _within(span: Span | None, other: Span) -> bool:
    if span is None or span.file != other.file:
        return False
    return (other.line, other.column) <= (span.line, span.column) <= (other.end_line, other.end_column)


def suggestion(word: str, options: Iterable[str], nearness: float = 0.6) -> str | None:
    """`did you mean `conv2d`?` for the nearest of the options, if one is near."""
    known = list(islice(options, MAX_OPTIONS))
    near = [each for each in known if each.casefold() == word.casefold()]
    near = near or difflib.get_close_matches(word[:MAX_WORD], known, n=8, cutoff=nearness)
    if not near:
        return None
    digits = re.findall(r"\d+", word)
    if digits:  # resnet51 is nearer to resnet50 than to resnet56, equal as their letters are
        near = [each for each in near if _lettered(each) == _lettered(near[0])]
        near.sort(key=lambda each: _apart(digits, re.findall(r"\d+", each)))
    return f"did you mean `{near[0]}`?"


def _lettered(word: str) -> str:
    return re.sub(r"\d", "0", word)


def _apart(some: list[str], others: list[str]) -> int:
    return sum(abs(int(a[:9]) - int(b[:9])) for a, b in zip(some, others, strict=False))
