"""The same bytes whatever the hash seed, the locale, the working directory, the line ends and the Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NETWORKS = ("resnet18", "googlenet", "inception_v3")
SPECS = "120"
MODULES = ("graphviz", "jinja2", "networkx", "pydantic", "yaml")


def digests(folder: Path, where: Path, python: str = sys.executable, **environment: str) -> dict[str, str]:
    """The digest of everything made of some networks of a folder and of random specs, in a process of its own."""
    script = "import sys; from fuzz.artefacts import main; main(sys.argv[1:])"
    made = subprocess.run(
        [python, "-c", script, "--folder", str(folder), "--specs", SPECS, "--only", *NETWORKS],
        cwd=where,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert made.returncode == 0, made.stderr[-2000:]
    found: dict[str, str] = json.loads(made.stdout)
    return found


@pytest.fixture(scope="module")
def usual() -> dict[str, str]:
    found = digests(ROOT / "specs", ROOT, PYTHONHASHSEED="0")
    assert len(found) > 4 * len(NETWORKS) + 20
    return found


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "4294967295", "LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONHASHSEED": "7", "LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu", "COLUMNS": "40", "NO_COLOR": "1"},
    ],
    ids=["hash seed", "C locale", "Turkish locale"],
)
def test_circumstances_leave_no_trace(usual: dict[str, str], environment: dict[str, str]) -> None:
    assert digests(ROOT / "specs", ROOT, **environment) == usual


def test_what_was_checked_before_leaves_no_trace() -> None:
    """What is remembered of the values, items and calls of one variant says nothing else of the next."""
    code = """
import hashlib, sys, archspec
spec = archspec.load("specs/resnet50.yaml")
names = [None, *spec.variants]
made = {str(name): archspec.build(spec, name) for name in (names if sys.argv[1] == "forth" else names[::-1])}
print(hashlib.sha256(repr(sorted(made.items())).encode()).hexdigest(), len(set(made.values())))
"""
    said = [
        subprocess.run([sys.executable, "-c", code, order], cwd=ROOT, capture_output=True, check=True, encoding="utf-8",
                       env={**os.environ, "PYTHONPATH": str(ROOT)}).stdout
        for order in ("forth", "back")
    ]  # fmt: skip
    assert said[0] == said[1]
    assert int(said[0].split()[1]) > 3


def test_the_working_directory_and_the_line_ends_leave_no_trace(usual: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    shutil.copytree(ROOT / "specs", folder)
    for path in folder.rglob("*.yaml"):
        path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    found = digests(folder, tmp_path)
    places = {name for name in usual if name.endswith(("table", "words"))}  # where a size is asked for, as a path
    assert {name for name in usual if found[name] != usual[name]} <= places and len(places) < len(usual) // 4


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_every_python_gives_the_same(usual: dict[str, str], version: str) -> None:
    """Where there is such an interpreter, and it has what archspec needs."""
    python = shutil.which(f"python{version}")
    imports = f"import sys, {', '.join(MODULES)}; assert sys.version_info[:2] == {tuple(map(int, version.split('.')))}"
    if python is None or subprocess.run([python, "-c", imports], capture_output=True, check=False).returncode:
        pytest.skip(f"no Python {version} with {', '.join(MODULES)}")
    assert digests(ROOT / "specs", ROOT, python) == usual
