"""Backbones: chosen nodes as outputs, the rest of the network gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from oracles.torchvision_nets import feature_pyramid
from torch import Tensor, nn

import archspec
from archspec.cli import main
from archspec.diagnostics import SpecError, UsageError

LAYERS = ("layer1", "layer2", "layer3", "layer4")


def test_features_are_what_hooks_see_in_the_whole_network() -> None:
    whole = archspec.module("resnet18").eval()
    backbone = archspec.module("resnet18", init=False, features=LAYERS).eval()
    state = whole.state_dict()
    kept = {key: value for key, value in state.items() if not key.startswith("fc.")}
    backbone.load_state_dict(kept, strict=True)
    seen: dict[str, Tensor] = {}
    for name in LAYERS:
        whole.get_submodule(name).register_forward_hook(lambda _m, _i, out, name=name: seen.__setitem__(name, out))
    x = torch.randn(2, 3, 70, 90)
    with torch.no_grad():
        whole(x)
        found = backbone(x)
    assert found._fields == LAYERS
    assert all(torch.equal(getattr(found, name), seen[name]) for name in LAYERS)


def test_one_feature_is_a_tensor_and_open_params_that_nothing_reads_are_gone() -> None:
    backbone = archspec.module("resnet18", features=["layer3"])
    found = backbone(torch.randn(2, 3, 64, 64))
    assert isinstance(found, Tensor) and found.shape == (2, 256, 4, 4)
    assert "num_classes" not in archspec.build("resnet18", features=["layer3"])
    assert not any(key.startswith(("layer4", "fc")) for key in backbone.state_dict())


def test_generated_backbones_equal_their_graphs() -> None:
    checked = archspec.check("resnet50", features=["layer1", "layer4"])
    archspec.verify(checked)
    assert checked.spec.features == ("layer1", "layer4") and checked.warnings == ()


def test_a_text_is_read_as_on_the_command_line() -> None:
    listed, text = (archspec.build("resnet18", features=given) for given in (["layer2", "layer4"], "layer2, layer4"))
    assert text == listed != archspec.build("resnet18")
    assert archspec.draw("resnet18", block="layer1.0").svg == archspec.draw("resnet18", block=["layer1.0"]).svg
    assert archspec.draw("lenet", show="norm,act").svg == archspec.draw("lenet", show=["norm", "act"]).svg


def test_a_container_is_reached_into() -> None:
    checked = archspec.check("resnet50_fpn", features=["body.layer2", "body.layer4"])
    assert [output.name for output in checked.graph.outputs] == ["body_layer2", "body_layer4"]
    archspec.verify(checked)


def test_unnamed_layers_are_reached_by_their_places_and_the_rest_of_their_container_is_gone() -> None:
    """`features.3` of a MobileNet is the path in its state_dict."""
    whole = archspec.module("mobilenet_v2").eval()
    for names in (["features.3"], ["features.3", "features.6"]):
        checked = archspec.check("mobilenet_v2", features=names)
        archspec.verify(checked)
        backbone = archspec.module(checked, init=False).eval()
        kept = whole.features[: int(names[-1][-1]) + 1].state_dict(prefix="features.")
        backbone.load_state_dict(kept, strict=True)
        x = torch.randn(1, 3, 32, 32)
        with torch.no_grad():
            found = backbone(x)
            for place, feature in zip((3, 6), [found] if isinstance(found, Tensor) else found, strict=False):
                assert torch.equal(feature, whole.features[: place + 1](x))
    with pytest.raises(SpecError, match=r"there is no node `features.19`"):
        archspec.check("mobilenet_v2", features=["features.19"])


def test_outputs_are_called_as_a_named_tuple_can_call_them() -> None:
    checked = archspec.check("d2l_resnet18", features=["0", "0.2", "7"])
    assert [output.name for output in checked.graph.outputs] == ["node_0", "node_0_2", "node_7"]
    archspec.verify(checked)
    twice = "archspec: 1\nname: net\ninput: x[N, 3]\nnet:\n  - a: [b: {op: relu}]\n  - a_b: {op: tanh}\n"
    checked = archspec.check(twice, features=["a.b", "a_b", "a if 1 > 0 else x"])
    assert [output.name for output in checked.graph.outputs] == ["a_b", "a_b_", "a_if_1___0_else_x"]
    archspec.verify(checked)


def test_what_a_layer_is_tied_to_stays() -> None:
    net = "archspec: 1\nname: net\ninput: x[N, 3]\nnet:\n  - a.b: {op: linear, out: 3}\n  - r: {op: relu, from: x}\n"
    net += "  - c: {op: linear, out: 3, tie: {weight: a.b.weight}}\n"
    assert archspec.check(net).warnings == ()
    archspec.verify(archspec.check(net, features=["c"]))


def test_numbered_lists_of_layers_stay_whole() -> None:
    archspec.verify(archspec.check("resnet50_fpn", features=["fpn.layer_blocks.3.0"]))


def test_strides_channels_and_fields_are_in_the_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", "resnet50", "--features", "layer1,layer2,layer4", "--format", "json"]) == 0
    maps = json.loads(capsys.readouterr().out)["maps"]
    assert [(m["name"], m["channels"], m["stride"], m["receptive_field"]) for m in maps] == [
        ("layer1", 256, 4, 35),
        ("layer2", 512, 8, 91),
        ("layer4", 2048, 32, 427),
    ]
    assert main(["summary", "resnet50", "--features", "layer1,layer2"]) == 0
    assert "layer2  [N, 512, 28, 28]       512       8" in capsys.readouterr().out


def test_a_node_that_is_not_there_is_pointed_at(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "resnet50", "--features", "layer1,layer9", "-o", "-"]) == 1
    said = capsys.readouterr().err
    assert "--features:1:8" in said and "there is no node `layer9`" in said and "did you mean" in said


@pytest.mark.parametrize("names", [["layer1", "layer1"], [""], ["layer1", ""]])
def test_what_is_no_list_of_features_is_refused(names: list[str]) -> None:
    with pytest.raises((UsageError, SpecError)):
        archspec.check("resnet18", features=names)


def test_another_file_is_written_for_a_backbone(tmp_path: Path) -> None:
    whole, cut = (archspec.build("resnet18", features=features) for features in ((), ("layer2",)))
    assert whole.splitlines()[1] != cut.splitlines()[1]
    assert "features layer2" in cut.splitlines()[0]


def test_the_feature_pyramid_is_torchvision_s() -> None:
    """Keys, their order, and every map to the bit, at sizes that no stride divides."""
    torch.manual_seed(0)
    theirs = feature_pyramid("resnet50").eval()
    ours = archspec.module("resnet50_fpn", init=False).eval()
    assert [(k, v.shape) for k, v in ours.state_dict().items()] == [
        (k, v.shape) for k, v in theirs.state_dict().items()
    ]
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(1, 3, 97, 130)
    with torch.no_grad():
        pairs = list(zip(ours(x), theirs(x).values(), strict=True))
    assert all(torch.equal(mine, other) for mine, other in pairs) and len(pairs) == 5


def test_strides_of_resampled_maps() -> None:
    maps = archspec.summary("resnet50_fpn").maps
    assert [(one.name, int(one.stride)) for one in maps] == [("p2", 4), ("p3", 8), ("p4", 16), ("p5", 32), ("p6", 64)]
    assert isinstance(archspec.module("resnet50_fpn", init=False), nn.Module)
