"""`archspec watch` as it is used: a process, a spec that is edited in every way editors do it, the page over HTTP."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from browsing import Tab, open_browser

from archspec.cli import main
from archspec.diagnostics import UsageError
from archspec.pipeline import load
from archspec.watch.files import changed, fingerprint
from archspec.watch.preview import State, first_state, look, next_state
from archspec.watch.server import Board, Server

ROOT = Path(__file__).resolve().parent.parent
GOOD = """archspec: 1
name: mine
use: {mine_blocks: {}}
input: x[N, 3, H=16, W=16]
net:
  - conv1: {op: conv2d, out: 8, kernel: 3, padding: 1}
  - unit: {op: unit, repeat: 3}
"""
BLOCKS = """archspec: 1
blocks:
  unit:
    in: x[N, C, H, W]
    out: [N, C, H, W]
    body:
      - conv1: {op: conv2d, out: C, kernel: 3, padding: 1}
      - relu: {op: relu}
      - conv2: {op: conv2d, out: C, kernel: 3, padding: 1}
"""
WAIT = 20.0


def _heeding_ctrl_c() -> None:
    """A shell has what it starts in the background ignore Ctrl-C, and what that starts inherits it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Watched:
    """A running `archspec watch` on a spec in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.spec, self.blocks = folder / "mine.yaml", folder / "mine_blocks.yaml"
        self.spec.write_text(GOOD, encoding="utf-8")
        self.blocks.write_text(BLOCKS, encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "archspec", "watch", "mine.yaml"], cwd=folder, text=True, encoding="utf-8",
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
            preexec_fn=_heeding_ctrl_c,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.address = re.findall(r"http://\S+", self.process.stdout.readline())[0]
        self.parts = urlsplit(self.address)
        self.states: list[dict[str, Any]] = []
        Thread(target=self._listen, daemon=True).start()

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.parts.hostname or "", self.parts.port, timeout=WAIT)

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        connection = self.connect()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def page(self) -> str:
        return self.get(self.parts.path)[1]

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first state from now on that is as wanted."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            if self.states and holds(self.states[-1]):
                return self.states[-1]
            time.sleep(0.02)
        raise AssertionError(f"not within {WAIT} s; states: {self.states}")

    def drawn(self, after: int) -> dict[str, Any]:
        return self.until(lambda state: state["version"] > after and not state["failed"])

    def stop(self) -> tuple[int, str]:
        self.process.send_signal(signal.SIGINT)
        _, errors = self.process.communicate(timeout=WAIT)
        return self.process.returncode, errors

    def _listen(self) -> None:
        connection = self.connect()
        connection.timeout = None
        connection.request("GET", self.parts.path + "events")
        answer = connection.getresponse()
        while line := answer.readline():
            if line.startswith(b"data: "):
                self.states.append(json.loads(line[6:]))


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    found = Watched(tmp_path)
    found.drawn(after=1)
    yield found
    if found.process.poll() is None:
        found.process.kill()
        found.process.communicate()


def test_a_save_redraws_and_a_mistake_is_shown_beside_the_last_good_figure(watched: Watched) -> None:
    assert "3×3 conv, 8" in watched.page() and watched.states[-1]["trouble"] == ""
    watched.spec.write_text(GOOD.replace("out: 8", "out: 24"), encoding="utf-8")
    state = watched.drawn(after=watched.states[-1]["version"])
    assert "3×3 conv, 24" in watched.page()
    watched.spec.write_text(GOOD.replace("out: 8", "owt: 8"), encoding="utf-8")
    wrong = watched.until(lambda state: state["failed"])
    assert "error[E0222]" in wrong["trouble"] and "mine.yaml:6" in wrong["trouble"]
    assert wrong["version"] == state["version"] and "3×3 conv, 24" in watched.page()
    watched.spec.write_text(GOOD.replace("out: 8", "out: 40"), encoding="utf-8")
    assert watched.drawn(after=state["version"])["trouble"] == "" and "3×3 conv, 40" in watched.page()
    code, errors = watched.stop()
    assert code == 0 and "Traceback" not in errors
    assert errors.count("drawn in") == 3 and errors.count("error[E0222]") == 1


def test_every_way_to_save_is_seen(watched: Watched) -> None:
    """A file that is used, a save by renaming, the same size and time, a file that goes and comes back."""
    version = watched.states[-1]["version"]
    watched.blocks.write_text(BLOCKS.replace("kernel: 3, padding: 1", "kernel: 1"), encoding="utf-8")
    version = watched.drawn(after=version)["version"]
    assert "1×1 conv" in watched.page()
    before = watched.spec.stat()
    aside = watched.spec.with_name(".mine.yaml.swp")
    aside.write_text(GOOD.replace("out: 8", "out: 9"), encoding="utf-8")
    os.utime(aside, ns=(before.st_atime_ns, before.st_mtime_ns))
    aside.replace(watched.spec)
    version = watched.drawn(after=version)["version"]
    assert "3×3 conv, 9" in watched.page()
    watched.spec.unlink()
    gone = watched.until(lambda state: state["failed"])
    assert "there is no file `mine.yaml`" in gone["trouble"]
    watched.spec.write_text(GOOD.replace("mine_blocks", "new_blocks"), encoding="utf-8")
    watched.until(lambda state: "no spec file `new_blocks`" in state["trouble"])
    watched.blocks.rename(watched.blocks.with_name("new_blocks.yaml"))
    assert watched.drawn(after=version)["trouble"] == ""


def test_strangers_are_turned_away(watched: Watched) -> None:
    path, port = watched.parts.path, watched.parts.port
    assert watched.parts.hostname == "127.0.0.1" and len(path) > 30
    assert watched.get(path)[0] == watched.get(path, Host=f"localhost:{port}")[0] == 200
    assert watched.get(path, Host="evil.example")[0] == watched.get(path, Host=f"evil.example:{port}")[0] == 403
    assert watched.get(path, Origin="http://evil.example")[0] == watched.get(path, Origin="null")[0] == 403
    for other in ("/", "/favicon.ico", path[:-2] + "/", path + "../../etc/passwd", path + "events/", "//", "/%C3%A9"):
        assert watched.get(other)[0] == 404
    connection = watched.connect()
    connection.request("POST", path, body="x")
    assert connection.getresponse().status == 501
    assert watched.get(path)[0] == 200  # and nobody was disturbed


def test_a_change_is_told_by_content(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    seen = fingerprint([file])
    assert seen == {file: None} and changed(seen, patience=0.0) == seen
    file.write_text("a", encoding="utf-8")
    now = changed(seen, patience=0.0)
    assert now != seen and changed(now, patience=0.0) == now


def test_a_port_that_is_taken_is_a_mistake_of_the_call() -> None:
    board = Board(first_state("block"))
    server = Server(board)
    try:
        with pytest.raises(UsageError) as error:
            Server(board, server.server_port)
        assert "cannot listen on port" in error.value.message
    finally:
        server.server_close()


def test_a_board_wakes_those_who_wait() -> None:
    board = Board(State(1, "one"))
    assert board.wait(None) == State(1, "one")
    found: list[State | None] = []
    waiting = Thread(target=lambda: found.append(board.wait(board.state)))
    waiting.start()
    board.post(State(2, "two"))
    waiting.join(WAIT)
    assert found == [State(2, "two")]


def test_the_page_follows_in_a_browser(watched: Watched) -> None:
    """What is unfolded stays so, trouble appears as text and goes again, and the page asks for nothing else."""
    hostile = "</script><img src=x onerror=alert(1)>"
    with open_browser() as browser:
        tab = Tab(browser.new_page()).watch()
        tab.page.goto(watched.address)
        tab.page.wait_for_selector("#live:text-is('live')")
        tab.page.click("[data-path='unit.0'] .knob")
        assert len(tab.visible(".unit")) == 3
        watched.spec.write_text(GOOD.replace("out: 8", "out: 24").replace("repeat: 3", "repeat: 4"), encoding="utf-8")
        tab.page.wait_for_selector("text=3×3 conv, 24")
        assert len(tab.visible(".unit")) == 4
        watched.spec.write_text(GOOD.replace("out: 8", f'owt: "{hostile}"'), encoding="utf-8")
        tab.page.wait_for_selector("#trouble.failed pre")
        assert hostile in tab.page.text_content("#trouble pre") and "E0222" in tab.page.text_content("#trouble pre")
        assert len(tab.visible(".unit")) == 4
        watched.spec.write_text(GOOD, encoding="utf-8")
        tab.page.wait_for_selector("#trouble", state="hidden")
        assert tab.complaints == [] and {urlsplit(url).path for url in tab.requests} <= {
            watched.parts.path, watched.parts.path + "events",
        }  # fmt: skip
        assert watched.stop()[0] == 0
        tab.page.wait_for_selector("#live:text-is('not connected')")


def test_a_variant_that_disappears_is_shown_beside_the_last_figure(tmp_path: Path) -> None:
    spec = tmp_path / "mine.yaml"
    source = f"{spec}@wide"
    text = (
        "archspec: 1\nparams: {width: int = 4}\ninput: x[N, 3, H=8, W=8]\nnet: [{op: conv2d, out: width, kernel: 1}]\n"
    )
    spec.write_text(f"{text}variants: {{wide: {{width: 8}}}}\n", encoding="utf-8")
    good = look([source], load)
    shown = next_state(first_state("block"), good, "block")
    spec.write_text(text, encoding="utf-8")
    gone = look([source], load)
    assert not good.failed and gone.failed and gone.files == good.files
    after = next_state(shown, gone, "block")
    assert (after.page, after.version, after.failed) == (shown.page, shown.version, True)
    assert f"`{spec}` has no variant `wide`" in after.trouble


@pytest.mark.parametrize(
    "call", [["-"], ["-@wide"], ["lenet", "--port", "70000"], ["no_such_net"], ["no_such.yaml"], ["resnet18@typo"]]
)
def test_what_cannot_be_watched_is_said_at_once(call: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", *call]) == 2
    assert capsys.readouterr().err.startswith("error: ")
