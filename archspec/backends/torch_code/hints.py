"""The types of constructor arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ClassName(str):
    """The name of a class as a value: `nn.ReLU`."""


def annotation(values: Sequence[Any]) -> str:
    """The type that holds all of some values."""
    kinds = {type(value) for value in values if value is not None}
    if ClassName in kinds:
        return "type[nn.Module]"
    names = {bool: "bool", int: "int", float: "float", str: "str"}
    found = [
        names.get(kind) or next((names[k] for k in (int, float, str) if issubclass(kind, k)), "") for kind in kinds
    ]
    if found and all(found):
        text = "float" if set(found) == {"int", "float"} else " | ".join(sorted(set(found)))
    else:
        lengths = {len(value) for value in values if isinstance(value, (tuple, list))}
        exact = next(iter(lengths)) if len(lengths) == 1 and max(lengths) <= 4 else None
        text = " | ".join(sorted({_type(value, exact) for value in values if value is not None}))
    return f"{text} | None" if None in values else text


def _type(value: Any, length: int | None = None) -> str:
    if isinstance(value, (tuple, list)):
        inner = " | ".join(sorted({_type(item) for item in value})) or "int"
        return f"tuple[{', '.join([inner] * length if length else [inner, '...'])}]"
    return next((kind.__name__ for kind in (bool, int, float) if isinstance(value, kind)), "str")


__all__ = ["ClassName", "annotation"]
