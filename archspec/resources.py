"""Where the built-in specs and templates are: inside the installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parent


def folder(name: Literal["specs", "templates"]) -> Path:
    """The folder of the built-in `specs` or `templates`. FileNotFoundError if the installation lacks it.

    A wheel carries both in `archspec/_data`; an editable install and a checkout have them at the repository's root.
    """
    for root in (_PACKAGE / "_data", _PACKAGE.parent):
        if (root / name).is_dir():
            return root / name
    raise FileNotFoundError(f"the installation of archspec lacks its {name}; install it again")
