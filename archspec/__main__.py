"""`archspec`, and `python -m archspec`: the command line, which has the process to itself."""

from __future__ import annotations

import gc
import io
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
    _flush()
    _leave(code)
    return code


def _flush() -> None:
    """Write what is left. Where nothing can be written (a full disk, a pipe without a reader), `main` has said so where
    it matters: what is left is dropped, else Python would come back to it at the end, with words and a code of its own.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _leave(code: int) -> None:
    """End the process, as mypy does, without taking apart what it made: the system frees that at once.

    Threads, and what is to be done at the end, show by the modules that they take; a profiler has its report to write,
    and `python -i` a prompt to give. They get Python's own way out, on which it looks once more for cycles in all that
    is left unless it is frozen.
    """
    gc.freeze()
    awaited = sys.flags.inspect or sys.getprofile() is not None or sys.gettrace() is not None
    if not awaited and sys.modules.keys().isdisjoint(("atexit", "threading")):
        os._exit(code)


def _open_streams() -> None:
    """Streams that the caller has closed (`>&-`) are none to Python; nobody reads them, and nothing can be read.

    Under `python -u` the rest of what a file or pipe takes in part is lost, unless there is a buffer for it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(getattr(stream, "buffer", None), io.RawIOBase):
            setattr(sys, name, os.fdopen(stream.fileno(), "w", 1, encoding="utf-8", closefd=False))


if __name__ == "__main__":
    sys.exit(command())
