"""What a notebook shows of each value: figures and tables, and the errors of a spec that has some."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

import archspec

BROKEN = """\
archspec: 1
name: broken
input: x[N, 3, 8, 8]
net:
  - fc: {op: linaer, out: 10}  # <script>alert(1)</script>
"""


@pytest.mark.parametrize("value", [archspec.load("lenet"), archspec.check("lenet")], ids=["spec", "checked"])
def test_networks_are_figure_and_summary(value: Any) -> None:
    assert ElementTree.fromstring(value._repr_svg_()).tag.endswith("svg")
    shown = value._repr_html_()
    assert value._repr_svg_() in shown and "<table" in shown and "61,706" in shown
    assert "| fc1 |" in value._repr_markdown_()


def test_a_wrong_spec_shows_its_errors() -> None:
    spec = archspec.load(BROKEN)
    shown = spec._repr_html_()  # type: ignore[attr-defined]
    assert shown.startswith("<pre>error[E0217]") and "did you mean `linear`" in shown
    assert "<script" not in shown and "&lt;script" in shown
    assert spec._repr_svg_() is None and spec._repr_markdown_() is None  # type: ignore[attr-defined]


def test_results_show_themselves() -> None:
    figure, table, summary = archspec.draw("lenet"), archspec.table("lenet", "vgg19"), archspec.summary("lenet")
    assert figure._repr_svg_() == figure.svg and str(figure).startswith("lenet\n")
    assert "<table" in table._repr_html_() and "| " in table._repr_markdown_()
    assert "<table" in summary._repr_html_() and "| " in summary._repr_markdown_()
    changed, same = archspec.diff("lenet", "resnet18"), archspec.diff("lenet", "lenet")
    assert "<table" in changed._repr_html_() and "| conv1 |" in changed._repr_markdown_()
    assert "no difference" in same._repr_html_() and "no difference" in same._repr_markdown_()
