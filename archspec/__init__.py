"""archspec: a short YAML spec of a neural network, checked, drawn, and compiled to PyTorch source."""

from archspec import notebook
from archspec.checked import Checked
from archspec.diagnostics import Diagnostic, SpecError, UsageError
from archspec.pipeline import build, check, compare, draw, load, module, page, summary, table, verify, weights
from archspec.spec.model import Spec
from archspec.version import VERSION as __version__

__all__ = [
    "Checked",
    "Diagnostic",
    "Spec",
    "SpecError",
    "UsageError",
    "__version__",
    "build",
    "check",
    "compare",
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
