"""Whether a picture shows the network that it is of: judged by the graph, walked without the figure's own reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from figure_geometry import SOLID, contains, on_edge

from archspec.backends.figure.scene import Box, Scene, Wire
from archspec.checked import Checked
from archspec.expressions import parse_template
from archspec.ir.graph import Body, Repeat
from archspec.ops.base import Op
from archspec.records import Record, field


class Layers(Record):
    """Every op of a network by its path: what it reads from (None for the input), the weighted ones, units in a row."""

    reads: dict[str, tuple[str | None, ...]] = field(default_factory=dict)
    weighted: set[str] = field(default_factory=set)
    units: dict[str, tuple[Sequence[str], int]] = field(default_factory=dict)

    def run(self, target: Op | Body | Repeat | None, given: Sequence[str | None], path: str) -> Sequence[str | None]:
        if target is None:
            return given[:1]
        if isinstance(target, Op):
            self.reads[path] = tuple(given)
            if target.weighted:
                self.weighted.add(path)
            return (path,) * 8
        if isinstance(target, Repeat):
            template = parse_template(target.template) if target.template is not None else None
            names = [template.render({"i": i}) if template else str(i) for i in range(target.count)]
            places = [joined(path, name) for name in names]
            targets = [run.target for run in target.runs for _ in range(run.count)]
            for index, (place, one) in enumerate(zip(places, targets, strict=True)):
                self.units[place] = places, index
                given = self.run(one, given, place)
            return given
        values: dict[tuple[str, int], str | None] = {
            (name, 0): at for name, at in zip(target.inputs, given, strict=True)
        }
        for node in target.nodes:
            place = joined(path, node.path or ("" if isinstance(node.target, Body | Repeat) else node.key))
            made = self.run(node.target, [values[ref.node, ref.output] for ref in node.inputs], place)
            values.update({(node.key, index): at for index, at in enumerate(made)})
        return [values[ref.node, ref.output] for _, ref in target.outputs]


def joined(*parts: str) -> str:
    return ".".join(part for part in parts if part)


def untruths(scene: Scene, checked: Checked) -> list[str]:
    """Weighted layers that are not drawn, and outputs that hang on something else than what makes them."""
    layers = Layers()
    body = checked.graph.body
    outputs = dict(
        zip((name for name, _ in body.outputs), layers.run(body, [None] * len(body.inputs), ""), strict=True)
    )
    drawn = {
        path: box
        for box in scene.boxes
        if box.path and box.shape in SOLID[:3]
        for path in _stood_for(box, scene, layers)
    }
    lost = sorted(path for path in layers.weighted if not any(up in drawn for up in _upwards(path)))
    # A shortcut with a convolution is a dashed wire with the convolution's words.
    lanes = sum(_times(wire, scene) for wire in scene.wires if wire.kind in ("projection", "gated") and wire.dot)
    found = [f"not drawn: {path}" for path in lost] if len(lost) > lanes else []
    if len(outputs) > 1:
        found += [fault for name, maker in outputs.items() for fault in _hangs(name, maker, scene, layers, drawn)]
    return found


def _hangs(name: str, maker: str | None, scene: Scene, layers: Layers, drawn: Mapping[str, Box]) -> Iterator[str]:
    words = (name, f"{name} (training only)")
    box = next((box for box in scene.boxes if box.shape in SOLID and " ".join(box.lines) in words), None)
    if box is None:
        yield f"no output: {name}"
        return
    while maker is not None and (
        (box.shape == "pill" and box.path in _upwards(maker)) or not any(up in drawn for up in _upwards(maker))
    ):
        maker = layers.reads[maker][0]  # inside the box itself, or folded away
    source = _above(box, scene)
    if source is None:
        yield f"hangs on nothing: {name}"
        return
    places = {_last_unit(source, layers), *_stood_for(source, scene, layers)}
    if maker is not None and places.isdisjoint(_upwards(maker)):
        yield f"output {name} hangs on {source.path}, not on {maker}"


def _above(box: Box, scene: Scene) -> Box | None:
    """The box that the wire into this one comes from, through all the wires between."""
    solid = [other for other in scene.boxes if other.shape in (*SOLID, "card") and other is not box]
    wire = next((wire for wire in scene.wires if on_edge(box, *wire.points[-1])), None)
    for _ in range(len(scene.wires)):
        if wire is None:
            return None
        start = wire.points[0]
        touched = [other for other in solid if on_edge(other, *start) and start[1] > other.y + 0.01]
        if touched:
            return min(touched, key=lambda other: other.height)
        wire = next((other for other in scene.wires if other is not wire and _passes(other, start)), None)
    return None


def _passes(wire: Wire, point: tuple[float, float]) -> bool:
    """Whether a wire runs down to or through a point."""
    (x, y) = point
    return any(
        abs(x1 - x) < 0.01 and abs(x2 - x) < 0.01 and y1 < y - 0.01 and y <= y2 + 0.01
        for (x1, y1), (x2, y2) in zip(wire.points, wire.points[1:], strict=False)
    )


def _stood_for(box: Box, scene: Scene, layers: Layers) -> Iterator[str]:
    """The places that a box stands for: its own, and where it is in a folded run, those in all units of the run."""
    paths = [box.path.partition("#")[0]]
    for card in scene.boxes:
        if card.shape == "card" and card.count > 1 and contains(card, box) and card.path in layers.units:
            places, index = layers.units[card.path]
            run = places[index : index + card.count]
            paths = [place + path.removeprefix(card.path) for path in paths for place in run]
    return iter(paths)


def _last_unit(box: Box, layers: Layers) -> str:
    if box.path not in layers.units:
        return box.path
    places, index = layers.units[box.path]
    return places[index + box.count - 1]


def _times(wire: Wire, scene: Scene) -> int:
    """How many wires of the network one stands for."""
    times = 1
    x, y = wire.points[0]
    for card in scene.boxes:
        if card.shape == "card" and card.x <= x <= card.right and card.y <= y <= card.bottom:
            times *= card.count
    return times


def _upwards(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
