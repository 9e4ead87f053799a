"""Colours of a terminal, or none."""

from __future__ import annotations

from typing import Literal

Role = Literal["error", "warning", "title", "frame", "second", "help"]

_CODES: dict[Role, str] = {
    "error": "1;31",
    "warning": "1;33",
    "title": "1",
    "frame": "1;34",
    "second": "1;34",
    "help": "1;32",
}


def paint(text: str, role: Role, color: bool) -> str:
    """The text in the colour of its role; as it stands where there is no colour or nothing to see."""
    return f"\x1b[{_CODES[role]}m{text}\x1b[0m" if color and text.strip() else text
