"""The command line from the outside: what is printed where, exit codes, and that nothing is lost."""

from __future__ import annotations

import gc
import io
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from archspec.cli import main
from archspec.cli.main import VERBS, make_parser
from archspec.cli.terminal import wants_color
from archspec.ops import OPS
from archspec.seal import authorship
from archspec.version import VERSION

ROOT = Path(__file__).resolve().parent.parent
RESNET18 = str(ROOT / "specs" / "resnet18.yaml")

TINY = """\
archspec: 1
name: tiny
params: {width: int = 8}
input: x[N, 3, H=32, W=32]
net:
  - conv: {op: conv2d, out: width, kernel: 3, padding: 1}
  - pool: {op: adaptive_avg_pool2d, size: 1}
  - flatten: {op: flatten}
  - fc: {op: linear, out: 10}
output: [N, 10]
variants: {wide: {width: 16}}
"""

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run a command in an empty folder that holds `tiny.yaml`: (exit code, stdout, stderr)."""
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("ARCHSPEC_DEBUG", raising=False)

    def run(*argv: str, stdin: str | bytes = b"") -> tuple[int, str, str]:
        data = stdin.encode() if isinstance(stdin, str) else stdin
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
        try:
            code = main(argv)
        except SystemExit as leaving:  # --help and --version
            code = int(leaving.code or 0)
        return code, *capsys.readouterr()

    return run


def edited(old: str, new: str) -> str:
    assert old in TINY
    return TINY.replace(old, new)


def test_check_says_what_fits_variants_included(call: Call) -> None:
    code, out, err = call("check", "tiny.yaml")
    assert (code, err) == (0, "")
    first, second = out.splitlines()
    assert first.split() == [
        "ok",
        "tiny",
        "314",
        "parameters",
        "221",
        "kMACs",
        "2",
        "weighted",
        "layers",
        "any",
        "H",
        "and",
        "W",
    ]
    assert second.split()[:3] == ["ok", "wide", "618"]
    # 3*3*3*8+8 + 8*10+10, and 27*8*32*32 + 80 MACs.
    assert call("check", "tiny.yaml@wide")[1].split()[:3] == ["ok", "wide", "618"]
    assert call("check", "tiny.yaml", "--quiet") == (0, "", "")
    assert call("--quiet", "check", "tiny.yaml") == (0, "", "")


def test_check_takes_zoo_names_globs_folders_and_standard_input(call: Call, tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(edited("name: tiny", "name: second"), encoding="utf-8")
    assert [line.split()[1] for line in call("check", "*.yaml")[1].splitlines()] == ["second", "wide", "tiny", "wide"]
    assert call("check", ".")[1] == call("check", "*.yaml")[1] == call("check", "b.yaml", "tiny.yaml", "b.yaml")[1]
    assert call("check", "-", stdin=TINY)[1] == call("check", "tiny.yaml")[1]
    assert call("check", "resnet18@plain18")[1].split()[:3] == ["ok", "plain18", "11,515,688"]
    assert call("check", RESNET18)[1] == call("check", "resnet18")[1]


def test_settings_reach_the_spec(call: Call) -> None:
    assert call("check", "tiny.yaml@wide", "--set", "width=16")[1].split()[2] == "618"
    assert call("check", "tiny.yaml", "--set", "width=16")[1].splitlines()[0].split()[2] == "618"


@pytest.mark.parametrize(
    ("settings", "code", "place", "line"),
    [
        (["width"], "E0502", "--set:1:1", "1 | width"),
        (["=3"], "E0502", "--set:1:1", "1 | =3"),
        (["width=1", "width=2"], "E0502", "--set:2:1", "2 | width=2"),
        (["width="], "E0502", "--set:1:7", "1 | width="),
        (["width={a: 1}"], "E0502", "--set:1:7", "1 | width={a: 1}"),
        (["width=1", "wdith=2"], "E0502", "--set:2:1", "2 | wdith=2"),
        (["width=[1"], "E0116", "--set:1:7", "1 | width=[1"),
        (["width=1", "depth=off"], "E0114", "--set:2:7", "2 | depth=off"),
    ],
)
def test_a_wrong_setting_is_wrong_use_with_an_excerpt(
    call: Call, settings: list[str], code: str, place: str, line: str
) -> None:
    for verb in ("check", "build"):
        exit_code, out, err = call(verb, "tiny.yaml", *(word for text in settings for word in ("--set", text)))
        assert (exit_code, out) == (2, "") and err.startswith(f"error[{code}]: ")
        assert f" --> {place}\n" in err and f"\n{line}\n" in err and " | " in err.split(line)[1]


def test_a_setting_of_the_wrong_type_is_shown_in_its_argument(call: Call) -> None:
    code, out, _ = call("check", "tiny.yaml", "--set", "width=wide")
    assert code == 1 and " --> --set:1:7\n  |\n1 | width=wide\n  |       ^^^^\n" in out


def test_a_source_that_cannot_be_read_hides_no_other(call: Call, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text(edited("op: linear", "op: liner"), encoding="utf-8")
    sources = ["missing.yaml", "tiny.yaml", "nothing*.yaml", "wrong.yaml", "tiny.yaml@narrow", "n" * 300]
    code, out, err = call("check", *sources)
    assert code == 2 and "ok  tiny" in out and "error[E0217]" in out
    assert [line.split("`")[1] for line in err.splitlines() if line.startswith("error: ")] == [
        "missing.yaml", "nothing*.yaml", "tiny.yaml", "n" * 300,
    ]  # fmt: skip
    found = json.loads(call("check", *sources, "--format", "json")[1])
    assert [network["name"] for network in found["networks"]] == ["tiny", "wide"]
    codes = [(diagnostic["code"], diagnostic["span"] is None) for diagnostic in found["diagnostics"]]
    assert codes == [("E0217", False)] + [("E0501", True)] * 4
    code, out, err = call("check", "missing.yaml", "tiny.yaml", "--format", "github")
    assert (code, err) == (2, "") and out.startswith("::error title=E0501")


def test_summary_in_symbols(call: Call) -> None:
    text = edited("{width: int = 8}", "{width: int = 8, classes: open int = 10}").replace("out: 10}", "out: classes}")
    text = text.replace("[N, 10]", "[N, classes]")
    for size in ([], ["--size", "5"]):
        out = call("summary", "-", "--symbolic", *size, stdin=text)[1]
        assert out.endswith("\n\ntiny: 9*classes + 224 parameters\ntiny: 216*H*W + 8*classes MACs\n")
    two = json.loads(call("summary", "-", "-@wide", "--symbolic", "--format", "json", stdin=text)[1])
    assert [one["formulas"]["parameters"] for one in two] == ["9*classes + 224", "17*classes + 448"]


def test_check_at_another_size(call: Call) -> None:
    assert call("check", "tiny.yaml@wide", "--size", "16x64")[1].rstrip().endswith("at H = 16 and W = 64")
    # 27*16*16*64 + 160 MACs.
    (network,) = json.loads(call("check", "tiny.yaml@wide", "--size", "W=64,H=16", "--format", "json")[1])["networks"]
    assert (network["macs"], network["at"]) == (27 * 16 * 16 * 64 + 160, {"H": 16, "W": 64})
    code, out, err = call("check", "unet_padded", "--size", "65x128")
    assert (code, err) == (1, "") and "error[E0301]" in out and "= at H = 65: 64 is not 65" in out
    assert "= help: it holds for H a multiple of 16, from 16; nearest to 65: 64 and 80" in out
    assert out.count("error[") == 1
    for size in (
        "3x4x5",
        "0",
        "axb",
        "Q=3",
        "H=3,H=4",
        "99999999",
        "00000001000000",
        "\u0663\u0662",
        " " * 9,
        " " * 9 + "x",
    ):
        code, out, err = call("check", "tiny.yaml", "--size", size)
        assert (code, out) == (2, "") and err.startswith("error: "), size
    assert call("check", "tiny.yaml", "--size", " " * 9 + "32")[0] == 0
    assert call("check", "lenet", "--size", "64")[0] == 2
    assert "tiny: x [N, 3, 16, 64]" in call("summary", "tiny.yaml", "--size", "16x64")[1]


def test_a_variant_of_standard_input_and_the_same_input_twice(call: Call) -> None:
    assert call("check", "-@wide", stdin=TINY)[1].split()[:3] == ["ok", "wide", "618"]
    assert [line.split()[1] for line in call("check", "-", "-@wide", stdin=TINY)[1].splitlines()] == [
        "tiny", "wide", "wide",
    ]  # fmt: skip
    assert "class Wide" in call("build", "-@wide", "-o", "-", stdin=TINY)[1]
    assert call("check", "-@none", stdin=TINY)[0] == 2


def test_pipes_are_read_where_the_user_names_them_and_nowhere_else(call: Call, tmp_path: Path) -> None:
    code, out, err = call("check", "/dev/zero")
    assert (code, err) == (1, "") and "error[E0101]" in out
    os.mkfifo(tmp_path / "pipe.yaml")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe.yaml").write_text(TINY, encoding="utf-8"))
    writer.start()
    assert call("check", "pipe.yaml@wide")[1].split()[:3] == ["ok", "wide", "618"]
    writer.join()
    for key in ("use: pipe", "extends: pipe.yaml", "use: /dev/zero"):
        code, out, _ = call("check", "-", stdin=edited("name: tiny", f"name: tiny\n{key}"))
        assert code == 1 and "error[E0210]" in out
    assert call("build", "tiny.yaml", "-o", "pipe.yaml")[0] == 2


def test_main_leaves_the_process_as_it_was(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYDANTIC_DISABLE_PLUGINS", raising=False)
    before = gc.get_threshold()
    assert call("check", "tiny.yaml")[0] == 0
    assert gc.get_threshold() == before and "PYDANTIC_DISABLE_PLUGINS" not in os.environ


def test_the_hook_for_pre_commit_checks_what_it_is_given(call: Call, tmp_path: Path) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (tmp_path / "specs" / "blocks").mkdir(parents=True)
    for name in ("specs/tiny.yaml", "specs/blocks/unit.yaml", "other.yaml"):
        (tmp_path / name).write_text(TINY, encoding="utf-8")
    chosen = [
        name for name in ("specs/tiny.yaml", "specs/blocks/unit.yaml", "other.yaml") if re.search(hook["files"], name)
    ]
    assert chosen == ["specs/tiny.yaml"]
    program, *words = hook["entry"].split()
    assert program == "archspec" and call(*words, *chosen)[0] == 0


def test_a_wrong_spec_is_exit_1_with_its_place(call: Call) -> None:
    code, out, err = call("check", "-", stdin=edited("op: linear", "op: liner"))
    assert (code, err) == (1, "")
    assert "<stdin>:9:14" in out and "did you mean `linear`" in out and "1 error found" in out
    assert "Traceback" not in out
    # The same mistake seen through a variant is still one mistake; other commands say it on standard error.
    code, out, err = call("build", "-", "-o", "-", stdin=edited("op: linear", "op: liner"))
    assert (code, out) == (1, "") and "<stdin>:9:14" in err


def test_check_formats(call: Call) -> None:
    wrong = edited("op: linear", "op: liner")
    found = json.loads(call("check", "tiny.yaml", "--format", "json")[1])
    assert found["diagnostics"] == []
    assert found["networks"][0] == {
        "source": "tiny.yaml", "name": "tiny", "parameters": 314, "macs": 221264, "weighted_layers": 2,
        "receptive_field": 3, "at": {"H": 32, "W": 32}, "outputs": {"output": ["N", "10"]},
        "sizes": {
            axis: {
                "answer": f"any {axis}", "decided": True, "smallest": 1, "largest": None, "multiple": 1, "ranges": [],
                "start": 1, "period": 1, "residues": [0], "given": {}, "output_stride": 1, "constraints": [],
            }
            for axis in "HW"
        },
    }  # fmt: skip
    code, out, _ = call("check", "-", "--format", "json", stdin=wrong)
    (diagnostic,) = json.loads(out)["diagnostics"]
    assert (code, diagnostic["span"]["line"], diagnostic["severity"]) == (1, 9, "error")
    code, out, _ = call("check", "-", "--format", "sarif", stdin=wrong)
    assert (code, json.loads(out)["runs"][0]["results"][0]["ruleId"]) == (1, diagnostic["code"])
    code, out, _ = call("check", "-", "--format", "github", stdin=wrong)
    assert code == 1 and out.startswith("::error ") and out.count("\n") == 1


@pytest.mark.parametrize("argv", [
    ["check"], ["check", "missing.yaml"], ["check", "no_such_network"], ["check", "tiny.yaml@no_such_variant"],
    ["check", "*.nothing"], ["check", "tiny.yaml", "--strickt"], ["check", "tiny.yaml", "--format", "xml"],
    ["chek", "tiny.yaml"], ["build", "tiny.yaml", "tiny.yaml"], ["draw", "tiny.yaml", "-o", "figure.jpeg"],
    ["show", "tiny.yaml@no_such_variant"], ["show", "tiny.yaml@none", "--origin"],
    ["init", "no_suffix"], ["init", "../9.yaml"], ["explain", "E9999"], ["completion", "tcsh"],
    ["build", "tiny.yaml", "-o", "missing/tiny.py"], ["build", "tiny.yaml", "-o", "."],
])  # fmt: skip
def test_wrong_use_is_exit_2_with_one_clear_message(call: Call, argv: list[str], tmp_path: Path) -> None:
    code, out, err = call(*argv)
    assert (code, out) == (2, "")
    assert err.startswith("error: ") and err.count("error: ") == 1 and "Traceback" not in err
    assert os.listdir(tmp_path) == ["tiny.yaml"]


@pytest.mark.parametrize("verb", ["check", "build", "draw", "table", "summary", "show", "verify"])
def test_no_command_passes_over_a_variant_or_a_param_that_is_not_there(call: Call, verb: str) -> None:
    code, out, err = call(verb, "tiny.yaml@wde")
    assert (code, out) == (2, "") and "error: `tiny.yaml` has no variant `wde`\nhelp: did you mean `wide`?" in err
    code, out, err = call(verb, "tiny.yaml@wide", "--set", "wdith=4")
    assert (code, out) == (2, "") and "`wide` has no param `wdith`" in err and "did you mean `width`?" in err


def test_options_may_stand_between_the_specs(call: Call, tmp_path: Path) -> None:
    assert call("diff", "tiny.yaml", "--set", "width=9", "tiny.yaml@wide") == (
        call("diff", "tiny.yaml", "tiny.yaml@wide", "--set", "width=9")
    )
    assert call("draw", "tiny.yaml", "-o", "both.svg", "tiny.yaml@wide")[0] == 0 and (tmp_path / "both.svg").exists()
    assert call("draw", "tiny.yaml", "-o", "both.svg", "--strict", "wide") == (
        2, "", "error: `archspec draw` does not take --strict\nhelp: archspec draw --help\n"
    )  # fmt: skip


def test_networks_of_one_name_are_told_apart(call: Call, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(edited("= 8", "= 9"), encoding="utf-8")
    for verb in ("summary", "table"):
        out = call(verb, "tiny.yaml", "other.yaml", "tiny.yaml@wide")[1]
        assert "tiny.yaml " in out and "other.yaml " in out and "wide" in out
    assert call("draw", "tiny.yaml", "other.yaml", "--alt")[1].startswith("tiny.yaml: ")
    assert call("table", "tiny.yaml", "other.yaml", "--name", "ours")[1].split()[2:4] == ["ours", "other.yaml"]
    assert "1 tensor in common" in call("diff", "tiny.yaml", "other.yaml")[1]


def test_no_command_gets_the_help(call: Call) -> None:
    code, out, err = call()
    assert (code, out) == (2, "") and err == call("--help")[1]


def test_a_misspelt_command_gets_a_hint(call: Call) -> None:
    assert call("biuld", "x")[2] == "error: there is no command `biuld`\nhelp: did you mean `build`?\n"


def test_a_bug_of_ours_is_exit_3_without_a_traceback(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the roof leaks")

    monkeypatch.setattr("archspec.pipeline.prove", fail)
    code, out, err = call("check", "tiny.yaml")
    assert (code, out) == (3, "")
    assert "bug in archspec" in err and "the roof leaks" in err and "Traceback" not in err
    monkeypatch.setenv("ARCHSPEC_DEBUG", "1")
    assert "Traceback" in call("check", "tiny.yaml")[2]


def test_an_interrupt_is_quiet(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("archspec.pipeline.prove", stop)
    assert call("check", "tiny.yaml") == (130, "", "")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("line", "closed", "code"),
    [
        ("list --format json", "stdout", 141),
        ("check lenet", "stdout", 141),
        ("--help", "stdout", 141),
        ("check no-such-net", "stderr", 2),
    ],
)
def test_a_closed_pipe_is_quiet(line: str, closed: str, code: int, unbuffered: str) -> None:
    producer = subprocess.Popen(
        [sys.executable, "-m", "archspec", *line.split()], env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert producer.stdout is not None and producer.stderr is not None
    getattr(producer, closed).close()
    assert (producer.stderr if closed == "stdout" else producer.stdout).read() == b""
    assert producer.wait() == code


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_has_help_with_an_example(call: Call, verb: str) -> None:
    code, out, err = call(verb, "--help")
    assert (code, err) == (0, "")
    assert f"usage: archspec {verb}" in out and f"example:\n  archspec {verb}" in out


def test_version_and_help(call: Call) -> None:
    assert call("--version") == (0, f"archspec {VERSION}\n", "")
    assert all(f"\n    {verb} " in call("--help")[1] for verb in VERBS)


def test_color_only_on_a_terminal_unless_told() -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen, pipe = Screen(), io.StringIO()
    assert wants_color("auto", screen, {}) and not wants_color("auto", pipe, {})
    assert not wants_color("auto", screen, {"NO_COLOR": "1"}) and wants_color("auto", screen, {"NO_COLOR": ""})
    assert not wants_color("auto", screen, {"TERM": "dumb"})
    assert wants_color("always", pipe, {"NO_COLOR": "1"}) and not wants_color("never", screen, {})


def test_long_work_is_shown_on_a_terminal_and_wiped_off(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "second.yaml").write_text(TINY, encoding="utf-8")
    assert call("check", ".")[2] == ""  # nobody watches
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    shown = call("check", ".")[2]
    assert shown == "checking second.yaml ...\r\x1b[Kchecking tiny.yaml ...\r\x1b[K"
    assert call("check", "tiny.yaml")[2] == call("check", ".", "--quiet")[2] == ""
    assert "running tiny against its graph ...\r\x1b[K" in call("verify", "tiny.yaml")[2]


def test_color_reaches_the_diagnostics(call: Call) -> None:
    wrong = edited("op: linear", "op: liner")
    assert "\x1b[" in call("check", "-", "--color", "always", stdin=wrong)[1]
    assert "\x1b[" not in call("check", "-", stdin=wrong)[1]


def test_build_writes_once_and_keeps_what_was_edited(call: Call, tmp_path: Path) -> None:
    target = tmp_path / "tiny.py"
    assert call("build", "tiny.yaml", "--check")[0] == 1
    code, out, err = call("build", "tiny.yaml")
    assert (code, out) == (0, "") and err.startswith("wrote tiny.py")
    text = target.read_text(encoding="utf-8")
    assert authorship(text) == "unedited" and call("build", "tiny.yaml", "-o", "-")[1] == text
    assert call("build", "tiny.yaml")[2].startswith("kept tiny.py")
    assert call("build", "tiny.yaml", "--check")[0] == 0
    assert call("build", "tiny.yaml", "--check", "--set", "width=4")[0] == 1
    target.write_text(text + "# mine\n", encoding="utf-8")
    code, _, err = call("build", "tiny.yaml")
    assert code == 2 and "edited by hand" in err and target.read_text(encoding="utf-8").endswith("# mine\n")
    assert call("build", "tiny.yaml", "--check")[0] == 1
    assert call("build", "tiny.yaml", "--force")[0] == 0 and target.read_text(encoding="utf-8") == text


def test_build_verifies(call: Call) -> None:
    code, _, err = call("build", "tiny.yaml", "--verify")
    assert code == 0 and "bit for bit" in err


def test_draw_writes_svg_and_dot(call: Call, tmp_path: Path) -> None:
    assert call("draw", "tiny.yaml")[0] == 0
    assert "<svg" in (tmp_path / "tiny.svg").read_text(encoding="utf-8")
    assert call("draw", "tiny.yaml", "tiny.yaml@wide", "-o", "two.dot")[0] == 0
    assert "digraph" in (tmp_path / "two.dot").read_text(encoding="utf-8")
    assert call("draw", "tiny.yaml", "-o", "-")[1] == (tmp_path / "tiny.svg").read_text(encoding="utf-8")
    (tmp_path / "tiny.svg").write_text("<svg>mine</svg>", encoding="utf-8")
    assert call("draw", "tiny.yaml")[0] == 2
    assert call("draw", "tiny.yaml", "--force")[0] == 0


def test_summary_as_a_table_as_json_and_as_a_comparison(call: Call) -> None:
    code, out, _ = call("summary", "tiny.yaml")
    assert code == 0 and "314" in out
    facts = json.loads(call("summary", "tiny.yaml", "--format", "json")[1])
    exact = {"name": "tiny", "parameters": 314, "macs": 221264, "flops": 442528, "weighted_layers": 2}
    assert exact.items() <= facts.items()
    assert {"receptive_field", "output", "stages"} <= facts.keys()
    two = json.loads(call("summary", "tiny.yaml", "tiny.yaml@wide", "--format", "json")[1])
    assert [one["parameters"] for one in two] == [314, 618]
    _, _, tiny, wide = call("summary", "tiny.yaml", "tiny.yaml@wide")[1].splitlines()
    assert (tiny.split()[0], wide.split()[0]) == ("tiny", "wide")
    assert "314" in tiny.split() and "618" in wide.split() and "[N, 10]" in tiny


def test_summary_shows_what_breaks_a_promise(call: Call, tmp_path: Path) -> None:
    (tmp_path / "off.yaml").write_text(TINY + "expect: {parameters: 313}\n", encoding="utf-8")
    code, out, err = call("summary", "off.yaml", "--level", "layer")
    assert (code, out) == (1, call("summary", "tiny.yaml", "--level", "layer")[1])
    assert err.startswith("error[E0403]: `parameters` is 314, not 313")
    assert call("build", "off.yaml")[:2] == (1, "")
    (tmp_path / "off.yaml").write_text(TINY.replace("relu", "rellu") + "expect: {nonsense: 1}\n", encoding="utf-8")
    assert call("summary", "off.yaml")[:2] == (1, "")


@pytest.mark.parametrize("source", [
    "tiny.yaml", "tiny.yaml@wide", "resnet34@plain34", "vgg19", "googlenet", "resnet_cifar@resnet56", "tf_resnet50",
])  # fmt: skip
def test_show_is_the_same_network(call: Call, source: str) -> None:
    shown = call("show", source)[1]
    (line,) = call("check", "-", "--ignore", "W0612", stdin=shown)[1].splitlines()  # comments are not shown
    assert line.split()[2:] == call("check", source)[1].splitlines()[0].split()[2:]
    assert call("show", "-", stdin=shown)[1] == shown
    assert json.loads(call("show", source, "--format", "json")[1]).keys() == yaml.safe_load(shown).keys()


def test_show_applies_variant_and_settings_and_says_where_from(call: Call) -> None:
    out = call("show", "tiny.yaml@wide", "--set", "width=3", "--origin")[1]
    lines = {line.split("#")[0].strip(): line.split("#")[1].strip() for line in out.splitlines()}
    assert lines["width: int = 3"].startswith("--set")
    assert lines["name: wide"] == "tiny.yaml:2:7"
    assert "variants:" not in out
    assert "width: int = 16" in call("show", "tiny.yaml@wide")[1]
    (width,) = (line for line in call("show", "tiny.yaml@wide", "--origin")[1].splitlines() if "width: int" in line)
    assert width.split() == ["width:", "int", "=", "16", "#", "tiny.yaml:11:26"]


def test_show_says_where_the_key_of_a_nested_map_is(call: Call) -> None:
    shown = call("show", "resnet18", "--origin")[1].splitlines()
    lines = {line.split("#")[0].strip(): line.rpartition(":")[0] for line in shown}
    text = (ROOT / "specs/resnet18.yaml").read_text(encoding="utf-8").splitlines()
    for said in ("shapes:", "params:", "expect:", "output: [N, num_classes]"):
        line = int(lines[said].rpartition(":")[2])
        assert text[line - 1].strip().startswith(said.partition(":")[0]), said


def test_a_file_may_have_an_at_in_its_name(call: Call, tmp_path: Path) -> None:
    (tmp_path / "my@net.yaml").write_text(TINY, encoding="utf-8")
    assert call("check", "my@net.yaml")[1] == call("check", "tiny.yaml")[1]
    assert call("check", "my@net.yaml@wide")[1] == call("check", "tiny.yaml@wide")[1]
    found = json.loads(call("check", "my@net.yaml@wide", "--format", "json")[1])["networks"]
    assert [one["source"] for one in found] == ["my@net.yaml"]
    assert "my@other.yaml" in call("check", "my@other.yaml")[2]
    assert "has no variant `none`" in call("check", "my@net.yaml@none")[2]


def test_list_names_every_network_of_the_zoo(call: Call) -> None:
    networks = json.loads(call("list", "--format", "json")[1])
    assert {entry["name"] for entry in networks} == {path.stem for path in (ROOT / "specs").glob("*.yaml")}
    names = call("list", "--quiet")[1].splitlines()
    assert {"resnet152", "resnet34@plain34"} <= set(names)
    assert all(entry["name"] in call("list")[1] for entry in networks)


RESNET34 = ("", "@resnet34_A", "@resnet34_C", "@plain34")


def test_list_names_the_variants_of_a_file(call: Call, tmp_path: Path) -> None:
    assert call("list", "tiny.yaml", "--quiet")[:2] == (0, "tiny.yaml\ntiny.yaml@wide\n")
    assert "variants: wide\n" in call("list", "tiny.yaml")[1]
    (record,) = json.loads(call("list", "tiny.yaml", "--format", "json")[1])
    assert (record["name"], record["variants"]) == ("tiny.yaml", ["wide"])
    (tmp_path / "torn.yaml").write_text("variants: [", encoding="utf-8")
    assert call("list", "torn.yaml") == (2, "", "error: `torn.yaml` is no spec\nhelp: archspec check torn.yaml\n")
    assert call("list", "no.yaml")[0] == 2
    assert call("list", "resnet34", "-q")[:2] == (0, "".join(f"resnet34{v}\n" for v in RESNET34))
    assert "did you mean `resnet34`" in call("list", "resnet35")[2]


def test_init_writes_a_spec_that_checks_and_overwrites_nothing(call: Call, tmp_path: Path) -> None:
    assert call("init", "my-net.yaml")[0] == 0
    lines = call("check", "my-net.yaml", "--strict")[1].splitlines()
    assert [line.split()[1] for line in lines] == ["my_net", "my_net_wide"]
    assert call("init", "my net.yaml")[2] == "wrote my net.yaml; next: archspec check 'my net.yaml'\n"
    (tmp_path / "my-net.yaml").write_text("mine", encoding="utf-8")
    assert call("init", "my-net.yaml")[0] == 2
    assert (tmp_path / "my-net.yaml").read_text(encoding="utf-8") == "mine"
    assert call("init", "my-net.yaml", "--force")[0] == 0
    assert call("check", "-", stdin=call("init", "-")[1])[0] == 0


def test_list_has_the_blocks_and_the_ops(call: Call) -> None:
    out = call("list", "blocks")[1]
    assert "use: [blocks/residual]\n  The two residual units" in out
    assert "x[N, C, H, W] -> [N, width, ceil(H/stride), ceil(W/stride)]\n" in out
    assert "bottleneck" in call("list", "blocks", "--quiet")[1].split()
    (residual,) = (
        one for one in json.loads(call("list", "blocks", "--format", "json")[1]) if "residual" in one["name"]
    )
    assert residual["params"]["groups"] == "int = 1"
    for name in call("list", "blocks", "--quiet")[1].split():  # each is one of the library that it is listed under
        assert f"\n  {name} " in out
    assert call("list", "ops", "--quiet")[1].split() == sorted(OPS)
    assert "\n                     out, kernel, stride: 1, padding: 0," in call("list", "ops")[1]
    (conv,) = (one for one in json.loads(call("list", "ops", "--format", "json")[1]) if one["name"] == "conv2d")
    assert conv["options"][2] == {"name": "stride", "type": "integer, 1 to 1,024, or a pair of them", "default": "1"}
    assert call("list", "blokcs")[0] == 2


def test_explain_tells_of_an_op(call: Call) -> None:
    code, out, _ = call("explain", "relu6")
    assert code == 0 and out.startswith("relu6: ")
    assert "    stride    1         integer, 1 to 1,024, or a pair of them\n" in call("explain", "conv2d")[1]
    assert json.loads(call("explain", "conv2d", "--format", "json")[1])["options"][0]["default"] == "required"
    assert "did you mean `conv2d`" in call("explain", "covn2d")[2]
    assert call("explain", "bottleneck")[2].startswith("error: `bottleneck` is a block\nhelp: `archspec list blocks`")


def test_explain_prints_a_page_and_the_list(call: Call) -> None:
    code, out, _ = call("explain", "e0106")
    assert code == 0 and out.startswith("E0106: a tab\n") and "Wrong:" in out and "Mended:" in out
    assert "E0106  a tab\n" in call("explain")[1]
    record = json.loads(call("explain", "E0212", "--format", "json")[1])
    assert list(record) == [
        "code", "title", "explanation", "bad", "command", "message", "mended", "mended_command", "files",
    ]  # fmt: skip
    assert record["message"].startswith("error[E0212]: ") and list(record["files"]) == ["library.yaml", "other.yaml"]
    assert "\n    $ archspec check resnet43 --format github\n    ::error title=E0501" in call("explain", "E0501")[1]


def test_schema_is_the_one_that_editors_get(call: Call, tmp_path: Path) -> None:
    out = call("schema")[1]
    assert json.loads(out)["$schema"]
    assert call("schema", "-o", "schema.json")[0] == 0
    assert (tmp_path / "schema.json").read_text(encoding="utf-8") == out
    shipped = ROOT / "archspec" / "schema.json"
    assert shipped.read_text(encoding="utf-8") == out, "run `archspec schema -o archspec/schema.json`"


def completed(shell_script: str, *words: str) -> set[str]:
    """What bash offers for the last word."""
    line = " ".join(f"'{word}'" for word in words)
    typed = " ".join(words)
    point = f"COMP_LINE='{typed}'\nCOMP_POINT={len(typed)}\nCOMP_WORDBREAKS=' '"
    ask = f"COMP_WORDS=({line})\nCOMP_CWORD={len(words) - 1}\n{point}\n_archspec\nprintf '%s\\n' \"${{COMPREPLY[@]}}\""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", f"{shell_script}\n{ask}"], capture_output=True, check=True, env=environment)
    return set(done.stdout.decode().split())


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completion_completes(call: Call) -> None:
    script = call("completion", "bash")[1]
    assert completed(script, "archspec", "") == {*VERBS, "--help", "--version"}
    assert completed(script, "archspec", "che") == {"check"}
    assert completed(script, "archspec", "check", "--form") == {"--format"}
    assert completed(script, "archspec", "check", "--format", "") == {"text", "json", "sarif", "github"}
    assert completed(script, "archspec", "check", "tin") == {"tiny.yaml"}
    assert completed(script, "archspec", "build", "-o", "t") == {"tiny.yaml"}
    assert completed(script, "archspec", "completion", "") == {"bash", "zsh", "fish"}
    assert completed(script, "archspec", "explain", "E030") >= {"E0301", "E0307"}


STRANGE = "archspec: 1\nvariants: {wide: {}, '$(touch ran)': {}, '`touch ran`': {}, 'a b': {}, '*': {}, wi-der: {}}\n"
"""What a shell must not run or take apart, among the names of variants."""


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_the_variants_of_a_file(call: Call, tmp_path: Path) -> None:
    script = call("completion", "bash")[1]
    (tmp_path / "mine.yaml").write_text(STRANGE, encoding="utf-8")
    (tmp_path / "torn.yaml").write_text("variants: [", encoding="utf-8")
    assert completed(script, "archspec", "check", "mine.yaml@") == {"mine.yaml@wide", "mine.yaml@wi-der"}
    assert completed(script, "archspec", "draw", "./mine.yaml@wid") == {"./mine.yaml@wide"}
    assert (
        completed(script, "archspec", "check", "torn.yaml@") == completed(script, "archspec", "check", "no@") == set()
    )
    assert not (tmp_path / "ran").exists()


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_fish_completes_the_variants_of_a_file(call: Call, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(STRANGE, encoding="utf-8")
    (tmp_path / "script.fish").write_text(call("completion", "fish")[1], encoding="utf-8")
    ask = "source script.fish; complete -C 'archspec check mine.yaml@'"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(["fish", "--no-config", "-c", ask], capture_output=True, check=True, encoding="utf-8",
                          env={**os.environ, "PATH": path}, cwd=tmp_path)  # fmt: skip
    assert set(done.stdout.split()) == {"mine.yaml@wide", "mine.yaml@wi-der"} and not (tmp_path / "ran").exists()


def seen_in(terminal: int, mark: bytes) -> bytes:
    """What a terminal shows, up to the mark and what is there with it."""
    seen = b""
    while mark not in seen:
        assert select.select([terminal], [], [], 30)[0], seen
        seen += os.read(terminal, 4096)
    return seen


def typed_into_bash(script: Path, line: str) -> str:
    """What an interactive bash runs when a tab is typed behind a line."""
    process, terminal = pty.fork()
    if process == 0:
        os.environ["TERM"] = "dumb"
        os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
    try:
        os.write(terminal, f". {script}; archspec() {{ echo ra''n [\"$*\"]; }}; echo rea''dy\n".encode())
        seen_in(terminal, b"ready\r\n")
        os.write(terminal, f"{line}\t\n".encode())
        ran = re.search(rb"ran \[(.*?) ?\]", seen_in(terminal, b"]\r\n"))
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(terminal)
    return ran[1].decode() if ran is not None else ""


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(("begun", "whole"), [
    ("check resnet34@p", "check resnet34@plain34"), ("check vgg16_p", "check vgg16_paper"),
    ("draw --level=b", "draw --level=block"), ("check resnet3", "check resnet34"),
])  # fmt: skip
def test_an_interactive_bash_completes_what_it_takes_apart(call: Call, tmp_path: Path, begun: str, whole: str) -> None:
    script = tmp_path / "completion.bash"
    zoo = "printf '%s\\n' resnet34 resnet34@plain34 vgg19@vgg16_paper"
    script.write_text(call("completion", "bash")[1].replace("archspec list --quiet", zoo), encoding="utf-8")
    assert typed_into_bash(script, f"archspec {begun}") == whole


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_parse_and_know_every_option(call: Call, shell: str) -> None:
    script = call("completion", shell)[1]
    for verb in VERBS:
        assert verb in script
    for option in ("strict", "verify", "origin", "force", "format"):
        assert option in script
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    assert subprocess.run([program, "-n"], input=script, text=True, encoding="utf-8", check=False).returncode == 0


def test_options_are_not_abbreviated(call: Call) -> None:
    assert call("check", "tiny.yaml", "--stri")[0] == 2
    assert {action.dest for action in make_parser()._actions} >= {"quiet", "color"}


def test_a_mistake_says_under_which_variant_and_by_which_file_it_came_about(call: Call, tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(edited("kernel: 3", "kernel: 2*width"), encoding="utf-8")
    child = "archspec: 1\nextends: base\nname: child\nvariants: {huge: {width: 40}, vast: {width: 50}}\n"
    (tmp_path / "child.yaml").write_text(child, encoding="utf-8")
    code, out, _ = call("check", "child.yaml")
    assert code == 1 and "1 error found" in out  # the mistake is one
    place = " --> base.yaml:6:44   extended by child.yaml (child.yaml:2), under variant `huge` (child.yaml:4)\n"
    assert place in out and "\nok  child " in out
    assert "under variant `vast` (child.yaml:4)" in call("build", "child.yaml@vast")[2]
    (found,) = json.loads(call("check", "child.yaml", "--format", "json")[1])["diagnostics"]
    chain = [(frame["how"], frame["what"], frame["span"]["line"]) for frame in found["chain"]]
    assert chain == [("extended by", "child.yaml", 2), ("under", "variant `huge`", 4)]
    sarif = json.loads(call("check", "child.yaml", "--format", "sarif")[1])
    related = sarif["runs"][0]["results"][0]["relatedLocations"]
    texts = [one["message"]["text"] for one in related]
    assert texts[-2:] == ["under variant `huge`", "`width` is 40, set by variant `huge`"]


def test_a_mistake_of_several_variants_names_them(call: Call, tmp_path: Path) -> None:
    def write(name: str, kernel: str, count: int) -> None:
        variants = ", ".join(f"v{index}: {{width: {40 + index}}}" for index in range(count))
        text = edited("kernel: 3", f"kernel: {kernel}").replace("wide: {width: 16}", variants)
        (tmp_path / name).write_text(text, encoding="utf-8")

    wrong = "0 if width >= 40 else 3"
    write("many.yaml", wrong, 3)
    write("other.yaml", wrong, 2)
    code, out, _ = call("check", "many.yaml", "other.yaml")
    assert code == 1 and out.count("under variant `v0`") == 2
    assert out.count("= also in variants `v1`, `v2`\n") == 1 and out.count("= also in variant `v1`\n") == 1
    (found,) = json.loads(call("check", "many.yaml", "--format", "json")[1])["diagnostics"]
    assert found["notes"][-1] == "also in variants `v1`, `v2`"
    assert "also in variants" in call("check", "many.yaml", "--format", "sarif")[1]
    assert "also in" not in call("check", "many.yaml@v1")[1]
    write("many.yaml", wrong, 20)
    names = ", ".join(f"`v{index}`" for index in range(1, 9))
    assert f"= also in variants {names} and 11 more\n" in call("check", "many.yaml")[1]
    write("many.yaml", "0", 3)
    assert "also in" not in call("check", "many.yaml")[1]  # the base has it too


def test_check_leaves_out_variants_whose_own_params_are_set(call: Call) -> None:
    code, out, _ = call("check", "tiny.yaml", "--set", "width=4")
    assert code == 0 and [line.split()[1] for line in out.splitlines()] == ["tiny"]


@pytest.mark.parametrize(
    ("items", "help_"),
    [
        ("  - b:\n      - {op: relu}\n    from: x\n    when: true\n", "write `b: {body: [...], from: ..., when: ...}`"),
        ("  - b:\n      do: [{op: relu}]\n", "the list of a named item is called `body:`"),
        ("  - b: {op: relu}\noutputs: {b: '[N, 3, H, W]'}\n", "write `b: {from: b, shape: [N, 3, H, W]}`"),
        ("  - b: [{op: relu}\n", "add `]` where it ends"),
        ("  - {op: flatten}\n  - c: {op: softmax, axis: C}\n", "write `axis: D`"),
    ],
)
def test_slips_of_a_first_spec_are_mended_by_their_help(call: Call, items: str, help_: str) -> None:
    spec = "archspec: 1\nname: slip\ninput: x[N, 3, H=8, W=8]\nnet:\n" + items
    code, out, _ = call("check", "-", stdin=spec)
    assert code == 1 and f"= help: {help_}" in out


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_no_bug_of_ours() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "archspec", "list"], stdout=full, stderr=subprocess.PIPE, cwd=ROOT, check=False
        )
    assert done.returncode == 2 and b"error: cannot write: No space left on device" in done.stderr


def test_a_process_of_its_own_verifies_what_it_builds(tmp_path: Path) -> None:
    """This process has torch loaded already; a fresh one shows whether the command line breaks its imports."""
    done = subprocess.run(
        [sys.executable, "-m", "archspec", "build", "lenet", "-o", str(tmp_path / "lenet.py"), "--verify"],
        cwd=ROOT, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (done.returncode, "equal to its graph bit for bit" in done.stderr) == (0, True), done.stderr


def test_networks_are_called_as_a_paper_calls_them(call: Call) -> None:
    code, out, _ = call("draw", "resnet18", "resnet34", "--name", "(a) ours & <b>", "-o", "-")
    assert code == 0 and "(a) ours &amp; &lt;b&gt;" in out and ">resnet34<" in out
    code, out, _ = call("table", "resnet18", "resnet34", "--name", "A_1", "--name", "B", "--format", "latex")
    assert code == 0 and r"{c}{A\_1} & \multicolumn{1}{c}{B}" in out
    code, _, err = call("table", "resnet18", "--name", "A", "--name", "B")
    assert code == 2 and "2 names for 1 network\n" in err


def test_a_bare_name_leads_to_the_file_of_that_name(call: Call) -> None:
    assert call("check", "tiny")[2].endswith("called `tiny`\nhelp: the file here is `tiny.yaml`\n")


def test_a_file_that_is_not_there_has_a_remedy(call: Call) -> None:
    for source, remedy in (
        ("specs/resnet152.yaml", "help: `resnet152` is a network of the zoo"),
        ("tinny.yaml", "did you mean `tiny.yaml`?"),
        ("Tiny.yaml", "did you mean `tiny.yaml`?"),
        ("tiny.yaml@", "help: write the variant behind the @, or `tiny.yaml` alone"),
        ("-@", "names no variant"),
    ):
        code, out, err = call("check", source)
        assert (code, out) == (2, "") and remedy in err, source
    assert call("check", "some.yaml")[2] == "error: there is no file `some.yaml`\n"
    assert call("check", "nowhere/tinny.yaml")[2] == "error: there is no file `nowhere/tinny.yaml`\n"
