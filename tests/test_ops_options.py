"""Options: one plain message for one mistake, a schema for each op, torch's own defaults left unsaid."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
import torch
from jsonschema import Draft202012Validator
from ops_performer import Performer
from ops_samples import SAMPLES
from pydantic import BaseModel, create_model

from archspec.expressions import parse, traced
from archspec.ops import OPS, Op
from archspec.ops.base import Call
from archspec.ops.options import UNSURE, OptionsError, make_op, model_of, read_option
from archspec.records import fields_of
from archspec.shapes import Demand, Shape, symbol

WRONG: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("conv2d", {"kernel": 3}, "out: Field required"),
    ("conv2d", {"out": 0, "kernel": 3}, "out: Input should be greater than or equal to 1"),
    ("conv2d", {"out": 2**21, "kernel": 3}, "out: Input should be less than or equal to 1048576"),
    ("conv2d", {"out": True, "kernel": 3}, "out: Input should be a valid integer"),
    ("conv2d", {"out": "64", "kernel": 3}, "out: Input should be a valid integer"),
    ("conv2d", {"out": 8, "kernel": 0}, "kernel: Input should be greater than or equal to 1"),
    ("conv2d", {"out": 8, "kernel": [3, 3, 3]}, "kernel: Tuple should have at most 2 items after validation, not 3"),
    ("conv2d", {"out": 8, "kernel": 3, "stride": 0}, "stride: Input should be greater than or equal to 1"),
    ("conv2d", {"out": 8, "kernel": 3, "padding": -1}, "padding: Input should be greater than or equal to 0"),
    ("conv2d", {"out": 8, "kernel": 3, "padding": "sam"}, "padding: Input should be 'same' or 'tf_same'"),
    ("conv2d", {"out": 8, "kernel": 3, "bias": 0}, "bias: Input should be a valid boolean"),
    ("conv2d", {"out": 8, "kernel": 3, "colour": 1}, "colour: Extra inputs are not permitted"),
    ("max_pool2d", {"kernel": 2, "padding": "same"}, "padding: Input should be 'tf_same'"),
    ("dropout", {"p": 1.5}, "p: Input should be less than or equal to 1"),
    ("dropout", {"p": float("nan")}, "p: Input should be a finite number"),
    ("concat", {"axis": "channels"}, "axis: String should match pattern '^[A-Z]$'"),
    ("pad2d", {"padding": [1, 2, 3]}, "padding: Tuple should have at most 2 items after validation, not 3"),
    ("split", {"parts": 1}, "parts: Input should be greater than or equal to 2"),
)


@pytest.mark.parametrize(("name", "options", "message"), WRONG)
def test_one_message_for_one_mistake(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionsError) as refused:
        make_op(OPS[name], options)
    found = [f"{error['loc'][0]}: {error['msg']}" for error in refused.value.details]
    assert found == [message]


ODD: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 7, 64, 65, 1024, 1025, 2**20, 2**20 + 1, -(2**20), 2**24 + 1, 2**53, 10**400),
    *(0.0, 1.0, 0.5, -0.5, 1.5, float("nan"), float("inf"), 1e300, "", "A", "NCHW", "a", "A\n", "ABCDEFGHI", "none"),
    *("same", "tf_same", "bilinear", "zeros", "both", (), (1,), (1, 2), (0, 0), (1, True), (1, 2.0), (1, 2, 3, 4)),
    *((1, -1), (1025, 1), (1,) * 9, ("N", "C"), ("same", 1), ((1, 2), 3), (2 * symbol("H"), 3), symbol("N"), {}, b"A"),
    *(traced(3, parse("2*a + 1").tree), (traced(3, parse("3*a").tree), 1)),
)


@pytest.mark.parametrize("name", OPS)
def test_what_is_taken_without_pydantic_is_what_pydantic_takes(name: str) -> None:
    model = model_of(OPS[name])
    for option in fields_of(OPS[name]):
        for value in ODD:
            read = read_option(OPS[name], option, value)
            if read is UNSURE:
                continue
            held = getattr(_alone(model, option).model_validate({option: value}), option)
            assert (read, repr(read)) == (held, repr(held)) and type(read) is type(held), (option, value)


def _alone(model: type[BaseModel], option: str) -> type[BaseModel]:
    """The model with this option only."""
    field = model.model_fields[option]
    return create_model("Alone", __config__=model.model_config, **{option: (field.rebuild_annotation(), ...)})  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("name", OPS)
def test_options_that_fit_are_taken_without_pydantic(name: str) -> None:
    for seed in range(20):
        options, _ = SAMPLES[name](Random(seed))
        for option, value in options.items():
            assert read_option(OPS[name], option, tuple(value) if isinstance(value, list) else value) is not UNSURE


@pytest.mark.parametrize("name", OPS)
def test_schema_admits_what_the_op_admits(name: str) -> None:
    validator = Draft202012Validator(model_of(OPS[name]).model_json_schema())
    for seed in range(20):
        options, _ = SAMPLES[name](Random(seed))
        listed = {key: list(value) if isinstance(value, tuple) else value for key, value in options.items()}
        make_op(OPS[name], options)
        assert not list(validator.iter_errors(listed)), listed


@pytest.mark.parametrize("name", OPS)
def test_misnomers_lead_to_options(name: str) -> None:
    op = OPS[name]
    for wrong, right in op.aliases.items():
        assert wrong not in fields_of(op), f"{wrong} is an option"
        assert right in fields_of(op) or " " in right, f"{wrong} leads to {right}"


def test_calls_read_as_a_person_writes_them() -> None:
    x = Shape.of(symbol("N"), 3, symbol("H"), symbol("W"))

    def call(name: str, **options: Any) -> Any:
        return make_op(OPS[name], options).module(x)

    assert call("conv2d", out=64, kernel=7, stride=2, padding=3, bias=False) == Call(
        "nn.Conv2d", (3, 64), (("kernel_size", 7), ("stride", 2), ("padding", 3), ("bias", False))
    )
    assert call("conv2d", out=8, kernel=1) == Call("nn.Conv2d", (3, 8), (("kernel_size", 1),))
    assert call("batch_norm") == Call("nn.BatchNorm2d", (3,))
    assert call("relu") == Call("nn.ReLU", (), (("inplace", True),))
    assert call("max_pool2d", kernel=3, stride=2, padding=1) == Call(
        "nn.MaxPool2d", (), (("kernel_size", 3), ("stride", 2), ("padding", 1))
    )


def test_labels() -> None:
    x = Shape.of(symbol("N"), 32, symbol("H"), symbol("W"))

    def label(name: str, **options: Any) -> str:
        return make_op(OPS[name], options).label(x)

    assert label("conv2d", out=128, kernel=3, stride=2) == "3×3 conv, 128, /2"
    assert label("conv2d", out=32, kernel=3, groups=32) == "3×3 dw conv, 32"
    assert label("conv2d", out=64, kernel=(1, 7)) == "1×7 conv, 64"
    assert label("conv2d", out=64, kernel=3, dilation=6, stride=2) == "3×3 conv, 64, dilation 6, /2"
    assert label("conv2d", out=64, kernel=(1, 2), dilation=(1, 4)) == "1×2 conv, 64, dilation 1×4"
    assert label("conv_transpose2d", out=8, kernel=3, dilation=2, stride=2) == "3×3 deconv, 8, dilation 2, ×2"
    assert label("max_pool2d", kernel=3, stride=1, dilation=2) == "3×3 max pool, dilation 2"
    assert label("pad2d", padding=3) == "pad 3"
    assert label("pad2d", padding=(1, 0, 2, 0)) == "pad 1, 0, 2, 0"
    assert label("max_pool2d", kernel=3, stride=2) == "3×3 max pool, /2"
    assert label("adaptive_avg_pool2d", size=1) == "global avg pool"
    assert label("linear", out=1000) == "fc 1000"
    assert label("subsample2d", stride=2) == "subsample, /2"


def test_axes_keep_their_labels() -> None:
    """What an op leaves of the axes: later ops find them by label, which torch knows nothing of."""
    x = Shape.of(symbol("N"), 4, 6, 8)
    vector = Shape.of(symbol("N"), 4)

    def axes(name: str, *inputs: Shape, **options: Any) -> str:
        made = make_op(OPS[name], options).shape(*inputs)
        return made.axes if isinstance(made, Shape) else made[0].axes

    assert [axes("select", x, axis=label) for label in "CHW"] == ["NHW", "NCW", "NCH"]
    assert axes("split", x, axis="H", parts=2) == "NCHW"
    assert axes("permute", x, order="NHWC") == axes("permute", x, order=["N", "H", "W", "C"]) == "NHWC"
    assert [axes("mean", x, axes="HW", keepdim=kept) for kept in (False, True)] == ["NC", "NCHW"]
    assert axes("mean", x, axes=["C"]) == "NHW"
    assert axes("stack", x, x, axis="K", at=2) == "NCKHW"
    assert axes("flatten", x) == "ND"
    assert axes("flatten", x, axes=["H", "W"], into="T", order=["N", "T", "C"]) == "NTC"
    assert axes("flatten", x, axes="HW", into="T", order="NTC") == "NTC"
    assert axes("reshape", x, to=[symbol("N"), 24, 8], axes=["N", "T", "D"]) == "NTD"
    assert axes("linear", vector, out=3) == "ND"


def test_zero_channels_go_where_they_are_said_to_go() -> None:
    x = Shape.of(2, 3, 4, 4)
    for options, before in (({}, 1), ({"place": "both"}, 1), ({"place": "end"}, 0)):
        made = Performer(make_op(OPS["pad_channels"], {"to": 6, **options}), (x,))(torch.ones(2, 3, 4, 4))
        kept = [int(v) for v in made[0, :, 0, 0]]
        assert kept == [0] * before + [1] * 3 + [0] * (3 - before), options


def refusal(op: Op, *inputs: Shape) -> Demand:
    return next(demand for demand in op.demands(*inputs) if not demand.holds())


def test_words_of_the_commonest_mistakes() -> None:
    n, h, w = symbol("N"), symbol("H", 224), symbol("W", 224)
    linear = make_op(OPS["linear"], {"out": 10})
    on_a_map = refusal(linear, Shape.of(n, 512, 7, 7))
    assert (on_a_map.code, on_a_map.title) == ("E0314", "`linear` on a feature map")
    assert on_a_map.help == "put {op: flatten} or {op: adaptive_avg_pool2d, size: 1} and {op: flatten} before it"
    assert refusal(linear, Shape.of(n, 512 * symbol("H"))).title == "`linear` needs a fixed number of features"
    added = refusal(make_op(OPS["add"], {}), Shape.of(n, 512, h, w), Shape.of(n, 256, h, w))
    assert (added.code, added.operand) == ("E0301", 1)
    assert added.note == "expected [N, 512, H, W], found [N, 256, H, W]: they differ in axis C"
    conv = make_op(OPS["conv2d"], {"out": 8, "kernel": 7})
    assert refusal(conv, Shape.of(n, 3, 4, 4)).note == "expected a height of at least the window's 7, found 4"
    groups = refusal(make_op(OPS["conv2d"], {"out": 64, "kernel": 1, "groups": 3}), Shape.of(n, 64, h, w))
    assert groups.note == "expected a divisor of 64, found 3"
