"""The structure of a body: what has to agree for one class to stand for several instances of a definition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from archspec.backends.torch_code.chains import is_activation, is_counted
from archspec.backends.torch_code.trace import Instance, Step
from archspec.ir.graph import Node, Ref
from archspec.ops.base import Call, Operand, Operands, Parameter, Slice
from archspec.records import Record, replace

T = TypeVar("T")
Action = tuple[Any, ...]


class Part(Record):
    """A node: what it does and reads, and what passes where it does nothing. None is not known yet, and agrees."""

    key: str
    shares: str | None
    action: Action | None
    inputs: tuple[Ref, ...] | None
    passing: Ref | None

    @property
    def read_apart(self) -> bool:
        """Whether it reads one value where it does something, and another passes elsewhere."""
        return self.inputs is not None and self.passing is not None and self.passing not in self.inputs


class Structure(Record):
    """A body's interface, the order in which it registers tensors, and its parts.

    In a `counted` one the parts are called by their places, which shift where one of them is absent; None: no part is
    there that could tell.
    """

    inputs: tuple[str, ...]
    outputs: tuple[tuple[str, Ref], ...]
    register: tuple[str, ...]
    parts: tuple[Part, ...]
    counted: bool | None


def structure(instance: Instance, callee: Callable[[Instance], object]) -> Structure:
    """The structure of one instance; `callee` says which class an instance belongs to."""
    body = instance.body
    counted = is_counted(instance)
    parts = []
    for node in body.nodes:
        action = _action(instance.steps[node.key], replace(node, path=None) if counted else node, callee)
        nothing = action is None
        parts.append(
            Part(
                node.key,
                node.shares,
                action,
                None if nothing else node.inputs,
                node.inputs[0] if nothing and node.inputs else None,
            )
        )
    return Structure(body.inputs, body.outputs, body.register, tuple(parts), counted)


def unified(a: Structure, b: Structure) -> Structure | None:
    """The structure that both have, where a node that does nothing in one agrees with all; None if there is none."""
    if (a.inputs, a.outputs, len(a.parts)) != (b.inputs, b.outputs, len(b.parts)) or not _agree(a.counted, b.counted):
        return None
    register = max(a.register, b.register, key=len)
    if any(not _follows(one.register, register) for one in (a, b)):
        return None
    parts = []
    for one, other in zip(a.parts, b.parts, strict=True):
        part = _joint(one, other)
        if part is None:
            return None
        parts.append(part)
    return Structure(a.inputs, a.outputs, register, tuple(parts), b.counted if a.counted is None else a.counted)


def _joint(a: Part, b: Part) -> Part | None:
    agree = (
        (a.key, a.shares) == (b.key, b.shares)
        and _agree(a.action, b.action)
        and _agree(a.inputs, b.inputs)
        and _agree(a.passing, b.passing)
    )
    if not agree:
        return None
    return Part(a.key, a.shares, a.action or b.action, a.inputs or b.inputs, a.passing or b.passing)


def _agree(a: T | None, b: T | None) -> bool:
    return a is None or b is None or a == b


def _follows(part: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    """Whether one order of registration is the other with some left out."""
    return part == tuple(key for key in whole if key in part)


def _action(step: Step, node: Node, callee: Callable[[Instance], object]) -> Action | None:
    """What a step does, in its structure; None: nothing."""
    own = node.path, node.ties, node.inits
    if step.passes:
        return None
    if is_activation(step):
        return "activation", own
    if step.op is not None:
        return "op", own, step.op.name, len(step.outputs), _skeleton(step.module), _skeleton(step.value)
    if step.callee is not None:
        return "body", own, id(callee(step.callee))
    actions = {_action(unit, node, callee): None for _, unit in step.units or ()}
    return "repeat", own, step.template, tuple(actions)


def _skeleton(value: Any) -> Any:
    """The structure of a call: what must be equal for one line of code to stand for several."""
    if isinstance(value, Call):
        named = tuple((name, part) for name, given in value.kwargs if (part := _skeleton(given)) is not None)
        return value.path, len(value.args), tuple(map(_skeleton, value.args)), named
    if isinstance(value, (Operand, Operands, Parameter)):
        return value
    if isinstance(value, Slice):
        return "slice", _skeleton(value.stop)
    if isinstance(value, tuple) and any(
        isinstance(v, (tuple, Call, Operand, Operands, Parameter, Slice)) for v in value
    ):
        return tuple(map(_skeleton, value))
    return None


__all__ = ["Part", "Structure", "structure", "unified"]
