"""archspec: a short YAML spec of a neural network, checked, drawn, and compiled to PyTorch source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archspec.lazy import lazy
from archspec.version import VERSION as __version__

if TYPE_CHECKING:
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
    "__version__",
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

_pipeline, _notebook = lazy("archspec.pipeline"), lazy("archspec.notebook")


def __getattr__(name: str) -> Any:
    """What is public, loaded when it is first asked for: the command sets Python up before it loads anything."""
    if name not in __all__:
        raise AttributeError(f"module `archspec` has no attribute `{name}`")
    _notebook.install()
    found = globals()[name] = getattr(_pipeline, name)
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
