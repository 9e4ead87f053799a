"""The answer for all sizes against trying them one by one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from archspec.diagnostics import SpecError
from archspec.passes.shapes import DemandError, infer
from archspec.passes.sizes import in_words
from archspec.pipeline import check, module

torch.set_num_threads(1)
SPECS = Path(__file__).resolve().parent.parent / "specs"

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


def narrow(name: str, *changes: tuple[str, str]) -> str:
    """A spec of the zoo with hardly any channels: sizes are the same, and torch is quick."""
    text = (SPECS / f"{name}.yaml").read_text(encoding="utf-8").split("\nexpect:")[0] + "\n"
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


VGG = narrow("vgg19", ("[64, 128, 256, 512, 512]", "[1, 1, 1, 1, 1]"), ("out: 4096", "out: 2"))
UNET = narrow("unet", ("width: int = 64", "width: int = 1"))
VIT = (
    HEAD
    + """
  - patches: {op: conv2d, out: 4, kernel: 16, stride: 16}
  - tokens: {op: flatten, axes: [H, W], into: T, order: [N, T, C]}
  - positions: {op: param, size: [1, 196, 4]}
  - embedded: {op: add, from: [tokens, positions]}
"""
)
# Below 32 there is one token, which torch would repeat where we ask for equal shapes.
SQUARE = VIT.replace("H=224, W=224", "S=224, S")
NORMED = HEAD + "  - {op: conv2d, out: 2, kernel: 3, stride: 4}\n  - {op: flatten}\n  - {op: batch_norm}\n"
TWO_MAPS = (
    HEAD
    + """
  - a: {op: conv2d, from: x, out: 2, kernel: 3, stride: 16}
  - fa: {op: flatten}
  - b: {op: max_pool2d, from: x, kernel: 40, stride: 40}
  - fb: {op: flatten}
  - both: {op: concat, from: [fa, fb], axis: D}
  - fc: {op: linear, out: 3}
"""
)
CASES = {
    "vgg_paper": (VGG, "vgg16_paper", 224, [*range(1, 220, 9), *range(222, 226), *range(252, 260)], "H in 224..255"),
    "vgg": (VGG, "vgg16", 64, range(1, 100, 3), "any H >= 32"),
    "unet": (UNET, None, 188, [*range(1, 184, 9), *range(184, 210)], "any H >= 188"),
    "unet_padded": (UNET, "unet_padded", 16, range(1, 70), "H a multiple of 16, from 16"),
    "vit": (VIT, None, 224, range(1, 400), "H in 224..239"),
    "square": (SQUARE, None, None, range(32, 400), "S in 224..239"),
    "normed": (NORMED, None, 224, [*range(1, 210, 9), *range(210, 240)], "H in 223..226"),
    "two_maps": (TWO_MAPS, None, 224, [*range(1, 200, 9), *range(200, 250)], "H in 211..226"),
}


@pytest.mark.parametrize("name", CASES)
def test_torch_runs_where_the_answer_says(name: str) -> None:
    """Along H with W fixed, and along W with H fixed, in eval mode on a batch of two."""
    text, variant, other, tried, words = CASES[name]
    checked = check(text, variant)
    assert str(checked.sizes[0]) == words
    channels = checked.graph.inputs[0].shape.channels
    net = module(text, variant=variant).eval()
    for size in tried:
        pairs = [(size, size)] if other is None else [(size, other), (other, size)]
        for axis, sides in enumerate(pairs):
            try:
                with torch.no_grad():
                    shape = tuple(net(torch.zeros(2, channels, *sides)).shape)
            except RuntimeError:
                shape = None
            assert (shape is not None) == checked.sizes[axis].allows(size), (axis, size)
            free = dict(zip("HW" if other else "SS", sides, strict=True))
            assert shape in (None, checked.shapes.root.outputs[0].at({**free, "N": 2}))


def test_axes_that_cannot_be_chosen_one_by_one_say_so() -> None:
    turned = HEAD + "  - t: {op: permute, order: NCWH}\n  - add: {op: add, from: [x, t]}\n"
    assert [str(sizes) for sizes in check(turned).sizes] == ["H in 224 where W is 224", "W in 224 where H is 224"]


def test_division_is_decided() -> None:
    halves = HEAD + "  - h: {op: split, axis: H, parts: 6}\n  - a: {op: max_pool2d, from: h.0, kernel: 2}\n"
    assert [str(sizes) for sizes in check(halves.replace("H=224", "H=240")).sizes] == [
        "H a multiple of 6, from 12", "any W >= 2",
    ]  # fmt: skip


def test_open_channels_do_not_become_features_of_a_free_size() -> None:
    text = (
        HEAD.replace("input", "params: {width: open int = 4}\ninput")
        + """
  - {op: conv2d, out: width, kernel: 3}
  - flat: {op: flatten}
  - fc: {op: linear, out: 3}
"""
    )
    with pytest.raises(SpecError) as error:
        check(text)
    assert [d.code for d in error.value.diagnostics] == ["E0231"]
    assert check(text.replace("open int", "int")) and check(text.replace("H=224, W=224", "224, 224"))
    assert module(text.replace("H=224, W=224", "8, 8"), width=5)(torch.zeros(1, 3, 8, 8)).shape == (1, 3)
