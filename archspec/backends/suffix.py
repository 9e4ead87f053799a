"""What the end of a file's name says of its format."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from archspec.diagnostics import UsageError


def format_of(path: str | os.PathLike[str], suffixes: Mapping[str, str], what: str) -> str:
    """The format that a file's suffix stands for; UsageError for any other, with the suffixes that are known."""
    suffix = Path(path).suffix.lower()
    if suffix in suffixes:
        return suffixes[suffix]
    found = f"`{suffix}` is no format of {what}s" if suffix else "it has no suffix that says the format"
    raise UsageError(f"cannot write a {what} to {os.fspath(path)}: {found}", f"name it {', '.join(suffixes)}")
