"""Diagnostics as text for people, as JSON for scripts, as GitHub commands; `sarif.py` is for those who ask for it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archspec.rendering.excerpts import render_text
    from archspec.rendering.github import render_github
    from archspec.rendering.records import render_json

__all__ = ["render_github", "render_json", "render_text"]

_HOMES = {"render_github": "github", "render_json": "records", "render_text": "excerpts"}


def __getattr__(name: str) -> Any:
    """A way of printing, loaded when it is first asked for: a spec that is right needs none."""
    if name not in _HOMES:
        raise AttributeError(f"module `archspec.rendering` has no attribute `{name}`")
    return getattr(import_module(f"archspec.rendering.{_HOMES[name]}"), name)
