"""`same:` runs a module again: its tensors must fit the other input too."""

from __future__ import annotations

from archspec.ir.graph import Body, Node
from archspec.ops.base import Op
from archspec.passes.shapes import BodyShapes, Shapes
from archspec.report import Report

Tensors = tuple[tuple[str, tuple[int, ...]], ...]


def check_sharing(shapes: Shapes, report: Report) -> None:
    """Report each node whose tensors would have other shapes than those of the node that it shares with."""
    seen: set[int] = set()
    todo = [shapes.root]
    while todo:
        body = todo.pop()
        if id(body) in seen:
            continue
        seen.add(id(body))
        for node in body.body.nodes:
            original = body.body.node(node.shares) if node.shares is not None else node
            if original is not node and _tensors(node, body) != _tensors(original, body):
                report.error(
                    "E0305",
                    f"`{node.shares}` cannot be shared with this input",
                    node.span,
                    notes=[
                        "its tensors would need other shapes",
                        f"`{node.shares}` gets {_inputs(original, body)}, this gets {_inputs(node, body)}",
                    ],
                )
        todo += body.children.values()
        todo += [unit.body for units in body.units.values() for unit in units if unit.body is not None]


def _inputs(node: Node, shapes: BodyShapes) -> str:
    return ", ".join(str(shape) for shape in shapes.into(node))


def _tensors(node: Node, shapes: BodyShapes) -> Tensors:
    """The learnable tensors and buffers of a node, in the order of registration."""
    if isinstance(node.target, Op):
        into = shapes.into(node)
        return (*node.target.tensors(*into).items(), *node.target.buffers(*into).items())
    if isinstance(node.target, Body):
        return _inside(shapes.children[node.key])
    found: list[tuple[str, tuple[int, ...]]] = []
    for unit in shapes.units.get(node.key, ()):
        if unit.body is not None:
            found += _inside(unit.body)
        elif isinstance(unit.run.target, Op):
            found += unit.run.target.tensors(*unit.inputs).items()
    return tuple(found)


def _inside(shapes: BodyShapes) -> Tensors:
    return tuple(tensor for node in shapes.body.nodes for tensor in _tensors(node, shapes))
