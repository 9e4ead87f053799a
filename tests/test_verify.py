"""`archspec verify --against`: a spec held against live models that are equal, nearly equal, and not equal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from oracles.torchvision_nets import build
from pytorchcv.models.resnet import resnet18 as renamed_resnet18
from torch import Tensor, nn

import archspec
from archspec.backends.environment import load_model, parse_argument
from archspec.cli import main
from archspec.diagnostics import UsageError
from archspec.passes.places import place_of

TINY = """\
archspec: 1
name: tiny
input: x[N, 3, H=16, W=16]
net:
  - conv1: {op: conv2d, out: 8, kernel: 3, stride: 2, padding: 1}
  - relu: {op: relu}
  - body:
      - conv2: {op: conv2d, out: 8, kernel: 3, padding: 1}
      - tanh: {op: tanh}
  - pool: {op: adaptive_avg_pool2d, size: 1}
  - flatten: {op: flatten}
  - fc: {op: linear, out: 5}
output: [N, 5]
"""

MODEL = """\
from torch import nn

class Net(nn.Module):
    def __init__(self, stride=2, act="Tanh", broken=False, wide=8):
        super().__init__()
        if broken:
            raise RuntimeError("no luck")
        self.conv1 = nn.Conv2d(3, wide, 3, stride, 1)
        self.relu = nn.ReLU(inplace=True)
        self.body = nn.Module()
        self.body.conv2 = nn.Conv2d(wide, 8, 3, 1, 1)
        self.body.act = getattr(nn, act)()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8, 5)

    def forward(self, x):
        x = self.body.act(self.body.conv2(self.relu(self.conv1(x))))
        return self.fc(self.pool(x).flatten(1))

ready = Net()
number = 3
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the spec and a module of a name of its own, so that tests do not share an import."""
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    (tmp_path / f"{tmp_path.name}_models.py").write_text(MODEL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(folder: Path, *arguments: str, name: str = "Net") -> int:
    return main(["verify", "tiny.yaml", "--against", f"{folder.name}_models:{name}", *arguments])


def findings(agreement: object) -> dict[str, bool]:
    return {finding.what: finding.agrees for finding in agreement.findings}  # type: ignore[attr-defined]


def test_torchvision_s_resnet_agrees_to_the_bit() -> None:
    found = archspec.compare("resnet18", build("resnet18"))
    assert found.holds and found.parting is None
    assert list(findings(found)) == ["state_dict", "parameters", "MACs", "outputs, eval mode", "outputs, train mode"]


def test_another_library_s_names_are_mapped_and_its_rounding_is_within_a_tolerance() -> None:
    """Its global pooling sums in another order."""
    theirs = renamed_resnet18()
    exact, near = (archspec.compare("resnet18", theirs, tolerance=tolerance) for tolerance in (0.0, 1e-5))
    assert not exact.holds and exact.parting is not None and exact.parting.ours == "fc"
    assert near.holds and "by position" in near.findings[0].said


def test_a_stride_in_another_place_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    found = archspec.compare("resnet50@resnet50_v1", build("resnet50"))
    assert findings(found) == {
        "state_dict": True,
        "parameters": True,
        "MACs": False,
        "outputs, eval mode": False,
        "outputs, train mode": False,
    }
    parting = found.parting
    assert parting is not None and (parting.ours, parting.theirs) == ("layer2.0.conv1", "layer2.0.conv1")
    assert parting.span is not None and parting.span.file.endswith("residual.yaml")
    assert "stride=(2, 2)" in parting.said[1] and "stride=(1, 1)" in parting.said[2]


def test_a_live_module_of_the_user_s(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder) == 0
    out = capsys.readouterr()
    assert out.out.count("ok  ") == 5 and "of your environment" in out.err
    assert run(folder, name="ready") == 0


def test_an_activation_between_layers_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--with", "act=Sigmoid") == 1
    out = capsys.readouterr().out
    assert "they part at `fc` (tiny.yaml:12:" in out and "here, `fc` there" in out
    assert "`body.conv2` was still equal: look at what runs between" in out


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--with", "stride=1", "--format", "json") == 1
    said = json.loads(capsys.readouterr().out)
    assert not said["holds"] and said["parting"]["ours"] == "conv1" and said["parting"]["line"] == 5


def test_weights_that_do_not_fit_are_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "--with", "wide=6") == 1
    out = capsys.readouterr().out
    assert "conv1.weight is [8, 3, 3, 3] here, [6, 3, 3, 3] there" in out and "not compared" in out


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("Net", ["--with", "broken=True"], "raises RuntimeError: no luck"),
        ("Net", ["--with", "nothing=1"], "raises TypeError"),
        ("Net", ["--with", "1"], "is no argument"),
        ("Nit", [], "has no `Nit`"),
        ("number", [], "raises TypeError"),
        ("nn.Identity.__name__", [], "raises TypeError"),
    ],
)
def test_what_their_code_does_wrong_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, arguments: list[str], said: str
) -> None:
    assert run(folder, *arguments, name=name) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("address", ["models", ":x", "models:", "no_such_module_at_all:x"])
def test_what_names_no_model(folder: Path, capsys: pytest.CaptureFixture[str], address: str) -> None:
    assert main(["verify", "tiny.yaml", "--against", address]) == 2
    assert "error:" in capsys.readouterr().err


def test_without_a_model_the_generated_network_is_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "tiny.yaml"]) == 0
    assert "equals its graph bit for bit" in capsys.readouterr().out
    assert main(["verify", "tiny.yaml", "--tolerance", "0.1"]) == 2


def test_the_model_is_not_changed() -> None:
    theirs = build("resnet18")
    before = {key: value.clone() for key, value in theirs.state_dict().items()}
    archspec.compare("resnet18@plain18", theirs)
    assert theirs.training and all(torch.equal(before[key], value) for key, value in theirs.state_dict().items())


class _Wrapped(nn.Module):
    """Outputs in a dict, as segmentation models have them."""

    def __init__(self, inside: nn.Module) -> None:
        super().__init__()
        self.inside = inside

    def forward(self, x: Tensor) -> dict[str, list[Tensor]]:
        return {"out": [self.inside(x)]}


def test_outputs_may_be_wrapped() -> None:
    assert archspec.compare("resnet18", _Wrapped(build("resnet18"))).findings[3].agrees


def test_places_of_modules() -> None:
    graph = archspec.check("resnet18").graph
    places = {
        path: place_of(graph, path) for path in ("conv1", "layer2.0.downsample.0", "layer2.1.conv2", "fc", "layer9")
    }
    assert places["layer9"] is None and all(place for path, place in places.items() if path != "layer9")
    assert places["layer2.1.conv2"].file.endswith("residual.yaml")  # type: ignore[union-attr]


def test_arguments_are_python_literals_or_text() -> None:
    assert [parse_argument(text)[1] for text in ("a=1", "a=[1, 2]", "a=None", "a=relu")] == [1, [1, 2], None, "relu"]
    assert [parse_argument(f"a={text}")[1] for text in ("true", "false", "null")] == [True, False, None]  # as in a spec
    with pytest.raises(UsageError):
        parse_argument("a b=1")


def test_a_file_is_no_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("Net = 3\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_model("mine.py:Net", {})
    assert caught.value.help == "write mine:Net"
