"""Open params that hold at their defaults alone: a constructor argument that only fits as it is, so a warning."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.diagnostics import Diagnostic, SpecError
from archspec.elaborate.network import elaborate
from archspec.ir.graph import Graph
from archspec.records import replace
from archspec.report import Report
from archspec.spec.model import Spec
from archspec.spec.settings import setting
from archspec.work import Work

TRIED = (2, 3)
"""Times its default: what has to divide a size, such as groups, still does."""


def warn_of_fixed(spec: Spec, graph: Graph, report: Report) -> None:
    """Warn of each open whole number with which the network fits at no multiple of its default that is tried."""
    places = {param.name: param.span for param in spec.file.params}
    for name, kind, default in graph.open_params:
        values = [default * times for times in TRIED] if kind == "int" and default > 0 else []
        first = _first_mistake(spec, name, values, report.work.spare)
        if first is None or first.span is None:
            continue
        file = "" if first.span.file == spec.file.path else f"{first.span.file}:"
        report.warn(
            "W0618",
            f"`{name}` is open, and the network fits with {default}, not with {' or '.join(map(str, values))}",
            places[name],
            notes=[f"with {values[0]}, at {file}{first.span.line}:{first.span.column}: {first.title}"],
            help=f"derive what it meets from `{name}`, or drop `open`; `--set` still changes it",
        )


def _first_mistake(spec: Spec, name: str, values: Sequence[int], work: Work) -> Diagnostic | None:
    """What does not fit with the first of these values; None where one of them fits."""
    first: Diagnostic | None = None
    for value in values:
        found = _mistake(spec, name, value, work)
        if found is None:
            return None
        first = first or found
    return first


def _mistake(spec: Spec, name: str, value: int, work: Work) -> Diagnostic | None:
    """The first thing that does not fit where the param has another value; None if all does, or cannot be said."""
    changed = replace(spec, settings={**spec.settings, name: setting(name, value)})
    try:
        elaborate(changed, Report(work))
    except SpecError as error:
        return next((d for d in error.diagnostics if d.code.startswith("E03")), None)
    return None
