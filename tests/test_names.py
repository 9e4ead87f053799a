"""Names that Python, torch or the generated file could mistake for their own: refused, or the source runs."""

from __future__ import annotations

import pytest
import torch
from spec_lab import refused, spec

from archspec.backends.module import verify
from archspec.pipeline import build, check

WORDS = (
    "_", "__", "_x", "__x", "__init__", "class", "match", "self", "cls", "super", "torch", "nn", "F", "Tensor", "math",
    "x", "y", "i", "n", "N", "C", "H", "unit", "Unit", "Tiny", "TinyOutput", "tiny", "crop_like", "DropPath",
    "drop_path", "LayerNorm2d", "int", "len", "range", "min", "forward", "training", "weight", "in_channels", "count",
    "index", "OrderedDict", "NamedTuple", "annotations", "Module", "Sequential", "print", "device", "init", "weights",
)  # fmt: skip
MAP = "x[N, 4, 8, 8]"


def layer(w: str) -> str:
    net = f"""
        - c: {{op: max_pool2d, kernel: 2}}
        - {w}: {{op: crop_like, from: [x, c]}}
        - box: [{{op: conv2d, from: {w}, out: 4, kernel: 1}}, {{op: crop_like, from: [{w}, c]}}]
        - {{op: drop_path, p: 0.5}}
        - e: {{op: crop_like, from: [{w}, box]}}
        - r: {{op: unit, repeat: 2, from: {w}}}
    """
    unit = f"""
        unit:
          in: x[N, C, H, W]
          body:
            - {w}: {{op: split, parts: 2}}
            - j: {{op: concat, from: [{w}.0, {w}.1]}}
            - {{op: mul, from: [j, x]}}
    """
    return spec(net, MAP, blocks=unit, outputs=f"{{a: r, b: {w}, c: e}}")


PLACES = {
    "a layer": layer,
    "a param of the net": lambda w: spec(
        f"- c: {{op: linear, out: '{w}'}}", "x[N, 4]", params=f"\n  {w}: open int = 3"
    ),
    "a param of a block": lambda w: spec(
        f"- c: {{op: b, {w}: 3}}\n- d: {{op: b, {w}: 5}}\n- e: {{op: b, {w}: 5, repeat: 2}}",
        MAP,
        blocks=f"\n  b: {{params: {{{w}: int}}, in: 'x[N, C, H, W]', body: [{{a: {{op: conv2d, out: 3, kernel: {w}, "
        "padding: 2}}, {op: relu}]}",
    ),
    "a block": lambda w: spec(
        f"- c: {{op: {w}}}\n- d: {{op: {w}}}\n- e: {{op: crop_like, from: [d, c]}}\n- {{op: drop_path, p: 0.5}}",
        MAP,
        blocks=f"\n  {w}: {{in: 'x[N, C, H, W]', body: [{{a: {{op: conv2d, out: 3, kernel: 3, padding: 2}}}}, "
        "{op: drop_path, p: 0.5}]}",
    ),
    "an input": lambda w: spec(
        "- b: {op: b}\n- {op: pad2d, padding: 1}\n- {op: drop_path, p: 0.5}",
        f"{w}[N, 4, 8, 8]",
        blocks=f"\n  b: {{in: '{w}[N, C, H, W]', body: [{{a: {{op: conv2d, out: 3, kernel: 3, padding: 2}}}}, "
        f"{{op: crop_like, from: [a, {w}]}}]}}",
    ),
    "an output": lambda w: spec("- c: {op: relu}\n- d: {op: tanh}", outputs=f"{{{w}: c, d: d}}"),
    "a let": lambda w: spec(f"- c: {{op: linear, out: {w}}}", "x[N, 4]", let=f"\n  {w}: 2*3"),
    "a class": lambda w: spec("- c: {op: relu}\n- d: {op: linear, out: 4}", "x[N, 4]", **{"class": w}),
    "a network": lambda w: spec("- c: {op: drop_path, p: 0.5}", MAP).replace("name: tiny", f"name: {w}"),
    "a column": lambda w: spec(
        f"- each: {{{w}: [3, 5]}}\n  do: [{{op: conv2d, out: {w}, kernel: 1}}, {{op: crop_like, from: [x, x]}}]", MAP
    ),
}  # fmt: skip

torch.set_num_threads(1)


@pytest.mark.parametrize("place", PLACES)
def test_no_name_is_mistaken_for_another(place: str) -> None:
    built = 0
    for word in WORDS:
        text = PLACES[place](word)
        if refused(text):
            continue
        checked = check(text)
        source = build(checked)
        try:
            verify(checked.graph, source)
        except Exception as error:
            raise AssertionError(f"`{word}` as {place}: {error}\n{source}") from error
        built += 1
    assert built >= len(WORDS) // 2


def test_what_cannot_be_a_name_is_said() -> None:
    private = (("a layer", "__x"), ("a param of the net", "__x"), ("a block", "_"), ("an output", "_x"))
    for place, word in (
        *private,
        ("an input", "class"),
        ("an output", "class"),
        ("a class", "super"),
        ("a class", "nn"),
    ):
        assert "E0205" in {code for code, _ in refused(PLACES[place](word))}, (place, word)
