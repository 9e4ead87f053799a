"""The reference: a module that performs a graph's calls node by node, as they stand in the graph.

It knows nothing of the code generator, and the generator nothing of it, so that what both agree on to the bit is what
the graph says. Modules sit at the same paths, so a state_dict fits both. Nothing runs in place.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archspec.backends import reference_layers
from archspec.expressions import parse_template
from archspec.ir.graph import Body, Graph, Node, Repeat, handed_on
from archspec.ops.base import Call, Op, Operand, Operands, Parameter, Slice
from archspec.passes.shapes import BodyShapes, UnitShapes, infer
from archspec.shapes import Shape, Size, nominal

ROOTS: dict[str, Any] = {
    "nn": nn,
    "F": F,
    "torch": torch,
    "Tensor": Tensor,
    "operator": operator,
    "support": reference_layers,
}

Run = Callable[..., tuple[Tensor, ...]]


class Interpreter(nn.Module):
    """A network performed from its graph; outputs as a tuple in the order of the spec, all of them in every mode."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self._run = _body(infer(graph).root, self)
        self.outputs = tuple(output.name for output in graph.outputs)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """The outputs for one tensor per input."""
        return self._run(*inputs)


def _body(shapes: BodyShapes, home: nn.Module) -> Run:
    """Build the modules of a body under `home`, in registration order; what comes back runs it."""
    body = shapes.body
    order = {key: place for place, key in enumerate(body.register)}
    runs: dict[str, Run] = {}
    for node in sorted(body.nodes, key=lambda n: order.get(n.key, -1)):
        if node.shares is None:
            runs[node.key] = _node(node, shapes, home)
    for node in body.nodes:
        if node.shares is not None:
            own = isinstance(node.target, Op)
            runs[node.key] = _again(node, shapes, home) if own else runs[node.shares]
        for name, source in node.ties:
            setattr(_at(home, node.path or ""), name, _tensor(home, source))

    def run(*inputs: Tensor) -> tuple[Tensor, ...]:
        values: dict[str, tuple[Tensor, ...]] = {
            name: (value,) for name, value in zip(body.inputs, inputs, strict=True)
        }
        for node in body.nodes:
            values[node.key] = runs[node.key](*(values[ref.node][ref.output] for ref in node.inputs))
        return tuple(values[ref.node][ref.output] for _, ref in body.outputs)

    return run


def _node(node: Node, shapes: BodyShapes, home: nn.Module) -> Run:
    if node.target is None:
        return lambda first, *_: (first,)
    if isinstance(node.target, Body):
        return _body(shapes.children[node.key], _home(home, node.path))
    if isinstance(node.target, Repeat):
        return _units(node.target, shapes.units[node.key], _home(home, node.path))
    return _op(node.target, shapes.into(node), home, node.path)


def _units(repeat: Repeat, units: Sequence[UnitShapes], home: nn.Module) -> Run:
    template = parse_template(repeat.template) if repeat.template is not None else None
    runs: list[Run] = []
    for unit in units:
        for _ in range(unit.count):
            path = template.render({"i": len(runs)}) if template is not None else str(len(runs))
            runs.append(_unit(unit, path, home))

    def run(*values: Tensor) -> tuple[Tensor, ...]:
        return reduce(lambda flowing, unit: handed_on(flowing, unit(*flowing[: len(values)])), runs, values)

    return run


def _unit(unit: UnitShapes, path: str, home: nn.Module) -> Run:
    if unit.body is not None:
        return _body(unit.body, _home(home, path))
    assert isinstance(unit.run.target, Op)
    return _op(unit.run.target, unit.inputs, home, path)


def _op(op: Op, inputs: tuple[Shape, ...], home: nn.Module, path: str | None) -> Run:
    made = op.module(*inputs)
    value = op.function(*inputs)
    module = _perform(made, (), None, None) if made is not None else None
    if module is not None:
        if "inplace" in vars(module):
            module.inplace = False
        _register(home, path or "", module)
    return _performed(value, module, home, path)


def _again(node: Node, shapes: BodyShapes, home: nn.Module) -> Run:
    """An op of another node once more, in the way that this node's inputs ask for."""
    assert isinstance(node.target, Op) and node.shares is not None
    original = shapes.body.node(node.shares)
    made = node.target.module(*shapes.into(original))
    module = _existing(home, original.path or "") if made is not None else None
    return _performed(node.target.function(*shapes.into(node)), module, home, original.path)


def _performed(value: Any, module: Any, home: nn.Module, path: str | None) -> Run:
    if value is None:
        assert module is not None, "an op has neither a module nor a function"
        return lambda *values: _several(module(*values))

    def run(*values: Tensor) -> tuple[Tensor, ...]:
        # Looked up at each run: loading a checkpoint may put another tensor in its place.
        own = _tensor(home, path or "") if isinstance(module, nn.Parameter) else None
        return _several(_perform(value, values, own, module))

    return run


def _several(result: Any) -> tuple[Tensor, ...]:
    return tuple(result) if isinstance(result, tuple | list) else (result,)


def _perform(what: Any, values: tuple[Tensor, ...], own: Tensor | None, module: Any) -> Any:
    """Perform a call whose arguments may be operands, the node's own tensor, and further calls."""
    if isinstance(what, Call):
        function = module if what.path == "module" else _function(what.path)
        arguments = [_perform(a, values, own, module) for a in what.args]
        return function(*arguments, **{k: _perform(v, values, own, module) for k, v in what.kwargs})
    if isinstance(what, Operand):
        return values[what.index]
    if isinstance(what, Operands):
        return values
    if isinstance(what, Parameter):
        return own
    if isinstance(what, Slice):
        return slice(what.start, _perform(what.stop, values, own, module), what.step)
    if isinstance(what, tuple):
        return tuple(_perform(part, values, own, module) for part in what)
    if isinstance(what, Size):
        return nominal(what)
    return int(what) if isinstance(what, int) and not isinstance(what, bool) else what


def _function(path: str) -> Callable[..., Any]:
    root, *names = path.split(".")
    function: Callable[..., Any] = reduce(getattr, names, ROOTS[root])
    return function


def _home(home: nn.Module, path: str | None) -> nn.Module:
    if path is None:
        return home
    inner = nn.Module()
    _register(home, path, inner)
    return inner


def _register(home: nn.Module, path: str, what: nn.Module | nn.Parameter) -> None:
    *folders, name = path.split(".")
    for folder in folders:
        if folder not in home._modules:
            home.add_module(folder, nn.Module())
        home = home.get_submodule(folder)
    if isinstance(what, nn.Parameter):
        home.register_parameter(name, what)
    else:
        home.add_module(name, what)


def _at(home: nn.Module, path: str) -> nn.Module:
    return home.get_submodule(path)


def _existing(home: nn.Module, path: str) -> Any:
    folder, _, name = path.rpartition(".")
    return getattr(home.get_submodule(folder), name)


def _tensor(home: nn.Module, path: str) -> Tensor:
    found = _existing(home, path)
    assert isinstance(found, Tensor)
    return found
