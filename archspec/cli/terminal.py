"""What the commands write to: standard output for results, standard error for remarks, colour only where it shows."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Literal, TextIO

from archspec.diagnostics import UsageError
from archspec.lazy import lazy
from archspec.records import Record

rendering = lazy("archspec.rendering")
refusals = lazy("archspec.rendering.refusal")
cells = lazy("archspec.rendering.cells")

ColorChoice = Literal["auto", "always", "never"]


class Terminal(Record):
    """Where results and remarks go. `color` holds for results on `out`."""

    out: TextIO
    err: TextIO
    color: bool = False
    color_err: bool = False
    quiet: bool = False

    def write(self, text: str) -> None:
        """A result, as it stands."""
        self.out.write(text)

    def put(self, made: str | bytes) -> None:
        """A result that may be a picture; UsageError where its bytes would land on a screen."""
        if isinstance(made, str):
            self.write(made)
            return
        if self.out.isatty():
            raise UsageError("a picture is not for a terminal", "-o FILE, or --format text")
        self.out.flush()
        self.out.buffer.write(made)

    def say(self, text: str) -> None:
        """A line of a result."""
        self.out.write(text + "\n")

    def remark(self, text: str) -> None:
        """A line that no script reads; silent under --quiet."""
        if not self.quiet:
            self.tell(cells.printable(text) + "\n")

    def complain(self, text: str) -> None:
        """Lines about a failure; never silent."""
        self.tell("".join(f"{cells.printable(line)}\n" for line in text.split("\n")))

    def refuse(self, error: UsageError) -> None:
        """Why a call cannot be served, with the place in the argument if it has one."""
        if error.diagnostic is not None:
            self.tell(rendering.render_text([error.diagnostic], error.texts, self.color_err))
        else:
            self.tell(refusals.render_refusal(error))

    def tell(self, text: str) -> None:
        """Words beside the result; where nobody can read them (a full disk, a closed pipe), that changes nothing."""
        with suppress(OSError):
            self.err.write(text)

    @contextmanager
    def working(self, what: str) -> Iterator[None]:
        """Show that long work goes on, on a terminal only, and wipe it off afterwards."""
        shown = not self.quiet and self.err.isatty() and os.environ.get("TERM") != "dumb"
        if shown:
            self.err.write(f"{cells.printable(what)} ...")
            self.err.flush()
        try:
            yield
        finally:
            if shown:
                self.err.write("\r\x1b[K")
                self.err.flush()


def open_terminal(choice: ColorChoice, quiet: bool) -> Terminal:
    """The process's own streams, UTF-8 whatever the locale: results are the same bytes everywhere."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    out, err = sys.stdout, sys.stderr
    return Terminal(out, err, wants_color(choice, out, os.environ), wants_color(choice, err, os.environ), quiet)


def wants_color(choice: ColorChoice, stream: TextIO, environment: Mapping[str, str]) -> bool:
    """--color decides, then NO_COLOR (no-color.org: any value but the empty one), then whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    return stream.isatty()
