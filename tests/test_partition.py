"""Windows and grids of tokens, and attention among them by offset, against torchvision's; sizes and errors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from oracles import torchvision_nets
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from zoo_evidence import liven

from archspec.diagnostics import SpecError
from archspec.pipeline import build, check, module, verify

torch.set_num_threads(1)
SPECS = Path(__file__).parent.parent / "specs"
MAP = "archspec: 1\nname: net\ninput: x[N, 12, H=12, W=12]\n"
LAYER = """net:
  - tokens: {op: window_partition, window: 3, grid: GRID}
  - attn_layer:
      - {op: layer_norm}
      - {op: relative_attention, heads: 3, window: 3, scale: 12**-0.5}
  - stochastic_dropout: {op: drop_path, p: 0.3}
  - attended: {op: add, from: [tokens, stochastic_dropout]}
  - mlp_layer: [{op: layer_norm}, {op: linear, out: 48}, {op: gelu}, {op: linear, out: 12}]
  - dropped: {same: stochastic_dropout}
  - sum: {op: add, from: [attended, dropped]}
  - map: {op: window_reverse, from: [sum, x], window: 3, grid: GRID}
"""
CUT = "net:\n  - cut: {op: window_partition, window: [2, 3], grid: GRID}\n"
BACK = "  - back: {op: window_reverse, from: [cut, x], window: [2, 3], grid: GRID}\n"
TOKENS = "net:\n  - {op: flatten, axes: HW, into: T, order: NTC}\n"


def spec(body: str, grid: bool = False) -> str:
    return MAP + body.replace("GRID", str(grid).lower())


def ran(net: nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    """What comes out in training, the gradients of a weighted sum of it, and what comes out in evaluation."""
    net.zero_grad()
    torch.manual_seed(1)
    out = net.train()(x)
    (out * torch.linspace(-1, 1, out.numel()).view_as(out)).sum().backward()
    gradients = [p.grad for p in net.parameters() if p.grad is not None]
    return [out.detach(), *gradients, net.eval()(x).detach()]


@pytest.mark.parametrize("grid", [False, True], ids=["windows", "grids"])
@pytest.mark.parametrize("side", [3, 6, 15])
def test_a_layer_is_torchvisions_on_maps_of_any_size(grid: bool, side: int) -> None:
    theirs = liven(
        torchvision_nets.partition_attention(
            in_channels=12,
            head_dim=4,
            partition_size=3,
            partition_type="grid" if grid else "window",
            grid_size=(side, side),
            mlp_ratio=4,
            activation_layer=nn.GELU,
            norm_layer=nn.LayerNorm,
            attention_dropout=0.0,
            mlp_dropout=0.0,
            p_stochastic_dropout=0.3,
        )
    )
    ours = module(spec(LAYER, grid))
    ours.load_state_dict(theirs.state_dict())
    results = zip(ran(ours, x := torch.randn(2, 12, side, side)), ran(theirs, x), strict=True)
    assert all(torch.equal(a, b) for a, b in results)


def test_among_the_places_of_one_window_it_is_swins_attention() -> None:
    theirs = liven(torchvision_nets.window_attention("", dim=12, window_size=[3, 4], shift_size=[0, 0], num_heads=3))
    text = spec(TOKENS + "  - attn: {op: relative_attention, heads: 3, window: [3, 4]}\n")
    ours = module(text.replace("H=12, W=12", "H=3, W=4"))
    state = {key.replace("qkv", "to_qkv").replace("proj", "merge"): each for key, each in theirs.state_dict().items()}
    state["relative_position_index"] = state["relative_position_index"].view(12, 12)
    ours.load_state_dict({f"attn.{key}": each for key, each in state.items()})
    x = torch.randn(2, 12, 3, 4)
    assert torch.allclose(ours(x), theirs(x.permute(0, 2, 3, 1)).flatten(1, 2), atol=1e-6)


@pytest.mark.parametrize("grid", [False, True], ids=["windows", "grids"])
def test_the_way_back_undoes_the_cut(grid: bool) -> None:
    x = torch.randn(2, 12, 8, 9)
    assert torch.equal(module(spec(CUT + BACK, grid))(x), x)
    cut = module(spec(CUT, grid))(x)
    assert cut.shape == (2, 12, 6, 12)
    assert torch.equal(cut[0, 0], (x[0, :, ::4, ::3] if grid else x[0, :, :2, :3]).flatten(1).T)
    assert not torch.equal(module(spec(CUT, grid) + spec(BACK, not grid).removeprefix(MAP))(x), x)


@pytest.mark.parametrize("grid", [False, True], ids=["windows", "grids"])
def test_the_reference_computes_the_same_to_the_bit(grid: bool) -> None:
    text = spec(LAYER, grid)
    verify(text, build(text))


@pytest.mark.parametrize("features", [1, 2, 3])
def test_heads_of_one_feature_have_the_gradients_of_the_reference_to_the_bit(features: int) -> None:
    verify(
        f"archspec: 1\nname: net\ninput: x[N, {features}, 4, 3]\nnet:\n"
        "  - cut: {op: window_partition, window: [4, 1]}\n"
        f"  - attend: {{op: relative_attention, heads: {features}, window: [4, 1]}}\n"
        "  - map: {op: window_reverse, from: [attend, x], window: [4, 1]}\n"
    )


def test_maps_that_windows_tile_and_no_others() -> None:
    checked = check(spec(CUT + BACK))
    cut = checked.shapes.find("cut")
    assert cut is not None and cut.at({"N": 1}) == (1, 24, 6, 12)
    assert check(spec(CUT + BACK).replace("W=12", "W=15"))
    with pytest.raises(SpecError) as error:
        check(spec(CUT + BACK).replace("W=12", "W=11"))
    assert "it holds for W a multiple of 3, from 3; nearest to 11: 9 and 12" in str(error.value.diagnostics[0].notes)


def test_another_size_costs_what_torch_counts() -> None:
    text = (SPECS / "maxvit.yaml").read_text(encoding="utf-8").partition("\nexpect:")[0]
    sized = re.sub(r"H=\d+, W=\d+", "H=446, W=224", text)
    with torch.device("meta"):
        ours = module(sized, init=False).eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        assert ours(torch.empty(1, 3, 446, 224, device="meta")).shape == (1, 1000)
    assert counter.get_total_flops() == 2 * check(sized).cost.macs


# torch's compiler opens its own files without an encoding.
@pytest.mark.filterwarnings("ignore::EncodingWarning")
@pytest.mark.parametrize("grid", [False, True], ids=["windows", "grids"])
def test_it_goes_where_modules_go(grid: bool) -> None:
    net = module(spec(LAYER, grid)).eval()
    x = torch.randn(2, 12, 6, 9)
    torch._dynamo.reset()
    with torch.no_grad():
        expected = net(x)
        traced = torch.fx.symbolic_trace(net)
        others = [torch.export.export(net, (x,)).module(), torch.compile(net, backend="aot_eager", fullgraph=True)]
        assert all(torch.equal(other(x), expected) for other in [traced, *others])
        assert torch.equal(traced(x[..., :3]), net(x[..., :3]))


def test_a_field_of_tokens_that_attend_has_no_number() -> None:
    conv = "net:\n  - conv: {op: conv2d, out: 12, kernel: 3, padding: 1}\n"
    cut = conv + "  - {op: window_partition, window: 3}\n"
    assert check(spec(conv)).cost.receptive_field == check(spec(cut)).cost.receptive_field == 3
    assert check(spec(LAYER)).cost.receptive_field is None


def test_the_linears_inside_are_filled_as_linear_says() -> None:
    alone = spec(TOKENS + "  - attn: {op: relative_attention, heads: 3, window: 12}\n")
    net = module(alone + "init: {linear: {weight: {constant: 0.5}, bias: ones}}\n")
    assert all((net.get_parameter(f"attn.{inner}.weight") == 0.5).all() for inner in ("to_qkv", "merge"))
    assert 0 < net.get_parameter("attn.relative_position_bias_table").std() < 0.04


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("{op: window_partition, window: 5}", "E0313", "a height that is a multiple of 5, found H"),
        ("{op: window_reverse, from: [x, x], window: 3}", "E0310", "expected axes NGTC"),
        ("{op: relative_attention, heads: 3, window: 3}", "E0314", "on a feature map"),
        ("{op: permute, order: NHWC}\n  - {op: window_partition, window: 3}", "E0318", "channels in axis 1"),
        ("{op: permute, order: NHWC}\n  - {op: relative_attention, heads: 3, window: 3}", "E0310", "found NHWC"),
        (
            "cut: {op: window_partition, window: 3}\n  - {op: window_reverse, from: [cut, x], window: [3, 6]}",
            "E0301",
            "expected floor(H/3)*floor(W/6) along G",
        ),
        (
            "{op: window_partition, window: 3}\n  - {op: relative_attention, heads: 3, window: 4}",
            "E0320",
            "expected 16 tokens, the places of 4×4, found 9",
        ),
        ("{op: window_partition, window: 3}\n  - {op: relative_attention, heads: 5, window: 3}", "E0317", "found 5"),
        ("{op: grid_partition, window: 3}", "E0217", "write `{op: window_partition, grid: true}`"),
    ],
)
def test_what_does_not_fit_is_refused(body: str, code: str, words: str) -> None:
    with pytest.raises(SpecError) as error:
        check(spec(f"net:\n  - {body}\n"))
    (one,) = error.value.diagnostics
    assert one.code == code and words in f"{one.title} {one.notes} {one.help}"
