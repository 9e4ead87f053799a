"""Initialisation as a spec states it: the code of it, and what it fills."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from archspec.diagnostics import SpecError
from archspec.pipeline import build, load, module, verify

SPEC = """\
archspec: 1
name: example
input: x[N, 3, 8, 8]
net:
  - features:
      - {op: conv2d, out: 64, kernel: 3, init: {bias: ones, weight: {trunc_normal: 1/sqrt(fan_in)}}}
      - {op: batch_norm, init: {weight: zeros}}
      - inner: [{op: conv2d, out: 64, kernel: 3, init: {bias: {constant: 16/fan_out}}}]
  - pool: {op: adaptive_avg_pool2d, size: 1}
  - flatten: {op: flatten}
  - fc: {op: linear, out: 1000, init: {bias: {constant: 0.5}}}
init:
  conv2d: {weight: {normal: 0.02}}
  linear: {weight: {uniform: 1/sqrt(fan_out)}}
"""

RESET = """\
    def reset_parameters(self) -> None:
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                if m is self.features[0]:
                    std = 1 / math.sqrt(m.weight[0].numel())
                    nn.init.trunc_normal_(m.weight, std=std, a=-2.0 * std, b=2.0 * std)
                else:
                    nn.init.normal_(m.weight, std=0.02)
                if m is self.features[0]:
                    if m.bias is not None:
                        nn.init.ones_(m.bias)
                elif m is self.features.inner[0]:
                    if m.bias is not None:
                        value = 16 / m.weight[:, 0].numel()
                        nn.init.constant_(m.bias, value)
            elif isinstance(m, nn.Linear):
                bound = 1 / math.sqrt(m.out_features)
                nn.init.uniform_(m.weight, -bound, bound)
                if m is self.fc:
                    nn.init.constant_(m.bias, 0.5)
            elif isinstance(m, nn.BatchNorm2d) and m is self.features[1]:
                nn.init.zeros_(m.weight)
"""


def test_exceptions_stand_where_a_person_would_put_them() -> None:
    assert RESET in build(SPEC)


def test_each_tensor_is_filled_once_and_as_stated() -> None:
    torch.manual_seed(0)
    net = module(SPEC)
    first, second, fc = (net.get_parameter(f"{key}.weight") for key in ("features.0", "features.inner.0", "fc"))
    torch.manual_seed(0)
    made = [nn.Conv2d(3, 64, 3), nn.Conv2d(64, 64, 3), nn.Linear(64, 1000)]
    std, bound = 27**-0.5, 1000**-0.5
    nn.init.trunc_normal_(made[0].weight, std=std, a=-2 * std, b=2 * std)
    nn.init.normal_(made[1].weight, std=0.02)
    nn.init.uniform_(made[2].weight, -bound, bound)
    for mine, other in zip((first, second, fc), made, strict=True):
        assert torch.equal(mine, other.weight)
    assert (net.get_parameter("features.0.bias") == 1).all() and not net.get_parameter("features.1.weight").any()
    assert (net.get_parameter("features.inner.0.bias") == 16 / 576).all() and (
        net.get_parameter("fc.bias") == 0.5
    ).all()


@pytest.mark.parametrize(
    "wrong",
    [
        "linear: {weight: {uniform: 1/sqrt(fan)}}",
        "linear: {weight: {uniform: fan_in > 3}}",
        "batch_norm: {weight: {normal: 1/fan_in}}",
    ],
)
def test_a_number_reads_the_fans_of_a_layer_that_has_them(wrong: str) -> None:
    with pytest.raises(SpecError) as error:
        module(SPEC.partition("init:\n  conv2d")[0] + f"init:\n  {wrong}\n")
    assert [diagnostic.code for diagnostic in error.value.diagnostics] == ["E0229"]


FIVE = "{op: conv2d, out: 8, kernel: 1, init: {weight: {constant: 5}}}"
SEVERAL = FIVE.replace("kernel: 1", "kernel: 1, repeat: 2")
WIDE = "{op: conv2d, out: 8, kernel: 3, padding: 1}"
NETS = {
    "a repeat": f"- c: {SEVERAL}\n- d: {WIDE[:-1]}, repeat: 2}}",
    "a repeat with names": f"- c: {SEVERAL[:-1]}, names: 'layer{{i+1}}'}}\n- d: {WIDE}",
    "a repeat without a name": f"- {SEVERAL}\n- f: [{SEVERAL}, {{op: relu}}, {WIDE}]",
    "a branch": f"- parallel: [a: {FIVE}, b: [{FIVE}, {WIDE}], c: {SEVERAL}]\n  join: {{op: add}}",
    "numbers that are no places": f"- f: ['1': {FIVE}, '0': {WIDE}]\n- '7': {FIVE}",
}
BODIES = {
    "a repeat in a block": f"- c: {SEVERAL}\n- d: {WIDE}",
    "a layer that may be absent": f"- c: {FIVE[:-1]}, when: there}}\n- d: {WIDE}",
    "a repeat that may be absent": f"- c: {SEVERAL[:-1]}, when: there}}\n- d: {WIDE}",
    "a container that may be absent": f"- c: {{body: [{FIVE}, {{op: relu}}], when: there}}\n- d: {WIDE}",
    "places that shift": f"- c: [{WIDE[:-1]}, when: there}}, {FIVE}]\n- d: {{op: add, from: [c, x]}}",
}


@pytest.mark.parametrize("case", [*NETS, *BODIES])
@pytest.mark.parametrize("usual", ["", "init: {conv2d: {weight: {constant: 1}}}"])
def test_layers_that_stand_anywhere_are_filled_as_stated(case: str, usual: str) -> None:
    """In each net the windows of 1x1 are to be fives, and no others."""
    head = f"archspec: 1\nname: net\n{usual}\ninput: x[N, 8, 8, 8]\n"
    block = "blocks:\n  b:\n    params: {there: bool = true}\n    in: x[N, C, H, W]\n    body:\n"
    calls = "net: [{a: {op: b}}, {b: {op: b, there: false}}, {c: {op: b, repeat: 2}}]\n"
    if case in NETS:
        text = f"{head}net:\n{NETS[case]}\n"
    else:
        text = head + block + "".join(f"      {line}\n" for line in BODIES[case].split("\n")) + calls
    net = module(text)
    weights = [value for value in net.parameters() if value.dim() == 4]
    small = [value for value in weights if value.shape[2:] == (1, 1)]
    assert 1 < len(small) < len(weights)
    assert all((value == 5).all() for value in small)
    assert not any((value == 5).any() for value in weights if value.shape[2:] != (1, 1))
    verify(text)


SCALED = """\
archspec: 1
name: scaled
params: {depth: int = 3, gain: float = 0.5, num_classes: open int = 7}
input: x[N, T=4, 8]
blocks:
  unit:
    params: {k: int}
    in: x[N, T, D]
    body:
      - attn: {op: attention, heads: 2}
      - out: {op: linear, out: D, init: {weight: {normal: gain/sqrt(k*fan_in)}}}
net:
  - {op: unit, k: depth, repeat: depth}
  - last: {op: linear, out: num_classes, init: {bias: {constant: gain}}}
init:
  attention: {out_proj.weight: {constant: 0.02/sqrt(2*depth)}}
variants: {deep: {depth: 27}}
"""


def test_numbers_read_params() -> None:
    text = build(SCALED)
    assert "std = 0.5 / math.sqrt(3 * m.out.in_features)" in text and "nn.init.constant_(self.last.bias, 0.5)" in text
    for address, depth in ((SCALED, 3), ("deep", 27)):
        net = module(SCALED, variant="deep") if address == "deep" else module(SCALED)
        assert (net.get_parameter("0.0.attn.out_proj.weight") == torch.tensor(0.02 / (2 * depth) ** 0.5)).all()
        spread = torch.cat([p.flatten() for name, p in net.named_parameters() if name.endswith("out.weight")]).std()
        assert abs(spread / (0.5 / (depth * 8) ** 0.5) - 1) < 0.2
        assert (net.get_parameter("last.bias") == 0.5).all()


def test_a_number_of_a_block_is_that_of_each_call() -> None:
    """A fraction of integers too, as in Python."""
    block = "blocks:\n  b:\n    params: {k: int}\n    in: x[N, C]\n    body:\n"
    items = "      - fc: {op: linear, out: 2*C, init: {weight: {constant: k/C}, bias: {constant: 1.5*k}}}\n"
    net = "net: [{c: {op: b, k: 3*i + 1, repeat: 3}}]\n"
    made = module("archspec: 1\nname: net\ninput: x[N, 4]\n" + block + items + net)
    for index, weight in enumerate((1 / 4, 4 / 8, 7 / 16)):
        assert (made.get_parameter(f"c.{index}.fc.weight") == weight).all()
        assert (made.get_parameter(f"c.{index}.fc.bias") == 1.5 * (3 * index + 1)).all()


@pytest.mark.parametrize("number", ["1/num_classes", "depht", "depth > 2", "sqrt(0 - depth)", "1/0", "i"])
def test_numbers_that_are_none(number: str) -> None:
    with pytest.raises(SpecError) as error:
        module(SCALED.replace("{constant: gain}", f"{{constant: {number}}}"))
    assert [diagnostic.code for diagnostic in error.value.diagnostics] == ["E0229"]


def test_gpt2_scales_what_is_added_to_the_residual_stream() -> None:
    """Radford et al. 2019, sec. 2.3: by one over the root of their number."""
    net = module(load("gpt2", depth=2, dim=64, heads=4, vocabulary=100, most=8))
    spreads = {name: p.std().item() for name, p in net.named_parameters() if p.dim() == 2}
    added = [std for name, std in spreads.items() if name.endswith(("out_proj.weight", "c_proj.weight"))]
    assert added == pytest.approx([0.02 / 2] * 4, rel=0.1)
    others = [std for name, std in spreads.items() if not name.endswith(("out_proj.weight", "c_proj.weight"))]
    assert others == pytest.approx([0.02] * len(others), rel=0.1)
