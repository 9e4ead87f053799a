"""The frozen, hierarchical graph between the spec language and the backends.

A `Body` is closed: what it reads from outside are its inputs, in order. Equal bodies are one object, so whatever is
computed per body and input shape is computed once, however often a block is called.

Integers in options may be `Traced`: ints that also carry the expression they came from, in the names of the enclosing
body (its params, its shape symbols, its lets, or `i` and `n` inside a repeat).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypeVar

from archspec.expressions import parse_template, to_text
from archspec.expressions.trees import free_names
from archspec.ops.base import Op
from archspec.records import Record, field, fields_of
from archspec.shapes import Shape
from archspec.text.span import Span

_T = TypeVar("_T")


class Ref(Record):
    """Output `output` of the node with this key, or an input of the body by its name."""

    node: str
    output: int = 0


class Option(Record):
    """A value and the expression it came from (None: a literal), in the names of the enclosing body."""

    value: Any
    expr: ast.expr | None = field(default=None, compare=False)


class Run(Record):
    """`count` equal units of a repeat, one after another."""

    count: int
    target: Op | Body
    arguments: tuple[tuple[str, Option], ...] = ()
    inits: tuple[tuple[str, Any], ...] = ()


def written(target: object, arguments: Iterable[tuple[str, Any]]) -> list[str]:
    """How a call's values are written, those that read names: what is equal now may part with an open param."""
    given = ((name, getattr(target, name)) for name in fields_of(type(target))) if isinstance(target, Op) else ()
    found = []
    for name, value in (*arguments, *given):
        for part in value if isinstance(value, (list, tuple)) else (value,):
            expr = getattr(part, "expr", None)
            if isinstance(expr, ast.expr) and free_names(expr):
                found.append(f"{name}: {to_text(expr)}")
    return found


class Repeat(Record):
    """Units in a chain, each fed by the one before (`handed_on`), and named by the `template` or 0, 1, ….

    Runs are maximal: neighbouring runs differ, if only in how their values are written. `template` is the expression
    text of `names:` with `i` free.
    """

    runs: tuple[Run, ...]
    template: str | None = None

    @property
    def count(self) -> int:
        return sum(run.count for run in self.runs)

    def names(self) -> Iterator[str]:
        """The names of all units in order."""
        template = parse_template(self.template) if self.template is not None else None
        return (str(i) if template is None else template.render({"i": i}) for i in range(self.count))


def handed_on(inputs: tuple[_T, ...], outputs: tuple[_T, ...]) -> tuple[_T, ...]:
    """What a unit of a repeat leaves for the next: its outputs, and behind them the inputs that it gives no successor.

    So every layer of a decoder gets the sequence of the layer before it, and the same memory.
    """
    return (*outputs, *inputs[len(outputs) :])


class Node(Record):
    """One step of a body.

    `key` is unique in the body and the same in all instances of a definition; `path` is what it adds to state_dict
    keys (None: nothing). `target` None passes the first input through (a false `when`, a join of one operand).
    `when` is kept with its expression. `shares` is the key of the node whose module this one runs again.
    """

    key: str
    path: str | None
    target: Op | Body | Repeat | None
    inputs: tuple[Ref, ...]
    span: Span
    arguments: tuple[tuple[str, Option], ...] = ()
    when: Option | None = None
    section: str | None = None
    shares: str | None = None
    inits: tuple[tuple[str, Any], ...] = ()
    ties: tuple[tuple[str, str], ...] = ()

    @property
    def place(self) -> str:
        """Its path, or its key where it has none: a join that nobody named, a module that runs again."""
        return self.path or self.key


BodyKind = Literal["block", "container", "net"]


class Body(Record):
    """A block with its arguments filled in, an inline container, or the whole net.

    `definition` identifies where it was written (file and block name; for a container the block's id and the path to
    it), so that backends can group the instances of one definition. `params` are the values it was called with, `lets`
    its named intermediate values, `symbols` the axis names of its signature, one tuple per input. `register` is the
    order in which children, by their keys, register their tensors where that is not the order of execution. `layers`
    counts the ops, those of all calls and units.
    """

    kind: BodyKind
    name: str
    definition: str
    inputs: tuple[str, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[tuple[str, Ref], ...]
    span: Span
    params: tuple[tuple[str, Any], ...] = ()
    lets: tuple[tuple[str, Option], ...] = ()
    symbols: tuple[tuple[str, ...], ...] = ()
    doc: str = ""
    register: tuple[str, ...] = ()
    layers: int = field(default=0, init=False, compare=False)
    _hash: int = field(default=0, init=False, compare=False)
    _keyed: Mapping[str, Node] = field(default_factory=dict, init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", sum(_layers(node.target) for node in self.nodes))
        object.__setattr__(self, "_keyed", {node.key: node for node in self.nodes})
        # Once, and nothing of what is called: a body that calls another twice, which calls a third twice, would be
        # hashed 2^depth times. Bodies that differ in less are told apart by `==`.
        own = (self.definition, self.inputs, tuple(self._keyed), self.outputs, self.params)
        object.__setattr__(self, "_hash", hash(own))

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}: {len(self.nodes)} nodes>"  # all of it is as large as the network unrolled

    def node(self, key: str) -> Node:
        """The node with this key; KeyError if there is none."""
        return self._keyed[key]

    def holder(self, tensor: str) -> str:
        """The key of the node that holds a tensor, whose own name may have dots; KeyError if there is none."""
        parts = tensor.split(".")
        names = (".".join(parts[:cut]) for cut in range(len(parts) - 1, 0, -1))
        return self._keyed[next((name for name in names if name in self._keyed), tensor)].key


def operations(body: Body, seen: set[int] | None = None) -> Iterator[Op]:
    """Every op of a body and of what it calls; a body that is called more than once comes once."""
    seen = set() if seen is None else seen
    for node in body.nodes:
        target = node.target
        targets = [run.target for run in target.runs] if isinstance(target, Repeat) else [target]
        for one in targets:
            if isinstance(one, Op):
                yield one
            elif isinstance(one, Body) and id(one) not in seen:
                seen.add(id(one))
                yield from operations(one, seen)


def _layers(target: Op | Body | Repeat | None) -> int:
    if isinstance(target, Repeat):
        return sum(run.count * _layers(run.target) for run in target.runs)
    return target.layers if isinstance(target, Body) else int(target is not None)


class GraphInput(Record):
    """An input of the network: its name and shape, symbols where any size will do."""

    name: str
    shape: Shape
    span: Span


class GraphOutput(Record):
    """An output of the network; `mode` "train" marks one that exists in training only (an auxiliary head)."""

    name: str
    ref: Ref
    mode: Literal["always", "train"] = "always"


class Graph(Record):
    """A whole network: the root body, its inputs and outputs, and what backends need to know of its spec.

    `open_params` become constructor arguments of the generated network: (name, type, default). `init` is the stated
    initialisation, (op name, tensor, scheme) in the order of the spec. `features` are the nodes that were asked for as
    outputs, if the network is cut down to a backbone.
    """

    name: str
    body: Body
    inputs: tuple[GraphInput, ...]
    outputs: tuple[GraphOutput, ...]
    doc: str = ""
    class_name: str | None = None
    open_params: tuple[tuple[str, str, Any], ...] = ()
    init: tuple[tuple[str, str, Any], ...] = ()
    layout: str | None = None
    file: str = ""
    variant: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    features: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Graph {self.name}: {len(self.body.nodes)} nodes>"
