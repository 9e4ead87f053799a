"""Every op against torch: what is accepted runs as predicted (shapes, tensors, MACs), what is refused fails there.

Torch on CPU performs the op's own `Call`s. What torch would run and we refuse is a closed list: `fuzz/refusals.py`.
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
import torch
from fuzz.refusals import torch_agrees
from ops_performer import Performer
from ops_samples import SAMPLES
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from archspec.expressions import evaluate, expression_of, parse, to_text, traced
from archspec.ops import OPS, Op
from archspec.ops.base import Call
from archspec.ops.options import make_op
from archspec.passes.layout import op_entries
from archspec.records import fields_of, replace
from archspec.shapes import Demand, Shape, symbol

ROUNDS = 120

torch.set_num_threads(1)
pytestmark = pytest.mark.filterwarnings("ignore:Using padding=.same. with even kernel")


def verdict(op: Op, inputs: tuple[Shape, ...], sizes: dict[str, int] | None = None) -> str | None:
    """The code of the first demand that fails, None if the op accepts its inputs."""
    if op.ranks is not None and any(x.rank not in op.ranks for x in inputs):
        return "rank"
    return next((d.code for d in op.demands(*inputs) if not d.holds(sizes)), None)


def outputs(op: Op, inputs: tuple[Shape, ...]) -> tuple[Shape, ...]:
    found = op.shape(*inputs)
    return (found,) if isinstance(found, Shape) else found


def tensors(inputs: tuple[Shape, ...], batch: int) -> list[torch.Tensor]:
    sizes = [[batch if axis == 0 and d == 2 else int(d) for axis, d in enumerate(x.at({}))] for x in inputs]  # type: ignore[arg-type]
    pairs = zip(inputs, sizes, strict=True)
    return [torch.zeros(dims, dtype=torch.int64) if x.holds_ids else torch.randn(dims) for x, dims in pairs]


def samples(name: str) -> list[tuple[Op, tuple[Shape, ...]]]:
    made = []
    for seed in range(ROUNDS):
        options, inputs = SAMPLES[name](Random(f"{name}{seed}"))
        made.append((make_op(OPS[name], options), inputs))
    return made


def test_every_op_is_sampled() -> None:
    assert set(SAMPLES) == set(OPS)


@pytest.mark.parametrize("name", OPS)
def test_verdict_is_torchs(name: str) -> None:
    verdicts = []
    for op, inputs in samples(name):
        code = verdict(op, inputs)
        verdicts.append(code)
        if code is None:
            check_accepted(op, inputs)
        elif code != "rank":
            torch_agrees(op, inputs, next(d for d in op.demands(*inputs) if not d.holds()))
    assert verdicts.count(None) >= ROUNDS // 10


def check_accepted(op: Op, inputs: tuple[Shape, ...]) -> None:
    performer = Performer(op, inputs)
    for batch, training in ((2, True), (1, False))[: 1 if op.name == "reshape" else 2]:  # its batch is written out here
        made: Any = performer.train(training)(*tensors(inputs, batch))
        made = made if isinstance(made, tuple | list) else (made,)
        batched = tuple(x.replace(0, batch) if x.dims[0] == 2 else x for x in inputs)
        assert [tuple(t.shape) for t in made] == [x.dims for x in outputs(op, batched)], f"{op!r} on {batched}"
    own = performer.own
    state = {} if own is None else {"": own} if isinstance(own, torch.nn.Parameter) else own.state_dict()
    predicted = op_entries(op, inputs)
    assert [(key, tuple(t.shape)) for key, t in state.items()] == [(e.key, e.shape) for e in predicted], f"{op!r}"
    learned = {"": own} if "" in state else {} if own is None else dict(own.named_parameters())
    assert {entry.key for entry in predicted if entry.learned} == learned.keys(), f"{op!r} on {inputs}"


@pytest.mark.parametrize("name", OPS)
def test_macs_are_half_of_torchs_flops(name: str) -> None:
    accepted = [(op, inputs) for op, inputs in samples(name) if verdict(op, inputs) is None]
    for op, inputs in accepted[:40]:
        performer = Performer(op, inputs).train()
        with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
            performer(*tensors(inputs, 2))
        assert counter.get_total_flops() == 2 * op.macs(*inputs), f"{op!r} on {inputs}"


@pytest.mark.parametrize("name", OPS)
def test_symbols_and_numbers_agree(name: str) -> None:
    """A verdict and a shape at symbolic N, H, W and T are those at the numbers."""
    for op, inputs in samples(name):
        symbolic, sizes = with_symbols(inputs)
        assert op.name == "reshape" or verdict(op, symbolic, sizes) == verdict(op, inputs), f"{op!r} on {inputs}"
        if verdict(op, inputs) is None and verdict(op, symbolic, sizes) is None:
            at_sizes = [x.at(sizes) for x in outputs(op, symbolic)]
            assert at_sizes == [x.dims for x in outputs(op, inputs)], f"{op!r} on {inputs}"


def with_symbols(inputs: tuple[Shape, ...]) -> tuple[tuple[Shape, ...], dict[str, int]]:
    sizes: dict[str, int] = {}
    made = []
    for index, x in enumerate(inputs):
        dims = []
        for label, size in zip(x.axes, x.dims, strict=True):
            if label not in "NHWTt" or size == 1:
                dims.append(size)
                continue
            name = label if label == "N" else f"{label}{index}"
            sizes[name] = size  # type: ignore[assignment]
            dims.append(symbol(name))
        made.append(Shape(tuple(dims), x.axes))
    return tuple(made), sizes


def test_reshape_takes_its_sizes_from_the_input() -> None:
    n, h = symbol("N"), symbol("H")
    x = Shape.of(n, 6, h, 4)
    op = make_op(OPS["reshape"], {"to": [n, 2, 3, 4 * h], "axes": list("NGCT")})
    assert verdict(op, (x,)) is None
    for batch, height in ((1, 5), (3, 7)):
        assert Performer(op, (x,))(torch.randn(batch, 6, height, 4)).shape == (batch, 2, 3, 4 * height)
    twice = make_op(OPS["reshape"], {"to": [2 * n, 3, 4 * h]})
    assert verdict(twice, (x,)) == "E0322"


def test_demands_are_words() -> None:
    """Each refusal has a code of the E03xx range, and a note that says what was expected and what was found."""
    seen: dict[str, Demand] = {}
    for name in OPS:
        for op, inputs in samples(name):
            if verdict(op, inputs) in (None, "rank"):
                continue
            failed = next(d for d in op.demands(*inputs) if not d.holds())
            seen[failed.title] = failed
            assert failed.code.startswith("E03"), failed
            assert "found" in failed.note, failed
            assert failed.option is None or failed.option in fields_of(OPS[name]), failed
    assert len(seen) >= 25


AXES = {"NCHW": 1, "NHWC": 3, "ND": 1, "NTD": 2}


@pytest.mark.parametrize("axes", AXES)
def test_without_an_axis_it_is_the_channels_or_the_features(axes: str) -> None:
    x = Shape(tuple(range(4, 4 + 2 * len(axes), 2)), axes)
    concat, split, softmax = (make_op(OPS[n], o) for n, o in (("concat", {}), ("split", {"parts": 2}), ("softmax", {})))
    at, size = AXES[axes], x.dims[AXES[axes]]
    assert outputs(concat, (x, x)) == (x.replace(at, 2 * size),)
    assert outputs(split, (x,)) == (x.replace(at, size // 2),) * 2
    calls = (concat.function(x, x), split.function(x), softmax.module(x))
    assert [dict(call.kwargs)["dim"] for call in calls if isinstance(call, Call)] == [at] * 3


def test_without_channels_and_features_an_axis_is_asked_for() -> None:
    x = Shape((4, 6, 8), "NTH")
    (refused,) = [demand for demand in make_op(OPS["softmax"], {}).demands(x) if not demand.holds()]
    assert refused.note == "expected one of N, T, H, found C; the input is NTH [4, 6, 8]"


def test_shapes_keep_the_expressions_of_their_channels() -> None:
    """Code is printed from the expressions that numbers carry, so no rule may turn one into a plain number."""
    channels = traced(6, parse("width").tree)
    x = Shape.of(symbol("N"), channels, symbol("H"), symbol("W"))
    conv = make_op(OPS["conv2d"], {"out": 12, "kernel": 3, "groups": 2})
    conv = replace(conv, out=traced(12, parse("2*width").tree))
    y = conv.shape(x)
    halves = outputs(make_op(OPS["split"], {"parts": 2}), (y,))
    joined = outputs(make_op(OPS["concat"], {}), (x, y))[0]
    written = [to_text(expression_of(s.channels)) for s in (x, y, halves[0], joined)]
    assert written[:2] == ["width", "2 * width"]
    values = [evaluate(parse(text), {"width": 6}) for text in written]
    assert values == [6, 12, 6, 18]
    assert [evaluate(expression, {"width": 10}) for expression in map(parse, written)] == [10, 20, 10, 30]
    call = conv.module(x)
    assert call is not None and to_text(expression_of(call.args[0])) == "width"
    assert to_text(expression_of(conv.tensors(x)["weight"][1])).replace(" ", "") == "width//2"
