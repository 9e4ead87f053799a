"""The command line where users and their surroundings are at odds with it: closed streams, odd files, odd options."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from archspec.cli import main

ROOT = Path(__file__).resolve().parent.parent

TINY = """\
archspec: 1
name: tiny
params: {width: int = 8}
input: x[N, 3, H=32, W=32]
net:
  - conv: {op: conv2d, out: width, kernel: 3, padding: 1}
  - relu: {op: relu}
output: [N, width, H, W]
variants: {wide: {width: 16}}
"""

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run a command in a folder that holds `tiny.yaml` alone: (exit code, stdout, stderr)."""
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def run(*argv: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b""), encoding="utf-8"))
        return main(argv), *capsys.readouterr()

    return run


def in_a_shell(folder: Path, line: str, unbuffered: str = "") -> tuple[int, str]:
    """A line for the shell in which `archspec` is ours: its exit code and all that it prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHON": sys.executable, "PYTHONUNBUFFERED": unbuffered}
    line = line.replace("archspec", '"$PYTHON" -m archspec')
    done = subprocess.run(
        ["sh", "-c", line], cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("archspec check tiny.yaml >&-", 0, ""),
        ("archspec check tiny.yaml 2>&-", 0, "ok  tiny"),
        ("archspec check nowhere.yaml <&- >&- 2>&-", 2, ""),
        ("archspec check - <&-", 1, "error[E0104]: the file is empty"),
        ("archspec draw tiny.yaml -o t.svg <&- >&- 2>&- && head -c 4 t.svg", 0, "<!--"),
        ("archspec check nowhere.yaml >/dev/full 2>/dev/full", 2, ""),
        ("archspec build tiny.yaml -o t.py 2>/dev/full", 0, ""),
        ("archspec check tiny.yaml >/dev/full", 2, "error: cannot write: No space left on device\n"),
        ("archspec list >/dev/full", 2, "error: cannot write: No space left on device\n"),
        ("archspec --help >/dev/full", 2, "error: cannot write: No space left on device\n"),
        ("archspec --version >/dev/full", 2, "error: cannot write: No space left on device\n"),
        ("archspec check tiny.yaml 1</dev/null", 2, "error: cannot write: Bad file descriptor\n"),
        ("archspec build tiny.yaml -o /dev/stdout | tail -n 1", 0, "        return x\n"),
        ("(archspec build tiny.yaml -o /dev/stdout; echo more) > both; tail -n 2 both", 0, "        return x\nmore\n"),
        ("archspec build tiny.yaml -o /dev/stderr 2>&1 | cat", 0, "cannot write /dev/stderr: it is not a regular file"),
        ("mkdir gone; cd gone; rmdir ../gone; archspec check lenet", 0, "ok  lenet"),
        ("mkdir gone; cd gone; rmdir ../gone; archspec init", 2, "error: cannot write network.yaml: No such file"),
    ],
)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_streams_that_are_closed_or_full_and_folders_that_are_gone(
    tmp_path: Path, line: str, code: int, said: str, unbuffered: str
) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY, encoding="utf-8")
    ended, printed = in_a_shell(tmp_path, line, unbuffered)
    assert ended == code and "Traceback" not in printed and "bug" not in printed
    assert said in printed if said else not printed


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_file_that_must_not_grow_is_no_bug_of_ours(tmp_path: Path, unbuffered: str) -> None:
    said = in_a_shell(tmp_path, "ulimit -f 1; archspec schema >big", unbuffered)
    assert said == (2, "error: cannot write: File too large\n")


@pytest.mark.skipif(os.name == "nt", reason="its pipes always wait")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_pipe_that_does_not_wait_loses_nothing_unsaid(unbuffered: str) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    done = subprocess.run(
        [sys.executable, "-m", "archspec", "schema"],
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        stdout=writing, stderr=subprocess.PIPE, cwd=ROOT, check=False,
    )  # fmt: skip
    os.close(reading)
    os.close(writing)
    assert done.returncode == 2 and done.stderr.startswith(b"error: cannot write: ")


def test_a_file_that_is_a_folder_a_broken_link_or_like_an_option(call: Call, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "broken.yaml").symlink_to("nowhere")
    (tmp_path / "-dash.yaml").write_text(TINY, encoding="utf-8")
    assert call("check", "folder") == (2, "", "error: there is no spec file in `folder`\n")
    assert call("draw", "folder")[::2] == (
        2, "error: `folder` is a folder\nhelp: name a file in it; `archspec check` takes folders too\n",
    )  # fmt: skip
    assert call("check", "broken.yaml")[2].startswith("error: `broken.yaml` is a link to nothing\n")
    assert call("check", "-dash.yaml")[::2] == (
        2, "error: the file `-dash.yaml` looks like an option\nhelp: ./-dash.yaml\n"
    )  # fmt: skip
    assert call("check", "./-dash.yaml")[0] == 0
    assert call("check", "")[2].startswith("error: an empty name is the name of no network\n")


def test_show_knows_the_variants_and_params_of_the_file(call: Call) -> None:
    assert "width: int = 16" in call("show", "tiny.yaml@wide")[1]
    assert call("show", "tiny.yaml@wild")[::2] == (
        2, "error: `tiny.yaml` has no variant `wild`\nhelp: did you mean `wide`?\n"
    )  # fmt: skip
    code, out, err = call("show", "tiny.yaml", "--set", "with=3")
    assert (code, out) == (2, "") and "`tiny` has no param `with`" in err
    code, out, err = call("show", "tiny.yaml", "--set", "width=true")
    assert (code, out) == (1, "") and "`width` must be a whole number" in err and "1 | width=true" in err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("draw", "tiny.yaml", "--features", ""), "features are different nodes, at least one"),
        (("draw", "tiny.yaml", "--name", " "), "a network needs a name"),
        (("draw", "tiny.yaml", "--alt", "-o", "t.svg"), "--alt prints words, and draws nothing"),
        (("draw", "tiny.yaml", "--alt", "--format", "png"), "--alt prints words, and draws nothing"),
        (("table", "tiny.yaml", "--rows", "macs,macs"), "a row is asked for twice: macs, macs"),
    ],
)
def test_options_that_say_nothing_or_contradict_each_other(call: Call, argv: tuple[str, ...], message: str) -> None:
    code, out, err = call(*argv)
    assert (code, out) == (2, "") and err.startswith(f"error: {message}\n")
    assert os.listdir() == ["tiny.yaml"]


def test_variants_that_are_not_checked_are_said(call: Call) -> None:
    code, out, err = call("check", "tiny.yaml", "--set", "width=3")
    assert (code, err) == (0, "note: 1 variant of tiny not checked, whose own params are set\n") and "wide" not in out
    assert call("check", "tiny.yaml")[2] == call("check", "tiny.yaml", "-q", "--set", "width=3")[2] == ""


@pytest.mark.parametrize(("typed", "meant"), [("resnet51", "resnet50"), ("vgg15", "vgg16"), ("plain35", "plain34")])
def test_of_names_as_near_the_one_with_the_nearest_number_is_meant(call: Call, typed: str, meant: str) -> None:
    assert f"did you mean `{meant}`?" in call("check", typed)[2]
