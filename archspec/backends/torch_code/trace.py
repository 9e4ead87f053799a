"""Walking a graph with shapes whose channels know their expressions: every body becomes instances, one per input shape.

Inside a block, the channels of an input are its signature's symbol (`C`); what flows on is built from that, from the
block's params and lets. A container shares the names of the block around it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from archspec.expressions import expression_of, literal, simplify, substitute, to_text, traced
from archspec.expressions.trees import free_names
from archspec.ir.graph import Body, Graph, Node, Option, Ref, Repeat, handed_on, written
from archspec.ops.base import Op, Operand
from archspec.ops.base import Value as OpValue
from archspec.records import Record, field
from archspec.shapes import Dim, Shape, symbol

Calls = Op | Body


class Names(Record, frozen=False):
    """The names in a block's scope: their values, and how to write lets in terms of params and symbols.

    `opened` are those that change with an argument of the network's constructor.
    """

    values: dict[str, Any]
    lets: dict[str, ast.expr]
    symbols: dict[str, str]
    opened: frozenset[str] = frozenset()

    def is_open(self, expr: ast.expr | None) -> bool:
        """Whether an expression reads an opened name."""
        return expr is not None and not self.opened.isdisjoint(free_names(self.written_out(expr)))

    def written_out(self, tree: ast.expr) -> ast.expr:
        """The expression without lets."""
        return substitute(tree, self.lets)


class Step(Record, frozen=False):
    """What a node (or a unit of a repeat) does in one instance. Shapes are in the instance's terms.

    `inputs` and `outputs` are the real shapes, `local` the outputs with H and W as this body's own symbols. Of an op,
    `module` and `value` are its calls; of a body, `callee` its instance and `arguments` its names in the caller's
    terms; of a repeat, `units` are (count, unit). All empty: the first input passes through.
    """

    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    local: tuple[Shape, ...]
    op: Op | None = None
    module: Any = None
    value: OpValue | None = None
    callee: Instance | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    units: list[tuple[int, Step]] | None = None
    template: str | None = None
    inits: tuple[tuple[str, Any], ...] = ()

    @property
    def passes(self) -> bool:
        """Whether the first input passes through."""
        if self.op is not None:
            return self.module is None and self.value == Operand(0)  # a join of one operand
        return self.callee is None and self.units is None


class Instance(Record, frozen=False):
    """A body on inputs of given shapes: its names, and a step for each of its nodes, by key."""

    body: Body
    names: Names
    inputs: tuple[Shape, ...]
    local: tuple[Shape, ...]
    steps: dict[str, Step] = field(default_factory=dict)
    shapes: dict[str, tuple[Shape, ...]] = field(default_factory=dict)
    locals: dict[str, tuple[Shape, ...]] = field(default_factory=dict)

    def shape(self, ref: Ref) -> Shape:
        return self.shapes[ref.node][ref.output]

    def local_shape(self, ref: Ref) -> Shape:
        return self.locals[ref.node][ref.output]

    @property
    def outputs(self) -> tuple[Shape, ...]:
        return tuple(self.shape(ref) for _, ref in self.body.outputs)


def trace(graph: Graph) -> Instance:
    """The instance of the whole network, with those of everything it calls."""
    shapes = tuple(entry.shape for entry in graph.inputs)
    values = {name: value for name, value in graph.body.params if is_plain(value)}
    opened = frozenset(name for name, _, _ in graph.open_params)
    names = Names(values, _written_out(graph.body.lets), {}, opened)
    values.update({name: option.value for name, option in graph.body.lets})
    root = Instance(graph.body, names, shapes, shapes)
    _Walk().fill(root)
    return root


def is_plain(value: Any) -> bool:
    """Whether a value can be a literal in Python."""
    if isinstance(value, (list, tuple)):
        return all(map(is_plain, value))
    return value is None or isinstance(value, (bool, int, float, str))


def _written_out(lets: tuple[tuple[str, Option], ...]) -> dict[str, ast.expr]:
    known: dict[str, ast.expr] = {}
    for name, option in lets:
        if option.expr is not None:
            known[name] = substitute(option.expr, known)
        elif is_plain(option.value):
            known[name] = literal(option.value)
    return known


class _Walk:
    def __init__(self) -> None:
        self.known: dict[tuple[Any, ...], Instance] = {}
        self.flows: dict[tuple[int, tuple[Shape, ...]], tuple[Shape, ...]] = {}

    def fill(self, instance: Instance) -> Instance:
        for name, shape, local in zip(instance.body.inputs, instance.inputs, instance.local, strict=True):
            instance.shapes[name], instance.locals[name] = (shape,), (local,)
        for node in instance.body.nodes:
            step = self.node(node, instance)
            instance.steps[node.key] = step
            instance.shapes[node.key], instance.locals[node.key] = step.outputs, step.local
        return instance

    def node(self, node: Node, instance: Instance) -> Step:
        inputs = tuple(instance.shape(ref) for ref in node.inputs)
        local = tuple(instance.local_shape(ref) for ref in node.inputs)
        if isinstance(node.target, Repeat):
            return self.repeat(node.target, inputs, local, instance.names)
        return self.call(node.target, inputs, local, node.arguments, instance.names, node.inits)

    def repeat(self, target: Repeat, inputs: tuple[Shape, ...], local: tuple[Shape, ...], names: Names) -> Step:
        taken, own, outputs, ends = inputs, local, inputs, local
        units: list[tuple[int, Step]] = []
        width, place = len(inputs), 0
        for run in target.runs:
            left = run.count
            while left:
                step = self.call(run.target, taken, own, run.arguments, names, run.inits)
                after = handed_on(taken, step.outputs)[:width]
                count = left if _values(after) == _values(taken) and _same_open(after, taken, names) else 1
                units.append((count, step))
                left, place = left - count, place + count
                outputs, ends = _left(step.outputs, place - 1), _left(step.local, place - 1)
                taken, own = handed_on(taken, outputs)[:width], handed_on(own, ends)[:width]
        return (
            Step(inputs, outputs, ends, units=self.joined(units, names), template=target.template)
            if units
            else Step(inputs, inputs, local)
        )

    def joined(self, units: list[tuple[int, Step]], names: Names) -> list[tuple[int, Step]]:
        """Neighbouring units that are equal in everything that can be printed, counted together."""
        joined: list[tuple[int, Step]] = []
        for count, step in units:
            last = joined[-1][1] if joined else None
            if last is not None and _alike(last, step) and _same_open(last.inputs, step.inputs, names):
                joined[-1] = (joined[-1][0] + count, step)
            else:
                joined.append((count, step))
        return joined

    def call(
        self,
        target: Calls | None,
        inputs: tuple[Shape, ...],
        local: tuple[Shape, ...],
        arguments: tuple[tuple[str, Option], ...],
        names: Names,
        inits: tuple[tuple[str, Any], ...],
    ) -> Step:
        if target is None:
            return Step(inputs, inputs[:1], local[:1])
        if isinstance(target, Op):
            return Step(
                inputs,
                _outputs(target, inputs),
                _outputs(target, local),
                op=target,
                module=target.module(*inputs),
                value=target.function(*inputs),
                inits=inits,
            )
        if target.kind == "container":
            callee = self.fill(Instance(target, names, inputs, local))
            same = {name: traced(value, ast.Name(name, ast.Load())) for name, value in names.values.items()}
            return Step(
                inputs,
                callee.outputs,
                tuple(callee.local_shape(ref) for _, ref in target.outputs),
                callee=callee,
                arguments=same,
                inits=inits,
            )
        given = dict(_given(arguments, target)) | dict(_sizes(target, inputs))
        opened = frozenset(name for name, value in given.items() if names.is_open(written_as(value)))
        callee = self.block(target, inputs, opened)
        bindings = {name: expression_of(value) for name, value in given.items() if is_plain(value)}
        integers = frozenset(name for name, value in names.values.items() if isinstance(value, int))
        outputs = tuple(_translated(shape, callee.names, bindings, integers) for shape in callee.outputs)
        flows = self.flow(target, local)
        return Step(
            inputs,
            outputs,
            tuple(_with_channels(f, o) for f, o in zip(flows, outputs, strict=True)),
            callee=callee,
            arguments=given,
            inits=inits,
        )

    def block(self, body: Body, inputs: tuple[Shape, ...], opened: frozenset[str]) -> Instance:
        key = (id(body), _values(inputs), opened)
        if key not in self.known:
            values: dict[str, Any] = {name: value for name, value in body.params if is_plain(value)}
            symbols: dict[str, str] = {}
            shapes, local = [], []
            for index, shape in enumerate(inputs):
                own, free = _entered(shape, body.symbols[index] if index < len(body.symbols) else (), values, symbols)
                shapes.append(own)
                local.append(free)
            names = Names(values, _written_out(body.lets), symbols, opened)
            values.update({name: option.value for name, option in body.lets if is_plain(option.value)})
            self.known[key] = self.fill(Instance(body, names, tuple(shapes), tuple(local)))
        return self.known[key]

    def flow(self, body: Body, inputs: tuple[Shape, ...]) -> tuple[Shape, ...]:
        """The output shapes of a body, for shapes in the terms of its caller."""
        inputs = tuple(Shape(_values((shape,))[0][0], shape.axes) for shape in inputs)
        key = (id(body), inputs)
        if key not in self.flows:
            known: dict[str, tuple[Shape, ...]] = {
                name: (shape,) for name, shape in zip(body.inputs, inputs, strict=True)
            }
            for node in body.nodes:
                known[node.key] = self._through(node.target, tuple(known[ref.node][ref.output] for ref in node.inputs))
            self.flows[key] = tuple(known[ref.node][ref.output] for _, ref in body.outputs)
        return self.flows[key]

    def _through(self, target: Calls | Repeat | None, inputs: tuple[Shape, ...]) -> tuple[Shape, ...]:
        if target is None:
            return inputs[:1]
        if isinstance(target, Op):
            return _outputs(target, inputs)
        if isinstance(target, Body):
            return self.flow(target, inputs)
        outputs, width = inputs, len(inputs)
        for run in target.runs:
            left = run.count
            while left:
                outputs = self._through(run.target, inputs)
                after = handed_on(inputs, outputs)[:width]
                left = 0 if _values(after) == _values(inputs) else left - 1
                inputs = after
        return outputs


def _left(shapes: tuple[Shape, ...], place: int) -> tuple[Shape, ...]:
    """What leaves the unit of a repeat at a place, whose `i` is not that of what reads it."""
    number = {"i": literal(place)}
    return tuple(
        shape.replace(axis, traced(int(dim), substitute(expr, number)))
        if isinstance(dim := shape.dims[axis := shape.channel_axis], int) and (expr := written_as(dim)) is not None
        else shape
        for shape in shapes
    )


def _outputs(op: Op, inputs: tuple[Shape, ...]) -> tuple[Shape, ...]:
    output = op.shape(*inputs)
    return (output,) if isinstance(output, Shape) else output


def _values(shapes: tuple[Shape, ...]) -> tuple[tuple[tuple[Dim, ...], str], ...]:
    return tuple((tuple(int(d) if isinstance(d, int) else d for d in shape.dims), shape.axes) for shape in shapes)


def _same_open(a: tuple[Shape, ...], b: tuple[Shape, ...], names: Names) -> bool:
    """Whether channels depend on open params in the same way: those that do may be equal at the defaults alone."""
    left, right = (
        [to_text(e) if names.is_open(e := written_as(shape.dims[shape.channel_axis])) and e else "" for shape in shapes]
        for shapes in (a, b)
    )
    return left == right


def _alike(a: Step, b: Step) -> bool:
    return (
        a.op == b.op
        and a.callee is b.callee
        and a.module == b.module
        and a.value == b.value
        and _values(a.inputs) == _values(b.inputs)
        and a.arguments == b.arguments
        and a.inits == b.inits
        and written(a.op, a.arguments.items()) == written(b.op, b.arguments.items())
    )


def _given(arguments: tuple[tuple[str, Option], ...], body: Body) -> Iterator[tuple[str, Any]]:
    written = dict(arguments)
    for name, value in body.params:
        if is_plain(value):
            option = written.get(name)
            expr = option.expr if option is not None else None
            yield name, value if expr is None else Written.of(value, expr)


class Written:
    """A value of any kind with the expression it came from."""

    __slots__ = ("expr", "value")

    def __init__(self, value: Any, expr: ast.expr) -> None:
        self.value, self.expr = value, expr

    @classmethod
    def of(cls, value: Any, expr: ast.expr) -> Any:
        return (
            traced(value, expr) if isinstance(value, (int, float)) and not isinstance(value, bool) else cls(value, expr)
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Written) and self.value == other.value

    def __hash__(self) -> int:
        return hash(str(self.value))


def value_of(value: Any) -> Any:
    """The plain value."""
    if isinstance(value, Written):
        return value.value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return int(value) if isinstance(value, int) else float(value)


def written_as(value: Any) -> ast.expr | None:
    """The expression that a value came from, None for one that is only itself."""
    expr = getattr(value, "expr", None)
    return expr if isinstance(expr, ast.expr) else None


def _sizes(body: Body, inputs: tuple[Shape, ...]) -> Iterator[tuple[str, Any]]:
    """The channel symbols of a block's signature, in the terms of its caller."""
    params = {name for name, _ in body.params}
    for symbols, shape in zip(body.symbols, inputs, strict=False):
        name = symbols[shape.channel_axis] if shape.channel_axis < len(symbols) else ""
        size = shape.dims[shape.channel_axis]
        if name.isidentifier() and name not in params and isinstance(size, int):
            yield name, size


def _entered(
    shape: Shape, symbols: tuple[str, ...], values: dict[str, Any], found: dict[str, str]
) -> tuple[Shape, Shape]:
    """An input as its block sees it: the channels as a symbol; and with the other axes as symbols too."""
    dims: list[Dim] = list(shape.dims)
    free: list[Dim] = list(shape.dims)
    for axis, dim in enumerate(shape.dims):
        name = symbols[axis] if axis < len(symbols) else ""
        if not name.isidentifier() or (name in values and name not in found):
            dims[axis] = free[axis] = value_of(dim)
        elif axis == shape.channel_axis and isinstance(dim, int):
            values[name], found[name] = int(dim), shape.axes[axis]
            dims[axis] = free[axis] = traced(int(dim), ast.Name(name, ast.Load()))
        else:
            dims[axis] = value_of(dim)
            free[axis] = symbol(name)
    return Shape(tuple(dims), shape.axes), Shape(tuple(free), shape.axes)


def _translated(shape: Shape, names: Names, bindings: Mapping[str, ast.expr], integers: frozenset[str]) -> Shape:
    """An output of a block, its channels in the terms of the caller."""
    channels = shape.dims[shape.channel_axis]
    expr = written_as(channels)
    dims = tuple(value_of(dim) for dim in shape.dims)
    shape = Shape(dims, shape.axes)
    if expr is None or not isinstance(channels, int):
        return shape
    tree = substitute(names.written_out(expr), bindings)
    # A chain of units that each add channels is C + 32 * 5 after five of them, and not ever longer.
    return shape.replace(shape.channel_axis, traced(int(channels), simplify(tree, integers=integers)))


def _with_channels(shape: Shape, known: Shape) -> Shape:
    size = known.dims[known.channel_axis]
    return shape.replace(shape.channel_axis, size) if shape.rank == known.rank and isinstance(size, int) else shape
