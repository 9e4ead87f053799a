"""The catalogue of codes is complete, and its examples do what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archspec.codes import CODES
from archspec.source import parse

PACKAGE = Path(__file__).resolve().parent.parent / "archspec"
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


@pytest.mark.parametrize("code", [code for code in TEXT if code.bad], ids=lambda code: code.code)
def test_the_bad_example_shows_the_mistake_and_the_mended_one_does_not(code) -> None:
    assert code.code in {found.code for found in parse(code.bad, "bad.yaml")[1]}
    assert parse(code.mended, "mended.yaml")[1] == ()
