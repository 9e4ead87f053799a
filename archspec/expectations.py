"""`expect:` in a spec: what its author promises of it, checked at every check."""

from __future__ import annotations

from archspec.elaborate.env import Env
from archspec.elaborate.values import evaluate_value
from archspec.ir.graph import Graph
from archspec.passes.cost import Cost
from archspec.passes.shapes import BodyShapes, Shapes
from archspec.report import Report, suggestion
from archspec.shapes import Shape, Size
from archspec.spec.fields import Fields, text_of
from archspec.spec.model import Spec
from archspec.text.source import Entry, ListValue, MapValue, ScalarValue

NUMBERS = ("parameters", "macs", "weighted_layers", "receptive_field")


def read_expectations(spec: Spec, report: Report) -> None:
    """Refuse what is no expectation, for the spec and all its variants."""
    if spec.file.expect is None:
        return
    fields = Fields(spec.file.expect, "`expect`", report)
    variants = fields.table("variants")
    _read_promises(fields, report)
    for entry in variants.entries if variants is not None else ():
        name = entry.key.text
        if name not in spec.variants:
            report.error(
                "E0402",
                f"`expect` speaks of a variant `{name}` that is not there",
                entry.key.span,
                notes=[f"variants: {', '.join(spec.variants) or 'none'}"],
                help=suggestion(name, spec.variants),
            )
        elif isinstance(entry.value, MapValue):
            _read_promises(Fields(entry.value, f"`expect` of `{name}`", report), report)
        else:
            report.error("E0203", f"`expect` of `{name}` must be a map", entry.value.span)


def _read_promises(fields: Fields, report: Report) -> None:
    for key in NUMBERS:
        number = fields.value(key)
        value = number.value if isinstance(number, ScalarValue) else None
        if number is not None and (not isinstance(value, int) or isinstance(value, bool)):
            notes = [f"found `{text_of(number)}`"]
            help_ = "write all of its digits" if isinstance(value, str) else None
            report.error("E0203", f"`{key}` must be a whole number", number.span, notes=notes, help=help_)
    shapes = fields.table("shapes")
    for entry in shapes.entries if shapes is not None else ():
        if not isinstance(entry.value, ListValue):
            title = f"the shape of `{entry.key.text}` must be a list"
            report.error("E0203", title, entry.value.span, help="write `[N, 64, 56, 56]`")
    fields.close()


def expect(spec: Spec, graph: Graph, shapes: Shapes, cost: Cost, report: Report) -> None:
    """Compare the promises with the facts. Those of the base hold for the base alone, not under `--set`."""
    table = spec.file.expect
    if table is None or spec.settings or spec.features:
        return
    if spec.variant is not None:
        variants = table.get("variants")
        own = variants.get(spec.variant) if isinstance(variants, MapValue) else None
        table = own if isinstance(own, MapValue) else MapValue((), table.span)
    for entry in table.entries:
        if entry.key.value in NUMBERS:
            _number(entry, getattr(cost, entry.key.text), report)
        elif entry.key.value == "shapes" and isinstance(entry.value, MapValue):
            for inner in entry.value.entries:
                _shape(inner, graph, shapes, report)


def _number(entry: Entry, fact: int | None, report: Report) -> None:
    promised = entry.value.value if isinstance(entry.value, ScalarValue) else None
    if not isinstance(promised, int) or promised == fact:
        return
    real = "none" if fact is None else f"{fact:,}"
    report.error(
        "E0403",
        f"`{entry.key.text}` is {real}, not {promised:,}",
        entry.value.span,
        label=f"the network has {real}",
        notes=[f"off by {fact - promised:+,}" if fact is not None else ""],
        help="mend the network, or the expectation if that is wrong; `archspec summary` prints its table all the same",
    )


def _shape(entry: Entry, graph: Graph, shapes: Shapes, report: Report) -> None:
    name = entry.key.text
    found = shapes.find(name)
    if found is None:
        report.error(
            "E0402",
            f"`expect` speaks of a node `{name}` that is not there",
            entry.key.span,
            help=suggestion(name, _names(shapes.root)),
        )
        return
    option = evaluate_value(entry.value, Env({"N": "N", **_nominal_sizes(graph)}, {}), report)
    real = _numbers(found)
    if option is not None and tuple(option.value) != real:
        report.error(
            "E0403",
            f"`{name}` has another shape than expected",
            entry.value.span,
            label=f"it is [{', '.join(map(str, real))}]",
        )


def _names(shapes: BodyShapes) -> list[str]:
    """The paths that an expectation is likely to mean: those of the two outermost levels."""
    own = [node.path for node in shapes.body.nodes if node.path is not None]
    return own + [f"{node.path}.{inner.path}" for node in shapes.body.nodes if node.key in shapes.children
                  for inner in shapes.children[node.key].body.nodes if inner.path is not None]  # fmt: skip


def _nominal_sizes(graph: Graph) -> dict[str, int]:
    dims = [dim for given in graph.inputs for dim in given.shape.dims if isinstance(dim, Size)]
    return {s.name: s.nominal for dim in dims for s in dim.symbols() if s.nominal is not None}


def _numbers(shape: Shape) -> tuple[int | str | None, ...]:
    sizes = shape.at({"N": 1})
    return tuple("N" if str(dim) == "N" else size for dim, size in zip(shape.dims, sizes, strict=True))
