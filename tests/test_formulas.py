"""Parameters and MACs as formulas, against the numbers at many sizes and for many values of the open params."""

from __future__ import annotations

from random import Random

import pytest

from archspec.fit import at_sizes
from archspec.formulas import formulas
from archspec.passes.formulas import NoFormula, derive
from archspec.pipeline import check

HEAD = "archspec: 1\nname: net\n"

WIDE = (
    HEAD
    + """\
params: {width: open int = 8, depth: open int = 3, classes: open int = 10, growth: int = 2}
let: {doubled: 2 * width}
blocks:
  unit:
    params: {out: int, inner: int = out // 2}
    in: x[N, C, H, W]
    let: {more: inner + C}
    body:
      - reduce: {op: conv2d, out: inner, kernel: 1}
      - {op: batch_norm}
      - conv: {op: conv2d, out: more, kernel: 3, padding: 1, stride: 2}
      - expand: {op: conv2d, out: 4*C - out, kernel: 1, groups: 1}
input: x[N, 3, H=40, W=56]
net:
  - stem: {op: conv2d, out: width, kernel: 5}
  - units: {op: unit, out: doubled, repeat: 2}
  - dense: {op: concat, from: [units, units], axis: C}
  - each: {k: [1, 3], plus: [0, 1]}
    do:
      - c{s}: {op: conv2d, out: width + depth*k + plus, kernel: k}
  - pool: {op: adaptive_avg_pool2d, size: 1}
  - flatten: {op: flatten}
  - fc: {op: linear, out: classes * growth}
  - extra: {op: linear, out: 7, from: flatten}
outputs: {logits: fc, aux: {from: extra, mode: train}}
"""
)
TOKENS = (
    HEAD
    + """\
params: {dim: open int = 8}
input: x[N, 3, H=32, W=48]
net:
  - patches: {op: conv2d, out: dim, kernel: 8, stride: 8}
  - tokens: {op: flatten, axes: [H, W], into: T, order: [N, T, C]}
  - attention: {op: attention, heads: 2}
  - again: {same: attention}
  - mlp: {op: linear, out: 4 * dim}
"""
)


@pytest.mark.parametrize("address", [
    "resnet18", "resnet50", "vgg16_paper", "unet", "unet_padded", "googlenet", "preact_resnet110", "tf_resnet50",
])  # fmt: skip
def test_formulas_agree_with_the_numbers_at_many_sizes(address: str) -> None:
    checked = check(address)
    found = derive(checked.graph)
    rng = Random(address)
    height, width = checked.sizes
    for _ in range(12):
        h, w = (rng.choice([n for n in range(1, 700) if axis.allows(n)]) for axis in (height, width))
        there = at_sizes(checked, {height.symbol: h, width.symbol: w}).cost
        assert found.at({height.symbol: h, width.symbol: w}) == (there.parameters, there.macs)


@pytest.mark.parametrize("text", [WIDE, TOKENS], ids=["wide", "tokens"])
def test_formulas_agree_with_the_numbers_for_many_values_of_open_params(text: str) -> None:
    found = formulas(check(text))
    assert found is not None
    rng = Random(1)
    for _ in range(25):
        params = {name: 2 * rng.randint(1, 30) for name, _, _ in check(text).graph.open_params}
        sizes = {"H": rng.randint(30, 90), "W": rng.randint(30, 90)}
        there = at_sizes(check(text, **params), sizes).cost
        assert found.at({**params, **sizes}) == (there.parameters, there.macs), (params, sizes)


def test_formulas_in_words() -> None:
    small = HEAD + "params: {classes: open int = 10}\ninput: x[N, 3, H=8, W=8]\nnet:\n"
    small += "  - {op: conv2d, out: 4, kernel: 3, stride: 2, padding: 1}\n  - {op: adaptive_avg_pool2d, size: 1}\n"
    found = formulas(check(small + "  - {op: flatten}\n  - {op: linear, out: classes}\n"))
    assert found is not None
    assert str(found.parameters) == "5*classes + 112"
    assert str(found.macs) == "108*ceil(H/2)*ceil(W/2) + 4*classes"


def test_what_has_no_formula_says_so() -> None:
    text = HEAD + "params: {width: open int = 8}\ninput: x[N, 3, 8, 8]\nnet:\n"
    text += "  - {op: conv2d, out: 'max(1, width // 4)', kernel: 1}\n"
    with pytest.raises(NoFormula):
        derive(check(text).graph)
    assert formulas(check(text)) is None
    assert formulas(check(text.replace("max(1, width // 4)", "width // 4"))) is not None
