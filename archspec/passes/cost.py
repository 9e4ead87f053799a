"""Parameters and MACs, computed once per distinct body and input shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import prod

from archspec.ir.graph import Graph, Node
from archspec.ops.base import Op
from archspec.passes.depth import weighted_layers
from archspec.passes.memory import Memory, activation_memory
from archspec.passes.plain import by_identity, plain
from archspec.passes.receptive import receptive_field
from archspec.passes.shapes import BodyShapes, Shapes
from archspec.records import Record
from archspec.shapes import Shape, nominal


class Amount(Record):
    """Learnable parameters (buffers excluded), and multiply-accumulates for one example at the nominal size."""

    parameters: int = 0
    macs: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.parameters + other.parameters, self.macs + other.macs)

    def times(self, count: int) -> Amount:
        """This amount `count` times over."""
        return Amount(self.parameters * count, self.macs * count)


NOTHING = Amount()


def total(amounts: Iterable[Amount]) -> Amount:
    """All amounts together."""
    each = list(amounts)
    return Amount(sum([one.parameters for one in each]), sum([one.macs for one in each]))


class Cost(Record):
    """What a network costs.

    `nodes` holds the amounts of the root's nodes by key. MACs count convolutions, linears and the products of
    attention, batch 1, at inference (heads that serve training only are idle), as Table 1 of He et al. 2015 does
    ("FLOPs" there); FLOPs are twice that. Receptive field in pixels of the last map before global pooling, None
    where there is none. Memory in bytes, fp32.
    """

    parameters: int
    macs: int
    nodes: Mapping[str, Amount]
    weighted_layers: int
    receptive_field: int | None
    memory: Memory

    @property
    def flops(self) -> int:
        """Floating-point operations: two per MAC."""
        return 2 * self.macs


def measure(graph: Graph, shapes: Shapes) -> Cost:
    """The cost of a network at its nominal size."""
    costs = Costs(graph)
    nodes = costs.nodes(shapes.root)
    whole = total(nodes.values())
    return Cost(
        whole.parameters,
        whole.macs,
        nodes,
        weighted_layers(graph, shapes),
        receptive_field(graph, shapes),
        activation_memory(graph, shapes),
    )


class Costs:
    """Remembers the amounts of bodies, so that equal blocks are counted once."""

    def __init__(self, graph: Graph) -> None:
        self._idle = frozenset(id(node) for node in idle_nodes(graph))
        self._known: dict[int, Amount] = {}
        self._kept: list[BodyShapes] = []

    def is_idle(self, node: Node) -> bool:
        """Whether a node runs in training only, so that its MACs do not count."""
        return id(node) in self._idle

    def body(self, shapes: BodyShapes) -> Amount:
        """The amount of one body at its input shapes."""
        found = self._known.get(id(shapes))
        if found is None:
            found = self._known[id(shapes)] = total(self.nodes(shapes).values())
            self._kept.append(shapes)
        return found

    def nodes(self, shapes: BodyShapes) -> dict[str, Amount]:
        """The amount of each node of a body. A shared module costs parameters once, and MACs each time it runs."""
        amounts = {node.key: self._node(node, shapes) for node in shapes.body.nodes}
        if not self._idle:
            return amounts
        idle = [node.key for node in shapes.body.nodes if id(node) in self._idle]
        return amounts | {key: Amount(amounts[key].parameters, 0) for key in idle}

    def _node(self, node: Node, shapes: BodyShapes) -> Amount:
        if node.target is None:
            return NOTHING
        if node.key in shapes.children:
            amount = self.body(shapes.children[node.key])
        elif node.key in shapes.units:
            amount = NOTHING
            for unit in shapes.units[node.key]:
                one = self.body(unit.body) if unit.body is not None else op_amount(unit.run.target, unit.inputs)  # type: ignore[arg-type]
                amount += one.times(unit.count)
        else:
            amount = op_amount(node.target, shapes.into(node))  # type: ignore[arg-type]
        if node.shares is not None:
            return Amount(0, amount.macs)
        return _untied(amount, node, shapes) if node.ties else amount


def idle_nodes(graph: Graph) -> list[Node]:
    """The root's nodes that no output of inference needs: they run in training, and MACs are of inference."""
    needed = {output.ref.node for output in graph.outputs if output.mode == "always"}
    for node in reversed(graph.body.nodes):
        if node.key in needed:
            needed.update(ref.node for ref in node.inputs)
    return [node for node in graph.body.nodes if needed and node.key not in needed]


@by_identity
def op_amount(op: Op, inputs: tuple[Shape, ...]) -> Amount:
    """The amount of one op on inputs of these shapes."""
    op, sizes = plain(op), tuple(map(_nominal, inputs))
    parameters = sum(prod(tensor) for tensor in op.tensors(*sizes).values())
    return Amount(parameters, nominal(op.macs(*sizes)))


@lru_cache(maxsize=4096)
def _nominal(shape: Shape) -> Shape:
    """The shape in numbers, batch 1: with symbols, each layer would build a product only to evaluate it."""
    return Shape(tuple(map(nominal, shape.dims)), shape.axes)


def _untied(amount: Amount, node: Node, shapes: BodyShapes) -> Amount:
    if not isinstance(node.target, Op):
        return amount
    tensors = node.target.tensors(*shapes.into(node))
    tied = sum(prod(tensors[name]) for name, _ in node.ties if name in tensors)
    return Amount(amount.parameters - tied, amount.macs)
