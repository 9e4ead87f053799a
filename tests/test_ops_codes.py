"""Each shape error explained is shown by its own example, and mended by the other."""

from __future__ import annotations

import pytest

from archspec.codes.shapes import CODES
from archspec.diagnostics import SpecError
from archspec.pipeline import check

HEAD = "archspec: 1\nname: example\n"


@pytest.mark.parametrize("code", [code for code in CODES if code.bad], ids=lambda code: code.code)
def test_the_bad_example_is_refused_and_the_mended_one_is_not(code) -> None:
    with pytest.raises(SpecError) as refused:
        check(HEAD + code.bad)
    # That no size fits is said beside the error at the size that was tried.
    expected = [code.code, "E0301"] if code.code == "E0307" else [code.code]
    assert [d.code for d in refused.value.diagnostics] == expected
    assert all(d.span is not None and d.title for d in refused.value.diagnostics)
    check(HEAD + code.mended)
