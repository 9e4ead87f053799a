"""The catalogue of codes is complete, and its examples do what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from test_docs import generate

from archspec.codes import CODES, example_of
from archspec.codes.example import EXAMPLES

PACKAGE = Path(__file__).resolve().parent.parent / "archspec"
MESSAGE = re.compile(r"^(?:error\[|warning\[|::error title=)(\w+)", re.M)
TEXT = [code for code in CODES.values() if code.code.startswith("E01")]


def used_codes() -> set[str]:
    sources = (path for path in PACKAGE.rglob("*.py") if path.parent.name != "codes")
    # Quoted, so that prose (`E0301` in a docstring) does not count.
    return {code for path in sources for code in re.findall(r"[\"']([EW]\d{4})[\"']", path.read_text(encoding="utf-8"))}


def test_every_code_in_use_is_explained() -> None:
    assert used_codes() - set(CODES) == set()


def test_every_text_code_explained_is_in_use() -> None:
    assert {code.code for code in TEXT} - used_codes() == set()


def test_codes_stand_in_order_and_in_the_file_of_their_range() -> None:
    assert list(CODES) == sorted(CODES, key=lambda code: (code[0], code))
    assert all(re.fullmatch(r"E0[1-5]\d\d|W06\d\d", code) for code in CODES)


BESIDE = {"E0307": {"E0301"}}
"""That no size fits is said beside the error at the size that was tried."""


@pytest.mark.parametrize("code", CODES)
def test_the_bad_example_shows_the_mistake_and_the_mended_one_does_not(code: str) -> None:
    wrong, said = generate.ran(code, "bad")
    assert said == example_of(code).message, "run `python docs/generate.py` and read the difference"
    assert set(MESSAGE.findall(said)) == {code} | BESIDE.get(code, set())
    assert (wrong > 0) == code.startswith("E")
    right, said = generate.ran(code, "mended")
    assert (right, MESSAGE.findall(said)) == (0, []), said


def test_every_code_has_a_bad_example_its_message_and_a_mended_one() -> None:
    """A file, or where a file alone cannot show it, a command."""
    assert {path.name for path in EXAMPLES.iterdir()} == set(CODES)
    for code in CODES:
        example = example_of(code)
        assert example.bad or "bad.yaml" not in example.command, code
        assert example.mended or "mended.yaml" not in example.mended_command, code
        assert example.message, code
