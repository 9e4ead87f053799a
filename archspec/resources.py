"""Where the built-in specs and templates are: inside the installed package, or beside it in a checkout."""

from __future__ import annotations

import os.path
from typing import Literal

from archspec.diagnostics import UsageError

_PACKAGE = os.path.dirname(os.path.realpath(__file__))


def folder(name: Literal["specs", "templates"]) -> str:
    """The folder of the built-in `specs` or `templates`. UsageError if the installation lacks it.

    A wheel carries both in `archspec/_data`; an editable install and a checkout have them at the repository's root.
    """
    for root in (os.path.join(_PACKAGE, "_data"), os.path.dirname(_PACKAGE)):
        found = os.path.join(root, name)
        if os.path.isdir(found):
            return found
    raise UsageError(f"the installation of archspec lacks its {name}", "install it again; it does not run from a zip")
