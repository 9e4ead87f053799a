"""The types of options: bounded numbers, numbers for both axes, axis labels. Each mistake gets one plain message."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import Discriminator, Field, InstanceOf, Tag, WithJsonSchema

from archspec.shapes import Size

Channels = Annotated[int, Field(ge=1, le=2**20)]
Count = Annotated[int, Field(ge=1, le=2**20)]
Probability = Annotated[float, Field(ge=0, le=1)]
Epsilon = Annotated[float, Field(ge=0, le=1)]
Axis = Annotated[str, Field(pattern="^[A-Z]$")]
"""The label of an axis: N, C, H, W, T, D."""
Axes = Annotated[tuple[Axis, ...], Field(strict=False, min_length=1, max_length=8)]

_Kernel = Annotated[int, Field(ge=1, le=1024)]
_Padding = Annotated[int, Field(ge=0, le=1024)]
_Extent = Annotated[int, Field(ge=1, le=2**24)]


def _form(value: Any) -> str:
    return "pair" if isinstance(value, list | tuple) else "number"


def _form_or_word(value: Any) -> str:
    return "word" if isinstance(value, str) else _form(value)


def _form_or_four(value: Any) -> str:
    return "four" if isinstance(value, list | tuple) and len(value) == 4 else _form(value)


Kernels = Annotated[
    Annotated[_Kernel, Tag("number")] | Annotated[tuple[_Kernel, _Kernel], Field(strict=False), Tag("pair")],
    Discriminator(_form),
]
"""A number of at least 1 for both axes, or (height, width)."""
_Number = Annotated[_Padding, Tag("number")]
_PaddingPair = Annotated[tuple[_Padding, _Padding], Field(strict=False), Tag("pair")]
Paddings = Annotated[_Number | _PaddingPair, Discriminator(_form)]
"""A number of at least 0 for both axes, or (height, width)."""
ConvPadding = Annotated[
    _Number | _PaddingPair | Annotated[Literal["same", "tf_same"], Tag("word")], Discriminator(_form_or_word)
]
"""A padding, `same` (torch: keeps the size at stride 1) or `tf_same` (TensorFlow: ceil(size / stride))."""
PoolPadding = Annotated[
    _Number | _PaddingPair | Annotated[Literal["tf_same"], Tag("word")], Discriminator(_form_or_word)
]
"""A padding, or `tf_same` (TensorFlow: ceil(size / stride))."""
Sides = Annotated[
    _Number | _PaddingPair | Annotated[tuple[_Padding, _Padding, _Padding, _Padding], Field(strict=False), Tag("four")],
    Discriminator(_form_or_four),
]
"""A number for all sides, (height, width), or (left, right, top, bottom) as in `F.pad`."""
Extents = Annotated[tuple[_Extent, ...], Field(strict=False, max_length=8)]
"""The sizes of a tensor; numbers all of them."""
Sizes = Annotated[
    tuple[Annotated[_Extent | InstanceOf[Size], WithJsonSchema({"type": ["integer", "string"]})], ...],
    Field(strict=False, min_length=1, max_length=8),
]
"""A shape, in which the sizes of the input may appear as symbols."""


def words(annotation: Any) -> tuple[str, ...]:
    """The words that an option of this type may be (`same`, `tf_same`): the members of its Literals."""
    found = [w for part in get_args(annotation) for w in ([part] if isinstance(part, str) else words(part))]
    return tuple(dict.fromkeys(found))
