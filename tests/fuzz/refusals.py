"""Whether a refusal of an op is right: torch raises there, or it is one of the stricter rules and is true."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import prod

import torch
from ops_performer import Performer

from archspec.ops.base import Op, pair
from archspec.records import fields_of, replace
from archspec.shapes import Demand, Shape, Size

Dims = tuple[int, ...]
FAILURES = (RuntimeError, ValueError, IndexError, TypeError, AssertionError)


def torch_agrees(op: Op, inputs: tuple[Shape, ...], demand: Demand) -> None:
    """AssertionError where torch runs what was refused, and no stricter rule forbids it."""
    stricter = STRICTER.get(demand.code)
    if stricter is not None:
        dims = tuple(shape.dims for shape in _sized(inputs, {"N": 2}))
        assert stricter(op, dims, inputs), f"{demand.code} {demand.title}: not so of {op!r} on {inputs}"  # type: ignore[arg-type]
        return
    # What holds for one batch alone is refused rightly.
    made = [run(op, inputs, batch) for batch in (2, 3)]
    assert None in made, f"{demand.code} {demand.title}: torch runs {op!r} on {inputs}"


def _sized(inputs: tuple[Shape, ...], sizes: dict[str, int]) -> tuple[Shape, ...]:
    return tuple(Shape(tuple(8 if d is None else d for d in x.at(sizes)), x.axes) for x in inputs)


def run(op: Op, inputs: tuple[Shape, ...], batch: int = 2) -> list[Dims] | None:
    """The sizes of what torch makes of an op in training, None where it raises."""
    shapes = _sized(inputs, {"N": batch})
    if "to" in fields_of(type(op)) and isinstance(op.to, tuple):  # written with N, it would take any batch
        op = replace(op, to=tuple(d if isinstance(d, int) else d.at({"N": batch}) for d in op.to))  # type: ignore[attr-defined]
    try:
        made = Performer(op, shapes).train()(*(torch.randn(x.dims) for x in shapes))  # type: ignore[arg-type]
    except FAILURES:
        return None
    return [tuple(tensor.shape) for tensor in (made if isinstance(made, tuple | list) else (made,))]


def _differ(op: Op, dims: tuple[Dims, ...], inputs: tuple[Shape, ...]) -> bool:
    """S1: at some size the operands are not equal, but for the axis of a concatenation."""
    names = sorted({s.name for x in inputs for d in x.dims if isinstance(d, Size) for s in d.symbols()} - {"N"})
    if len({x.rank for x in inputs}) > 1 or len({x.axes for x in inputs}) > 1:
        return True
    axis = dict(op.function(*inputs).kwargs)["dim"] if op.name == "concat" else None  # type: ignore[union-attr]
    for sizes in product((7, 8, 13), repeat=min(len(names), 3)):
        found = [x.dims for x in _sized(inputs, {"N": 2, **dict(zip(names, sizes, strict=False))})]
        if len({tuple(d for k, d in enumerate(one) if k != axis) for one in found}) > 1:
            return True
    return False


def _empty(op: Op, dims: tuple[Dims, ...], inputs: tuple[Shape, ...]) -> bool:
    """S4: torch raises, or makes a map without values."""
    found = run(op, inputs)
    return found is None or any(prod(one) == 0 for one in found)


def _indivisible(op: Op, dims: tuple[Dims, ...], inputs: tuple[Shape, ...]) -> bool:
    """S6: groups or a factor that do not divide the channels, windows that do not tile a map."""
    if op.name.startswith("window_"):
        rows, columns = pair(op.window)  # type: ignore[attr-defined]
        return bool(dims[-1][2] % rows or dims[-1][3] % columns)
    channels = dims[0][1]
    if op.name == "pixel_shuffle":
        return channels % op.scale**2 != 0  # type: ignore[attr-defined]
    return channels % op.groups != 0 or getattr(op, "out", 0) % op.groups != 0  # type: ignore[attr-defined]


def _unfixed(op: Op, dims: tuple[Dims, ...], inputs: tuple[Shape, ...]) -> bool:
    """S2: the last axis is of places or of what was stacked, not of features, or has no fixed size."""
    return inputs[0].axes[-1] not in "CD" or inputs[0].rank < 2 or isinstance(inputs[0].dims[-1], Size)


def _padded_out(op: Op, dims: tuple[Dims, ...], inputs: tuple[Shape, ...]) -> bool:
    """S5: output_padding of at least the stride and the dilation."""
    values = [getattr(op, name) for name in ("output_padding", "stride", "dilation")]
    pairs = [value if isinstance(value, tuple) else (value, value) for value in values]
    return any(extra >= max(stride, dilation) for extra, stride, dilation in zip(*pairs, strict=True))


def _single(op: Op, dims: tuple[Dims, ...], inputs: tuple[Shape, ...]) -> bool:
    """S7: one value to normalise, for a sample or for a group of one."""
    groups = getattr(op, "groups", dims[0][1])
    return prod(dims[0][1:]) // groups == 1


def _misplaced(op: Op, dims: tuple[Dims, ...], inputs: tuple[Shape, ...]) -> bool:
    """S3: channels that are not where the op has them, first or last."""
    place = -1 if op.name in ("window_attention", "window_attention_v2", "space_to_depth") else 1
    return any(x.axes[place] != "C" for x in inputs)


STRICTER: dict[str, Callable[[Op, tuple[Dims, ...], tuple[Shape, ...]], bool]] = {
    "E0301": _differ,
    "E0304": lambda op, dims, inputs: len(inputs) not in (1, 3) or (op.causal and len(inputs) > 1),  # type: ignore[attr-defined]
    "E0310": lambda op, dims, inputs: True,  # axes have labels, and torch knows of none
    "E0311": _empty,
    "E0313": _indivisible,
    "E0314": _unfixed,
    "E0315": _padded_out,
    "E0318": _misplaced,
    "E0320": lambda op, dims, inputs: True,  # an index: torch raises, or takes it for the batch
    "E0321": lambda op, dims, inputs: True,  # parts are equal; torch.chunk makes the last one smaller
    "E0323": lambda op, dims, inputs: op.to < dims[0][1],  # type: ignore[attr-defined]
    "E0325": lambda op, dims, inputs: any(a < b for a, b in zip(dims[0][2:], dims[1][2:], strict=True)),
    "E0327": _single,
    "E0328": lambda op, dims, inputs: any(x.holds_ids is not op.reads_ids for x in inputs),
}
"""The rules that go beyond torch, with what each says in plain numbers."""
