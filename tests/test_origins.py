"""An error that complains of an expression's value says which values its names had, and what set them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import archspec
from archspec.cli.main import main
from archspec.diagnostics import Diagnostic, SpecError

NET = """archspec: 1
name: net
params: {k: int = 3, width: int = 16, sizes: "list[int] = [3, 3]"}
let: {wide: width * 2}
input: x[N, 3, H=32, W=32]
blocks:
  unit:
    params: {out: int, kernel: int = 3}
    in: x[N, C, H, W]
    out: [N, out, H, W]
    body:
      - conv: {op: conv2d, out: out, kernel: kernel, padding: "kernel // 2", groups: "out // 8"}
  sized: {params: {kk: int}, op: conv2d, kernel: kk}
net:
  - a: {op: conv2d, out: wide, kernel: k, padding: "k // 2"}
  - u: {op: unit, out: wide, kernel: "k"}
  - each: {size: sizes}
    do:
      - b{s}: {op: conv2d, out: 4, kernel: size}
  - each: {columns: [out, kernel], rows: [[1, 2], [3, width - 14]]}
    do:
      - c{s}: {op: conv2d, out: out, kernel: kernel}
  - d: {op: relu, repeat: k}
  - e: {op: sized, out: 4, kk: width - 13}
variants:
  even: {k: 0}
  odd: {width: 17}
  tall: {sizes: [3, 0]}
"""
CHILD = "archspec: 1\nname: child\nextends: net.yaml\nparams: {k: int = 0}\n"


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NET, encoding="utf-8")
    (tmp_path / "child.yaml").write_text(CHILD, encoding="utf-8")
    return tmp_path


def mistakes(source: str, **params: object) -> list[Diagnostic]:
    with pytest.raises(SpecError) as caught:
        archspec.check(source, **params)
    return list(caught.value.diagnostics)


def said(source: str, line: int, **params: object) -> list[str]:
    """What is said of the names that the value on a line reads."""
    found = [d for d in mistakes(source, **params) if d.span is not None and d.span.line == line]
    assert len(found) == 1
    return list(map(str, found[0].origins))


def place(text: str, column: str) -> str:
    """`net.yaml:3:19` of what stands in a line of the net."""
    lines = NET.split("\n")
    line = next(number for number, each in enumerate(lines) if text in each)
    return f"net.yaml:{line + 1}:{lines[line].index(column) + 1}"


def test_the_net_is_right_as_it_is(at: Path) -> None:
    assert archspec.check("net.yaml").warnings


def test_a_variant(at: Path) -> None:
    assert said("net.yaml@even", 15) == [f"`k` is 0, set by variant `even` at {place('even:', '0')}"]


def test_the_argument_of_a_call_its_let_and_the_param_behind_it(at: Path) -> None:
    assert said("net.yaml", 12, width=23) == [
        f"`out` is 46, given to `unit` as `wide` at {place('- u:', 'wide')}",
        f"`wide` is 46, by `let` as `width * 2` at {place('let:', 'width')}",
        "`width` is 23, set by the call",
    ]


def test_a_default(at: Path) -> None:
    (at / "net.yaml").write_text(NET.replace("k: int = 3", "k: int = 0"), encoding="utf-8")
    assert said("net.yaml", 15) == [f"`k` is 0, by default at {place('params: {k', '3')}"]


def test_a_setting(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "net.yaml", "--set", "k=0"]) == 1
    assert "  = `k` is 0, set by `--set`\n" in capsys.readouterr().out


def test_the_file_that_extends(at: Path) -> None:
    assert said("child.yaml", 15) == ["`k` is 0, set by the file that extends it at child.yaml:4:19"]


def test_a_column_and_a_row_of_an_each(at: Path) -> None:
    assert said("net.yaml@tall", 19) == [
        f"`size` is 0, in row 2 of the `each` as `sizes` at {place('- each: {size', 'sizes')}",
        f"`sizes` is [3, 0], set by variant `tall` at {place('tall:', '[')}",
    ]
    assert said("net.yaml", 22, width=14)[0] == (
        f"`kernel` is 0, in row 2 of the `each` as `width - 14` at {place('rows:', 'width')}"
    )


def test_the_param_of_an_alias_and_a_count(at: Path) -> None:
    assert said("net.yaml", 13, width=13) == [
        f"`kk` is 0, given to `sized` as `width - 13` at {place('- e:', 'width')}",
        "`width` is 13, set by the call",
    ]
    assert said("net.yaml@even", 23) == [f"`k` is 0, set by variant `even` at {place('even:', '0')}"]


def test_what_is_written_out_has_no_origin(at: Path) -> None:
    (at / "flat.yaml").write_text(NET.replace("kernel: k,", "kernel: 0,"), encoding="utf-8")
    assert said("flat.yaml", 15) == []


def test_scripts_get_name_value_words_and_place(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "net.yaml@even", "--format", "json"])
    [found, *_] = json.loads(capsys.readouterr().out)["diagnostics"]
    span = {"file": "net.yaml", "line": 26, "column": 13, "end_line": 26, "end_column": 14}
    assert found["origins"] == [{"name": "k", "value": "0", "how": "set by variant `even`", "span": span}]
    main(["check", "net.yaml@even", "--format", "sarif"])
    [result, *_] = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert "`k` is 0, set by variant `even` at net.yaml:26:13" in result["message"]["text"]
    texts = [each["message"]["text"] for each in result["relatedLocations"]]
    assert "`k` is 0, set by variant `even`" in texts


def test_a_name_of_a_repeat_and_an_axis(at: Path) -> None:
    spec = """archspec: 1
name: counted
input: x[N, 3, H=32, W=32]
blocks:
  half: {in: "x[N, C, H, W]", body: [{op: conv2d, out: 4, kernel: C - 4}]}
net:
  - a: {op: conv2d, out: 4, kernel: i, repeat: 3}
  - {op: half}
"""
    (at / "counted.yaml").write_text(spec, encoding="utf-8")
    (at / "axis.yaml").write_text(spec.replace("kernel: i", "kernel: 3"), encoding="utf-8")
    assert said("counted.yaml", 7) == ["`i` is 0, which counts the units of a `repeat`, from 0"]
    assert said("axis.yaml", 5) == ["`C` is 4, the size of an axis at axis.yaml:5:20"]


def test_few_names_are_followed_back(at: Path) -> None:
    names = [f"n{index}" for index in range(40)]
    params = ", ".join(f"{name}: int = 0" for name in names)
    net = f"archspec: 1\nname: many\nparams: {{{params}}}\ninput: x[N, 3, H=32, W=32]\nnet:\n"
    (at / "many.yaml").write_text(
        f"{net}  - a: {{op: conv2d, out: {' + '.join(names)}, kernel: 1}}\n", encoding="utf-8"
    )
    [mistake] = mistakes("many.yaml")
    assert len(mistake.origins) == 6


def test_of_an_unknown_name_the_others_are_no_matter(at: Path) -> None:
    (at / "lost.yaml").write_text(NET.replace("kernel: k,", "kernel: k * widht,"), encoding="utf-8")
    assert said("lost.yaml", 15) == []


def test_a_library_is_told_by_its_user(at: Path) -> None:
    library = "archspec: 1\nparams: {g: int = 1}\nblocks:\n  c:\n    in: x[N, C, H, W]\n"
    (at / "lib.yaml").write_text(
        f"{library}    body: [{{op: conv2d, out: C, kernel: 1, groups: g}}]\n", encoding="utf-8"
    )
    head = "archspec: 1\nname: user\nparams: {w: int = 16}\nuse: {lib: {g: w - 11}}\ninput: x[N, w, H=8, W=8]\n"
    (at / "user.yaml").write_text(f"{head}net: [{{op: c}}]\n", encoding="utf-8")
    assert said("user.yaml", 6) == [
        "`g` is 5, given to `lib.yaml` as `w - 11` at user.yaml:4:16",
        "`w` is 16, by default at user.yaml:3:19",
    ]


def test_an_option_that_is_called_as_a_param_of_the_file_is_another_thing(at: Path) -> None:
    alias = "params: {out: int = 5}\nblocks: {c: {params: {k: int = 1}, op: conv2d, kernel: k, groups: out}}\n"
    net = "input: x[N, 4, H=8, W=8]\nnet: [{op: c, out: 4}]\n"
    (at / "alias.yaml").write_text(f"archspec: 1\nname: alias\n{alias}{net}", encoding="utf-8")
    assert said("alias.yaml", 4) == ["`out` is 5, by default at alias.yaml:3:21"]
