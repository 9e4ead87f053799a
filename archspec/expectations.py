"""`expect:` in a spec: what its author promises of it, checked at every check."""

from __future__ import annotations

from typing import Any

from archspec.elaborate.env import Env
from archspec.elaborate.values import evaluate_value
from archspec.ir.graph import Graph
from archspec.passes.cost import Cost
from archspec.passes.shapes import Shapes
from archspec.report import Report, suggestion
from archspec.source import Entry, ListValue, MapValue, ScalarValue
from archspec.spec.model import Spec

NUMBERS = ("parameters", "macs", "weighted_layers", "receptive_field")


def expect(spec: Spec, graph: Graph, shapes: Shapes, cost: Cost, report: Report) -> None:
    """Compare the promises with the facts. Those of the base hold for the base alone, not under `--set`."""
    table = spec.file.expect
    if table is None:
        return
    variants = table.get("variants")
    _check_variants(spec, variants, report)
    if spec.settings:
        return
    if spec.variant is None:
        promises = tuple(e for e in table.entries if e.key.value != "variants")
    else:
        own = variants.get(spec.variant) if isinstance(variants, MapValue) else None
        promises = own.entries if isinstance(own, MapValue) else ()
    for entry in promises:
        _promise(entry, graph, shapes, cost, report)


def _check_variants(spec: Spec, variants: Any, report: Report) -> None:
    for entry in variants.entries if isinstance(variants, MapValue) else ():
        if entry.key.value not in spec.variants:
            report.error(
                "E0402",
                f"`expect` speaks of a variant `{entry.key.value}` that is not there",
                entry.key.span,
                help=suggestion(str(entry.key.value), spec.variants),
            )


def _promise(entry: Entry, graph: Graph, shapes: Shapes, cost: Cost, report: Report) -> None:
    key = str(entry.key.value)
    if key in NUMBERS:
        _number(key, entry, getattr(cost, key), report)
    elif key == "shapes" and isinstance(entry.value, MapValue):
        for inner in entry.value.entries:
            _shape(inner, graph, shapes, report)
    else:
        report.error(
            "E0201",
            f"unknown key `{key}` in `expect`",
            entry.key.span,
            notes=[f"keys here: {', '.join(NUMBERS)}, shapes, variants"],
            help=suggestion(key, (*NUMBERS, "shapes")),
        )


def _number(key: str, entry: Entry, fact: int | None, report: Report) -> None:
    promised = entry.value.value if isinstance(entry.value, ScalarValue) else None
    if not isinstance(promised, int) or isinstance(promised, bool):
        report.error("E0203", f"`{key}` must be a whole number", entry.value.span)
    elif promised != fact:
        real = "none" if fact is None else f"{fact:,}"
        report.error(
            "E0403",
            f"`{key}` is {real}, not {promised:,}",
            entry.value.span,
            label=f"the network has {real}",
            notes=[f"off by {fact - promised:+,}" if fact is not None else ""],
            help="mend the network, or the expectation if it is the expectation that is wrong",
        )


def _shape(entry: Entry, graph: Graph, shapes: Shapes, report: Report) -> None:
    name = str(entry.key.value)
    found = shapes.find(name)
    if found is None:
        report.error(
            "E0402",
            f"`expect` speaks of a node `{name}` that is not there",
            entry.key.span,
            help=suggestion(name, [n.key for n in graph.body.nodes]),
        )
        return
    sizes: dict[str, int] = {
        s.name: s.nominal
        for g in graph.inputs
        for d in g.shape.dims
        if not isinstance(d, int)
        for s in d.symbols()
        if s.nominal is not None
    }
    option = (
        evaluate_value(entry.value, Env({"N": "N", **sizes}, {}), report)
        if isinstance(entry.value, ListValue)
        else None
    )
    if option is None:
        return
    real = ("N", *found.at({})[1:])
    if tuple(option.value) != real:
        report.error(
            "E0403",
            f"`{name}` has another shape than expected",
            entry.value.span,
            label=f"it is [{', '.join(map(str, real))}]",
        )
