"""What `import archspec` offers."""

from __future__ import annotations

from archspec import notebook
from archspec.checked import Checked
from archspec.diagnostics import Diagnostic, SpecError, UsageError
from archspec.pipeline import build, check, compare, diff, draw, load, module, page, summary, table, verify, weights
from archspec.spec.model import Spec

__all__ = [
    "Checked",
    "Diagnostic",
    "Spec",
    "SpecError",
    "UsageError",
    "build",
    "check",
    "compare",
    "diff",
    "draw",
    "load",
    "module",
    "page",
    "summary",
    "table",
    "verify",
    "weights",
]

notebook.install()
