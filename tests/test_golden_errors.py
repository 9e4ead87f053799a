"""Golden errors: `errors/NAME.yaml` is a wrong spec, `errors/NAME.txt` what is said of it. A new case is two files.

A file that starts with `archspec:` is a whole spec and is checked; any other is a piece of text, which is read.
ARCHSPEC_UPDATE_GOLDEN=1 writes the .txt files instead of comparing; read the difference before you commit it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from sarif_schema import sarif_faults

from archspec.codes import CODES
from archspec.diagnostics import Diagnostic, SpecError
from archspec.pipeline import check, read
from archspec.rendering import render_json, render_text
from archspec.rendering.sarif import render_sarif
from archspec.text.source import parse
from archspec.work import MOST_REREAD

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
        check(read(data, path.name, None, {}))
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


def test_an_edit_that_is_offered_mends_the_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made in the file, what was wrong at that place is so no longer; and no spelling is offered without an edit."""
    monkeypatch.chdir(ROOT)
    taken = spelt = 0
    for path in CASES:
        for found in diagnose(path)[0]:
            span, edit = found.span, found.edit
            if edit is None:
                assert not SPELT.fullmatch(found.help or "") or not path.read_bytes().startswith(b"archspec:")
                continue
            assert span == edit.span and span is not None
            lines = path.read_text("utf-8").split("\n")
            line = lines[span.line - 1]
            lines[span.line - 1] = line[: span.column - 1] + edit.text + line[span.end_column - 1 :]
            mended = tmp_path / path.name
            mended.write_text("\n".join(lines), encoding="utf-8")
            taken += 1
            spelt += bool(SPELT.match(found.help or ""))
            assert not [
                d
                for d in diagnose(mended)[0]
                if d.code == found.code and d.span and (d.span.line, d.span.column) == (span.line, span.column)
            ], path.stem
    assert taken >= 40 and spelt >= 15


NET = "archspec: 1\nname: net\ninput: x[N, 3, 8, 8]\nnet:\n"


def test_a_spelling_that_mends_nothing_is_not_offered() -> None:
    with pytest.raises(SpecError) as error:
        check(NET + "  - {op: conv2d, out: 4, kernel: 3, kernl: 5}\n  - {op: rellu}\n")
    option, op = error.value.diagnostics
    assert (option.code, option.help, option.edit) == ("E0222", None, None)  # `kernel` is there already
    assert op.help == "did you mean `relu`?" and op.edit is not None and op.edit.text == "relu"


def test_what_comes_to_light_in_the_place_of_a_mistake_is_no_reason_for_an_edit() -> None:
    with pytest.raises(SpecError) as error:
        check(NET + "  - {op: covn2d, kernel: 3}\n")
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.help == "did you mean `conv2d`?" and diagnostic.edit is None


def test_an_edit_is_in_what_programs_read() -> None:
    with pytest.raises(SpecError) as error:
        check(NET + "  - {op: 'rellu'}\n")
    (record,) = json.loads(render_json(error.value.diagnostics))
    place = {"file": "<text>", "line": 5, "column": 10, "end_line": 5, "end_column": 17}
    assert record["edit"] == {"span": place, "text": "'relu'"}
    (result,) = json.loads(render_sarif(error.value.diagnostics))["runs"][0]["results"]
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 5, "startColumn": 10, "endLine": 5, "endColumn": 17},
            "insertedContent": {"text": "'relu'"},
        }
    ]


def test_rereading_is_bounded() -> None:
    """A spec may be as large as it may be, and each of its mistakes is still said."""
    many = "".join(f"  - n{k}: {{op: rellu}}  # {'-' * 90}\n" for k in range(40))
    with pytest.raises(SpecError) as error:
        check(NET + many)
    assert all(d.edit is not None for d in error.value.diagnostics)
    with pytest.raises(SpecError) as error:
        check(NET + many + "#" * MOST_REREAD)
    assert len(error.value.diagnostics) == 40 and not any(d.edit or d.help for d in error.value.diagnostics)


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
