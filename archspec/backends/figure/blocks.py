"""One block of a network by its path, for a look at close range: every norm and activation, no unit folded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from archspec.backends.figure.flatten import Flattening
from archspec.backends.figure.outline import Chain, Group, Outline
from archspec.backends.figure.steps import Reader, input_step
from archspec.backends.numbers import quantity
from archspec.checked import Checked
from archspec.diagnostics import UsageError
from archspec.ir.graph import GraphInput
from archspec.passes.cost import Costs
from archspec.passes.shapes import BodyShapes, UnitShapes
from archspec.records import Record
from archspec.report import suggestion


class Place(Record):
    """Where a path leads: a block, the units of a repeat by their names, or a single layer (neither)."""

    block: BodyShapes | None = None
    units: Mapping[str, UnitShapes] | None = None


def read_block(checked: Checked, path: str) -> Outline:
    """The outline of the block at `path` (`layer2.0`); UsageError where there is none."""
    shapes = _block(checked, path)
    body = shapes.body
    given = tuple(GraphInput(name, shape, body.span) for name, shape in zip(body.inputs, shapes.inputs, strict=True))
    flat = Flattening(blocks=True)
    ports = flat.run(shapes, flat.inputs(given, shapes.inputs), path)
    chain: Chain = Reader(unfold=True).nested(flat.atoms, [port for port in ports if port is not None])
    amount = Costs(checked.graph).body(shapes)
    facts = (f"{path}: {body.name}", quantity(amount.macs, "MACs"), quantity(amount.parameters, "params"))
    entry = input_step(given[0], shapes.inputs[0]) if len(given) == 1 else None
    return Outline(checked.name, facts, entry, (Group("", chain),))


def _block(checked: Checked, path: str) -> BodyShapes:
    places = dict(_places(checked.shapes.root, path))
    place = places.get(path)
    if place is None:
        near = suggestion(path, [name for name, other in places.items() if other.block is not None])
        raise UsageError(f"there is no block `{path}` in {checked.name}", near or _known(places))
    if place.units:
        first = next(iter(place.units))
        raise UsageError(
            f"`{path}` of {checked.name} is {len(place.units)} blocks, not one", f"name one of them: `{path}.{first}`"
        )
    if place.block is None:
        around = places.get(path.rpartition(".")[0], Place())
        help = f"the block around it is `{path.rpartition('.')[0]}`" if around.block else _known(places)
        raise UsageError(f"`{path}` of {checked.name} is a single layer, not a block", help)
    return place.block


def _known(places: Mapping[str, Place]) -> str:
    names = [f"`{name}`" for name, place in places.items() if place.block is not None]
    return f"there are {', '.join(names[:8])}" if names else "it has no blocks"


def _places(shapes: BodyShapes, wanted: str, around: str = "") -> Iterator[tuple[str, Place]]:
    """The places of a body, and on the way to the wanted one those inside."""
    for node in shapes.body.nodes:
        if node.target is None:
            continue
        path = ".".join(part for part in (around, node.place) if part)
        inner = shapes.children.get(node.key)
        if node.key in shapes.units:
            each = (run for run in shapes.units[node.key] for _ in range(run.count))
            units = dict(zip(node.target.names(), each, strict=True))  # type: ignore[union-attr]
            blocks = {name: unit for name, unit in units.items() if unit.body is not None}
            yield path, Place(units=blocks)
            for name, unit in blocks.items():
                yield f"{path}.{name}", Place(unit.body)
                if unit.body is not None and wanted.startswith(f"{path}.{name}."):
                    yield from _places(unit.body, wanted, f"{path}.{name}")
            continue
        yield path, Place(inner)
        if inner is not None and (wanted.startswith(f"{path}.") or inner.body.kind != "block"):
            yield from _places(inner, wanted, path)
