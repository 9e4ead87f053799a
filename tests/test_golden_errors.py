"""Golden errors: `errors/NAME.yaml` is a wrong spec, `errors/NAME.txt` what is said of it. A new case is two files.

A file that starts with `archspec:` is a whole spec and is checked; any other is a piece of text, which is read.
ARCHSPEC_UPDATE_GOLDEN=1 writes the .txt files instead of comparing; read the difference before you commit it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from sarif_schema import sarif_faults

from archspec.codes import CODES
from archspec.diagnostics import Diagnostic, SpecError
from archspec.pipeline import check
from archspec.rendering import render_text
from archspec.rendering.sarif import render_sarif
from archspec.report import Report
from archspec.source import parse
from archspec.spec.load import load_text

HERE = Path(__file__).resolve().parent / "errors"
ROOT = HERE.parent.parent
CASES = sorted(HERE.glob("*.yaml"))


ELSEWHERE = {
    "E0101": "takes a file of a mebibyte, in test_source.py",
    "E0211": "takes several files, in test_language_files.py",
    "E0212": "takes several files, in test_language_files.py",
    "E0405": "of key maps, in test_weights.py",
    "E0501": "of the command line, in test_cli.py",
    "E0502": "of the command line, in test_cli.py",
}
"""Codes that one spec alone cannot show; warnings have tests/test_lints.py."""


def diagnose(path: Path) -> tuple[tuple[Diagnostic, ...], Mapping[str, str]]:
    """Everything that is wrong with a spec, and the texts that it speaks of."""
    data = path.read_bytes()
    if not data.startswith(b"archspec:"):
        return parse(data, path.name)[1], {path.name: data.decode("utf-8", "replace")}
    try:
        check(load_text(data, path.name, None, {}, Report()))
    except SpecError as error:
        return error.diagnostics, error.texts
    return (), {}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_is_said_is_what_we_meant(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # messages name the library's files from here
    diagnostics, texts = diagnose(path)
    rendered = render_text(diagnostics, texts)
    golden = path.with_suffix(".txt")
    if os.environ.get("ARCHSPEC_UPDATE_GOLDEN") == "1":
        golden.write_text(rendered, encoding="utf-8", newline="\n")
    assert rendered == golden.read_text(encoding="utf-8")
    assert sarif_faults(render_sarif(diagnostics)) == []


SPELT = re.compile(r"did you mean `([^`]+)`\?")


def test_a_spelling_that_is_offered_mends_the_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken as it is offered, it is a name that is there: what was wrong at that place is so no longer."""
    monkeypatch.chdir(ROOT)
    taken = 0
    for path in CASES:
        for found in diagnose(path)[0] if SPELT.search(path.with_suffix(".txt").read_text("utf-8")) else ():
            offered, span = SPELT.search(found.help or ""), found.span
            if offered is None or span is None or span.file != path.name:
                continue
            lines = path.read_text("utf-8").split("\n")
            line = lines[span.line - 1]
            lines[span.line - 1] = line[: span.column - 1] + offered[1] + line[span.end_column - 1 :]
            mended = tmp_path / path.name
            mended.write_text("\n".join(lines), encoding="utf-8")
            left = diagnose(mended)[0]
            taken += 1
            assert not [
                d
                for d in left
                if d.code == found.code and d.span and (d.span.line, d.span.column) == (span.line, span.column)
            ], path.stem
    assert taken >= 20


def test_every_case_says_something_and_no_text_is_left_over() -> None:
    assert len(CASES) >= 150
    assert {path.stem for path in HERE.glob("*.txt")} == {path.stem for path in CASES}
    assert all(path.read_text(encoding="utf-8") for path in HERE.glob("*.txt"))


def test_every_code_of_an_error_has_a_case() -> None:
    """Here, or in the test that is named; a code that nobody can meet is no code."""
    shown = {
        code for path in HERE.glob("*.txt") for code in re.findall(r"^error\[(\w+)\]", path.read_text("utf-8"), re.M)
    }
    errors = {code for code in CODES if code.startswith("E")}
    assert errors - shown == set(ELSEWHERE)
    for code, why in ELSEWHERE.items():
        assert code in (ROOT / "tests" / why.rpartition(" ")[2]).read_text(encoding="utf-8"), code
