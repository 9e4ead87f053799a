"""The paths of a body's children: unique among siblings, and fit to be state_dict keys."""

from __future__ import annotations

from archspec.diagnostics import Label
from archspec.elaborate.reserved import RESERVED
from archspec.report import Report
from archspec.text.span import Span

MAX_PATH = 200

MAX_SEEN = 10_000
_seen: set[str] = set()
"""Names that were found to be fit for a layer: most items of a block are met again and again."""


class Paths:
    """Hands out the paths of one body's children, in the order of registration."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._taken: dict[str, tuple[str, Span]] = {}
        self._claimed: dict[str, tuple[str, Span]] = {}

    def take(self, name: str | None, span: Span) -> str:
        """The path of the next child: its name, else its index among the children that own a path level."""
        path = name if name is not None else str(len(self._taken))
        folded = path.casefold()
        if name is None or is_path(name, span, self.report):
            self._check_unique(path, folded, span)
        self._taken.setdefault(folded, (path, span))
        return path

    def claim(self, name: str, span: Span) -> None:
        """The name of a child without a path of its own, such as another run of a sibling's module."""
        folded = name.casefold()
        self._check_unique(name, folded, span)
        self._claimed.setdefault(folded, (name, span))

    def _check_unique(self, path: str, folded: str, span: Span) -> None:
        known = self._taken.get(folded) or self._claimed.get(folded)
        if known is None:
            return
        other, place = known
        same = other == path
        self.report.error(
            "E0205",
            f"two items are named `{path}`" if same else f"`{path}` and `{other}` differ only in case",
            span,
            label="again here" if place != span else "named again by the next round",
            labels=[Label(place, "first here")] if place != span else (),
            notes=["names are unique among siblings: they become state_dict keys and, on some systems, file names"],
            help="put the index into the name, as in `conv{s+1}` or `unit{i}`"
            if place == span
            else f"call it `{path}2`; `{{same: {path}}}` runs the module of the first once more"
            if same
            else None,
        )


def is_segment(text: str) -> bool:
    """Whether a text is letters, digits, _ and -, of ASCII: what stands between the dots of a name."""
    return text.isascii() and text.replace("_", "a").replace("-", "a").isalnum()


def is_path(path: str, span: Span, report: Report) -> bool:
    """Whether a name can be that of a layer; an error if not."""
    if path in _seen:
        return True
    for segment in path.split("."):
        if not is_segment(segment) or segment[0] == "-" or len(path) > MAX_PATH:
            report.error(
                "E0205",
                f"`{path}` is not a name for a layer",
                span,
                notes=["it becomes a state_dict key: ASCII letters, digits, _ and -, parts divided by dots"],
            )
            return False
        if segment in RESERVED or segment.startswith("__"):
            why = "is a keyword of Python or an attribute of every torch module"
            if segment.startswith("__"):
                why = "starts with two underscores: Python keeps such names for itself, or renames them in a class"
            report.error(
                "E0205",
                f"`{segment}` cannot name a layer",
                span,
                notes=[f"`{segment}` {why}"],
                help=f"call it `{segment.strip('_') or 'layer'}_`, or say what it is for",
            )
            return False
    if len(_seen) < MAX_SEEN:
        _seen.add(path)
    return True
