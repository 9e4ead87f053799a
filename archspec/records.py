"""The nouns: what `dataclass(frozen=True, slots=True)` gives, without its price at every start.

A frozen dataclass writes and compiles seven methods and makes its class twice, 0.3 ms each, and a check knows a hundred
of them. A record inherits its methods, and its `__init__` is compiled when the first instance is made.

Nothing assigns to a frozen record: mypy sees to that in our code, and in other code it is an error when it is run. The
command line hands none to other code, and does without the guard (`unguarded`): it doubles the time to make one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter
from types import FunctionType
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T", bound="Record")
ABSENT: Any = object()


_guarded = True


def unguarded() -> None:
    """From now on classes of frozen records are made without the guard; for a process whose records only we see."""
    global _guarded
    _guarded = False


class Field:
    """A field's default, or what makes it; whether `__init__` takes it, and whether equality looks at it."""

    __slots__ = ("compare", "default", "factory", "init")

    def __init__(self, default: Any, factory: Callable[[], Any] | None, init: bool, compare: bool) -> None:
        self.default, self.factory, self.init, self.compare = default, factory, init, compare

    @property
    def required(self) -> bool:
        """Whether it has neither."""
        return self.default is ABSENT and self.factory is None


def field(
    *,
    default: Any = ABSENT,
    default_factory: Callable[[], Any] | None = None,
    init: bool = True,
    compare: bool = True,
) -> Any:
    """As in `dataclasses`: a default made anew for each record, a field that `__post_init__` sets or `==` ignores."""
    return Field(default, default_factory, init, compare)


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
class RecordType(type):
    """Makes the class of a record: each annotated name is a field with a slot."""

    __fields__: Mapping[str, Field]
    __values__: Callable[[Any], Any]
    """The fields that equality looks at."""

    def __new__(
        cls, name: str, bases: tuple[type, ...], space: dict[str, Any], *, eq: bool = True, frozen: bool = True
    ) -> RecordType:
        hints: Mapping[str, Any] = space.get("__annotations__", {})
        own = {each: space.pop(each, ABSENT) for each, hint in hints.items() if "ClassVar[" not in str(hint)}
        space["__slots__"] = tuple(own)
        space.setdefault("__init__", _first_init)
        if not (eq and frozen):
            space.update(__eq__=object.__eq__, __hash__=object.__hash__)
        if not (frozen and _guarded):
            space.update(__setattr__=object.__setattr__, __delattr__=object.__delattr__)
        made = super().__new__(cls, name, bases, space)
        inherited = {each: about for base in bases for each, about in getattr(base, "__fields__", {}).items()}
        made.__fields__ = inherited | {
            each: about if isinstance(about, Field) else Field(about, None, True, True) for each, about in own.items()
        }
        compared = [each for each, about in made.__fields__.items() if about.compare]
        made.__values__ = attrgetter(*compared) if compared else type
        return made

    def __init__(cls, *_: Any, **__: Any) -> None:
        """Nothing is left to do."""


def _first_init(self: Record, *args: Any, **options: Any) -> None:
    """Stands in for the `__init__` of a class without instances."""
    type(self).__init__ = _compiled_init(type(self))  # type: ignore[method-assign]
    type(self).__init__(self, *args, **options)


def _compiled_init(cls: RecordType) -> Callable[..., None]:
    """The `__init__` of a class: that of its form, with the class's names for arguments and its slots for setters."""
    values: dict[str, Any] = {"ABSENT": ABSENT}
    slots: dict[str, str] = {}
    taken, defaults = ["self"], list[Any]()
    form: list[tuple[bool, bool]] = []
    frozen = cls.__setattr__ is vars(Record)["__setattr__"]
    for name, about in cls.__fields__.items():
        if about.required and not about.init:
            continue
        index, made = len(form), about.factory is not None
        form.append((about.init, made))
        if frozen:
            values[f"set_{index}"] = getattr(cls, name).__set__
        slots[f"slot_{index}"] = name
        if made:
            values[f"make_{index}"] = about.factory
        if about.init:
            taken.append(name)
            if not about.required:
                defaults.append(about.default)
        else:
            values[f"default_{index}"] = about.default
    code = _init_of_form(tuple(form), frozen, hasattr(cls, "__post_init__")).__code__
    code = code.replace(co_varnames=tuple(taken), co_names=tuple([slots.get(name, name) for name in code.co_names]))
    return FunctionType(code, values, "__init__", tuple(defaults))


@cache
def _init_of_form(form: tuple[tuple[bool, bool], ...], frozen: bool, then: bool) -> FunctionType:
    """An `__init__` for so many fields: for each whether it is taken, and whether it is made if it is not given.

    Compiled once for all classes of the form: one of its own for each of them would be a tenth of a check's time.
    """
    taken, lines = ["self"], []
    for index, (init, made) in enumerate(form):
        value = f"value_{index}" if init else f"default_{index}"
        if init:
            taken.append(value)
        if made:
            value = f"make_{index}() if {value} is ABSENT else {value}"
        lines.append(f" set_{index}(self, {value})\n" if frozen else f" self.slot_{index} = {value}\n")
    if then:
        lines.append(" self.__post_init__()\n")
    names: dict[str, Any] = {}
    exec(f"def __init__({', '.join(taken)}):\n{''.join(lines) or ' pass'}", names)
    init_of_form: FunctionType = names["__init__"]
    return init_of_form


class Record(metaclass=RecordType):
    """Equal to a record of the same class with equal fields."""

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if self.__class__ is not other.__class__:
            return NotImplemented
        values = self.__class__.__values__
        return bool(values(self) == values(other))

    def __hash__(self) -> int:
        return hash(self.__class__.__values__(self))

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name, about in type(self).__fields__.items() if about.compare)
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"cannot assign to `{name}`: a {type(self).__name__} is frozen")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"cannot delete `{name}`: a {type(self).__name__} is frozen")

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), as_dict(self))


def fields_of(cls: type[Record]) -> Mapping[str, Field]:
    """The fields of a record by name, in order."""
    return cls.__fields__


def as_dict(record: Record) -> dict[str, Any]:
    """The values that make a record, by name."""
    return {name: getattr(record, name) for name, about in type(record).__fields__.items() if about.init}


def replace(record: T, **changes: Any) -> T:
    """The record with other values in some fields."""
    return type(record)(**{**as_dict(record), **changes})


def _restored(cls: type[T], values: dict[str, Any]) -> T:
    return cls(**values)
