"""One module after another: what can be an `nn.Sequential`."""

from __future__ import annotations

from typing import Any

from archspec.backends.torch_code.trace import Instance, Step
from archspec.ir.graph import Body, Ref, Repeat
from archspec.ops.base import Call, Operand

AS_MODULES = ("torch.flatten", "Tensor.permute")
"""Functions that a module can stand for in an `nn.Sequential`."""


ACTIVATIONS = frozenset(
    f"nn.{name}"
    for name in (
        "ReLU",
        "ReLU6",
        "ELU",
        "GELU",
        "SiLU",
        "Mish",
        "Sigmoid",
        "Tanh",
        "Hardswish",
        "Hardsigmoid",
        "LeakyReLU",
    )
)
"""Modules that can stand for each other, where they are given no options."""


def is_activation(step: Step) -> bool:
    """Whether a step is one of the activations, made without an argument; `inplace` is the generator's own."""
    call = step.module
    return (
        isinstance(call, Call)
        and call.path in ACTIVATIONS
        and step.value is None
        and not call.args
        and all(name == "inplace" for name, _ in call.kwargs)
    )


def as_module(value: Any) -> Call:
    """The module that does what a function does, for places where only modules can stand."""
    assert isinstance(value, Call)
    arguments = value.args[1:]
    if value.path == "Tensor.permute":
        return Call("support.Permute", arguments)
    return Call("nn.Flatten", arguments if arguments != (1,) else ())


def is_module(step: Step) -> bool:
    """Whether a module does all of the step: the module alone, or a function that there is a module for."""
    if step.op is not None:
        if step.module is None:
            value = step.value
            return isinstance(value, Call) and value.path in AS_MODULES and value.args[0] == Operand(0)
        return step.value is None and step.module.path != "nn.Parameter"
    if step.callee is not None:
        return len(step.inputs) == 1 and len(step.outputs) == 1
    return one_way(step)


def one_way(step: Step) -> bool:
    """Whether all units of a repeat are modules with one input and one output."""
    return all(is_module(unit) and len(unit.inputs) == 1 and len(unit.outputs) == 1 for _, unit in step.units or ())


def is_special(body: Body) -> bool:
    """Whether a layer of the body, or of a container in it, has an initialisation of its own."""
    inner = [node.target for node in body.nodes if isinstance(node.target, Body)]
    runs = [run for node in body.nodes if isinstance(node.target, Repeat) for run in node.target.runs]
    own = any(node.inits for node in body.nodes) or any(run.inits for run in runs)
    return own or any(is_special(b) for b in inner if b.kind == "container")


def is_counted(instance: Instance) -> bool | None:
    """Whether an instance is a chain whose modules are called by their places, 0, 1, …, as in an `nn.Sequential`.

    None: nothing in it does anything.
    """
    if all(step.passes for step in instance.steps.values()):
        return None
    body = instance.body
    if len(body.inputs) != 1 or len(body.outputs) != 1 or body.register or is_special(body):
        return False
    current, paths = Ref(body.inputs[0]), []
    for node in body.nodes:
        step = instance.steps[node.key]
        if node.inputs != (current,) or node.shares or node.ties or not (step.passes or is_module(step)):
            return False
        current = Ref(node.key)
        paths += [] if step.passes else [node.path]
    return body.outputs[0][1] == current and paths == [str(place) for place in range(len(paths))]


__all__ = ["as_module", "is_activation", "is_counted", "is_module", "is_special", "one_way"]
