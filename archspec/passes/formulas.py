"""Parameters and MACs as formulas in the free sizes of the input and the open params.

The network is run once more through its own shape rules, on integers that also know what they are in symbols. A
symbolic size serves for open params too: what a spec may do with either is `+`, `-`, `*` and division that rounds down.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from math import prod
from typing import Any

from archspec.expressions import ExpressionError
from archspec.expressions.evaluation import evaluate_tree
from archspec.expressions.tracing import TracedInt
from archspec.expressions.trees import free_names
from archspec.ir.graph import Body, Graph, Node, Option, Repeat, handed_on
from archspec.ops.base import Op
from archspec.passes.cost import idle_nodes
from archspec.passes.sizes import free_sizes
from archspec.records import Record, fields_of, replace
from archspec.shapes import Dim, Shape, Size, symbol


class Formulas(Record):
    """What a network costs, in symbols: learnable parameters, and MACs of one example at inference."""

    parameters: Dim
    macs: Dim

    def at(self, values: Mapping[str, int]) -> tuple[int | None, int | None]:
        """Both as numbers, for values of the symbols; those not given are nominal sizes and defaults."""
        parameters, macs = (d if isinstance(d, int) else d.at(values) for d in (self.parameters, self.macs))
        return parameters, macs


class NoFormula(Exception):
    """Something depends on a symbol in a way that has no formula, such as `max(1, width // 4)`."""


def derive(graph: Graph) -> Formulas:
    """The formulas of a network. NoFormula where an expression or a rule cannot be followed in symbols."""
    open_params = {name: symbol(name, value) for name, kind, value in graph.open_params if kind == "int"}
    tally = _Tally(open_params, frozenset(id(node) for node in idle_nodes(graph)))
    inputs = tuple(Shape(tuple(map(_entering, given.shape.dims)), given.shape.axes) for given in graph.inputs)
    env: dict[str, Any] = {**dict(graph.body.params), **open_params}
    _, parameters, macs = tally.body(graph.body, inputs, _bound(graph.body, inputs, env))
    nominal = {name: size for name, size in free_sizes(graph).items() if size is not None}
    # Parameters do not change with the size of the input: where features come from one, they are those of the nominal.
    return Formulas(parameters if isinstance(parameters, int) else parameters.given(nominal), macs)


class Known(int):
    """An integer that also knows what it is in symbols."""

    form: Size

    def __new__(cls, value: int, form: Size) -> Known:
        self = super().__new__(cls, value)
        self.form = form
        return self


def _arithmetic(rule: Callable[[Any, Any], Any], reflected: bool) -> Any:
    def method(self: Known, other: Any) -> Any:
        if not isinstance(other, int):
            return NotImplemented
        left, right = (other, self) if reflected else (self, other)
        value = rule(int(left), int(right))
        try:
            return known(value, rule(in_symbols(left), in_symbols(right)))
        except TypeError:
            raise NoFormula from None  # such as a division by a size

    return method


for _name, _rule in (
    ("add", operator.add), ("sub", operator.sub), ("mul", operator.mul), ("floordiv", operator.floordiv),
):  # fmt: skip
    setattr(Known, f"__{_name}__", _arithmetic(_rule, reflected=False))
    setattr(Known, f"__r{_name}__", _arithmetic(_rule, reflected=True))


def known(value: int, form: Dim) -> int:
    """The value with its form, if that has symbols."""
    return Known(value, form) if isinstance(form, Size) else value


def in_symbols(value: int) -> Dim:
    """What a number is in symbols; itself, if it knows none."""
    return value.form if isinstance(value, Known) else int(value)


def _entering(dim: Dim) -> int:
    if isinstance(dim, int):
        return int(dim)
    value = dim.at({"N": 1})
    return 1 if str(dim) == "N" else known(value or 1, dim)


def _bound(body: Body, inputs: tuple[Shape, ...], env: Mapping[str, Any]) -> dict[str, Any]:
    """The names inside a body: those of its signature, if no param has them, and its `let`s."""
    names = dict(env)
    for axes, shape in zip(body.symbols, inputs, strict=False):
        for axis, dim in zip(axes, shape.dims, strict=True):
            if axis.isidentifier():
                names.setdefault(axis, _dim(dim))
    for name, option in body.lets:
        names[name] = _value(option, names)
    return names


def _value(option: Option, env: Mapping[str, Any]) -> Any:
    return option.value if option.expr is None else _evaluated(option.value, option.expr, env)


def _evaluated(value: Any, expr: ast.expr, env: Mapping[str, Any]) -> Any:
    try:
        found = evaluate_tree(expr, env)  # True, a list or a text may come out too, and stay as they are
    except ExpressionError:
        if any(isinstance(env.get(name), Size) for name in free_names(expr)):
            raise NoFormula from None
        return value
    return found if isinstance(found, Size) else value


class _Tally:
    """Walks bodies; `open_params` are seen in all of them."""

    def __init__(self, open_params: Mapping[str, Size], idle: frozenset[int]) -> None:
        self.open_params, self.idle = open_params, idle

    def body(self, body: Body, inputs: tuple[Shape, ...], env: Mapping[str, Any]) -> tuple[tuple[Shape, ...], Dim, Dim]:
        """The outputs of a body, its parameters and its MACs."""
        values: dict[str, tuple[Shape, ...]] = {name: (shape,) for name, shape in zip(body.inputs, inputs, strict=True)}
        parameters: Dim = 0
        macs: Dim = 0
        for node in body.nodes:
            into = tuple(values[ref.node][ref.output] for ref in node.inputs)
            values[node.key], own, run = self._node(node, into, env)
            parameters = parameters + (0 if node.shares is not None else own)
            macs = macs + (0 if id(node) in self.idle else run)
        return tuple(values[ref.node][ref.output] for _, ref in body.outputs), parameters, macs

    def _node(self, node: Node, into: tuple[Shape, ...], env: Mapping[str, Any]) -> tuple[tuple[Shape, ...], Dim, Dim]:
        if node.target is None:
            return into[:1], 0, 0
        if isinstance(node.target, Repeat):
            return self._repeat(node.target, into, env)
        tied = frozenset(name for name, _ in node.ties)
        return self._target(node.target, node.arguments, into, env, tied)

    def _target(
        self, target: Op | Body, arguments: Iterable[tuple[str, Option]], into: tuple[Shape, ...],
        env: Mapping[str, Any], tied: frozenset[str] = frozenset(),
    ) -> tuple[tuple[Shape, ...], Dim, Dim]:  # fmt: skip
        if isinstance(target, Op):
            op = _with_forms(target, env)
            output = op.shape(*into)
            tensors = (tensor for name, tensor in op.tensors(*into).items() if name not in tied)
            parameters = sum(in_symbols(prod(tensor)) for tensor in tensors)
            macs = op.macs(*into)
            return (output,) if isinstance(output, Shape) else output, parameters, _dim(macs)
        if target.kind == "container":
            return self.body(target, into, env)
        given = {name: _value(option, env) for name, option in arguments}
        return self.body(target, into, _bound(target, into, {**self.open_params, **dict(target.params), **given}))

    def _repeat(
        self, repeat: Repeat, into: tuple[Shape, ...], env: Mapping[str, Any]
    ) -> tuple[tuple[Shape, ...], Dim, Dim]:
        parameters: Dim = 0
        macs: Dim = 0
        index = 0
        for run in repeat.runs:
            left = run.count
            while left:
                counting = {**env, "i": env.get("i", index), "n": env.get("n", repeat.count)}
                outputs, own, once = self._target(run.target, run.arguments, into, counting)
                after = handed_on(into, outputs)[: len(into)]
                count = left if _forms(after) == _forms(into) else 1
                parameters, macs = parameters + own * count, macs + once * count
                into, left, index = after, left - count, index + count
        return outputs, parameters, macs


def _dim(value: Dim) -> Dim:
    return value if isinstance(value, Size) else in_symbols(value)


def _forms(shapes: tuple[Shape, ...]) -> list[list[Dim]]:
    return [[_dim(dim) for dim in shape.dims] for shape in shapes]


def _with_forms(op: Op, env: Mapping[str, Any]) -> Op:
    """The op with options that know what they are in symbols."""
    values = {name: getattr(op, name) for name in fields_of(type(op))}
    formed = {name: _with_form(value, env) for name, value in values.items()}
    changed = {name: value for name, value in formed.items() if value is not values[name]}
    return replace(op, **changed) if changed else op


def _with_form(value: Any, env: Mapping[str, Any]) -> Any:
    if isinstance(value, tuple):
        return tuple(_with_form(item, env) for item in value)
    if not isinstance(value, TracedInt):
        return value
    found = _evaluated(int(value), value.expr, env)
    return known(int(value), found) if isinstance(found, Size) else int(value)
