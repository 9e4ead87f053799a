"""`summary`: a network's stages with shapes, parameters and MACs, and several networks compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from html import escape
from typing import Any, Literal

from archspec.backends.escape import markdown_text
from archspec.backends.numbers import bytes_text, counted, quantity
from archspec.backends.sizes import AxisAnswer, answers, told
from archspec.backends.stages import Stage, stages
from archspec.backends.table.grid import Grid, Row
from archspec.backends.table.markdown import markdown
from archspec.backends.table.plain import text
from archspec.backends.table.web import fragment
from archspec.checked import Checked
from archspec.passes.listing import Layer, list_layers
from archspec.passes.memory import Memory
from archspec.passes.receptive import Field, output_fields
from archspec.records import Record
from archspec.shapes import Shape

Level = Literal["stage", "layer"]
LEVELS: tuple[Level, ...] = ("stage", "layer")


class FeatureMap(Record):
    """An output that is a map: its channels, how many pixels of the input one of its own stands for, and sees."""

    name: str
    shape: Shape
    stride: Fraction
    receptive_field: int | None

    @property
    def channels(self) -> int:
        return int(self.shape.at({})[1] or 0)


class Summary(Record):
    """What a network is and costs, by stage, or by layer where there are `layers`.

    `str` gives a table, `to_dict` what `--format json` prints.

    MACs are those of convolutions, linears and attention's products, for one example at the nominal size; FLOPs are
    twice that. `receptive_field` is in pixels, None where there is none. Memory is that of fp32 activations.
    """

    name: str
    inputs: tuple[tuple[str, Shape], ...]
    outputs: tuple[tuple[str, Shape], ...]
    stages: tuple[Stage, ...]
    parameters: int
    macs: int
    weighted_layers: int
    receptive_field: int | None
    memory: Memory
    maps: tuple[FeatureMap, ...] = ()
    sizes: tuple[AxisAnswer, ...] = ()
    layers: tuple[Layer, ...] = ()

    @property
    def output(self) -> Shape:
        """The shape of the output, of the first where there are several."""
        return self.outputs[0][1]

    @property
    def flops(self) -> int:
        """Floating-point operations: two per MAC."""
        return 2 * self.macs

    def to_dict(self) -> dict[str, Any]:
        """The summary as plain data; sizes are nominal numbers, or symbols (`"N"`) where there are none."""
        return {
            "name": self.name,
            "parameters": self.parameters,
            "macs": self.macs,
            "flops": self.flops,
            "weighted_layers": self.weighted_layers,
            "receptive_field": self.receptive_field,
            "inputs": {name: _sizes(shape) for name, shape in self.inputs},
            "output": _sizes(self.output),
            "outputs": {name: _sizes(shape) for name, shape in self.outputs},
            "maps": [_map_dict(one) for one in self.maps],
            "sizes": {each.sizes.symbol: each.to_dict() for each in self.sizes},
            "activation_bytes": {
                "inference_peak": self.memory.inference_peak_bytes,
                "training": self.memory.training_bytes,
            },
            "stages": [_stage_dict(stage) for stage in self.stages],
            **({"layers": [_layer_dict(layer) for layer in self.layers]} if self.layers else {}),
        }

    def __str__(self) -> str:
        grids = [text(self._grid()), *([text(self._maps())] if len(self.maps) > 1 else [])]
        return "\n\n".join([self._title(), *grids, "\n".join(self._facts())])

    __repr__ = __str__  # in a prompt, too, and beside the HTML that a notebook shows

    def _repr_markdown_(self) -> str:
        facts = "\n".join(f"- {fact}" for fact in self._facts())
        return f"**{markdown_text(self._title())}**\n\n{markdown(self._grid())}\n\n{facts}"

    def _repr_html_(self) -> str:
        facts = "<br>".join(escape(fact) for fact in self._facts())
        return f"<p><strong>{escape(self._title())}</strong></p>{fragment(self._grid())}<p>{facts}</p>"

    def _title(self) -> str:
        inputs = ", ".join(f"{name} {nominal_text(shape)}" for name, shape in self.inputs)
        named = [f"{name} {nominal_text(shape)}" for name, shape in self.outputs]
        return f"{self.name}: {inputs} → {', '.join(named) if len(named) > 1 else nominal_text(self.output)}"

    def _facts(self) -> Iterator[str]:
        field = "" if self.receptive_field is None else f", receptive field {_pixels(self.receptive_field)}"
        yield counted(self.weighted_layers, "weighted layer") + field
        macs, flops = quantity(self.macs, "MACs"), quantity(self.flops, "FLOPs")
        yield f"{macs} ({flops}), {quantity(self.parameters, 'parameters')}"
        peak, training = bytes_text(self.memory.inference_peak_bytes), bytes_text(self.memory.training_bytes)
        yield f"activations in fp32, batch 1: {peak} at the peak of inference, up to {training} in training"
        yield from told(self.sizes)

    def _grid(self) -> Grid:
        if self.layers:
            return self._listing()
        rows = tuple(
            (
                s.name,
                nominal_text(s.output),
                str(s.blocks or ""),
                f"{s.amount.parameters:,}",
                f"{s.amount.macs:,}",
            )
            for s in self.stages
        )
        blocks = sum(stage.blocks for stage in self.stages)
        total = ("total", nominal_text(self.output), str(blocks or ""), f"{self.parameters:,}", f"{self.macs:,}")
        return Grid(("stage", "output", "blocks", "parameters", "MACs"), rows, "llrrr", (total,))

    def _listing(self) -> Grid:
        rows = tuple(
            (one.path, one.label, nominal_text(one.output), f"{one.amount.parameters:,}", f"{one.amount.macs:,}")
            for one in self.layers
        )
        total = ("total", "", nominal_text(self.output), f"{self.parameters:,}", f"{self.macs:,}")
        return Grid(("layer", "operation", "output", "parameters", "MACs"), rows, "lllrr", (total,))

    def _maps(self) -> Grid:
        rows = tuple(
            (one.name, nominal_text(one.shape), str(one.channels), str(one.stride), _pixels(one.receptive_field))
            for one in self.maps
        )
        return Grid(("output", "shape", "channels", "stride", "receptive field"), rows, "llrrr")


class Comparison(Record):
    """Several networks, one row each."""

    summaries: tuple[Summary, ...]

    def to_dict(self) -> list[dict[str, Any]]:
        """The summaries as plain data, in the order given."""
        return [summary.to_dict() for summary in self.summaries]

    def __str__(self) -> str:
        return text(self._grid())

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return markdown(self._grid())

    def _repr_html_(self) -> str:
        return fragment(self._grid())

    def _grid(self) -> Grid:
        head = ("network", "output", "layers", "receptive field", "parameters", "MACs", "peak activations")
        return Grid(head, tuple(comparison_row(summary) for summary in self.summaries), "llrrrrr")


def summarize(checked: Checked, level: Level = "stage") -> Summary:
    """The summary of a checked network, by stage or by layer."""
    graph, cost = checked.graph, checked.cost
    root = checked.shapes.root
    inputs = tuple((given.name, shape) for given, shape in zip(graph.inputs, root.inputs, strict=True))
    outputs = tuple((given.name, shape) for given, shape in zip(graph.outputs, root.outputs, strict=True))
    return Summary(
        checked.name, inputs, outputs, stages(graph, checked.shapes),
        cost.parameters, cost.macs, cost.weighted_layers, cost.receptive_field, cost.memory,
        _maps_among(outputs, output_fields(graph, checked.shapes)), answers(checked),
        list_layers(graph, checked.shapes).layers if level == "layer" else (),
    )  # fmt: skip


def _maps_among(outputs: Sequence[tuple[str, Shape]], fields: Sequence[Field]) -> tuple[FeatureMap, ...]:
    """The outputs with height and width that no global pool has closed."""
    return tuple(
        FeatureMap(name, shape, Fraction(field.jump), None if field.everything else field.pixels)
        for (name, shape), field in zip(outputs, fields, strict=False)
        if shape.rank == 4 and not field.pooled
    )


def compare(*checked: Checked) -> Comparison:
    """The summaries of several networks, to be seen side by side."""
    return Comparison(tuple(summarize(one) for one in checked))


def nominal_text(shape: Shape) -> str:
    """A shape at its nominal sizes, symbols where there are none: `[N, 64, 56, 56]`."""
    return f"[{', '.join(map(str, _sizes(shape)))}]"


def _sizes(shape: Shape) -> list[int | str]:
    return [str(dim) if size is None else int(size) for dim, size in zip(shape.dims, shape.at({}), strict=True)]


def _stage_dict(stage: Stage) -> dict[str, Any]:
    return {
        "name": stage.name,
        "output": _sizes(stage.output),
        "blocks": stage.blocks,
        "parameters": stage.amount.parameters,
        "macs": stage.amount.macs,
        "flops": 2 * stage.amount.macs,
    }


def _layer_dict(layer: Layer) -> dict[str, Any]:
    return {
        "path": layer.path,
        "op": layer.op.name,
        "label": layer.label,
        "from": list(layer.sources),
        "inputs": [_sizes(shape) for shape in layer.inputs],
        "output": _sizes(layer.output),
        "parameters": layer.amount.parameters,
        "macs": layer.amount.macs,
    }


def _map_dict(one: FeatureMap) -> dict[str, Any]:
    stride = int(one.stride) if one.stride.denominator == 1 else float(one.stride)
    return {
        "name": one.name,
        "shape": _sizes(one.shape),
        "channels": one.channels,
        "stride": stride,
        "receptive_field": one.receptive_field,
    }


def _pixels(field: int | None) -> str:
    return "" if field is None else f"{field} px"


def comparison_row(summary: Summary) -> Row:
    """A network in a line: name, output, layers, receptive field, parameters, MACs, memory."""
    field = _pixels(summary.receptive_field)
    peak = bytes_text(summary.memory.inference_peak_bytes)
    return (
        summary.name, nominal_text(summary.output), str(summary.weighted_layers), field,
        f"{summary.parameters:,}", f"{summary.macs:,}", peak,
    )  # fmt: skip
