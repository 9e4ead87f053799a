"""Families: the instances of one definition that become one class of the generated source."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from archspec.backends.torch_code.trace import Instance, Step
from archspec.ir.graph import Node
from archspec.ops.base import Call, Operand, Operands, Parameter, Slice
from archspec.records import Record, field

Signature = tuple[Any, ...]


class Argument(Record, frozen=False):
    """A constructor argument of a class. `source` is its name in the spec's terms; None: lifted from the instances."""

    name: str
    annotation: str
    source: str | None
    default: Any = None
    has_default: bool = False


class Family(Record, frozen=False):
    """One class: its instances (all of one structure), and the constructor arguments that tell them apart."""

    definition: str
    signature: Signature
    instances: list[Instance]
    class_name: str = ""
    arguments: list[Argument] = field(default_factory=list)
    lifted: dict[str, dict[int, Any]] = field(default_factory=dict)
    open_names: set[str] = field(default_factory=set)

    def nodes(self) -> Iterator[tuple[Node, list[int]]]:
        """Each node, from an instance where it does something, with the instances in which it does."""
        for place, node in enumerate(self.instances[0].body.nodes):
            active = [i for i, one in enumerate(self.instances) if not one.steps[node.key].passes]
            yield (self.instances[active[0]].body.nodes[place] if active else node), active


class Families:
    """All families of a network, callees before callers; the network itself is the last."""

    def __init__(self, root: Instance) -> None:
        self.by_definition: dict[str, list[Family]] = {}
        self.of: dict[int, Family] = {}
        self.sites: dict[int, int] = {}
        self._signatures: dict[int, Signature] = {}
        self.order: list[Family] = []
        self.root = self._add(root)

    def _add(self, instance: Instance) -> Family:
        if id(instance) in self.of:
            return self.of[id(instance)]
        for step in instance.steps.values():
            for callee in callees(step):
                self._add(callee)
        mine = self._signature(instance)
        known = self.by_definition.setdefault(instance.body.definition, [])
        for family in known:
            joint = _unified(family.signature, mine)
            if joint is not None:
                family.signature = joint
                family.instances.append(instance)
                break
        else:
            family = Family(instance.body.definition, mine, [instance])
            known.append(family)
            self.order.append(family)
        self.of[id(instance)] = family
        return family

    def _signature(self, instance: Instance) -> Signature:
        if id(instance) not in self._signatures:
            nodes = tuple(
                (node.key, node.inputs, node.shares, self._action(instance.steps[node.key], node))
                for node in instance.body.nodes
            )
            self._signatures[id(instance)] = (
                instance.body.inputs,
                instance.body.outputs,
                instance.body.register,
                *nodes,
            )
        return self._signatures[id(instance)]

    def _action(self, step: Step, node: Node) -> Signature | None:
        """What a step does, in its structure; None: nothing, which agrees with everything."""
        own = node.path, node.ties, node.inits
        if step.op is not None:
            return "op", own, step.op.name, _skeleton(step.module), _skeleton(step.value)
        if step.callee is not None:
            return "body", own, id(self.of[id(step.callee)])
        if step.units is not None:
            actions = {self._action(unit, node): None for _, unit in step.units}
            return "repeat", own, step.template, tuple(actions)
        return None


def callees(step: Step) -> Iterator[Instance]:
    """The instances that a step runs."""
    if step.callee is not None:
        yield step.callee
    for _, unit in step.units or ():
        yield from callees(unit)


def _skeleton(value: Any) -> Any:
    """The structure of a call: what must be equal for one line of code to stand for several."""
    if isinstance(value, Call):
        return value.path, len(value.args), tuple(map(_skeleton, value.args))
    if isinstance(value, (Operand, Operands, Parameter)):
        return value
    if isinstance(value, Slice):
        return "slice"
    if isinstance(value, tuple) and any(
        isinstance(v, (tuple, Call, Operand, Operands, Parameter, Slice)) for v in value
    ):
        return tuple(map(_skeleton, value))
    return None


def _unified(a: Signature, b: Signature) -> Signature | None:
    """The structure that both have, where steps that do nothing agree with all; None if there is none."""
    if a[:2] != b[:2] or len(a) != len(b):
        return None
    register = max(a[2], b[2], key=len)
    if any(not _follows(shorter[2], register) for shorter in (a, b)):
        return None
    nodes = []
    for one, other in zip(a[3:], b[3:], strict=True):
        active = one if one[-1] is not None else other
        if one[0] != other[0] or (one[-1] != other[-1] and None not in (one[-1], other[-1])):
            return None
        # What passes through reads only the first of the inputs that the step would have.
        if one[1] != other[1] and (one[-1] == other[-1] or one[1][:1] != other[1][:1]):
            return None
        nodes.append(active)
    return (*a[:2], register, *nodes)


def _follows(part: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    """Whether one order of registration is the other with some left out."""
    return part == tuple(key for key in whole if key in part)


def free_names(trees: Iterable[ast.expr]) -> set[str]:
    """The names in some expressions."""
    return {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
