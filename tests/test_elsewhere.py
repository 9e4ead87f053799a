"""What other libraries call things leads to things that are there."""

from __future__ import annotations

import re

import pytest
from spec_lab import diagnostics, spec

from archspec import elsewhere
from archspec.ops import OPS
from archspec.spec.places import PLACES


def test_names_of_elsewhere_are_none_of_ours_and_lead_to_ours() -> None:
    assert set(elsewhere.OPS.values()) <= set(OPS) and not set(elsewhere.OPS) & set(OPS)
    assert not set(elsewhere.CALLS) & set(OPS)
    keys = {key.name for key in PLACES["file"]}
    assert set(elsewhere.KEYS.values()) <= keys and not set(elsewhere.KEYS) & keys
    assert not set(elsewhere.TYPE) & {key.name for key in PLACES["call"]}


def test_keys_and_layers_of_elsewhere_are_none_of_ours() -> None:
    ours = {key.name for key in PLACES["call"]}
    assert set(elsewhere.ITEM.values()) <= ours and not set(elsewhere.ITEM) & ours
    assert not set(elsewhere.SAID) & {*OPS, *elsewhere.OPS, *elsewhere.CALLS}
    (error,) = diagnostics(spec("- {op: relu, if: false}"))
    assert error.help == "it is called `when` here"
    for name in ("nn.Sequential", "DepthwiseConv2d", "LSTM"):
        (error,) = diagnostics(spec(f"- {{op: {name}}}"))
        assert error.help in elsewhere.SAID.values()


@pytest.mark.parametrize(
    "name", [*elsewhere.OPS, *elsewhere.CALLS, "nn.ReLU", "BatchNorm2d", "nn.Linear", "nn.AdaptiveAvgPool2d"]
)
def test_the_op_that_is_offered_is_one(name: str) -> None:
    (error,) = diagnostics(spec(f"- {{op: {name}}}"))
    assert error.code == "E0217" and error.help is not None
    (offered,) = re.findall(r"`(?:\{op: )?(\w+)", error.help)
    assert offered in OPS


def test_a_block_is_offered_with_its_library() -> None:
    (error,) = diagnostics(spec("- {op: squeeze_excite, squeeze: 8}"))
    assert error.help == "it is a block of `blocks/mobile`: write `use: [blocks/mobile]`"
