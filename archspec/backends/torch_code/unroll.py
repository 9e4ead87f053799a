"""Repeats of ops that are no module, such as a padding or attention, written out: one node per unit."""

from __future__ import annotations

from archspec.ir.graph import Body, Graph, Node, Ref, Repeat
from archspec.ops.base import Op
from archspec.passes.plain import plain
from archspec.passes.shapes import BodyShapes, UnitShapes, infer
from archspec.records import replace


def unrolled(graph: Graph) -> Graph:
    """The same network, in which each repeat is of modules; itself where that holds already."""
    unroll = _Unroll()
    body = unroll.body(infer(graph).root)
    if body is graph.body:
        return graph
    last = unroll.ends[id(graph.body)]
    return replace(graph, body=body, outputs=tuple(replace(o, ref=_moved(o.ref, last)) for o in graph.outputs))


class _Unroll:
    """Rebuilds each body once; `ends` says for each which key stands for a repeat that is written out."""

    def __init__(self) -> None:
        self._made: dict[int, Body] = {}
        self._kept: list[Body] = []
        self.ends: dict[int, dict[str, str]] = {}

    def body(self, shapes: BodyShapes) -> Body:
        found = self._made.get(id(shapes.body))
        if found is None:
            self._kept.append(shapes.body)
            found = self._made[id(shapes.body)] = self._rebuilt(shapes)
        return found

    def _rebuilt(self, shapes: BodyShapes) -> Body:
        old = shapes.body
        last = self.ends[id(old)] = {}
        nodes: list[Node] = []
        written: dict[str, tuple[str, ...]] = {}
        for node in old.nodes:
            node = replace(node, inputs=tuple(_moved(ref, last) for ref in node.inputs))
            units = shapes.units.get(node.key, ())
            if any(isinstance(u.run.target, Op) and u.run.target.function(*u.inputs) is not None for u in units):
                made = _units(node, units)
                last[node.key] = made[-1].key
                written[node.key] = tuple(unit.key for unit in made)
                nodes += made
            else:
                nodes.append(self._entered(node, shapes))
        if (
            len(nodes) == len(old.nodes)
            and not last
            and all(a.target is b.target for a, b in zip(nodes, old.nodes, strict=True))
        ):
            return old
        outputs = tuple((name, _moved(ref, last)) for name, ref in old.outputs)
        register = tuple(key for known in old.register for key in written.get(known, (known,)))
        return replace(old, nodes=tuple(nodes), outputs=outputs, register=register)

    def _entered(self, node: Node, shapes: BodyShapes) -> Node:
        if node.key in shapes.children:
            return replace(node, target=self.body(shapes.children[node.key]))
        if not isinstance(node.target, Repeat):
            return node
        bodies = {id(u.run): self.body(u.body) for u in shapes.units[node.key] if u.body is not None}
        runs = tuple(replace(run, target=bodies.get(id(run), run.target)) for run in node.target.runs)
        same = all(new.target is old.target for new, old in zip(runs, node.target.runs, strict=True))
        return node if same else replace(node, target=replace(node.target, runs=runs))


def _units(node: Node, units: tuple[UnitShapes, ...]) -> list[Node]:
    assert isinstance(node.target, Repeat)
    names = node.target.names()
    made: list[Node] = []
    flowing = node.inputs
    for unit in units:
        for _ in range(unit.count):
            index = len(made)
            name = next(names)
            key = f"{node.key}.{index}"
            target = plain(unit.run.target) if isinstance(unit.run.target, Op) else unit.run.target
            made.append(
                replace(
                    node,
                    key=key,
                    path=f"{node.path}.{name}" if node.path is not None else None,
                    target=target,
                    inputs=flowing,
                    arguments=unit.run.arguments,
                    inits=unit.run.inits,
                    shares=f"{node.shares}.{index}" if node.shares is not None else None,
                )
            )
            outputs = tuple(Ref(key, k) for k in range(min(len(unit.outputs), len(node.inputs))))
            flowing = (*outputs, *node.inputs[len(outputs) :])
    return made


def _moved(ref: Ref, last: dict[str, str]) -> Ref:
    return replace(ref, node=last[ref.node]) if ref.node in last else ref
