"""W06xx: warnings."""

from __future__ import annotations

from archspec.codes.code import Code

CODES: tuple[Code, ...] = ()
