"""SHA-256 as it comes with Python itself: `hashlib` loads OpenSSL for it, which takes longer than a network's check."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from typing import Any

HOMES = ("_sha2" if sys.version_info >= (3, 12) else "_sha256", "hashlib")
"""Where it is, and where it is looked for if Python was built without, as `random` does."""


def sha256_hex(data: bytes) -> str:
    """The SHA-256 of some bytes, in hex."""
    return str(_home().sha256(data).hexdigest())


@cache
def _home() -> Any:
    try:
        return import_module(HOMES[0])
    except ImportError:
        return import_module(HOMES[1])
