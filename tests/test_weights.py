"""`archspec weights`: which tensor goes where, from files, without running anything in them."""

from __future__ import annotations

import json
import pickle
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from pytorchcv.models.resnet import resnet18 as other_resnet18
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

import archspec
from archspec.checkpoints import file
from archspec.checkpoints.fit import Fit, Named, fit
from archspec.checkpoints.keymap import read_key_map, renamed
from archspec.cli import main
from archspec.diagnostics import SpecError, UsageError
from archspec.report import Report

TINY = """\
archspec: 1
name: tiny
params: {classes: int = 4}
input: x[N, 3, H=16, W=16]
net:
  - conv: {op: conv2d, out: 8, kernel: 3, bias: false}
  - bn: {op: batch_norm}
  - relu: {op: relu}
  - pool: {op: adaptive_avg_pool2d, size: 1}
  - flatten: {op: flatten}
  - fc: {op: linear, out: classes}
output: [N, classes]
"""

WANTED = [Named("a.weight", (4, 3)), Named("a.bias", (4,)), Named("b.weight", (4, 4)), Named("b.bias", (4,))]


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path


def saved(path: Path, state: object) -> Path:
    torch.save(state, path)
    return path


def under(names: dict[str, str], state: dict[str, Tensor]) -> OrderedDict[str, Tensor]:
    """The state_dict with the modules called otherwise."""
    return OrderedDict((f"{names[key.partition('.')[0]]}.{key.partition('.')[2]}", v) for key, v in state.items())


def test_equal_names_fit_exactly() -> None:
    assert fit(WANTED, WANTED).exact


def test_a_wrapper_around_every_key_is_left_out() -> None:
    found = fit(WANTED, [one._replace(key=f"module.{one.key}") for one in WANTED])
    assert (found.complete, found.exact, found.prefix, len(found.named)) == (True, False, "module.", 4)


def test_other_names_go_by_position() -> None:
    held = [Named("x.lin.weight", (4, 3)), Named("x.lin.bias", (4,)), Named("y.weight", (4, 4)), Named("y.bias", (4,))]
    found = fit(WANTED, held)
    assert found.sources == {
        "a.weight": "x.lin.weight",
        "a.bias": "x.lin.bias",
        "b.weight": "y.weight",
        "b.bias": "y.bias",
    }
    assert found.complete and found.how.startswith("by position")


def test_without_an_order_only_unique_shapes_are_mapped() -> None:
    held = [Named("y.bias", (4,)), Named("y.weight", (4, 4)), Named("x.bias", (4,)), Named("x.weight", (4, 3))]
    found = fit(WANTED, held, ordered=False)
    assert not found.renamed and len(found.missing) == 4
    assert "2 of the network's and 2 of the checkpoint's are `bias` [4]" in found.why_not[0]
    weights = [one for one in WANTED if one.key.endswith("weight")]
    sole = fit(weights, [one for one in held if one.key.endswith("weight")], ordered=False)
    assert sole.sources == {"a.weight": "x.weight", "b.weight": "y.weight"}


def test_another_order_of_modules_is_not_guessed() -> None:
    held = [Named("n.weight", (4,)), Named("n.bias", (4,)), Named("y.weight", (4, 4)), Named("y.bias", (4,))]
    found = fit(WANTED, held)
    assert not found.renamed and "module 1 of each side differs" in found.why_not[0]


def test_a_head_of_another_width_is_another_shape() -> None:
    held = [*WANTED[:2], Named("b.weight", (9, 4)), Named("b.bias", (9,))]
    found = fit(WANTED, held)
    assert [pair.wanted.key for pair in found.reshaped] == ["b.weight", "b.bias"]
    assert not found.complete and not found.missing and not found.unexpected


def test_numbers_laid_out_otherwise_are_the_same() -> None:
    """A 1x1 convolution for a linear, a convolution over the whole map for one, a scale that is spread over a map."""
    wanted = [Named("scale", (4, 1, 1)), Named("a.weight", (4, 12)), Named("b.weight", (2, 4)), Named("b.bias", (2,))]
    held = [Named("gamma", (4,)), Named("c.weight", (4, 3, 2, 2)), Named("d.weight", (2, 4, 1, 1)), wanted[3]]
    found = fit(wanted, held)
    assert found.complete and found.sources == {a.key: b.key for a, b in zip(wanted, held, strict=True)}
    assert not fit(wanted, [*wanted[:2], Named("b.weight", (4, 2)), wanted[3]]).complete
    other = [held[0], Named("c.weight", (12, 4, 1, 1)), *held[2:]]
    assert not fit(wanted, other).complete


def test_a_scale_and_a_flattened_layer_come_from_another_library(tmp_path: Path, spec: Path) -> None:
    state = archspec.module(spec).state_dict()
    old = {**state, "fc.weight": state["fc.weight"][:, :, None, None]}
    held = archspec.weights(saved(tmp_path / "a.pt", old), spec)
    assert held.fit.complete and not held.fit.exact
    assert torch.equal(held.state_dict()["fc.weight"], state["fc.weight"])
    assert torch.equal(held.state_dict(partial=True)["fc.weight"], state["fc.weight"])


def test_counters_may_be_missing() -> None:
    found = fit([*WANTED, Named("n.num_batches_tracked", ())], WANTED)
    assert found.complete and not found.exact and len(found.counters) == 1


def test_another_library_s_resnet18_gives_equal_outputs(tmp_path: Path) -> None:
    torch.manual_seed(0)
    theirs = other_resnet18().eval()
    held = archspec.weights(saved(tmp_path / "other.pth", theirs.state_dict()), "resnet18")
    assert held.fit.complete and len(held.fit.renamed) == 122
    ours = archspec.module("resnet18", init=False).eval()
    ours.load_state_dict(held.state_dict(), strict=True)
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        theirs.features.final_pool = nn.AdaptiveAvgPool2d(1)  # its own is made for 224 px
        assert torch.equal(ours(x), theirs(x))


def test_the_converted_file_loads_strictly(tmp_path: Path, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = archspec.module(spec).state_dict()
    names = {"conv": "stem.0", "bn": "stem.1", "fc": "head"}
    path = saved(tmp_path / "old.pt", {"state_dict": under(names, state), "epoch": 3})
    assert main(["weights", str(path), str(spec), "-o", str(tmp_path / "new.safetensors")]) == 0
    assert "stem.0.weight -> conv.weight [8, 3, 3, 3]" in capsys.readouterr().out
    written = load_file(tmp_path / "new.safetensors")
    assert all(torch.equal(written[key], value) for key, value in state.items())
    archspec.module(spec).load_state_dict(written, strict=True)
    assert main(["weights", str(tmp_path / "new.safetensors"), str(spec)]) == 0
    assert "fits: all 8 tensors, by name" in capsys.readouterr().out


def test_what_does_not_fit_is_not_written(tmp_path: Path, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path / "a.pt", archspec.module(spec).state_dict())
    code = main(["weights", str(path), str(spec), "--set", "classes=7", "-o", str(tmp_path / "b.safetensors")])
    out = capsys.readouterr()
    assert code == 1 and not (tmp_path / "b.safetensors").exists()
    assert "fc.weight is [7, 8], the checkpoint has [4, 8]" in out.out and "is not written" in out.err
    assert main(["weights", str(path), str(spec), "--set", "classes=7"]) == 1
    assert "-o FILE --partial writes the 6 that fit" in capsys.readouterr().out


def test_fine_tuning_takes_what_fits(tmp_path: Path, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another number of classes: everything but the head."""
    state = archspec.module(spec).state_dict()
    path = saved(tmp_path / "a.pt", state)
    out = tmp_path / "b.safetensors"
    assert main(["weights", str(path), str(spec), "--set", "classes=7", "--partial", "-o", str(out)]) == 0
    assert "6 tensors" in capsys.readouterr().err
    net = archspec.module(archspec.load(spec, classes=7))
    left = net.load_state_dict(load_file(out), strict=False)
    assert (left.missing_keys, left.unexpected_keys) == (["fc.weight", "fc.bias"], [])
    assert torch.equal(net.state_dict()["conv.weight"], state["conv.weight"])


def test_a_backbone_takes_the_whole_network_s_checkpoint(tmp_path: Path, spec: Path) -> None:
    path = saved(tmp_path / "a.pt", archspec.module(spec).state_dict())
    assert main(["weights", str(path), str(spec), "--features", "relu"]) == 0


TIED = """\
archspec: 1
name: tied
blocks:
  twice:
    in: x[N, C]
    body:
      - one: {op: linear, out: C}
      - relu: {op: relu}
      - two: {op: linear, out: C, tie: {weight: one.weight}}
input: x[N, 8]
net:
  - body: [units: {op: twice, repeat: 2}]
"""
SHARED = {"body.units.0.two.weight": "body.units.0.one.weight", "body.units.1.two.weight": "body.units.1.one.weight"}


def test_tied_tensors_may_be_in_the_file_once(tmp_path: Path) -> None:
    """As safetensors' own `save_model` writes them: either key, whatever the others are called."""
    state = archspec.module(TIED).state_dict()
    for gone in (SHARED.keys(), SHARED.values()):
        left = {key: value.clone() for key, value in state.items() if key not in gone}
        save_file(left, tmp_path / "once.safetensors")
        held = archspec.weights(tmp_path / "once.safetensors", TIED)
        assert {pair.wanted.key for pair in held.fit.tied} == set(gone) and not held.fit.exact
        assert all(torch.equal(value, state[key]) for key, value in held.state_dict().items())
        assert list(held.state_dict()) == list(state)
    called = {f"x{key}": value for key, value in state.items() if key not in SHARED}
    renamed = archspec.weights(saved(tmp_path / "called.pt", called), TIED)
    assert len(renamed.fit.renamed) == len(called) and len(renamed.fit.tied) == 2
    renamed.save(tmp_path / "whole.safetensors")
    assert archspec.weights(tmp_path / "whole.safetensors", TIED).fit.exact


def test_what_is_one_tensor_and_two_in_the_file_does_not_fit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "tied.yaml"
    spec.write_text(TIED, encoding="utf-8")
    state = {key: value.clone() for key, value in archspec.module(TIED).state_dict().items()}
    assert archspec.weights(saved(tmp_path / "a.pt", state), spec).fit.exact
    state["body.units.1.two.weight"] += 1
    assert main(["weights", str(saved(tmp_path / "b.pt", state)), str(spec)]) == 1
    said = capsys.readouterr().out
    assert "not equal        1" in said and "body.units.1.two.weight [8, 8] and body.units.1.one.weight" in said


def test_json_names_every_key(tmp_path: Path, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = archspec.module(spec).state_dict()
    state.pop("fc.bias")
    path = saved(tmp_path / "a.pt", {**state, "extra": torch.zeros(2)})
    assert main(["weights", str(path), str(spec), "--format", "json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["fits"], said["missing"], said["unexpected"]) == (False, ["fc.bias"], ["extra"])


def test_a_key_map_comes_first(tmp_path: Path, spec: Path) -> None:
    state = archspec.module(spec).state_dict()
    path = tmp_path / "a.safetensors"
    save_file(under({"conv": "blocks.7.c", "bn": "blocks.7.n", "fc": "out"}, state), path)
    (tmp_path / "map.yaml").write_text(
        "blocks.{i}.c.{rest}: conv.{rest}\nblocks.7.n.{leaf}: bn.{leaf}\nout.{leaf}: fc.{leaf}\n",
        encoding="utf-8",
    )
    held = archspec.weights(path, spec, key_map=tmp_path / "map.yaml")
    assert held.fit.exact
    assert torch.equal(held.state_dict()["fc.bias"], state["fc.bias"])


def test_holes_are_expressions_of_numbers() -> None:
    report = Report()
    rules = read_key_map(b"unit{i}.{leaf}: layers.{i-1}.{leaf}\n", "map.yaml", report)
    assert renamed([Named("unit3.weight", (1,))], rules, report) == {"layers.2.weight": "unit3.weight"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.{i}: b.{j}\n", "`j` is no hole of the checkpoint's key"),
        ("a.{i+1}: b\n", "are names, each once"),
        ("a: [b]\n", "a key goes to a key"),
        ("- a\n", "a key map is a map"),
        ("a.{i: b\n", "in a key"),
    ],
)
def test_a_bad_key_map_says_where(text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_key_map(text.encode(), "map.yaml", Report())
    found = caught.value.diagnostics[0]
    assert found.code == "E0405" and message in found.title and found.span is not None


def test_two_keys_must_not_become_one() -> None:
    report = Report()
    rules = read_key_map(b"'{a}.weight': c.weight\n", "map.yaml", report)
    with pytest.raises(SpecError, match=r"both become `c\.weight`"):
        renamed([Named("x.weight", (1,)), Named("y.weight", (1,))], rules, report)


class _Runs:
    """What a hostile pickle does when it is loaded."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("ran"),))  # type: ignore[return-value]


def test_nothing_in_a_checkpoint_is_run(tmp_path: Path, spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    saved(tmp_path / "whole.pt", {"state_dict": {"a": torch.zeros(1)}, "hook": _Runs()})
    (tmp_path / "raw.pt").write_bytes(pickle.dumps(_Runs(), protocol=2))
    for name in ("whole.pt", "raw.pt"):
        with pytest.raises(UsageError, match="holds more than tensors"):
            archspec.weights(tmp_path / name, spec)
    assert not (tmp_path / "ran").exists()


def test_a_header_is_bounded(tmp_path: Path) -> None:
    """At the limit it is read, one byte beyond it is not looked at."""
    path = tmp_path / "long.safetensors"
    path.write_bytes(file.MOST_HEADER.to_bytes(8, "little") + b"{}".ljust(file.MOST_HEADER))
    assert not file.read(path).tensors
    path.write_bytes((file.MOST_HEADER + 1).to_bytes(8, "little") + b"{}".ljust(file.MOST_HEADER + 1))
    with pytest.raises(UsageError, match="its header is too long"):
        file.read(path)


@pytest.mark.parametrize("name", ["a.pt", "a.safetensors"])
@pytest.mark.parametrize("content", [b"", b"PK", b"\x80\x02", b"\xff" * 64, b"# text\n", b"\x10\0\0\0\0\0\0\0{}"])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, spec: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError):
        archspec.weights(tmp_path / name, spec)


def test_hostile_keys_stay_inert_on_a_terminal(tmp_path: Path, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path / "a.pt", {"\x1b[31mred": torch.zeros(1), "fc.weight": torch.zeros(4, 8)})
    assert main(["weights", str(path), str(spec)]) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\\x1b[31mred" in out


def test_an_incomplete_fit_has_no_state_dict(tmp_path: Path, spec: Path) -> None:
    held = archspec.weights(saved(tmp_path / "a.pt", {"x": torch.zeros(1)}), spec)
    assert isinstance(held.fit, Fit) and not held.fit.complete
    with pytest.raises(ValueError, match=r"does not fill 7 of 8 tensors, `conv\.weight` .*the 0 that fit"):
        held.state_dict()
