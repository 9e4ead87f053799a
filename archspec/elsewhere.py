"""What other libraries call things, for those who come from there; read where a name is not known."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.ops import OPS as OURS
from archspec.records import fields_of

OPS: Mapping[str, str] = {
    "dense": "linear", "fc": "linear", "fully_connected": "linear", "gemm": "linear", "mlp": "linear",
    "conv": "conv2d", "convolution": "conv2d", "conv1x1": "conv2d", "conv3x3": "conv2d", "deconv": "conv_transpose2d",
    "bn": "batch_norm", "batchnorm": "batch_norm", "ln": "layer_norm", "gn": "group_norm",
    "maxpool": "max_pool2d", "avgpool": "avg_pool2d", "pool": "max_pool2d", "pooling": "max_pool2d",
    "swish": "silu", "hswish": "hardswish", "hsigmoid": "hardsigmoid", "logistic": "sigmoid", "lrelu": "leaky_relu",
    "sum": "add", "plus": "add", "residual": "add", "multiply": "mul", "product": "mul",
    "cat": "concat", "concatenate": "concat", "route": "concat",
    "interpolate": "upsample2d", "upsample": "upsample2d", "transpose": "permute", "view": "reshape",
    "zero_padding2d": "pad2d", "zero_pad2d": "pad2d", "mha": "attention", "multihead_attention": "attention",
    "multi_head_attention": "attention", "shifted_window_attention": "window_attention",
    "relative_positional_multi_head_attention": "relative_attention", "window_departition": "window_reverse",
    "window_unpartition": "window_reverse", "window_merge": "window_reverse",
    "slice": "select", "chunk": "split", "noop": "identity",
}  # fmt: skip
"""Ops by names of theirs, in lower case and without `nn.`."""

CALLS: Mapping[str, str] = {
    **dict.fromkeys(
        ("gap", "global_avg_pool", "global_avg_pool2d", "global_average_pooling2d", "globalavgpool", "global_pool"),
        "{op: adaptive_avg_pool2d, size: 1}",
    ),
    **dict.fromkeys(("global_max_pool", "global_max_pool2d", "globalmaxpool"), "{op: adaptive_max_pool2d, size: 1}"),
    "grid_partition": "{op: window_partition, grid: true}",
    "grid_reverse": "{op: window_reverse, grid: true}",
}
"""Ops of theirs that are an op of ours with an option."""

SAID: Mapping[str, str] = {
    **dict.fromkeys(("sequential", "modulelist"), "items in a row are a container: `name: [items]`"),
    **dict.fromkeys(
        ("depthwiseconv", "depthwiseconvolution", "dwconv"),
        "a depthwise convolution is a `conv2d` with as many `groups` as channels",
    ),
    **dict.fromkeys(("lstm", "gru", "rnn"), "there are no recurrent layers"),
    **dict.fromkeys(("conv1d", "conv3d"), "convolutions are of height and width here: `conv2d`"),
}
"""Layers of theirs that are no op here, without underscores."""

ITEM: Mapping[str, str] = {
    "if": "when", "condition": "when", "enabled": "when", "input": "from", "inputs": "from", "parent": "from",
    "times": "repeat", "repeats": "repeat", "count": "repeat", "num_layers": "repeat", "num_blocks": "repeat",
}  # fmt: skip
"""Keys of an item beside the options of its op."""

KEYS: Mapping[str, str] = {
    "layers": "net", "model": "net", "network": "net", "architecture": "net", "body": "net", "modules": "net",
    "backbone": "stages", "neck": "stages", "classifier": "head", "inputs": "input", "input_shape": "input",
    "version": "archspec", "description": "doc", "parameters": "params", "imports": "use", "include": "use",
    "base": "extends", "inherits": "extends", "definitions": "blocks",
}  # fmt: skip
"""Sections of a file."""

TYPE = ("type", "layer", "module", "class", "kind", "operation", "block", "class_name")
"""Keys that say elsewhere which op an item is."""


def op_meant(name: str) -> str | None:
    """What to write in place of another library's op; None where none is known."""
    flat = (spelt.replace("_", "") for spelt in _spellings(name))
    said = next((SAID[each] for each in flat if each in SAID), None)
    call, op = _call(name), _op(name)
    if said is not None:
        return said
    if call is not None:
        return f"write `{call}`"
    return f"it is called `{op}` here" if op is not None else None


def call_of(name: str) -> str | None:
    """The call of the op that has this name here or in another library, `{op: relu}`; None where none is known."""
    op = _op(name)
    if op is None:
        return _call(name)
    return f"{{op: {op}, ...}}" if any(field.required for field in fields_of(OURS[op]).values()) else f"{{op: {op}}}"


def _call(name: str) -> str | None:
    return next((CALLS[each] for each in _spellings(name) if each in CALLS), None)


def _op(name: str) -> str | None:
    plain, short = _spellings(name)
    ours = {ours.replace("_", ""): ours for ours in OURS}
    flat = plain.replace("_", "")  # BatchNorm2d, ReLU
    return OPS.get(plain) or OPS.get(short) or ours.get(flat) or ours.get(flat.removesuffix("2d"))


def _spellings(name: str) -> tuple[str, str]:
    plain = name.rpartition(".")[2].lower().replace("-", "_")
    return plain, plain.removesuffix("2d").rstrip("_")
