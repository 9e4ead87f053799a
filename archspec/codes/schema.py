"""E02xx: the schema of a spec, its names, parameters and expressions."""

from __future__ import annotations

from archspec.codes.code import Code

CODES: tuple[Code, ...] = ()
