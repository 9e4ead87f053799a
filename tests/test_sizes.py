"""The answer for all sizes against trying them one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from archspec.backends.sizes import answers, shape_forms, told
from archspec.diagnostics import SpecError
from archspec.fit import at_sizes
from archspec.passes.shapes import DemandError, infer
from archspec.passes.sizes import _Span, _summary, in_words
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


@pytest.mark.parametrize(
    ("address", "output", "lines"),
    [
        ("unet_padded", "N 2 H W", ["H and W a multiple of 16, from 16, output stride 1",
                                    "  else inputs of `concat` differ (specs/unet.yaml:33:22)"]),
        ("unet", "N 2 16*floor((H + 4)/16) - 188 16*floor((W + 4)/16) - 188",
         ["any H and W >= 188, output stride 1",
          "  else the window of `conv2d` is larger than its input (specs/unet.yaml:21:21)"]),
        ("vgg16_paper", "N 1000", ["H and W in 224..255, output stride 32",
                                   "  else `linear` needs a fixed number of features (specs/vgg19.yaml:30:14)"]),
        ("resnet18", "N 1000", ["any H and W, output stride 32"]),
    ],
)  # fmt: skip
def test_the_answer_names_what_decides_it(
    address: str, output: str, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(SPECS.parent)
    checked = check(address)
    assert list(told(answers(checked))) == lines
    assert " ".join(shape_forms(checked.shapes.root.outputs[0], checked.sizes)) == output


@pytest.mark.parametrize(
    ("items", "form"),
    [
        (["{op: conv2d, out: 4, kernel: 3, stride: 2, padding: 1}"], "ceil(H/2)"),
        (["{op: max_pool2d, kernel: 2}", "{op: upsample2d, scale: 2}", "{op: add, from: [up, x]}"], "H"),
        (["{op: split, axis: H, parts: 4}"], "H/4"),
        (["{op: conv2d, out: 4, kernel: 3, dilation: 5}"], "H - 10"),
        (["{op: pad2d, padding: 3}", "{op: split, axis: H, parts: 4}"], "(H + 6)/4"),
    ],
)
def test_a_size_has_no_floor_where_all_legal_sizes_divide(items: list[str], form: str) -> None:
    names = ["a", "up", "b"]
    text = HEAD.replace("H=224", "H=226" if "pad2d" in items[0] else "H=224") + "".join(
        f"  - {name}: {item}\n" for name, item in zip(names, items, strict=False)
    )
    checked = check(text)
    assert shape_forms(checked.shapes.root.outputs[0], checked.sizes)[2] == form


@pytest.mark.parametrize("sides", [(65, 129), (32, 500)])
def test_figures_at_another_size_are_those_of_a_spec_of_that_size(sides: tuple[int, int]) -> None:
    here = at_sizes(check("resnet18"), dict(zip("HW", sides, strict=True)))
    there = check(narrow("resnet18", ("H=224, W=224", f"{sides[0]}, {sides[1]}")))
    assert (here.cost.macs, here.cost.memory) == (there.cost.macs, there.cost.memory)


@pytest.mark.parametrize("axes", ["65, 129", "H=65, W=129", "H=65, 129"])
def test_a_wrong_size_is_told_the_nearest_right_ones(axes: str) -> None:
    with pytest.raises(SpecError) as error:
        check(HOURGLASS.replace("H=224, W=224", axes) + "  - {op: flatten}\n  - {op: linear, out: 3}\n")
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.code == "E0301"
    assert diagnostic.notes[-2:] == (
        "it holds for H a multiple of 4, from 4; nearest to 65: 64 and 68",
        "it holds for W a multiple of 4, from 4; nearest to 129: 128 and 132",
    )
    with pytest.raises(SpecError) as error:  # no size mends channels
        check(HEAD + "  - a: {op: conv2d, out: 4, kernel: 1}\n  - {op: add, from: [x, a]}\n")
    assert not any("it holds" in note for note in error.value.diagnostics[0].notes)


class _Counted(list[_Span]):
    """Counts how often it is read by position."""

    reads = 0

    def __getitem__(self, index: Any) -> Any:
        self.reads += 1
        return super().__getitem__(index)


def test_an_answer_takes_as_many_steps_as_there_are_residues() -> None:
    """It took the square of them: a pyramid of fourteen pools was summed up for a minute."""
    spans = _Counted([_Span(1, None) if residue % 3 else _Span(1, 0) for residue in range(3 << 8)])
    sizes = _summary("H", len(spans), spans, ())
    assert (sizes.period, sizes.residues) == (3, (1, 2)) and spans.reads < 10 * len(spans)
