"""Diagnostics as text for people, as JSON for scripts, as GitHub commands; `sarif.py` is for those who ask for it."""

from __future__ import annotations

from archspec.rendering.excerpts import render_text
from archspec.rendering.github import render_github
from archspec.rendering.records import render_json

__all__ = ["render_github", "render_json", "render_text"]
