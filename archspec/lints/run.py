"""All lints over a network, each body once, without those that the spec switches off."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from archspec.diagnostics import Diagnostic
from archspec.lints.borders import gap_between_windows, uneven_overlap, unread_border, weights_on_padding
from archspec.lints.layers import (
    after_the_logits,
    bias_before_norm,
    dropout_before_norm,
    linear_pair,
    lone_join,
    rectified_branch,
    two_in_a_row,
)
from archspec.lints.surroundings import Finding, Surroundings
from archspec.passes.shapes import BodyShapes, Shapes
from archspec.report import Report

LINTS: tuple[Callable[[Surroundings], Iterator[Finding]], ...] = (
    bias_before_norm,
    linear_pair,
    dropout_before_norm,
    two_in_a_row,
    lone_join,
    rectified_branch,
    after_the_logits,
    unread_border,
    gap_between_windows,
    uneven_overlap,
    weights_on_padding,
)

IGNORED = r"(?:^|\s)#\s*archspec:\s*ignore\b(?:\[([A-Z0-9, ]*)\])?"
"""`# archspec: ignore[W0604]` or, for all warnings of the line, `# archspec: ignore`."""


def warn_of_habits(shapes: Shapes, report: Report) -> None:
    """Warn of what runs and is probably not meant; an item called often is told once."""
    told: set[tuple[str, object]] = set()
    for here in _bodies(shapes.root):
        for lint in LINTS:
            for found in lint(here):
                if (found.code, found.span) not in told:
                    told.add((found.code, found.span))
                    report.warn(found.code, found.title, found.span, notes=[found.note], help=found.help)


def switched_on(warnings: Iterable[Diagnostic], texts: Mapping[str, str]) -> tuple[Diagnostic, ...]:
    """The warnings without those that a comment on their line switches off."""
    lines = {file: text.split("\n") for file, text in texts.items() if "archspec:" in text}
    return tuple(warning for warning in warnings if not _switched_off(warning, lines))


def _switched_off(warning: Diagnostic, lines: Mapping[str, list[str]]) -> bool:
    if warning.span is None or warning.span.file not in lines:
        return False
    said = re.search(IGNORED, lines[warning.span.file][warning.span.line - 1])
    return said is not None and (said[1] is None or warning.code in re.findall(r"\w+", said[1]))


def _bodies(root: BodyShapes) -> Iterator[Surroundings]:
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        shapes = waiting.pop()
        if id(shapes.body) in seen:
            continue
        seen.add(id(shapes.body))
        yield Surroundings(shapes, whole=shapes is root)
        inside = [unit.body for units in shapes.units.values() for unit in units if unit.body is not None]
        waiting += [*inside, *shapes.children.values()]
