"""The answer for all sizes against trying them one by one."""

from __future__ import annotations

import pytest

from archspec.passes.shapes import DemandError, infer
from archspec.passes.sizes import in_words
from archspec.pipeline import check

HEAD = "archspec: 1\nname: net\ninput: x[N, 3, H=224, W=224]\nnet:\n"

UNPADDED = (
    HEAD
    + """
  - {op: conv2d, out: 4, kernel: 7, stride: 2}
  - {op: max_pool2d, kernel: 3, stride: 2}
  - {op: conv2d, out: 4, kernel: 5, stride: 3}
  - {op: conv2d, out: 4, kernel: 3}
"""
)

HOURGLASS = (
    HEAD
    + """
  - a: {op: conv2d, out: 4, kernel: 3, padding: 1}
  - {op: max_pool2d, kernel: 2}
  - b: {op: conv2d, out: 4, kernel: 3, padding: 1}
  - {op: max_pool2d, kernel: 2}
  - up1: {op: conv_transpose2d, out: 4, kernel: 2, stride: 2}
  - c: {op: concat, from: [b, up1], axis: C}
  - up2: {op: conv_transpose2d, out: 4, kernel: 2, stride: 2}
  - d: {op: concat, from: [a, up2], axis: C}
"""
)

CEILED = (
    HEAD
    + """
  - a: {op: max_pool2d, kernel: 2, stride: 2, ceil: true}
  - b: {op: conv2d, from: x, out: 3, kernel: 3, stride: 2, padding: 1}
  - c: {op: concat, from: [a, b], axis: C}
  - d: {op: max_pool2d, kernel: 2, from: x}
  - e: {op: concat, from: [c, d], axis: C}
"""
)

HALVED = (
    HEAD
    + """
  - {op: conv2d, out: 4, kernel: 2, stride: 2}
  - {op: conv2d, out: 4, kernel: 2, stride: 2}
  - a: {op: conv2d, out: 4, kernel: 2, stride: 2}
  - b: {op: conv2d, from: x, out: 4, kernel: 8, stride: 8}
  - c: {op: add, from: [a, b]}
"""
)


@pytest.mark.parametrize(
    "text", [UNPADDED, HOURGLASS, CEILED, HALVED], ids=["unpadded", "hourglass", "ceiled", "halved"]
)
def test_every_size_is_answered_as_trying_it_would(text: str) -> None:
    checked = check(text)
    by_symbol = {sizes.symbol: sizes for sizes in checked.sizes}
    for size in range(1, 150):
        for symbol, other in (("H", "W"), ("W", "H")):
            try:
                infer(checked.graph, {"N": 2, symbol: size, other: 224})
                holds = True
            except DemandError:
                holds = False
            assert by_symbol[symbol].allows(size) == holds, (symbol, size, str(by_symbol[symbol]))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (UNPADDED, "any H >= 51"),
        (HOURGLASS, "H a multiple of 4, from 4"),
        (CEILED, "H a multiple of 2, from 2"),
        (HALVED, "any H >= 8"),
    ],
)
def test_the_answer_in_words(text: str, words: str) -> None:
    assert str(check(text).sizes[0]) == words


def test_a_residual_network_takes_every_size() -> None:
    assert [str(sizes) for sizes in check("resnet18").sizes] == ["any H", "any W"]
    assert in_words(check("resnet18").sizes) == "any H and W"
    assert in_words(check(HOURGLASS).sizes) == "H and W a multiple of 4, from 4"
