"""The command line: one verb per command; it parses, calls the pipeline and prints."""

from __future__ import annotations

from archspec.cli.main import main

__all__ = ["main"]
