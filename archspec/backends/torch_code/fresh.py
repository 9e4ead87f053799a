"""Which values may be overwritten: new tensors that nothing else reads and no gradient needs."""

from __future__ import annotations

from archspec.backends.torch_code.family import Families, Family
from archspec.backends.torch_code.trace import Step
from archspec.ir.graph import Ref
from archspec.shapes import Shape

FRESH = frozenset({"conv2d", "conv_transpose2d", "linear", "batch_norm", "group_norm", "layer_norm", "add"})
"""Ops whose output is a new tensor that their gradient does not need."""


def is_spare(ref: Ref, family: Family, families: Families) -> bool:
    """Whether a body's value may be overwritten by its only reader: new in all instances, and needed by no gradient."""
    ref = family.real(ref)
    found = family.present(ref.node)
    if found is None or len(found[1]) < len(family.instances) or family.links().counts[ref] != 1:
        return False
    return all(_gives(one.steps[ref.node], ref.output, families) for one in family.instances)


def _gives(step: Step, output: int, families: Families) -> bool:
    if step.op is not None:
        return step.op.name in FRESH and not _is_degenerate(step.outputs[output])
    if step.units is not None:
        return bool(step.units) and _gives(step.units[-1][1], output, families)
    if step.callee is None:
        return False
    return is_spare(step.callee.body.outputs[output][1], families.of[id(step.callee)], families)


def _is_degenerate(shape: Shape) -> bool:
    """Whether a map has one channel or one place: both memory formats fit it, and work in place keeps the other."""
    if shape.rank != 4:
        return False
    _, channels, *places = shape.at({"N": 1})
    return channels == 1 or set(places) == {1}
