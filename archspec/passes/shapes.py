"""Shapes of every node, computed once per distinct body and input shape."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.ir.graph import Body, Graph, Node, Ref, Repeat, Run, handed_on
from archspec.ops.base import Op
from archspec.passes.plain import plain
from archspec.records import Record
from archspec.shapes import Demand, Shape
from archspec.spec.fields import whole_number


class UnitShapes(Record):
    """`count` neighbouring units of a repeat with equal inputs: what goes in, what comes out, the inside of a block."""

    count: int
    run: Run
    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    body: BodyShapes | None


class BodyShapes(Record):
    """The shapes inside one body: of each node's outputs by key, and of the bodies and units inside."""

    body: Body
    inputs: tuple[Shape, ...]
    nodes: Mapping[str, tuple[Shape, ...]]
    outputs: tuple[Shape, ...]
    children: Mapping[str, BodyShapes]
    units: Mapping[str, tuple[UnitShapes, ...]]

    def __repr__(self) -> str:
        return f"<shapes of {self.body!r}>"

    def of(self, ref: Ref) -> Shape:
        """The shape that a reference inside this body stands for."""
        found = self.nodes.get(ref.node)
        return found[ref.output] if found is not None else self.inputs[self.body.inputs.index(ref.node)]

    def into(self, node: Node) -> tuple[Shape, ...]:
        """The shapes of a node's inputs."""
        return tuple([self.of(ref) for ref in node.inputs])


class Shapes(Record):
    """The shapes of a whole network, from its root body down."""

    root: BodyShapes

    def find(self, path: str) -> Shape | None:
        """The output shape of a node by its dotted path (`layer1`, `features.pool1`, `layer1.0.conv1`)."""
        return _find(self.root, path)


def infer(graph: Graph, sizes: Mapping[str, int] | None = None) -> Shapes:
    """The shapes of all nodes, symbols where the input has symbols, numbers for those named in `sizes`.

    ValueError if a demand of an op does not hold at these sizes; a graph from the elaborator holds at its own.
    """
    inputs = tuple(_fixed(given.shape, sizes) for given in graph.inputs)
    return Shapes(_Inference(sizes is not None).body(graph.body, inputs))


def _fixed(shape: Shape, sizes: Mapping[str, int] | None) -> Shape:
    if sizes is None:
        return Shape(tuple(int(d) if isinstance(d, int) else d for d in shape.dims), shape.axes)
    found = shape.at(sizes)
    return Shape(tuple(d if f is None else f for d, f in zip(shape.dims, found, strict=True)), shape.axes)


class _Inference:
    """The memory of one run: shapes by body and input shapes."""

    def __init__(self, demanding: bool) -> None:
        self.demanding = demanding
        self._known: dict[tuple[int, tuple[Shape, ...]], BodyShapes] = {}

    def body(self, body: Body, inputs: tuple[Shape, ...]) -> BodyShapes:
        key = (id(body), inputs)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._infer(body, inputs)
        return found

    def _infer(self, body: Body, inputs: tuple[Shape, ...]) -> BodyShapes:
        values: dict[str, tuple[Shape, ...]] = {name: (shape,) for name, shape in zip(body.inputs, inputs, strict=True)}
        children: dict[str, BodyShapes] = {}
        units: dict[str, tuple[UnitShapes, ...]] = {}
        for node in body.nodes:
            into = values[node.inputs[0].node] if len(node.inputs) == 1 else ()
            if len(into) != 1:  # else the commonest case, and no new tuple
                into = tuple([values[ref.node][ref.output] for ref in node.inputs])
            target = node.target
            if isinstance(target, Op):
                values[node.key] = self._op(target, into)
            elif target is None:
                values[node.key] = into[:1]
            elif isinstance(target, Body):
                children[node.key] = inner = self.body(target, into)
                values[node.key] = inner.outputs
            else:
                units[node.key] = made = self._units(target, into)
                values[node.key] = made[-1].outputs
        outputs = tuple(values[ref.node][ref.output] for _, ref in body.outputs)
        return BodyShapes(body, inputs, values, outputs, children, units)

    def _units(self, repeat: Repeat, inputs: tuple[Shape, ...]) -> tuple[UnitShapes, ...]:
        made: list[UnitShapes] = []
        for run in repeat.runs:
            left = run.count
            while left:
                inner = self.body(run.target, inputs) if isinstance(run.target, Body) else None
                outputs = inner.outputs if inner is not None else self._op(run.target, inputs)  # type: ignore[arg-type]
                after = handed_on(inputs, outputs)[: len(inputs)]
                count = left if after == inputs else 1
                made.append(UnitShapes(count, run, inputs, outputs, inner))
                inputs, left = after, left - count
        return tuple(made)

    def _op(self, op: Op, inputs: tuple[Shape, ...]) -> tuple[Shape, ...]:
        if type(op).shape is Op.shape and not self.demanding:
            return inputs[:1]  # an op without a rule of its own keeps the shape
        op = plain(op)
        if self.demanding:
            for demand in op.demands(*inputs):
                if not demand.holds():
                    raise DemandError(demand)
        output = op.shape(*inputs)
        return (output,) if isinstance(output, Shape) else output


class DemandError(ValueError):
    """An op's demand does not hold at the sizes asked for."""

    def __init__(self, demand: Demand) -> None:
        super().__init__(demand.title)
        self.demand = demand


def _find(shapes: BodyShapes, path: str) -> Shape | None:
    for node in shapes.body.nodes:
        if path in (node.key, node.path):
            return shapes.nodes[node.key][0]
    for node in shapes.body.nodes:
        head = node.path if node.path is not None else node.key
        if not path.startswith(head + "."):
            continue
        rest = path[len(head) + 1 :]
        if node.key in shapes.children:
            return _find(shapes.children[node.key], rest)
        if node.key in shapes.units:
            return _find_unit(shapes.units[node.key], rest)
    return None


def _find_unit(units: tuple[UnitShapes, ...], path: str) -> Shape | None:
    name, _, rest = path.partition(".")
    index, position = whole_number(name), 0
    for unit in units:
        position += unit.count
        if index is not None and index < position:
            return unit.outputs[0] if not rest else _find(unit.body, rest) if unit.body is not None else None
    return None
