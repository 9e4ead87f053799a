"""How the command ends its process: at once, unless somebody else has something left to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import archspec

ROOT = Path(__file__).parents[1]
LEAVE = "import sys; from archspec.__main__ import command; sys.argv[1:] = {}; sys.exit(command())"


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
    )


def test_nothing_of_what_is_printed_is_lost() -> None:
    done = python("-m", "archspec", "build", "resnet152", "-o", "-")
    assert (done.returncode, done.stdout, done.stderr) == (0, archspec.build("resnet152"), "")
    assert len(python("-m", "archspec", "list", "ops", "--format", "json").stdout) > 1 << 14


@pytest.mark.parametrize(("arguments", "code"), [(["check", "lenet"], 0), (["check", "no-such-net"], 2)])
def test_the_exit_code_is_the_commands(arguments: list[str], code: int) -> None:
    assert python("-m", "archspec", *arguments).returncode == code
    assert python("-c", LEAVE.format(arguments)).returncode == code


@pytest.mark.parametrize(
    "waiting",
    [
        "import atexit, threading; atexit.register(print, 'the end')",
        "import threading, time; threading.Thread(target=lambda: (time.sleep(0.2), print('the end'))).start()",
        "import atexit; atexit.register(print, 'the end')",
        "import sys; sys.setprofile(lambda *_: None); import atexit; atexit.register(print, 'the end')",
    ],
)
def test_who_has_something_left_to_do_may_do_it(waiting: str) -> None:
    done = python("-c", f"{waiting}; {LEAVE.format(['check', 'lenet'])}")
    assert done.returncode == 0 and done.stdout.startswith("ok") and done.stdout.endswith("the end\n")


def test_a_prompt_that_was_asked_for_comes() -> None:
    assert ">>> " in python("-i", "-m", "archspec", "check", "lenet").stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_on_pythons_own_way_out_a_full_disk_is_said_once() -> None:
    call = f"import sys, threading; sys.stdout = open('/dev/full', 'w'); {LEAVE.format(['check', 'lenet'])}"
    done = python("-c", call)
    assert (done.returncode, done.stderr) == (2, "error: cannot write: No space left on device\n")


def test_a_profiler_writes_its_report() -> None:
    assert "function calls" in python("-m", "cProfile", "-m", "archspec", "check", "lenet").stdout


def test_objects_are_left_to_the_system() -> None:
    held = "class Held:\n def __del__(self): print('taken apart')\nheld = Held()\n"
    assert python("-c", held + LEAVE.format(["check", "lenet"]).replace("; ", "\n")).stdout.count("taken apart") == 0
    assert python("-c", held).stdout.count("taken apart") == 1
