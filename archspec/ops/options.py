"""Options of ops: read by their declared types; pydantic is asked, and loaded, only where one does not plainly fit.

`from pydantic import BaseModel` and one model take longer than a whole check. So what plainly fits (an int within its
limits) is taken as it is, and everything else goes to the pydantic model of the same annotations, which decides, and
finds the words for a refusal. The reader never takes what the model would refuse, nor as another value.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Mapping
from functools import cache
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from archspec.ops.base import Op
from archspec.ops.fields import Limits, Spelled
from archspec.records import fields_of

if TYPE_CHECKING:
    from pydantic import BaseModel

Read = Callable[[Any], Any]
UNSURE: Any = object()
"""What a reader says of a value that is for pydantic to decide."""


class OptionsError(ValueError):
    """Options that do not fit; `details` says for each what and where, as pydantic does."""

    def __init__(self, message: str, details: tuple[Mapping[str, Any], ...]) -> None:
        super().__init__(message)
        self.details = details


def make_op(op: type[Op], options: Mapping[str, Any]) -> Op:
    """The op with these options. OptionsError with every option that does not fit."""
    options = {name: _frozen(value) for name, value in options.items()}
    read = {name: read_option(op, name, value) for name, value in options.items()}
    missing = any(field.required and name not in options for name, field in fields_of(op).items())
    if missing or any(value is UNSURE for value in read.values()):
        return _validated(op, options)
    return op(**read)


def read_option(op: type[Op], name: str, value: Any) -> Any:
    """The value as the op will hold it where it plainly fits, else UNSURE."""
    return _reader(op, name)(value) if name in fields_of(op) else UNSURE


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def annotation(op: type[Op], name: str) -> Any:
    """The declared type of an option."""
    owner = next(base for base in op.__mro__ if name in base.__annotations__)
    said = owner.__annotations__[name]
    return _evaluated(said, owner.__module__) if isinstance(said, str) else said


@cache
def _evaluated(text: str, module: str) -> Any:
    return eval(text, vars(sys.modules[module]))


@cache
def _reader(op: type[Op], name: str) -> Read:
    return _reader_of(annotation(op, name))


def _reader_of(hint: Any) -> Read:
    """The value as the op will hold it, or UNSURE."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        read = _reader_of(arguments[0])
        limits = [each for each in hint.__metadata__ if isinstance(each, Limits)]
        limited = _limited(read, limits) if limits else read
        return _spelled(limited) if any(isinstance(each, Spelled) for each in hint.__metadata__) else limited
    if origin is Literal:
        words = frozenset(arguments)
        return lambda value: value if type(value) is str and value in words else UNSURE
    if origin in (Union, types.UnionType):
        return _first_of([_reader_of(member) for member in arguments])
    if origin is tuple:
        return _tuple_of(arguments)
    if hint is float:
        return _float
    return lambda value: value if type(value) is hint else UNSURE


def _float(value: Any) -> Any:
    if type(value) is float:
        return value if isfinite(value) else UNSURE
    return float(value) if type(value) is int and abs(value) < 2**53 else UNSURE


def _limited(read: Read, limits: list[Limits]) -> Read:
    def limited(value: Any) -> Any:
        found = read(value)
        return found if found is not UNSURE and all(each.admit(found) for each in limits) else UNSURE

    return limited


def _spelled(read: Read) -> Read:
    return lambda value: read(Spelled.out(value))


def _first_of(readers: list[Read]) -> Read:
    def first(value: Any) -> Any:
        return next((found for read in readers if (found := read(value)) is not UNSURE), UNSURE)

    return first


def _tuple_of(arguments: tuple[Any, ...]) -> Read:
    several = arguments[-1] is Ellipsis
    readers = [_reader_of(each) for each in arguments if each is not Ellipsis]

    def read(value: Any) -> Any:
        if type(value) is not tuple or not (several or len(value) == len(readers)):
            return UNSURE
        found = tuple(one(each) for one, each in zip(readers * len(value) if several else readers, value, strict=True))
        return UNSURE if any(each is UNSURE for each in found) else found

    return read


def _validated(op: type[Op], options: Mapping[str, Any]) -> Op:
    from pydantic import ValidationError

    try:
        model = model_of(op).model_validate(options)
    except ValidationError as error:
        details: Any = error.errors(include_url=False)
        raise OptionsError(str(error), tuple(details)) from None
    return op(**{name: getattr(model, name) for name in model.model_fields_set})


@cache
def model_of(op: type[Op]) -> type[BaseModel]:
    """The pydantic model of an op's options: it decides in doubt, words refusals and writes the JSON schema."""
    from pydantic import ConfigDict, create_model

    config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, arbitrary_types_allowed=True)
    options: dict[str, Any] = {
        name: (annotation(op, name), ... if field.required else field.default) for name, field in fields_of(op).items()
    }
    model: type[BaseModel] = create_model(op.__name__, __config__=config, __doc__=op.__doc__, **options)
    return model
