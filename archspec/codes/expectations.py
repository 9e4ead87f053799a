"""E04xx: expectations, requirements and weights."""

from __future__ import annotations

from archspec.codes.code import Code

CODES: tuple[Code, ...] = ()
