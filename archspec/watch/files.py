"""When files change, told by what is in them: a save by renaming, a file that comes back, a clock that lies."""

from __future__ import annotations

import time
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from archspec.text.lines import MAX_BYTES

EVERY = 0.02
"""Seconds between two looks, or if that is longer, LEISURE times what a look takes."""

LEISURE = 20

SETTLING = 0.015
"""Seconds that files must stay as they are: an editor that writes in two steps is not caught between them."""

Fingerprint = dict[Path, bytes | None]
"""The digest of each file; None for one that is not there."""


def fingerprint(files: Iterable[Path]) -> Fingerprint:
    """What is in these files now."""
    return {file: _digest(file) for file in files}


def changed(seen: Fingerprint, patience: float | None = None) -> Fingerprint:
    """What is in the files once it is something else than `seen`, or after `patience` seconds."""
    end = None if patience is None else time.monotonic() + patience
    while True:
        start = time.monotonic()
        now = fingerprint(seen)
        if now != seen or (end is not None and start >= end):
            break
        time.sleep(max(EVERY, LEISURE * (time.monotonic() - start)))
    before: Fingerprint = seen
    while now != before:
        time.sleep(SETTLING)
        before, now = now, fingerprint(now)
    return now


def _digest(file: Path) -> bytes | None:
    try:
        with file.open("rb") as stream:
            return sha256(stream.read(MAX_BYTES + 1)).digest()
    except OSError:
        return None
