"""What a notebook shows of the values that stand before the backends: a spec and a checked network as figure and table.

They cannot import what draws them, so the methods are given to them here, from above. Figures, tables and summaries
have methods of their own.
"""

from __future__ import annotations

from archspec import pipeline
from archspec.checked import Checked
from archspec.diagnostics import SpecError
from archspec.lazy import lazy
from archspec.spec.model import Spec

markup = lazy("html")
rendering = lazy("archspec.rendering")


def install() -> None:
    """Give `Spec` and `Checked` the methods that Jupyter looks for."""
    for shown in (Spec, Checked):
        for name, method in (("_repr_html_", html), ("_repr_svg_", svg), ("_repr_markdown_", markdown)):
            setattr(shown, name, method)


def html(network: Spec | Checked) -> str:
    """The figure with the summary below it; of a spec that is wrong, its diagnostics."""
    try:
        checked = pipeline.check(network)
    except SpecError as error:
        return f"<pre>{markup.escape(rendering.render_text(error.diagnostics, error.texts, False))}</pre>"
    return f"<div>{pipeline.draw(checked).svg}</div>{pipeline.summary(checked)._repr_html_()}"


def svg(network: Spec | Checked) -> str | None:
    """The figure; None of a spec that is wrong, for which the HTML has the words."""
    try:
        return pipeline.draw(network).svg
    except SpecError:
        return None


def markdown(network: Spec | Checked) -> str | None:
    """The summary; None of a spec that is wrong."""
    try:
        return pipeline.summary(network)._repr_markdown_()
    except SpecError:
        return None
