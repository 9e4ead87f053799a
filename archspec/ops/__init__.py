"""The vocabulary: what each op means. One family per file, one line per family here; a new op is a line in its file."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from archspec.ops import (
    activation,
    attention,
    conv,
    dropout,
    embedding,
    join,
    linear,
    norm,
    pad,
    partition,
    pool,
    reduce,
    resize,
    shape,
    tensor,
    windows,
)
from archspec.ops.base import Op

FAMILIES = (
    conv.OPS,
    linear.OPS,
    embedding.OPS,
    norm.OPS,
    activation.OPS,
    pool.OPS,
    reduce.OPS,
    dropout.OPS,
    join.OPS,
    shape.OPS,
    pad.OPS,
    resize.OPS,
    tensor.OPS,
    attention.OPS,
    windows.OPS,
    partition.OPS,
)

OPS: Mapping[str, type[Op]] = MappingProxyType({op.name: op for family in FAMILIES for op in family})
"""Every op by the name that a spec calls it."""

__all__ = ["FAMILIES", "OPS", "Op"]
