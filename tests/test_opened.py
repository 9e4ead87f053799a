"""Open params that fit at their defaults alone: torch runs the generated class with other values where none is said."""

from __future__ import annotations

import pytest
import torch
from spec_lab import marked, spec
from torch import nn

import archspec
from archspec import build, check

PARAMS = "\n  width: open int = 16\n  drop: open float = 0.5"
X = "x[N, 16, 8, 8]"
BLOCKS = """
    narrow: {in: "x[N, 16, H, W]", body: [{op: conv2d, out: 4, kernel: 1}]}
    any: {in: "x[N, C, H, W]", body: [{op: conv2d, out: C, kernel: 1}]}
    summed:
      params: {fixed: int}
      in: x[N, C, H, W]
      body: [a: {op: conv2d, out: fixed, kernel: 1}, add: {op: add, from: [a, x]}]
    wide: {params: {to: int}, in: "x[N, C, H, W]", body: [{op: conv2d, out: to, kernel: 1}], out: [N, 16, H, W]}
"""
CONV = "- a: {op: conv2d, out: width, kernel: 1}\n"
FITS = (
    CONV,
    CONV + "- b: {op: batch_norm}\n- {op: dropout, p: drop}\n- {op: flatten}\n- {op: linear, out: 10}",
    CONV + "- b: {op: conv2d, out: width, kernel: 1, groups: width}\n- {op: add, from: [a, b]}",
    CONV + "- b: {op: any}\n- {op: add, from: [a, b]}",
    CONV + "- b: {op: summed, fixed: width}",
    CONV + "- {op: concat, from: [a, x]}\n- {op: conv2d, out: 4, kernel: 1}",
    CONV + "- {op: group_norm, groups: 8}",
    "- {op: wide, to: 16}",
)
FIXED = (
    CONV + "- {op: add, from: [a, x]}",
    CONV + "- {op: narrow}",
    CONV + "- {op: summed, fixed: 16}",
    "- {op: conv2d, out: 16, kernel: 1, groups: width}",
    CONV + "- {op: any, repeat: 2}\n- {op: add, from: [a, x]}",
    CONV + "- s: {op: sigmoid}\n- {op: mul, from: [s, x]}",
)


def source(net: str) -> str:
    return spec(net, X, params=PARAMS, blocks=BLOCKS)


def runs(text: str, width: int) -> bool:
    """Whether the generated class runs with this width, by the word of torch."""
    space: dict[str, type[nn.Module]] = {"__name__": "made"}
    exec(build(text), space)
    try:
        space["Tiny"](width=width)(torch.zeros(2, 16, 8, 8))  # type: ignore[call-arg]
    except (RuntimeError, ValueError):
        return False
    return True


@pytest.mark.parametrize("net", FITS)
def test_what_fits_with_other_values_is_not_spoken_of(net: str) -> None:
    assert "W0618" not in [warning.code for warning in check(source(net)).warnings]
    assert runs(source(net), 32) and runs(source(net), 48)


@pytest.mark.parametrize("net", FIXED)
def test_what_fits_at_its_default_alone_is_warned_of(net: str) -> None:
    (warning,) = [warning for warning in check(source(net)).warnings if warning.code == "W0618"]
    assert marked(source(net), warning) == "width" and "not with 32 or 48" in warning.title
    assert runs(source(net), 16) and not runs(source(net), 32) and not runs(source(net), 48)
    with pytest.raises(archspec.SpecError):
        archspec.module(source(net), width=32)


def test_the_first_mistake_of_the_first_value_is_told() -> None:
    text = source(FIXED[0])
    lines = enumerate(text.splitlines(), 1)
    *_, place = [f"{number}:{line.index('x]') + 1}" for number, line in lines if "op: add, from: [a, x]" in line]
    (warning,) = [warning for warning in check(text).warnings if warning.code == "W0618"]
    assert warning.notes == (f"with 32, at {place}: inputs of `add` have different shapes",)


def test_one_multiple_that_fits_is_enough() -> None:
    net = CONV + "- b: {op: conv2d, out: 48, kernel: 1, groups: width}"
    assert "W0618" not in [warning.code for warning in check(source(net)).warnings]
    assert not runs(source(net), 32) and runs(source(net), 48)
