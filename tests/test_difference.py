"""`diff`: each edit of a spec that changes the network shows, no other does, and weights fit where torch loads them."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

import archspec
from archspec.backends.difference import together
from archspec.cli import main

GOLDEN = """\
layer             resnet50           resnet50_v1
──────────────────────────────────────────────────────
layer2.0.conv1    1×1 conv, 128      1×1 conv, 128, /2
layer2.0.conv2    3×3 conv, 128, /2  3×3 conv, 128
layer3.0.conv1    1×1 conv, 256      1×1 conv, 256, /2
layer3.0.conv2    3×3 conv, 256, /2  3×3 conv, 256
layer4.0.conv1    1×1 conv, 512      1×1 conv, 512, /2
layer4.0.conv2    3×3 conv, 512, /2  3×3 conv, 512
──────────────────────────────────────────────────────
output            [N, 1000]          [N, 1000]
weighted layers   50                 50
receptive field   427 px             483 px
parameters        25,557,032         25,557,032
MACs              4,089,184,256      3,857,973,248
peak activations  10.5 MiB           10.5 MiB

sizes alone differ in 6 layers more
state_dict: the same keys and shapes (320 tensors)
"""

SPEC = """\
archspec: 1
name: base
params: {classes: int = 5}
input: x[N, 3, H=16, W=16]
init: {linear: {bias: zeros}}
net:
  - conv: {op: conv2d, out: 8, kernel: 3, padding: 1, init: {weight: zeros}}
  - bn: {op: batch_norm}
  - body:
    - a: {op: conv2d, out: 8, kernel: 3, padding: 1}
    - b: {same: a}
    - add: {op: add, from: [b, bn]}
  - units: {op: conv2d, out: 8, kernel: 1, repeat: 3}
  - pool: {op: adaptive_avg_pool2d, size: 1}
  - flatten: {op: flatten}
  - fc: {op: linear, out: classes}
outputs: {logits: fc}
"""


def test_the_text_is_as_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "resnet50", "resnet50@resnet50_v1"]) == 1
    assert capsys.readouterr().out == GOLDEN


@pytest.mark.parametrize(
    ("edit", "shown"),
    [
        (("H=16", "H=32"), "other inputs"),
        (("{bias: zeros}", "{bias: ones}"), "other initialisation by op"),
        (("logits: fc", "scores: fc"), "other outputs"),
        (("{weight: zeros}", "{weight: ones}"), "conv 3×3 conv, 8, init weight zeros 3×3 conv, 8, init weight ones"),
        (("batch_norm}", "batch_norm, eps: 0.001}"), "bn BN, eps 1e-05 BN, eps 0.001"),
        (("kernel: 1", "kernel: 1, bias: false"), "units.[0-2] 1×1 conv, 8, bias true 1×1 conv, 8, bias false"),
        (("[b, bn]", "[a, bn]"), "body.add + ← body.b, bn + ← body.a, bn"),
        (("same: a", "op: conv2d, out: 8, kernel: 3, padding: 1"), "body.b 3×3 conv, 8, weights of body.a 3×3"),
        (("repeat: 3", "repeat: 5"), "units.[3-4] — 1×1 conv, 8"),
        (("op: batch_norm", "op: relu"), "bn BN ReLU"),
        (("classes: int = 5", "classes: int = 6"), "fc fc 5 fc 6"),
    ],
)  # fmt: skip
def test_an_edit_shows(edit: tuple[str, str], shown: str) -> None:
    assert edit[0] in SPEC
    found = archspec.diff(SPEC, SPEC.replace(*edit))
    assert found
    assert shown in " ".join(str(found).split())
    assert bool(archspec.diff(SPEC.replace(*edit), SPEC))


@pytest.mark.parametrize(
    "edit",
    [
        ("name: base", "name: other"),
        ("classes: int = 5", "classes: open int = 5"),
        ("kernel: 1, repeat: 3", "kernel: 2 - 1, repeat: 2 + 1"),
        ("op: batch_norm", "op: batch_norm, eps: 0.00001"),
        (
            "{op: conv2d, out: 8, kernel: 1, repeat: 3}",
            "[{op: conv2d, out: 8, kernel: 1}, {op: conv2d, out: 8, kernel: 1}, {op: conv2d, out: 8, kernel: 1}]",
        ),
    ],
)  # fmt: skip
def test_another_way_to_write_it_is_no_difference(edit: tuple[str, str]) -> None:
    assert edit[0] in SPEC
    found = archspec.diff(SPEC, SPEC.replace(*edit))
    assert not found
    assert str(found) == (
        "no difference: the same layers, options, wires and initialisation\n"
        "state_dict: the same keys and shapes (17 tensors)"
    )


@pytest.mark.parametrize(
    ("one", "other", "fit"),
    [
        ("resnet50", "resnet50@resnet50_v1", True),
        ("resnet18", "resnet18@resnet18_C", False),
        ("resnet18@plain18", "resnet18", False),
        (SPEC, SPEC.replace("same: a", "op: tanh"), True),
        (SPEC, SPEC.replace("= 5", "= 6"), False),
    ],
)
def test_weights_fit_where_torch_loads_them(one: str, other: str, fit: bool) -> None:
    found = archspec.diff(one, other)
    assert found and found.tensors.fit == fit
    before, after = (archspec.module(source, init=False) for source in (one, other))
    if fit:
        after.load_state_dict(before.state_dict())
    else:
        with pytest.raises(RuntimeError):
            after.load_state_dict(before.state_dict())
    old, new = before.state_dict(), after.state_dict()
    equal = [key for key in old if key in new and old[key].shape == new[key].shape]
    assert found.tensors.equal == len(equal)
    assert found.tensors.before_only == len(old.keys() - new.keys())
    assert found.tensors.after_only == len(new.keys() - old.keys())


def test_json_has_every_path(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "resnet34@plain34", "resnet34", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["names"] == ["plain34", "resnet34"] and not found["equal"]
    assert found["changes"][0] == {"paths": [f"layer1.{i}.add" for i in range(3)], "before": None, "after": "+"}
    assert found["parameters"] == [21_623_848, 21_797_672]
    assert found["state_dict"] == {"equal": 200, "other_shape": 0, "before_only": 0, "after_only": 18}
    assert main(["diff", "lenet", "lenet"]) == 0


def test_files_of_one_name_are_called_by_their_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("old.yaml", SPEC), ("new.yaml", SPEC.replace("= 5", "= 6"))):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert main(["diff", "old.yaml", "new.yaml"]) == 1
    assert capsys.readouterr().out.split()[:3] == ["layer", "old.yaml", "new.yaml"]


NORMED = """\
layer                                           vgg16           vgg16_bn
──────────────────────────────────────────────────────────────────────────────
features.[1,4,8,11,15,18,21,25,28,31,35,38,41]  —               BN
──────────────────────────────────────────────────────────────────────────────
output                                          [N, 1000]       [N, 1000]
weighted layers                                 16              16
receptive field                                 212 px          212 px
parameters                                      138,357,544     138,365,992
MACs                                            15,470,264,320  15,470,264,320
peak activations                                25.1 MiB        25.1 MiB

30 layers at another path, such as features.1 at features.2
state_dict: 12 tensors in common, 10 of another shape, 10 in vgg16 alone, 75 in vgg16_bn alone
"""


def test_layers_without_names_are_matched_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "vgg16", "vgg16_bn"]) == 1
    assert capsys.readouterr().out == NORMED
    assert main(["diff", "vgg16", "vgg16_bn", "--format", "json"]) == 1
    moved = json.loads(capsys.readouterr().out)["moved"]
    assert moved[0] == {"before": "features.1", "after": "features.2"}
    before, after = (dict(archspec.module(name, init=False).named_modules()) for name in ("vgg16", "vgg16_bn"))
    assert all(type(before[each["before"]]) is type(after[each["after"]]) for each in moved)


def test_a_block_that_one_side_alone_has_is_one_line() -> None:
    rows = [(together(row.paths), row.before, row.after) for row in archspec.diff("resnet18", "resnet34").rows]
    assert rows == [(path, None, "7 layers") for path in ("layer1.2", "layer2.[2-3]", "layer3.[2-5]", "layer4.2")]
    (row, *_) = [row for row in archspec.diff("resnet18", "plain18").rows if "downsample" in row.paths[0]]
    assert (row.before, row.after) == ("1×1 conv, 128, /2; BN", None)
    grown = [together(row.paths) for row in archspec.diff("densenet121", "densenet169").rows]
    assert grown == [
        "features.denseblock3.denselayer[25-32]", "features.transition3.conv", "features.denseblock4.denselayer[17-32]",
    ]  # fmt: skip


ITEMS = [
    "{op: conv2d, out: 8, kernel: 3, padding: 1}", "{op: batch_norm}", "{op: relu}", "{op: conv2d, out: 8, kernel: 1}",
    "{op: silu}", "{op: max_pool2d, kernel: 2}", "{op: dropout, p: 0.1}", "{op: sigmoid}",
]  # fmt: skip


def sequence(items: list[str], inside: bool) -> str:
    lines = "".join(f"{'    ' if inside else '  '}- {item}\n" for item in items)
    return "archspec: 1\nname: s\ninput: x[N, 8, H=64, W=64]\nnet:\n" + ("  - body:\n" if inside else "") + lines


def test_of_a_sequence_only_what_was_done_to_it_shows() -> None:
    """Edits of random sequences are found again, wherever they are, and nothing else."""
    random = Random(0)
    for _ in range(60):
        items = [random.choice(ITEMS) for _ in range(random.randint(2, 9))]
        place, inside = random.randrange(len(items)), random.random() < 0.5
        shorter = archspec.diff(sequence(items, inside), sequence(items[:place] + items[place + 1 :], inside))
        (gone,) = shorter.changes
        longer = archspec.diff(sequence(items[:place] + items[place + 1 :], inside), sequence(items, inside))
        (added,) = longer.changes
        assert (gone.before, gone.after) == (added.after, added.before) and gone.after is None
        assert len(shorter.moved) <= len(items) - place - 1
        other = random.choice([item for item in ITEMS if item != items[place]])
        (changed,) = archspec.diff(
            sequence(items, inside), sequence([*items[:place], other, *items[place + 1 :]], inside)
        ).changes
        assert changed.paths == (f"{'body.' * inside}{place}",) and changed.before and changed.after
        assert changed.before != changed.after
        assert not archspec.diff(sequence(items, inside), sequence(items, inside))


def test_paths_in_one_word() -> None:
    assert together(["a.unit3", "a.unit4"]) == "a.unit[3-4]"
    assert together(["fc"]) == "fc"
    assert together([f"a.{i}.b.0" for i in (0, 2, 3, 4)]) == "a.[0,2-4].b.0"
    assert together(["conv1.2.x", "conv1.3.x"]) == "conv1.[2-3].x"
