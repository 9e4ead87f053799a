"""One look at the specs: the page where they are right, the diagnostics where they are not, and the files to watch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from archspec import pipeline
from archspec.backends.numbers import quantity
from archspec.backends.page import write_page
from archspec.checked import Checked
from archspec.diagnostics import Diagnostic, SpecError, UsageError, in_order
from archspec.records import Record
from archspec.rendering import render_text
from archspec.rendering.refusal import render_refusal
from archspec.spec.model import Spec


class State(Record):
    """What the page shows. `version` counts the pages drawn; a `trouble` beside it may be of a later text.

    `failed`: the trouble is errors, and the page is the last good one; else it is warnings.
    """

    version: int
    page: str
    trouble: str = ""
    failed: bool = False


class Look(Record):
    """What one look at the specs has found: networks, or what is wrong with them, and all files that were read."""

    networks: tuple[Checked, ...]
    diagnostics: tuple[Diagnostic, ...]
    texts: dict[str, str]
    complaint: str
    files: frozenset[Path]

    @property
    def failed(self) -> bool:
        """Whether there is nothing to draw."""
        return bool(self.complaint) or any(each.severity == "error" for each in self.diagnostics)

    def trouble(self, color: bool = False) -> str:
        """The diagnostics in words."""
        return self.complaint + render_text(self.diagnostics, self.texts, color)

    def summary(self) -> str:
        """The networks in a line."""
        words = (f"{each.name} {quantity(each.cost.parameters, 'parameters')}" for each in self.networks)
        return ", ".join(words)


def look(sources: Sequence[str], read: Callable[[str], Spec]) -> Look:
    """Check all sources, `read` by this function; every mistake of all of them is in what comes back."""
    networks: list[Checked] = []
    diagnostics: list[Diagnostic] = []
    texts: dict[str, str] = {}
    complaints: list[str] = []
    for source in sources:
        try:
            spec = read(source)
            texts.update(spec.texts)
            networks.append(pipeline.check(spec))
            diagnostics += networks[-1].warnings
        except SpecError as error:
            texts.update(error.texts)
            diagnostics += error.diagnostics
        except UsageError as error:
            complaints.append(render_refusal(error))
    return Look(tuple(networks), in_order(diagnostics), texts, "".join(complaints), _files(sources, texts))


def next_state(before: State, found: Look, level: str) -> State:
    """The state after a look: a new page, or the last good one with the trouble beside it."""
    if found.failed:
        return State(before.version, before.page, found.trouble(), failed=True)
    page = write_page(*found.networks, level=level, live=before.version + 1)
    return State(before.version + 1, page, found.trouble())


def first_state(level: str) -> State:
    """The state before any network was right: a page that shows none."""
    return State(1, write_page(level=level, live=1))


def _files(sources: Iterable[str], texts: Iterable[str]) -> frozenset[Path]:
    return frozenset([*map(Path, texts), *(Path(pipeline.locate(source)[0]) for source in sources)])
