"""`python -m archspec` is the command line."""

from __future__ import annotations

import sys

from archspec.cli import command

if __name__ == "__main__":
    sys.exit(command())
