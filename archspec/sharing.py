"""`same:` runs a module again: its tensors must fit the other input too."""

from __future__ import annotations

from typing import Any

from archspec.ir.graph import Body, Node
from archspec.ops.base import Op
from archspec.passes.shapes import BodyShapes, Shapes
from archspec.report import Report
from archspec.shapes import Shape

Made = tuple[Any, ...]


def check_sharing(shapes: Shapes, report: Report) -> None:
    """Report each node whose modules would have to be others than those of the node that it shares with."""
    seen: set[int] = set()
    todo = [shapes.root]
    while todo:
        body = todo.pop()
        if id(body) in seen:
            continue
        seen.add(id(body))
        for node in body.body.nodes:
            original = body.body.node(node.shares) if node.shares is not None else node
            if original is not node and _made_for(node, body) != _made_for(original, body):
                report.error(
                    "E0305",
                    f"`{node.shares}` cannot be shared with this input",
                    node.span,
                    notes=[
                        "it is made for one kind of input: its tensors or its constructor would be others",
                        f"`{node.shares}` gets {_inputs(original, body)}, this gets {_inputs(node, body)}",
                    ],
                )
        todo += body.children.values()
        todo += [unit.body for units in body.units.values() for unit in units if unit.body is not None]


def _inputs(node: Node, shapes: BodyShapes) -> str:
    return ", ".join(str(shape) for shape in shapes.into(node))


def _made_for(node: Node, shapes: BodyShapes) -> Made:
    """What a node's input decides of the modules that it runs, in the order of registration.

    Of a single op that is its tensors and its constructor: how it is called is worked out again for each input. What
    runs inside of a body is called as it was for the first input.
    """
    if isinstance(node.target, Op):
        return _op_made_for(node.target, shapes.into(node))
    if isinstance(node.target, Body):
        return _inside(shapes.children[node.key])
    found: list[Any] = []
    for unit in shapes.units.get(node.key, ()):
        if unit.body is not None:
            found += _inside(unit.body)
        elif isinstance(unit.run.target, Op):
            found += (*_op_made_for(unit.run.target, unit.inputs), unit.run.target.function(*unit.inputs))
    return tuple(found)


def _op_made_for(op: Op, inputs: tuple[Shape, ...]) -> Made:
    return (*op.tensors(*inputs).items(), *op.buffers(*inputs).items(), op.module(*inputs))


def _inside(shapes: BodyShapes) -> Made:
    found: list[Any] = []
    for node in shapes.body.nodes:
        found += _made_for(node, shapes)
        if isinstance(node.target, Op):
            found.append(node.target.function(*shapes.into(node)))
    return tuple(found)
