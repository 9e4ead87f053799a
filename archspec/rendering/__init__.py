"""Diagnostics as text for people, as JSON for scripts, as GitHub commands and as SARIF."""

from __future__ import annotations

from archspec.rendering.excerpts import render_text
from archspec.rendering.github import render_github
from archspec.rendering.records import render_json
from archspec.rendering.sarif import render_sarif

__all__ = ["render_github", "render_json", "render_sarif", "render_text"]
