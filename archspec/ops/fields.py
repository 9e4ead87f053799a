"""The types of options: bounded numbers, numbers for both axes, axis labels. Each mistake gets one plain message.

The annotations speak pydantic's language by its protocol (`__get_pydantic_core_schema__`) and do not import it: a check
in which every option fits has no need of it, see `archspec/ops/options.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, get_args, get_origin

from archspec.shapes import Size

Core = dict[str, Any]
"""A core schema of pydantic, or a JSON schema."""


class Limits:
    """The bounds of a number, the pattern of a text, the lengths of a list, by pydantic's names for them."""

    def __init__(
        self,
        *,
        ge: float | None = None,
        gt: float | None = None,
        le: float | None = None,
        pattern: str | None = None,
        min_length: int | None = None,
        max_length: int | None = None,
    ) -> None:
        said = {"ge": ge, "gt": gt, "le": le, "pattern": pattern, "min_length": min_length, "max_length": max_length}
        self.said = {name: limit for name, limit in said.items() if limit is not None}

    def admit(self, value: Any) -> bool:
        """Whether a value of the right type is within all limits."""
        return all(_WITHIN[name](value, limit) for name, limit in self.said.items())

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Core]) -> Core:
        return {**handler(source), **self.said}


_WITHIN: Mapping[str, Callable[[Any, Any], bool]] = {
    "ge": lambda value, limit: value >= limit,
    "gt": lambda value, limit: value > limit,
    "le": lambda value, limit: value <= limit,
    "pattern": lambda value, limit: re.search(limit, value) is not None and "\n" not in value,
    "min_length": lambda value, limit: len(value) >= limit,
    "max_length": lambda value, limit: len(value) <= limit,
}


class ByForm:
    """Of a union, only the member that has the form of the value speaks: a word, a number, a pair, four numbers."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Core:
        choices = {_form_of(member): handler.generate_schema(member) for member in get_args(source)}

        def form(value: Any) -> str:
            if isinstance(value, list | tuple):
                return "four" if len(value) == 4 and "four" in choices else "pair"
            return "word" if isinstance(value, str) and "word" in choices else "number"

        return {"type": "tagged-union", "choices": choices, "discriminator": form}


def _form_of(member: Any) -> str:
    origin, arguments = get_origin(member), get_args(member)
    if origin is Annotated:
        return _form_of(arguments[0])
    if origin is tuple:
        return "four" if len(arguments) == 4 else "pair"
    return "word" if origin is Literal else "number"


class InSchema:
    """What the JSON schema says of a type that it has no words for."""

    def __init__(self, **said: Any) -> None:
        self.said = said

    def __get_pydantic_json_schema__(self, *_: Any) -> Core:
        return self.said


class Spelled:
    """A list of single letters that may also be written as one word: `NHWC` is [N, H, W, C]."""

    @staticmethod
    def out(value: Any) -> Any:
        """The letters of a word; any other value as it is."""
        return tuple(value) if isinstance(value, str) else value

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Core]) -> Core:
        return {
            "type": "function-before",
            "function": {"type": "no-info", "function": self.out},
            "schema": handler(source),
        }

    def __get_pydantic_json_schema__(self, schema: Core, handler: Callable[[Core], Core]) -> Core:
        return {"anyOf": [handler(schema), {"type": "string", "pattern": "^[A-Z]{1,8}$"}]}


Channels = Annotated[int, Limits(ge=1, le=2**20)]
Count = Annotated[int, Limits(ge=1, le=2**20)]
Probability = Annotated[float, Limits(ge=0, le=1)]
Epsilon = Annotated[float, Limits(ge=0, le=1)]
Axis = Annotated[str, Limits(pattern="^[A-Z]$")]
"""The label of an axis: N, C, H, W, T, D."""
Axes = Annotated[tuple[Axis, ...], Limits(min_length=1, max_length=8), Spelled()]
"""Labels of axes: [H, W], or as one word, HW."""

_Kernel = Annotated[int, Limits(ge=1, le=1024)]
_Padding = Annotated[int, Limits(ge=0, le=1024)]
_Extent = Annotated[int, Limits(ge=1, le=2**24)]
_Pair = tuple[_Padding, _Padding]
_Four = tuple[_Padding, _Padding, _Padding, _Padding]

Kernels = Annotated[_Kernel | tuple[_Kernel, _Kernel], ByForm()]
"""A number of at least 1 for both axes, or (height, width)."""
Paddings = Annotated[_Padding | _Pair, ByForm()]
"""A number of at least 0 for both axes, or (height, width)."""
ConvPadding = Annotated[_Padding | _Pair | Literal["same", "tf_same"], ByForm()]
"""A padding, `same` (torch: keeps the size at stride 1) or `tf_same` (TensorFlow: ceil(size / stride))."""
SamePadding = Annotated[_Padding | _Pair | Literal["tf_same"], ByForm()]
"""A padding, or `tf_same` (TensorFlow: ceil(size / stride))."""
Sides = Annotated[_Padding | _Pair | _Four, ByForm()]
"""A number for all sides, (height, width), or (left, right, top, bottom) as in `F.pad`."""
Extents = Annotated[tuple[_Extent, ...], Limits(max_length=8)]
"""The sizes of a tensor; numbers all of them."""
Sizes = Annotated[
    tuple[Annotated[_Extent | Size, InSchema(type=["integer", "string"])], ...], Limits(min_length=1, max_length=8)
]
"""A shape, in which the sizes of the input may appear as symbols."""
