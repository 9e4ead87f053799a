"""Making a failing spec small: parts are left out while what fails stays the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from fuzz.case import Case

Path = tuple[Any, ...]


def shrunk(case: Case, fails: Callable[[Case], bool], tries: int = 600) -> Case:
    """The least spec found that still fails."""
    changed = True
    while changed and tries > 0:
        changed = False
        for path in list(_paths(case.files)):
            smaller = _without(case, path)
            if smaller is None:
                continue
            tries -= 1
            if fails(smaller):
                case, changed = smaller, True
                break
            if tries <= 0:
                break
    return case


def _paths(tree: Any, at: Path = ()) -> Iterator[Path]:
    """Every part of a tree, the large ones first."""
    parts = list(tree.items()) if isinstance(tree, dict) else list(enumerate(tree)) if isinstance(tree, list) else []
    yield from ((*at, key) for key, _ in parts)
    for key, part in parts:
        yield from _paths(part, (*at, key))


def _without(case: Case, path: Path) -> Case | None:
    smaller = case.copy()
    smaller.mutations, smaller.expected, smaller.base = case.mutations, case.expected, case.base
    holder: Any = smaller.files
    for key in path[:-1]:
        try:
            holder = holder[key]
        except (KeyError, IndexError):
            return None
    if path[-1] in ("archspec", "op", "main.yaml") or (len(holder) < 2 and isinstance(holder, dict)):
        return None
    del holder[path[-1]]
    return smaller
