"""Files when things go wrong from outside: killed processes, full disks, missing rights, builds at the same time."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archspec import files
from archspec.diagnostics import UsageError
from archspec.seal import seal

TEXTS = tuple(seal(f"import torch  # {letter}\n" + letter * 300_000 + "\n", letter, "ab") for letter in "abcd")
KILLS = 200
NOBODY = 65534


def in_a_child(work: Callable[[], int]) -> int:
    """A process that does the work and ends with the number it gives; its id."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            code = work()
        finally:
            os._exit(code)
    return child


def ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def litter(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir() if entry.name.startswith(".archspec-")]


def test_a_process_killed_at_any_moment_leaves_a_whole_file(tmp_path: Path) -> None:
    path, rng = tmp_path / "net.py", random.Random(0)
    files.write(path, TEXTS[0])

    def write_for_ever() -> int:
        while True:
            for text in TEXTS:
                files.write_generated(path, text)

    met = set()
    for _ in range(KILLS):
        child = in_a_child(write_for_ever)
        time.sleep(rng.random() / 50)
        os.kill(child, signal.SIGKILL)
        assert ended(child) == -signal.SIGKILL
        text = path.read_text(encoding="utf-8")
        assert text in TEXTS, "half a file"
        met.add(text)
    assert len(met) > 1
    # What is left can only be of the moment between naming the new file and renaming it. The next write sweeps it up.
    assert len(litter(tmp_path)) <= KILLS // 20
    assert files.write_generated(path, "".join(reversed(TEXTS)), force=True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["net.py"]


@pytest.mark.parametrize("nameless", [True, False])
def test_what_a_killed_process_left_is_swept_and_what_is_being_written_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nameless: bool
) -> None:
    """Killed, and stopped, at the one moment at which the new file has a name of its own."""
    if not nameless:
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    kept = [tmp_path / name for name in (".archspec-0.tmp", ".archspec-0123456789abcdeg.tmp", "archspec.tmp")]
    for file in kept:
        file.write_text("not ours", encoding="utf-8")

    def write_until(signal_: signal.Signals) -> int:
        rename = os.replace

        def halted(*names: Path) -> None:
            os.kill(os.getpid(), signal_)
            rename(*names)

        monkeypatch.setattr(os, "replace", halted)
        files.write(tmp_path / "net.py", TEXTS[0])
        return 0

    for _ in range(3):
        assert ended(in_a_child(lambda: write_until(signal.SIGKILL))) == -signal.SIGKILL
    stopped = in_a_child(lambda: write_until(signal.SIGSTOP))
    os.waitpid(stopped, os.WUNTRACED)
    try:
        ours = {entry.name for entry in tmp_path.iterdir()} - {file.name for file in kept}
        assert len(ours) == 1 and not (tmp_path / "net.py").exists()
        assert files.write(tmp_path / "net.py", TEXTS[1]) and (tmp_path / ours.pop()).exists()
    finally:
        os.kill(stopped, signal.SIGCONT)
    assert ended(stopped) == 0
    assert (tmp_path / "net.py").read_text(encoding="utf-8") == TEXTS[0]
    assert {entry.name for entry in tmp_path.iterdir()} == {"net.py", *(file.name for file in kept)}


def test_without_unnamed_files_all_else_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on file systems that know of no file without a name."""
    monkeypatch.delattr(os, "O_TMPFILE")
    path = tmp_path / "net.py"
    assert files.write(path, TEXTS[0]) and files.write(path, TEXTS[1])
    assert path.read_text(encoding="utf-8") == TEXTS[1] and not litter(tmp_path)


@pytest.mark.parametrize("nameless", [True, False])
def test_builds_at_the_same_time_leave_one_of_their_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nameless: bool
) -> None:
    if not nameless:
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    path = tmp_path / "net.py"

    def write_often(place: int) -> int:
        for _ in range(20):
            files.write_generated(path, TEXTS[place])
        return 0

    children = [in_a_child(lambda place=place: write_often(place)) for place in range(len(TEXTS))]
    seen = set()
    while any(os.waitid(os.P_PID, c, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None for c in children):
        if path.exists():
            seen.add(path.read_text(encoding="utf-8"))
    assert [ended(child) for child in children] == [0] * len(TEXTS)
    assert seen <= set(TEXTS) and path.read_text(encoding="utf-8") in TEXTS
    assert not litter(tmp_path)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 400 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", disk], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("this user may not mount; a full disk is injected in test_files.py")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.mark.skipif(not Path("/proc/mounts").exists(), reason="needs Linux")
def test_a_full_disk_keeps_the_old_file(small_disk: Path) -> None:
    path = small_disk / "net.py"
    assert files.write(path, TEXTS[0])
    for _ in range(3):
        with pytest.raises(UsageError, match=os.strerror(errno.ENOSPC)):
            files.write_generated(path, TEXTS[1])
    assert path.read_text(encoding="utf-8") == TEXTS[0] and not litter(small_disk)
    with pytest.raises(UsageError, match=os.strerror(errno.ENOSPC)):
        files.write(small_disk / "other.py", TEXTS[1])
    assert [entry.name for entry in small_disk.iterdir()] == ["net.py"]
    path.unlink()
    assert files.write(path, TEXTS[1])


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming somebody else takes root; injected below")
def test_without_rights_nothing_is_touched(tmp_path: Path) -> None:
    """As an ordinary user: a folder that is another's, a file that is another's in a folder of one's own."""
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    theirs.mkdir(mode=0o755)
    ours.mkdir()
    for folder in (theirs, ours):
        (folder / "net.py").write_text(TEXTS[0], encoding="utf-8")
        (folder / "net.py").chmod(0o644)
    os.chown(ours, NOBODY, NOBODY)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o011)

    def write_as_nobody() -> int:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        refused = 0
        for path in (theirs / "net.py", theirs / "new.py", ours / "net.py"):
            try:
                files.write_generated(path, TEXTS[1])
            except UsageError as error:
                refused += str(error).startswith("cannot write")
        files.write(ours / "new.py", TEXTS[1])
        return refused

    assert ended(in_a_child(write_as_nobody)) == 3
    for folder in (theirs, ours):
        assert (folder / "net.py").read_text(encoding="utf-8") == TEXTS[0] and not litter(folder)
    assert (ours / "new.py").read_text(encoding="utf-8") == TEXTS[1] and not (theirs / "new.py").exists()


@pytest.mark.parametrize("failing", ["open", "replace", "link"])
def test_a_right_that_is_missing_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    path = tmp_path / "net.py"
    files.write(path, TEXTS[0])

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, failing, refuse)
    with pytest.raises(UsageError, match="Permission denied"):
        files.write(path, TEXTS[1])
    monkeypatch.undo()
    assert path.read_text(encoding="utf-8") == TEXTS[0] and not litter(tmp_path)


def test_the_command_says_what_is_wrong_and_leaves_nothing(tmp_path: Path) -> None:
    """`archspec build` into what is no file, or nowhere."""
    spec = tmp_path / "tiny.yaml"
    spec.write_text("archspec: 1\nname: tiny\ninput: x[N, 3, 8, 8]\nnet: [{op: relu}]\n", encoding="utf-8")
    os.mkfifo(tmp_path / "fifo")
    for output in ("fifo", "nowhere/net.py", "."):
        made = subprocess.run(
            [sys.executable, "-m", "archspec", "build", "tiny.yaml", "-o", output],
            cwd=tmp_path, capture_output=True, encoding="utf-8", check=False, timeout=60,
        )  # fmt: skip
        assert made.returncode == 2 and made.stderr.startswith("error: cannot write"), made.stderr
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["fifo", "tiny.yaml"]
