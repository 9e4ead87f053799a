"""Layers with an initialisation of their own: where they stand, as `reset_parameters` reaches them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archspec.backends.torch_code.family import Families
from archspec.backends.torch_code.inline import is_inline
from archspec.backends.torch_code.trace import Step
from archspec.ir.graph import Node
from archspec.records import Record


class Special(Record):
    """A tensor with an initialisation of its own: of the layer at `path` from its class, which is a `module`."""

    path: str
    module: str
    tensor: str
    scheme: tuple[Any, ...]


def specials(node: Node, step: Step, path: str, families: Families) -> Iterator[Special]:
    """What the layer at a path, or a layer of the containers written there, wants for itself."""
    if step.module is not None:
        kind = step.module.path.replace("support.", "")
        yield from (Special(path, kind, tensor, scheme) for tensor, scheme in node.inits)
    if step.callee is None or not is_inline(families.of[id(step.callee)], families):
        return
    for inner in step.callee.body.nodes:
        if inner.path is not None:
            deeper = f"{path}.{inner.path}" if inner.path.isidentifier() else f"{path}[{inner.path}]"
            yield from specials(inner, step.callee.steps[inner.key], deeper, families)
