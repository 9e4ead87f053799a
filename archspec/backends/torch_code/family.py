"""Families: the instances of one definition that become one class of the generated source."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from archspec.backends.torch_code.structure import Structure, structure, unified
from archspec.backends.torch_code.trace import Instance, Step
from archspec.ir.graph import Node, Ref
from archspec.records import Record, field

Present = tuple[Node, list[int]]
"""A node, from an instance where it does something, and the instances in which it does."""


class Links(Record):
    """What a class's nodes have to do with each other.

    `idle`: where nodes that never do anything lead; `counts`: how often each value is read; `readers`: the nodes that
    read it; `runs`: the nodes that run another's module again.
    """

    idle: dict[str, Ref]
    counts: Counter[Ref]
    readers: dict[Ref, list[Present]]
    runs: dict[str, list[Node]]


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
    structure: Structure
    instances: list[Instance]
    class_name: str = ""
    arguments: list[Argument] = field(default_factory=list)
    lifted: dict[str, dict[int, Any]] = field(default_factory=dict)
    open_names: set[str] = field(default_factory=set)
    _known: Links | None = None
    _present: dict[str, Present] = field(default_factory=dict)
    _listed: int = 0

    def nodes(self) -> Iterable[Present]:
        """Each node, from an instance where it does something, with the instances in which it does."""
        return self._by_key().values()

    def present(self, key: str) -> Present | None:
        """The node with this key; None for an input."""
        return self._by_key().get(key)

    def _by_key(self) -> dict[str, Present]:
        if self._listed != len(self.instances):
            self._present, self._listed = dict(self._each()), len(self.instances)
        return self._present

    def _each(self) -> Iterator[tuple[str, Present]]:
        for place, node in enumerate(self.instances[0].body.nodes):
            active = [i for i, one in enumerate(self.instances) if not one.steps[node.key].passes]
            yield node.key, ((self.instances[active[0]].body.nodes[place] if active else node), active)

    def passing(self, node: Node) -> Ref:
        """What a node gives where it does nothing, which may be another value than it reads elsewhere."""
        return next(p.passing for p in self.structure.parts if p.key == node.key) or node.inputs[0]

    def real(self, ref: Ref) -> Ref:
        """The value itself, behind nodes that do nothing in any instance."""
        idle = self.links().idle
        while (behind := idle.get(ref.node)) is not None:
            ref = behind
        return ref

    def links(self) -> Links:
        """How the nodes hang together; asked for when all instances are known."""
        if self._known is None:
            idle = {node.key: node.inputs[0] for node, active in self.nodes() if not active and node.inputs}
            self._known = links = Links(idle, Counter(), {}, {})
            refs = [part.passing for part in self.structure.parts if part.read_apart and part.passing is not None]
            refs += [ref for _, ref in self.structure.outputs]
            links.counts.update(map(self.real, refs))
            for node, active in self.nodes():
                if node.shares is not None:
                    links.runs.setdefault(node.shares, []).append(node)
                read = list(map(self.real, node.inputs)) if active else []
                links.counts.update(read)
                for ref in dict.fromkeys(read):
                    links.readers.setdefault(ref, []).append((node, active))
        return self._known


class Families:
    """All families of a network, callees before callers; the network itself is the last.

    Instances of the definitions in `apart` are a family each.
    """

    def __init__(self, root: Instance, apart: Collection[str] = ()) -> None:
        self.apart = apart
        self.by_definition: dict[str, list[Family]] = {}
        self.of: dict[int, Family] = {}
        self.sites: dict[int, int] = {}
        self.order: list[Family] = []
        self.root = self._add(root)
        self._sort(self.root, set())

    def _add(self, instance: Instance) -> Family:
        if id(instance) in self.of:
            return self.of[id(instance)]
        for step in instance.steps.values():
            for callee in callees(step):
                self._add(callee)
        mine = structure(instance, lambda callee: self.of[id(callee)])
        known = self.by_definition.setdefault(instance.body.definition, [])
        for family in known:
            joint = unified(family.structure, mine) if family.definition not in self.apart else None
            if joint is not None:
                family.structure = joint
                family.instances.append(instance)
                break
        else:
            family = Family(instance.body.definition, mine, [instance])
            known.append(family)
        self.of[id(instance)] = family
        return family

    def _sort(self, family: Family, seen: set[int]) -> None:
        seen.add(id(family))
        for instance in family.instances:
            for step in instance.steps.values():
                for callee in callees(step):
                    if id(self.of[id(callee)]) not in seen:
                        self._sort(self.of[id(callee)], seen)
        self.order.append(family)


def callees(step: Step) -> Iterator[Instance]:
    """The instances that a step runs."""
    if step.callee is not None:
        yield step.callee
    for _, unit in step.units or ():
        yield from callees(unit)


def free_names(trees: Iterable[ast.expr]) -> set[str]:
    """The names in some expressions."""
    return {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
