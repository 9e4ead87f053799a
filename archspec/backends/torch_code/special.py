"""Layers with an initialisation of their own: where they stand, as `reset_parameters` reaches them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archspec.backends.torch_code.family import Families
from archspec.backends.torch_code.inline import is_inline
from archspec.backends.torch_code.spelling import text_of
from archspec.backends.torch_code.trace import Step
from archspec.ir.graph import Node
from archspec.records import Record


class Special(Record):
    """A tensor with an initialisation of its own: of the layer at `path` from its class, which is a `module`.

    With `many` it is that of each layer in a list at the path; with `optional` the layer is not in all instances.
    """

    path: str
    module: str
    tensor: str
    scheme: tuple[Any, ...]
    many: bool = False
    optional: bool = False


def specials(node: Node, step: Step, path: str, families: Families) -> Iterator[Special]:
    """What the layer at a path, or a layer of the containers written there, wants for itself."""
    unit, inits = (step.units[0][1], step.units[0][1].inits) if step.units else (step, node.inits)
    if unit.module is not None:
        kind = unit.module.path.replace("support.", "")
        yield from (Special(path, kind, tensor, scheme, unit is not step) for tensor, scheme in inits)
    if step.callee is None or not is_inline(families.of[id(step.callee)], families):
        return
    inside = [inner for inner in step.callee.body.nodes if inner.path is not None]
    present = [inner.path for inner in inside if not step.callee.steps[inner.key].passes]
    for inner in inside:
        yield from specials(inner, step.callee.steps[inner.key], _deeper(path, inner.path or "", present), families)


def _deeper(path: str, name: str, present: Sequence[str | None]) -> str:
    """A layer of a container: an `nn.Sequential` is indexed by places, whatever its layers are called."""
    if name.isidentifier():
        return f"{path}.{name}"
    placed = name in present and str(present.index(name)) == name
    return f"{path}[{name}]" if placed else f"{path}.get_submodule({text_of(name)})"
