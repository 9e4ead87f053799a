"""Why a call cannot be served, in words: paths and names in it may come from a stranger's folder."""

from __future__ import annotations

from archspec.diagnostics import UsageError
from archspec.rendering.cells import printable


def render_refusal(error: UsageError) -> str:
    """The message and the help, a line each."""
    lines = [f"error: {error.message}", *([f"help: {error.help}"] if error.help else [])]
    return "".join(f"{printable(line)}\n" for line in lines)
