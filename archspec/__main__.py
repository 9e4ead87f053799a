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
    _open_streams()
    try:
        code: int = cli.main()
    except KeyboardInterrupt:  # while the command line itself was loaded
        return 130
    gc.freeze()  # else the interpreter, on its way out, looks once more for cycles in all that is left
    return code


def _open_streams() -> None:
    """Streams that the caller has closed (`>&-`) are none to Python; nobody reads them, and nothing can be read."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(command())
