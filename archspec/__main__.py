"""`archspec`, and `python -m archspec`: the command line, which has the process to itself."""

from __future__ import annotations

import gc
import os
import sys

from archspec.lazy import lazy

cli = lazy("archspec.cli")

RARELY = 100_000
"""Objects between two collections of cycles: a process this short hardly makes any, and would search for them often."""


def command() -> int:
    """Run it. Python is set up first, for that tells on what is loaded after."""
    # Looking for plugins of pydantic scans every installed package, and would run their code on a stranger's spec.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.set_threshold(RARELY)
    code: int = cli.main()
    gc.freeze()  # else the interpreter, on its way out, looks once more for cycles in all that is left
    return code


if __name__ == "__main__":
    sys.exit(command())
