"""The support pieces three times over: as generated source carries them, as the reference has them, as tests say."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import ops_performer
import pytest
import torch
import torch.nn.functional as F
from ops_samples import SAMPLES, feature_map, numbers
from torch import Tensor, nn

from archspec import pipeline
from archspec.backends import reference_layers
from archspec.backends.torch_code.support import pieces
from archspec.diagnostics import SpecError
from archspec.ops import OPS, Op
from archspec.ops.options import make_op
from archspec.ops.support import SUPPORT
from archspec.shapes import Shape

torch.set_num_threads(1)

CASES = (
    "conv2d", "conv_transpose2d", "max_pool2d", "avg_pool2d", "layer_norm2d", "drop_path", "crop_like",
    "window_attention", "window_attention_v2", "space_to_depth",
)  # fmt: skip
PARTITIONED = ("window_partition", "window_reverse", "relative_attention")


def emitted() -> dict[str, Any]:
    names = {"torch": torch, "nn": nn, "F": F, "Tensor": Tensor, "math": math}
    exec("\n\n".join(pieces(SUPPORT)), names)
    return names


def options(name: str, rng: Random) -> dict[str, Any]:
    if name in ("layer_norm2d", "crop_like"):
        return {}
    if name == "space_to_depth":
        return {"size": rng.randint(2, 4)}
    if name.startswith("window_attention"):
        window = [rng.randint(1, 5), rng.randint(1, 5)]
        shift = [rng.randint(0, side - 1) for side in window]
        return {"heads": rng.choice((1, 2)), "window": window, "shift": shift, "bias": rng.random() < 0.7}
    if name == "drop_path":
        return {"p": rng.choice((0.0, 0.4, 1.0))}
    sliding = {"kernel": numbers(rng, 1, 5), "stride": numbers(rng, 1, 4), "padding": "tf_same"}
    dilated = {"dilation": numbers(rng, 1, 2)} if name != "avg_pool2d" else {}
    return sliding | dilated | ({"out": 3} if name.startswith("conv") else {})


def shapes(name: str, rng: Random) -> tuple[Shape, ...]:
    x = Shape.of(*feature_map(rng).dims)
    if name == "space_to_depth" or name.startswith("window_attention"):
        return (Shape((2, *x.dims[2:], 4), "NHWC"),)
    if name != "crop_like":
        return (Shape.of(2, 3, x.dims[2], x.dims[3]),)
    return x, Shape.of(2, 3, rng.randint(1, int(x.dims[2])) if isinstance(x.dims[2], int) else 1, 1)


def sampled(name: str, rng: Random) -> tuple[Op, tuple[Shape, ...]]:
    """An op with inputs that it takes."""
    if name not in PARTITIONED:
        return make_op(OPS[name], options(name, rng)), shapes(name, rng)
    while True:
        given, inputs = SAMPLES[name](rng)
        op = make_op(OPS[name], {**given, "dropout": 0.0} if "dropout" in given else given)
        if len(inputs[0].dims) in (OPS[name].ranks or ()) and all(demand.holds() for demand in op.demands(*inputs)):
            return op, inputs


@pytest.mark.parametrize("name", [*CASES, *PARTITIONED])
def test_three_writings_compute_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    libraries = (ops_performer.SUPPORT, emitted(), vars(reference_layers))
    for seed in range(60):
        op, inputs = sampled(name, Random(f"{name}{seed}"))
        xs = [torch.randn(*x.dims) for x in inputs]  # type: ignore[arg-type]
        results: list[Any] = []
        state = None
        for library in libraries:
            monkeypatch.setattr(ops_performer, "SUPPORT", library)
            performer = ops_performer.Performer(op, inputs).train()
            performer.load_state_dict(state := state or performer.state_dict())
            torch.manual_seed(seed)
            results.append((performer(*xs), performer.eval()(*xs), performer.state_dict().keys()))
        (trained, evaluated, keys), *others = results
        for other in others:
            assert torch.allclose(other[0], trained, atol=1e-6), f"{op!r} on {inputs} in training"
            assert torch.allclose(other[1], evaluated, atol=1e-6), f"{op!r} on {inputs} in evaluation"
            assert other[2] == keys


def test_every_piece_is_written_and_every_op_asks_for_known_ones() -> None:
    assert set(ops_performer.SUPPORT) == set(SUPPORT)
    assert all(hasattr(reference_layers, name) and name in emitted() for name in SUPPORT)


def test_a_transposed_convolution_is_the_gradient_of_the_convolution() -> None:
    """TensorFlow defines it so: of the SAME convolution from a map of H * stride rows, with respect to that map."""
    forms = set()
    for seed in range(80):
        rng = Random(seed)
        given = {name: numbers(rng, 1, most) for name, most in (("kernel", 5), ("stride", 4), ("dilation", 2))}
        groups, x = rng.choice((1, 3)), Shape.of(2, 3, rng.randint(1, 5), rng.randint(1, 5))
        op = make_op(OPS["conv_transpose2d"], {"out": 6, "padding": "tf_same", "groups": groups, **given})
        performer = ops_performer.Performer(op, (x,))
        weight, bias = performer.own.weight, performer.own.bias
        small = torch.randn(*x.dims)  # type: ignore[arg-type]
        large = torch.zeros(*op.shape(x).dims, requires_grad=True)  # type: ignore[arg-type, union-attr]
        padded = ops_performer.pad_same(large, given["kernel"], given["stride"], given["dilation"])
        convolved = F.conv2d(padded, weight, None, given["stride"], 0, given["dilation"], groups)
        (gradient,) = torch.autograd.grad(convolved, large, small)
        assert torch.allclose(performer(small), gradient + bias[:, None, None], atol=1e-5), f"{op!r} on {x}"
        forms.add(type(performer.own).__name__)
    assert forms == {"ConvTranspose2d", "ConvTranspose2dSame"}


UP = """archspec: 1
name: up
init: {conv_transpose2d: {weight: {kaiming_normal: fan_out}, bias: zeros}}
input: x[N, 3, H=9, W=7]
blocks:
  unit:
    params: {k: int, s: int = 2}
    in: x[N, C, H, W]
    out: [N, 4, s*H, s*W]
    body: [{op: conv_transpose2d, out: 4, kernel: k, stride: s, padding: tf_same}, {op: relu}]
net: [{op: unit, k: 3}, {op: unit, k: 4}, {op: unit, k: 1, s: 3}, {op: unit, k: 5}]
"""


def test_transposed_convolutions_are_cut_only_where_torch_cannot_pad_so() -> None:
    text = pipeline.build(UP)
    pipeline.verify(UP, text)
    assert text.count("ConvTranspose2dSame(") == 3 and "self.reset_parameters()" in text
    with pytest.raises(SpecError, match="E0315: `output_padding` beside `padding: tf_same`"):
        pipeline.check(UP.replace("tf_same}", "tf_same, output_padding: 1}"))


def test_tensorflows_padding() -> None:
    """By hand: 7 columns, kernel 3, stride 2 pad (1, 1); 8 columns pad (0, 1); 5 columns, kernel 1 pad nothing."""
    assert [ops_performer.same_padding(*case) for case in ((7, 3, 2, 1), (8, 3, 2, 1), (5, 1, 2, 1), (6, 3, 1, 2))] == [
        (1, 1),
        (0, 1),
        (0, 0),
        (2, 2),
    ]
