"""Golden errors: `errors/NAME.yaml` is a wrong spec, `errors/NAME.txt` what is said of it. A new case is two files.

ARCHSPEC_UPDATE_GOLDEN=1 writes the .txt files instead of comparing; read the difference before you commit it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archspec.diagnostics import Diagnostic
from archspec.rendering import render_text
from archspec.source import parse

HERE = Path(__file__).resolve().parent / "errors"
CASES = sorted(HERE.glob("*.yaml"))


def diagnose(path: Path) -> tuple[Diagnostic, ...]:
    """Everything that is wrong with a spec; the one line to change when more of the compiler is to be asked."""
    return parse(path.read_bytes(), path.name)[1]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_is_said_is_what_we_meant(path: Path) -> None:
    text = path.read_bytes().decode("utf-8", "replace")
    rendered = render_text(diagnose(path), {path.name: text})
    golden = path.with_suffix(".txt")
    if os.environ.get("ARCHSPEC_UPDATE_GOLDEN") == "1":
        golden.write_text(rendered, encoding="utf-8", newline="\n")
    assert rendered == golden.read_text(encoding="utf-8")


def test_every_case_says_something_and_no_text_is_left_over() -> None:
    assert len(CASES) >= 20
    assert {path.stem for path in HERE.glob("*.txt")} == {path.stem for path in CASES}
    assert all(path.read_text(encoding="utf-8") for path in HERE.glob("*.txt"))
