"""The wheel, installed where nothing of the checkout is in reach, works from another directory."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from archspec.codes import CODES

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", env=environment, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_the_package_its_specs_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert wheel.name.startswith("archspec_nn-")
    assert {"archspec/__init__.py", "archspec/py.typed", "archspec/_data/specs/resnet152.yaml"} <= names
    assert {f"archspec/codes/examples/{code}/said.txt" for code in CODES} <= names
    for folder in ("specs", "templates"):
        files = {p.relative_to(ROOT).as_posix() for p in (ROOT / folder).rglob("*") if p.is_file()}
        assert files and {f"archspec/_data/{name}" for name in files} <= names
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"archspec"}


def test_an_installed_wheel_works_from_another_directory(wheel: Path, tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "venv", tmp_path / "elsewhere"
    elsewhere.mkdir()
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    site = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).stdout.strip()
    )
    installed = run(
        sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python,
        "install", "--no-deps", "--no-index", wheel, cwd=elsewhere,
    )  # fmt: skip
    assert installed.returncode == 0, installed.stderr
    # The libraries of the environment that runs the tests; as a plain path entry, so that its own .pth files, which
    # would lead to this checkout, do not count.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")

    found = run(python, "-c", "import archspec; print(archspec.__file__)", cwd=elsewhere)
    assert Path(found.stdout.strip()) == site / "archspec" / "__init__.py", found.stderr
    command = home / "bin" / "archspec"
    checked = run(command, "check", "resnet152", cwd=elsewhere)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "60,192,808" in checked.stdout
    built = run(command, "build", "resnet18", "-o", "net.py", cwd=elsewhere)
    assert built.returncode == 0, built.stderr
    assert (elsewhere / "net.py").read_text(encoding="utf-8").count("class ") == 2
    drawn = run(command, "draw", "resnet34", "resnet34@plain34", "-o", "net.svg", cwd=elsewhere)
    assert drawn.returncode == 0, drawn.stderr
    assert sorted(p.name for p in elsewhere.iterdir()) == ["net.py", "net.svg"]
