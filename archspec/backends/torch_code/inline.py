"""Which bodies are an `nn.Sequential`, and which of them are written where they are called."""

from __future__ import annotations

from archspec.backends.torch_code.chains import is_module, is_special
from archspec.backends.torch_code.family import Families, Family
from archspec.ir.graph import Ref

SMALL = 3
"""Modules: chains up to here are written where they are called."""


def is_chain(family: Family) -> bool:
    """Whether a body is one module after another, so that `nn.Sequential` says all of it."""
    body = family.instances[0].body
    if len(body.inputs) != 1 or len(body.outputs) != 1 or body.register:
        return False
    if body.kind != "container" and is_special(body):
        return False  # a class of its own, where `reset_parameters` finds the layer
    current = Ref(body.inputs[0])
    for node, active in family.nodes():
        # A dotted path is a level of its own, which one `nn.Sequential` cannot name.
        if node.inputs != (current,) or node.shares or node.ties or "." in (node.path or ""):
            return False
        current = Ref(node.key)
        steps = [family.instances[i].steps[node.key] for i in active]
        partly = active and len(active) != len(family.instances)
        if (partly and not family.structure.counted) or not all(map(is_module, steps)):
            return False
    return bool(body.nodes) and body.outputs[0][1] == current


def is_inline(family: Family, families: Families) -> bool:
    """Whether a body is written where it is called: chains that are containers or small and rare."""
    body = family.instances[0].body
    if body.kind == "net" or not is_chain(family):
        return False
    if body.kind == "container":
        return True
    steps = [node for node, active in family.nodes() if active]
    numbered = family.structure.counted or [node.path for node in steps] == [str(i) for i in range(len(steps))]
    return numbered and len(steps) <= SMALL and families.sites.get(id(family), 0) <= 2


__all__ = ["is_chain", "is_inline"]
