"""Rooms that are entered when first used: `check` must not pay for figures, nor `import archspec` for torch."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class LazyModule:
    """A module, imported at the first access to one of its attributes.

    It is not in `sys.modules`, where whoever looks through all modules, as torch does, would load it in mid-import.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)


def lazy(name: str) -> LazyModule:
    """The module `name`, to be imported when it is needed."""
    return LazyModule(name)
