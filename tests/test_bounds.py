"""Every bound of the product: a spec at the limit is taken, one beyond it is refused, each in little time and memory.

All cases run in children of one process, under limits of the kernel: 200 MB of data, and seconds of processor time.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import archspec
from archspec.checkpoints import keymap
from archspec.elaborate import calls, entrances, items, paths, rows
from archspec.expressions import ExpressionError, evaluate, parsing, values
from archspec.report import Report
from archspec.source import MAX_DEPTH, MAX_VALUES, parse
from archspec.spec import load
from archspec.syntax import MAX_KEY
from archspec.text import MAX_BYTES

MEMORY, SECONDS = 200 << 20, 5
HEAD = "archspec: 1\nname: x\ninput: x[N, 3, H=8, W=8]\n"


def reads(text: str) -> bool:
    return not parse(text, "x.yaml")[1]


def checks(text: str) -> bool:
    try:
        archspec.check(text)
    except archspec.SpecError:
        return False
    return True


def evaluates(text: str) -> bool:
    try:
        evaluate(parsing.parse(text), {})
    except ExpressionError:
        return False
    return True


def net(items: str, head: str = HEAD) -> bool:
    return checks(f"{head}net:\n{items}\n")


def files(count: int) -> bool:
    """A spec that uses a library that uses a library, so many files in all."""
    for index in range(1, count):
        following = f"use: [f{index + 1}]\n" if index < count - 1 else ""
        Path(f"f{index}.yaml").write_text(f"archspec: 1\n{following}", encoding="utf-8")
    Path("f0.yaml").write_text(f"{HEAD}use: [f1]\nnet:\n  - {{op: relu}}\n", encoding="utf-8")
    try:
        archspec.check("./f0.yaml")
    except archspec.SpecError:
        return False
    return True


def nested_blocks(depth: int) -> bool:
    blocks = "".join(
        f"  b{i}: {{in: 'x[N, C, H, W]', body: [{{op: {'relu' if i == depth - 1 else f'b{i + 1}'}}}]}}\n"
        for i in range(depth)
    )
    return net("  - {op: b0}", f"{HEAD}blocks:\n{blocks}")


def layers(count: int) -> bool:
    """Each item is counted as it is reached and as it is called."""
    return net(f"  - {{repeat: {count - calls.MAX_LAYERS // 2}, do: [{{op: relu}}]}}")


def key_map(holes: int) -> bool:
    report = Report()
    try:
        keymap.read_key_map(('"' + "x".join(f"{{a{i}}}" for i in range(holes)) + '": y').encode(), "map", report)
    except archspec.SpecError:
        return False
    return True


BOUNDS: dict[str, tuple[int, Callable[[int], bool]]] = {
    "bytes": (MAX_BYTES, lambda n: checks(f"{HEAD}net:\n  - {{op: relu}}\n#".ljust(n, "x"))),
    "nesting": (MAX_DEPTH - 2, lambda n: reads("a: " + "[" * n + "1" + "]" * n)),
    "values": (MAX_VALUES, lambda n: reads("a: [" + "1, " * (n - 3) + "]")),
    "key": (MAX_KEY, lambda n: reads("k" * n + ": 1")),
    "digits": (18, lambda n: reads("a: " + "9" * n)),
    "expression": (parsing.MOST_CHARACTERS, lambda n: evaluates("1".rjust(n))),
    "parts": (parsing.MOST_NODES, lambda n: evaluates("[" + ", ".join(["1"] * (n - 1)) + "]")),
    "depth": (parsing.MOST_DEPTH - 1, lambda n: evaluates("-" * n + "1")),
    "integer": (2**63, lambda n: evaluates(f"{n - 1} + 1")),
    "list": (values.MOST_ITEMS, lambda n: evaluates(f"[j for j in range({n})]")),
    "repeat": (items.MAX_REPEAT, lambda n: net(f"  - r: {{op: relu, repeat: {n}}}")),
    "layers": (calls.MAX_LAYERS, layers),
    "side": (entrances.MAX_SIDE, lambda n: net("  - {op: relu}", HEAD.replace("H=8", f"H={n}"))),
    "rows": (rows.MAX_ROWS, lambda n: net(f'  - {{each: {{c: "[1] * {n}"}}, do: [{{op: relu, when: c == 2}}]}}')),
    "path": (paths.MAX_PATH, lambda n: net(f"  - {'a' * n}: {{op: relu}}")),
    "files": (load.MAX_FILES, files),
    "blocks": (calls.MAX_DEPTH, nested_blocks),
    "holes": (keymap.MOST_HOLES, key_map),
}


def in_child(limit: int, taken: Callable[[int], bool]) -> str:
    """What a child with little memory and time finds: `taken`, `refused`, or how it died."""
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        try:
            os._exit(10 + taken(limit))
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {str(error)[:200]}\n")
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    return {10: "refused", 11: "taken"}.get(os.waitstatus_to_exitcode(status), f"died: {status}")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    run = subprocess.run(
        [sys.executable, __file__], cwd=tmp_path_factory.mktemp("bounds"), capture_output=True, text=True,
        encoding="utf-8", check=True, env={**os.environ, "PYTHONPATH": str(Path(archspec.__file__).parent.parent)},
    )  # fmt: skip
    return {line.split()[0]: line.split()[1:] for line in run.stdout.splitlines()}


@pytest.mark.parametrize("name", BOUNDS)
def test_at_the_limit_and_beyond(name: str, found: dict[str, list[str]]) -> None:
    assert found[name] == ["taken", "refused"]


def test_each_bound_is_in_the_docs() -> None:
    page = (Path(__file__).parent.parent / "docs" / "security.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| ")]
    stated = {row[2].strip().replace(",", "") for row in rows if len(row) > 3}
    nearby = {"nesting": MAX_DEPTH, "depth": parsing.MOST_DEPTH, "integer": "2^63"}
    assert {str(nearby.get(name, limit)) for name, (limit, _) in BOUNDS.items()} <= stated


if __name__ == "__main__":
    for name, (limit, taken) in BOUNDS.items():
        verdicts = (in_child(each, taken).replace(" ", "") for each in (limit, limit + 1))
        sys.stdout.write(f"{name} {' '.join(verdicts)}\n")
        sys.stdout.flush()
