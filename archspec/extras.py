"""How an optional part is installed; the package is on no index, so from its clone."""

from __future__ import annotations


def remedy(extra: str) -> str:
    """The command that installs an extra of pyproject.toml."""
    return f"in your clone of archspec: pip install -e '.[{extra}]' -c constraints.txt"
