"""`archspec`, and `python -m archspec`: the command line, which has the process to itself."""

from __future__ import annotations

import gc
import os
import sys

from archspec import records
from archspec.lazy import lazy

cli = lazy("archspec.cli")

RARELY = 100_000
"""Objects between two collections of cycles: a process this short hardly makes any, and would search for them often."""


def command() -> int:
    """Run it. Python is set up first, for that tells on what is loaded after."""
    # Looking for plugins of pydantic scans every installed package, and would run their code on a stranger's spec.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.set_threshold(RARELY)
    records.unguarded()
    _open_streams()
    try:
        code: int = cli.main()
    except KeyboardInterrupt:  # while the command line itself was loaded
        return 130
    _leave(code)
    return code


def _leave(code: int) -> None:
    """End the process, as mypy does, without taking apart what it made: the system frees that at once.

    What has threads, or something to do at the end, has loaded `threading`, and a profiler has its report to write:
    they get Python's own way out, on which it looks once more for cycles in all that is left unless it is frozen.
    """
    gc.freeze()
    if "threading" in sys.modules or sys.getprofile() is not None or sys.gettrace() is not None:
        return
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        return  # Python says it
    os._exit(code)


def _open_streams() -> None:
    """Streams that the caller has closed (`>&-`) are none to Python; nobody reads them, and nothing can be read."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(command())
