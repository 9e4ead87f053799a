"""Single ops with options that fit a shape."""

from __future__ import annotations

from random import Random
from typing import Any

from ops_samples import SAMPLES

from archspec.ops import OPS
from archspec.shapes import Shape
from fuzz.case import Item, chance
from fuzz.sketch import Misfit, fitted

JOINS = ("add", "concat", "mul", "stack")
LIKE = ("resize_like", "crop_like")
CHANNELS_LAST = ("window_attention", "window_attention_v2", "space_to_depth")
CHAINED = tuple(name for name in OPS if name not in (*JOINS, *LIKE, "param", "window_reverse"))


def chained(rng: Random, ops: list[str], shape: Shape) -> Item:
    """An op that takes this shape, with options; Misfit where none is found."""
    for _ in range(12):
        name = rng.choice(ops)
        options = _options(rng, name, shape)
        try:
            fitted(name, options, (shape,))
        except Misfit:
            continue
        return {"op": name, **_plain(options)}
    raise Misfit("no op takes this")


def _options(rng: Random, name: str, shape: Shape) -> Item:
    axes = shape.axes
    if name == "permute":
        return {"order": axes[0] + "".join(rng.sample(axes[1:], len(axes) - 1))}
    if name == "mean":
        return {"axes": rng.sample(axes[1:], rng.randint(1, len(axes) - 1)), "keepdim": chance(rng, 0.5)}
    if name == "select":
        return {"axis": rng.choice(axes[1:]), "index": rng.choice((0, -1))}
    if name == "split":
        axis = rng.choice(axes[1:])
        size = int(shape.dims[shape.axis(axis)])  # type: ignore[arg-type]
        return {"axis": axis, **({"parts": 2} if chance(rng, 0.6) else {"sizes": [1, max(size - 1, 1)]})}
    if name == "flatten":
        start = rng.randint(1, len(axes) - 1)
        picked = list(axes[start : start + rng.randint(1, 3)])
        rest = [a for a in axes if a not in picked] + ["T"]
        order = [rest[0], *rng.sample(rest[1:], len(rest) - 1)]
        return dict(rng.choice(({}, {"axes": picked, "into": "T"}, {"axes": picked, "into": "T", "order": order})))
    if name == "relative_attention" and axes[-2] == "T":
        return {"heads": 1 if chance(rng, 0.5) else 2, "window": [1, int(shape.dims[-2])]}  # type: ignore[arg-type]
    if name == "reshape":
        dims = [int(d) for d in shape.dims[1:]]  # type: ignore[arg-type]
        rng.shuffle(dims)
        return {"to": ["N", *dims] if len(dims) < 2 or chance(rng, 0.5) else ["N", dims[0] * dims[1], *dims[2:]]}
    options, _ = SAMPLES[name](rng)
    return options


def safe(rng: Random, shape: Shape) -> Item:
    """An op that takes this shape and gives one of the same rank and size."""
    if shape.axes != "NCHW":
        return dict(rng.choice((
            {"op": "identity"},
            {"op": "linear", "out": rng.choice((2, 4))},
            {"op": "layer_norm"},
            {"op": "gelu"},
            {"op": "dropout", "p": 0.1},
            {"op": "tanh"},
        )))  # fmt: skip
    return dict(rng.choice((
        {"op": "relu"},
        {"op": "conv2d", "out": rng.choice((2, 3, 4, "width")), "kernel": 1, "bias": False},
        {"op": "conv2d", "out": rng.choice((2, 4)), "kernel": 3, "padding": 1},
        {"op": "batch_norm"},
        {"op": "layer_norm2d"},
        {"op": "max_pool2d", "kernel": 3, "stride": 1, "padding": 1},
        {"op": "group_norm", "groups": 1},
        {"op": "silu"},
        {"op": "scale", "value": 0.5, "learned": True},
        {"op": "drop_path", "p": 0.2},
    )))  # fmt: skip


def initial(rng: Random) -> Item:
    """An `init:` of the weight of a layer."""
    return {
        "weight": rng.choice(("zeros", "ones", {"constant": 0.25}, {"kaiming_normal": "fan_out"}, {"normal": 0.01}))
    }


def _plain(value: Any) -> Any:
    """As YAML has it: lists for tuples."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value
