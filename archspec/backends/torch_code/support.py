"""Pieces that generated source carries with it: what torch has no module for. Written to be read where they land."""

from __future__ import annotations

PIECES: dict[str, str] = {}
