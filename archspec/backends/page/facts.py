"""What a page tells of each node: its name, shapes, cost, receptive field, and where in the spec it was written."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.backends.summary import nominal_text
from archspec.checked import Checked
from archspec.ir.graph import Node, Repeat
from archspec.ops.base import Op
from archspec.passes.cost import Amount, Costs, op_amount
from archspec.passes.receptive import Field, Fields
from archspec.passes.shapes import BodyShapes, UnitShapes
from archspec.records import Record, field, replace
from archspec.shapes import Shape
from archspec.text.span import Span

Ways = tuple[Field, ...]


class Facts(Record):
    """One node, or `count` equal units of a repeat of which it is the first.

    `names` are the places of all units of a run. `receptive` is in pixels, None
    where a value sees the whole input or there is no map, and grows by `growth` from one unit of the run around it to
    the next (None where that is not regular). `spans` are where it was written and the calls that led there, innermost
    first.
    """

    what: str
    output: str
    symbolic: str
    amount: Amount
    receptive: int | None
    growth: int | None
    spans: tuple[Span, ...]
    count: int = 1
    names: tuple[str, ...] = ()
    inside: BodyShapes | None = None


def collect(checked: Checked) -> dict[str, Facts]:
    """The facts of every node by its place in the figure; of equal units in a row those of the first."""
    maps = bool(checked.graph.inputs) and checked.graph.inputs[0].shape.rank == 4
    walk = _Walk(Costs(checked.graph), Fields(), maps)
    root = checked.shapes.root
    for given, shape in zip(checked.graph.inputs, root.inputs, strict=True):
        walk.found[given.name] = Facts("input", *_texts(shape), Amount(), None, None, (given.span,))
    walk.body(root, _Place("", ()), (Field(),) * len(root.inputs))
    return walk.found


class _Place(Record):
    """Where the walk stands: the path, the calls that led there, the growth per unit of the run around it."""

    path: str
    calls: tuple[Span, ...]
    growth: int | None = None
    unit: bool = False

    def inner(self, node: Node) -> _Place:
        return replace(self, path=_joined(self.path, node.place), calls=(node.span, *self.calls))


class _Walk(Record, frozen=False):
    costs: Costs
    fields: Fields
    maps: bool
    found: dict[str, Facts] = field(default_factory=dict)

    def body(self, shapes: BodyShapes, around: _Place, starts: Ways) -> None:
        """The nodes of one body; `starts` are the fields at its inputs."""
        amounts, fields = self.costs.nodes(shapes), self.fields.nodes(shapes, starts)
        for node in shapes.body.nodes:
            if node.target is None:
                continue
            place, into = around.inner(node), tuple(fields[ref.node][ref.output] for ref in node.inputs)
            inner, units = shapes.children.get(node.key), shapes.units.get(node.key)
            what = _what(node, shapes.into(node))
            after, output = fields[node.key], shapes.nodes[node.key][0]
            self.add(place, what, output, amounts[node.key], after, inside=inner)
            if inner is not None:
                self.body(inner, place, into)
            if units is not None and isinstance(node.target, Repeat):
                self.units(units, node.target, place, into)

    def units(self, units: tuple[UnitShapes, ...], repeat: Repeat, around: _Place, into: Ways) -> None:
        """The first unit of each run of equal ones."""
        names = repeat.names()
        for unit in units:
            target = unit.run.target
            after = self.fields.units(unit, into, 1)
            own = tuple(_joined(around.path, next(names)) for _ in range(unit.count))
            growth = around.growth if around.unit else _growth(into, after)
            place = _Place(own[0], around.calls, growth, unit=True)
            if isinstance(target, Op):
                amount, what = op_amount(target, unit.inputs), target.label(*unit.inputs)
            else:
                amount = self.costs.body(unit.body) if unit.body is not None else Amount()
                what = f"block {target.name}"
            self.add(place, what, unit.outputs[0], amount, after, unit.count, own, unit.body)
            if unit.body is not None:
                self.body(unit.body, place, into)
            into = self.fields.units(unit, into, unit.count)

    def add(
        self, place: _Place, what: str, output: Shape, amount: Amount, after: Ways,
        count: int = 1, names: tuple[str, ...] = (), inside: BodyShapes | None = None,
    ) -> None:  # fmt: skip
        """Take down one node; `after` are the fields at its outputs."""
        pixels = _pixels(after[0]) if self.maps and after else None
        growth = place.growth if pixels is not None else None
        own = names if count > 1 else ()
        facts = Facts(what, *_texts(output), amount, pixels, growth, place.calls, count, own, inside)
        self.found.setdefault(place.path, facts)


def _texts(shape: Shape) -> tuple[str, str]:
    return nominal_text(shape), str(shape)


def _what(node: Node, inputs: tuple[Shape, ...]) -> str:
    if isinstance(node.target, Op):
        return node.target.label(*inputs)
    if isinstance(node.target, Repeat):
        names = dict.fromkeys(run.target.name for run in node.target.runs)
        return f"{node.target.count} × {', '.join(names)}"
    return f"{node.target.kind} {node.target.name}".strip() if node.target is not None else ""


def _pixels(reached: Field) -> int | None:
    return None if reached.everything or reached.pooled else int(reached.extent) + 1


def _growth(before: Ways, after: Ways) -> int | None:
    """By how many pixels the field grows from unit to unit; None where the units differ in more than that."""
    if len(before) != 1 or len(after) != 1 or before[0]._replace(extent=after[0].extent) != after[0]:
        return None
    return int(after[0].extent - before[0].extent)


def _joined(path: str, step: str | None) -> str:
    return ".".join(part for part in (path, step) if part)


def excerpt(texts: Mapping[str, str], span: Span, most: int = 8) -> str:
    """The lines of the spec on which a span stands, at most so many, without their common indentation."""
    lines = texts.get(span.file, "").split("\n")[span.line - 1 : span.end_line][:most]
    margin = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:].rstrip() for line in lines).rstrip()
