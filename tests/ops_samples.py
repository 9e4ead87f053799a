"""Random options and inputs for every op: mostly sensible, sometimes not; torch is the judge of which."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from archspec.shapes import IDS, Shape

Sample = tuple[dict[str, Any], tuple[Shape, ...]]


def feature_map(rng: Random, channels: int | None = None) -> Shape:
    """(2, C, H, W) with few channels and sides of 1 to 12; now and then channels last."""
    channels = channels or rng.choice((1, 2, 3, 4, 6, 8))
    dims = (2, channels, rng.randint(1, 12), rng.randint(1, 12))
    return Shape((dims[0], *dims[2:], channels), "NHWC") if rng.random() < 0.04 else Shape.of(*dims)


def tokens(rng: Random) -> Shape:
    return Shape.of(2, rng.randint(1, 6), rng.choice((2, 4, 6, 8)))


def vector(rng: Random) -> Shape:
    return Shape.of(2, rng.choice((1, 2, 4, 6)))


def anything(rng: Random) -> Shape:
    return rng.choice((feature_map, tokens, vector))(rng)


def near(rng: Random, x: Shape, chance: float = 0.35) -> Shape:
    """The same shape, or one that differs along an axis or two."""
    for axis in range(1, x.rank):
        if rng.random() < chance / 2:
            x = x.replace(axis, rng.choice((1, 2, 3, 4)))
    return x


def numbers(rng: Random, low: int, high: int) -> Any:
    return rng.randint(low, high) if rng.random() < 0.7 else (rng.randint(low, high), rng.randint(low, high))


def some(rng: Random, **options: Callable[[], Any]) -> dict[str, Any]:
    """Each option with probability one half."""
    return {name: make() for name, make in options.items() if rng.random() < 0.5}


def flag(rng: Random) -> bool:
    return rng.random() < 0.5


def conv2d(rng: Random) -> Sample:
    return {
        "out": rng.choice((1, 2, 3, 4, 6)),
        "kernel": numbers(rng, 1, 5),
        **some(
            rng,
            stride=lambda: numbers(rng, 1, 3),
            dilation=lambda: numbers(rng, 1, 3),
            bias=lambda: flag(rng),
            padding=lambda: rng.choice((numbers(rng, 0, 3), "same", "tf_same")),
            groups=lambda: rng.choice((1, 2, 3)),
        ),
    }, (feature_map(rng),)


def conv_transpose2d(rng: Random) -> Sample:
    same = {"padding": "tf_same", "output_padding": 0} if rng.random() < 0.2 else {}
    return {
        "out": rng.choice((1, 2, 3, 4, 6)),
        "kernel": numbers(rng, 1, 4),
        **some(
            rng,
            stride=lambda: numbers(rng, 1, 3),
            padding=lambda: numbers(rng, 0, 2),
            bias=lambda: flag(rng),
            output_padding=lambda: numbers(rng, 0, 2),
            groups=lambda: rng.choice((1, 2, 3)),
            dilation=lambda: numbers(rng, 1, 2),
        ),
        **same,
    }, (feature_map(rng),)


def pool(rng: Random) -> dict[str, Any]:
    return {
        "kernel": numbers(rng, 1, 5),
        **some(
            rng,
            stride=lambda: numbers(rng, 1, 4),
            ceil=lambda: flag(rng),
            padding=lambda: "tf_same" if rng.random() < 0.2 else numbers(rng, 0, 2),
        ),
    }


def joined(rng: Random) -> tuple[Shape, ...]:
    first = anything(rng)
    return (first, *(near(rng, first) if rng.random() < 0.9 else anything(rng) for _ in range(rng.randint(0, 2))))


def gated(rng: Random) -> tuple[Shape, ...]:
    x = feature_map(rng)
    gates = (x.replace(2, 1).replace(3, 1), x.replace(1, 1), x.replace(0, 1), near(rng, x), x)
    return tuple(rng.sample((x, rng.choice(gates)), 2))


def concatenated(rng: Random) -> Sample:
    first = anything(rng)
    usual = "D" if "C" not in first.axes and "D" in first.axes else "C"
    axis = rng.choice(first.axes[1:]) if rng.random() < 0.8 else usual
    others = [near(rng, first, 0.2) for _ in range(rng.randint(0, 2))]
    if axis in first.axes:
        others = [o.replace(first.axis(axis), rng.randint(1, 5)) for o in others]
    if rng.random() < 0.2:
        others = [o.replace(0, 1) for o in others]
    inputs = [first, *others]
    rng.shuffle(inputs)
    return ({"axis": axis} if axis != usual or flag(rng) else {}), tuple(inputs)


def flatten(rng: Random) -> Sample:
    x = anything(rng)
    if flag(rng):
        return {}, (x,)
    start = rng.randint(0, x.rank - 1)
    axes = list(x.axes[start : start + rng.randint(1, 3)]) if rng.random() < 0.8 else rng.sample("NCHWTD", 2)
    merged = [a for a in x.axes if a not in axes] + ["T"]
    options: dict[str, Any] = {"axes": axes, "into": "T"}
    if flag(rng):
        rng.shuffle(merged)
        options["order"] = merged
    return options, (x,)


def permute(rng: Random) -> Sample:
    x = anything(rng)
    return {"order": x.axes[0] + "".join(rng.sample(x.axes[1:], x.rank - 1)) if rng.random() < 0.8 else "NWHC"}, (x,)


def reshape(rng: Random) -> Sample:
    x = anything(rng)
    dims = list(x.dims)
    rng.shuffle(dims)
    if rng.random() < 0.5:
        dims = [*dims[:1], *([dims[1] * dims[2]] if len(dims) > 2 else dims[1:]), *dims[3:]]  # type: ignore[operator]
    return {"to": dims if rng.random() < 0.8 else [*dims, 2]}, (x,)


def select(rng: Random) -> Sample:
    x = anything(rng)
    return {"axis": rng.choice(x.axes + "Q"), "index": rng.randint(-4, 3)}, (x,)


def mean(rng: Random) -> Sample:
    x = anything(rng)
    axes = rng.sample(x.axes[1:] if rng.random() < 0.9 else x.axes + "Q", rng.randint(1, x.rank - 1))
    return {"axes": axes if flag(rng) else "".join(axes), **some(rng, keepdim=lambda: flag(rng))}, (x,)


def split(rng: Random) -> Sample:
    x = anything(rng)
    axis = rng.choice(x.axes) if flag(rng) else "C"
    how = rng.random()
    if how < 0.5:
        return {"axis": axis, "parts": rng.randint(2, 4)}, (x,)
    size = x.dims[x.axis(axis)] if axis in x.axes else 4
    first = rng.randint(1, 4)
    sizes = [first, max(size - first, 1)] if how < 0.9 else [1, 2]  # type: ignore[operator]
    return {"axis": axis, "sizes": sizes, **({"parts": 2} if how > 0.98 else {})}, (x,)


def pad2d(rng: Random) -> Sample:
    padding = numbers(rng, 0, 3) if flag(rng) else [rng.randint(0, 3) for _ in range(4)]
    mode = rng.choice(("constant", "reflect", "replicate", "circular"))
    options = {"padding": padding, "mode": mode, **({"value": 1.5} if flag(rng) else {})}
    return options, (feature_map(rng),)


def upsample2d(rng: Random) -> Sample:
    return {
        "scale": numbers(rng, 1, 3),
        **some(rng, mode=lambda: rng.choice(("nearest", "bilinear", "bicubic")), align_corners=lambda: flag(rng)),
    }, (feature_map(rng),)


def resize_like(rng: Random) -> Sample:
    return some(rng, mode=lambda: rng.choice(("nearest", "bilinear", "bicubic")), align_corners=lambda: flag(rng)), (
        feature_map(rng),
        feature_map(rng),
    )


def param(rng: Random) -> Sample:
    size = [1, *(rng.randint(1, 4) for _ in range(rng.randint(0, 3)))]
    return {
        "size": size,
        **some(
            rng,
            start=lambda: rng.choice(("zeros", "ones", "normal", "trunc_normal", "uniform")),
            axes=lambda: list("NTDC")[: rng.choice((len(size), len(size), 3))],
            std=lambda: 0.5,
        ),
    }, ()


def scale(rng: Random) -> Sample:
    return some(rng, value=lambda: 0.5, per=lambda: rng.choice(("channel", "tensor")), learned=lambda: flag(rng)), (
        anything(rng),
    )


def attention(rng: Random) -> Sample:
    query = tokens(rng)
    key = query.replace(1, rng.randint(1, 5))
    inputs = (query,) if flag(rng) else (query, key, key if rng.random() < 0.8 else tokens(rng))
    if rng.random() < 0.1:
        inputs = (query, key)
    options = some(rng, bias=lambda: flag(rng), dropout=lambda: 0.1, causal=lambda: flag(rng))
    return {"heads": rng.choice((1, 2, 3)), **options}, inputs


def channels_last(rng: Random) -> Shape:
    """(2, H, W, C); now and then channels first."""
    x = feature_map(rng)
    return Shape((2, *x.dims[2:], x.channels), "NHWC") if x.axes == "NCHW" else Shape.of(*x.dims)


def window_attention(rng: Random) -> Sample:
    options = some(rng, shift=lambda: numbers(rng, 0, 2), bias=lambda: flag(rng), dropout=lambda: 0.1)
    return {"heads": rng.choice((1, 2, 3)), "window": numbers(rng, 1, 5), **options}, (channels_last(rng),)


def window_partition(rng: Random) -> Sample:
    rows, columns, down, across = (rng.randint(1, 3) for _ in range(4))
    tiled = Shape.of(2, rng.randint(1, 4), rows * down, columns * across)
    options = some(rng, grid=lambda: flag(rng))
    return {"window": (rows, columns), **options}, (tiled if rng.random() < 0.7 else feature_map(rng),)


def window_reverse(rng: Random) -> Sample:
    options, (like,) = window_partition(rng)
    rows, columns = options["window"]
    windows = int(like.dims[2]) // rows * (int(like.dims[3]) // columns)  # type: ignore[arg-type]
    tokens = Shape((2, max(windows, 1), rows * columns, rng.randint(1, 4)), "NGTC" if rng.random() < 0.9 else "NHWC")
    return options, (near(rng, tokens, 0.1), like)


def relative_attention(rng: Random) -> Sample:
    window = rng.randint(1, 3), rng.randint(1, 3)
    fitting = rng.choice(((2, rng.randint(1, 3)), (2,)))
    dims = (*fitting, window[0] * window[1], rng.choice((2, 4, 6)))
    x = (
        Shape(dims, "NGTC" if len(dims) == 4 else "NTD")
        if rng.random() < 0.7
        else rng.choice((tokens, feature_map))(rng)
    )
    options = some(rng, scale=lambda: 0.3, bias=lambda: flag(rng), dropout=lambda: 0.1)
    return {"heads": rng.choice((1, 2, 3)), "window": window, **options}, (x,)


def embedding(rng: Random) -> Sample:
    ids = Shape((2, rng.randint(1, 6)), IDS)
    return {"vocabulary": rng.randint(1, 9), "out": rng.randint(1, 6)}, (ids if rng.random() < 0.8 else vector(rng),)


def position_embedding(rng: Random) -> Sample:
    start = some(rng, start=lambda: rng.choice(("zeros", "normal", "uniform")), std=lambda: 0.5)
    return {"most": rng.randint(1, 9), **start}, (tokens(rng),)


def of(options: Callable[[Random], dict[str, Any]], inputs: Callable[[Random], Shape]) -> Callable[[Random], Sample]:
    return lambda rng: (options(rng), (inputs(rng),))


def plain(rng: Random) -> dict[str, Any]:
    return {}


def activation(rng: Random) -> dict[str, Any]:
    return some(rng, inplace=lambda: flag(rng))


def norm(rng: Random) -> dict[str, Any]:
    return some(rng, eps=lambda: 1e-6, affine=lambda: flag(rng))


SAMPLES: dict[str, Callable[[Random], Sample]] = {
    "conv2d": conv2d,
    "conv_transpose2d": conv_transpose2d,
    "embedding": embedding,
    "position_embedding": position_embedding,
    "linear": of(lambda rng: {"out": rng.randint(1, 5), **some(rng, bias=lambda: flag(rng))}, anything),
    "batch_norm": of(lambda rng: norm(rng) | some(rng, momentum=lambda: 0.2, track=lambda: flag(rng)), anything),
    "layer_norm": of(lambda rng: norm(rng) | some(rng, bias=lambda: flag(rng)), anything),
    "layer_norm2d": of(lambda rng: norm(rng) | some(rng, bias=lambda: flag(rng)), anything),
    "group_norm": of(lambda rng: {"groups": rng.randint(1, 4), **norm(rng)}, anything),
    **{name: of(activation, anything) for name in ("relu", "relu6", "silu", "mish", "hardswish", "hardsigmoid")},
    "elu": of(lambda rng: activation(rng) | some(rng, alpha=lambda: 0.5), anything),
    "leaky_relu": of(lambda rng: activation(rng) | some(rng, slope=lambda: 0.2), anything),
    "gelu": of(lambda rng: some(rng, approximate=lambda: "tanh"), anything),
    **{name: of(plain, anything) for name in ("sigmoid", "tanh", "identity")},
    "softmax": of(lambda rng: some(rng, axis=lambda: rng.choice("NCHWTD")), anything),
    "max_pool2d": of(lambda rng: pool(rng) | some(rng, dilation=lambda: numbers(rng, 1, 3)), feature_map),
    "avg_pool2d": of(lambda rng: pool(rng) | some(rng, count_include_pad=lambda: flag(rng)), feature_map),
    "adaptive_avg_pool2d": of(lambda rng: {"size": numbers(rng, 1, 4)}, anything),
    "adaptive_max_pool2d": of(lambda rng: {"size": numbers(rng, 1, 4)}, anything),
    "dropout": of(lambda rng: some(rng, p=lambda: rng.random()), anything),
    "drop_path": of(lambda rng: {"p": rng.choice((0.0, 0.3, 1.0))}, anything),
    "add": lambda rng: ({}, joined(rng)),
    "mul": lambda rng: ({}, gated(rng) if flag(rng) else joined(rng)),
    "concat": concatenated,
    "stack": lambda rng: ({"axis": rng.choice("KT"), **some(rng, at=lambda: rng.randint(0, 4))}, joined(rng)),
    "flatten": flatten,
    "permute": permute,
    "reshape": reshape,
    "select": select,
    "mean": mean,
    "split": split,
    "pad2d": pad2d,
    "pad_channels": lambda rng: (
        {"to": rng.randint(1, 9), **some(rng, place=lambda: rng.choice(("both", "end")))},
        (feature_map(rng),),
    ),
    "subsample2d": of(lambda rng: {"stride": numbers(rng, 1, 3)}, anything),
    "upsample2d": upsample2d,
    "resize_like": resize_like,
    "crop_like": lambda rng: ({}, (feature_map(rng), feature_map(rng))),
    "pixel_shuffle": of(lambda rng: {"scale": rng.randint(1, 3)}, feature_map),
    "channel_shuffle": of(lambda rng: {"groups": rng.randint(1, 4)}, feature_map),
    "param": param,
    "scale": scale,
    "attention": attention,
    "window_attention": window_attention,
    "window_attention_v2": window_attention,
    "window_partition": window_partition,
    "window_reverse": window_reverse,
    "relative_attention": relative_attention,
    "space_to_depth": of(lambda rng: {"size": rng.randint(2, 4)}, channels_last),
}
