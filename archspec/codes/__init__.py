"""The catalogue of error codes, one file for each range; `archspec explain` prints from it.

E01xx text and YAML, E02xx schema, names, parameters and expressions, E03xx shapes and ops, E04xx expectations,
requirements and weights, E05xx files and usage, W06xx warnings. A code keeps its meaning for ever; a new one is one
entry in the tuple of its range, and a folder in `examples`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from archspec.codes import expectations, files, schema, shapes, text, warnings
from archspec.codes.code import Code
from archspec.codes.example import Example, example_of

CODES: Mapping[str, Code] = MappingProxyType(
    {
        code.code: code
        for codes in (text.CODES, schema.CODES, shapes.CODES, expectations.CODES, files.CODES, warnings.CODES)
        for code in codes
    }
)

__all__ = ["CODES", "Code", "Example", "example_of"]
