"""Records behave as frozen dataclasses do: the standard library's is the oracle."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from pathlib import Path
from typing import Any, ClassVar

import pytest

from archspec import records
from archspec.records import Record, field, replace

ROOT = Path(__file__).parents[1]


class Point(Record):
    """With a default, a made default, a field that is set afterwards and one that does not count."""

    KIND: ClassVar[str] = "point"
    x: int
    y: int = 2
    tags: tuple[str, ...] = field(default_factory=tuple)
    note: str = field(default="", compare=False)
    total: int = field(default=0, init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", self.x + self.y)


@dataclass(frozen=True, slots=True)
class Twin:
    """The same, by the standard library."""

    x: int
    y: int = 2
    tags: tuple[str, ...] = dataclass_field(default_factory=tuple)
    note: str = dataclass_field(default="", compare=False)
    total: int = dataclass_field(default=0, init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", self.x + self.y)


class Solid(Point):
    """A record with a field more."""

    z: int = 0


class Empty(Record):
    """Nothing."""


class Slate(Record, frozen=False):
    """A builder."""

    lines: list[str] = field(default_factory=list)


CALLS: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...] = (
    ((1,), {}), ((1, 2), {}), ((), {"x": 1, "y": 3}), ((1,), {"note": "n"}), ((1, 2, ("a",)), {}),
)  # fmt: skip


def test_equality_and_hash_are_those_of_a_dataclass() -> None:
    for args, options in CALLS:
        for others, other_options in CALLS:
            mine = Point(*args, **options) == Point(*others, **other_options)
            assert mine == (Twin(*args, **options) == Twin(*others, **other_options))
        assert hash(Point(*args, **options)) == hash(Twin(*args, **options))
        assert Point(*args, **options).total == Twin(*args, **options).total
    assert Point(1) != Twin(1) and Point(1) != Solid(1) and Empty() == Empty() and Slate() != Slate()


@pytest.mark.parametrize("call", [((), {}), ((1, 2, (), "", 3), {}), ((1,), {"w": 1}), ((1,), {"total": 1})])
def test_a_wrong_call_is_refused(call: tuple[tuple[Any, ...], dict[str, Any]]) -> None:
    for kind in (Point, Twin, Point):
        with pytest.raises(TypeError):
            kind(*call[0], **call[1])


def test_a_record_does_not_change_and_a_builder_does() -> None:
    point = Point(1)
    for name in ("x", "unknown"):
        with pytest.raises(AttributeError):
            setattr(point, name, 2)
        with pytest.raises(AttributeError):
            delattr(point, name)
    assert not hasattr(point, "__dict__")
    first, second = Slate(), Slate()
    first.lines.append("a")
    second.lines = ["b"]
    assert (first.lines, second.lines) == (["a"], ["b"]) and len({first, second}) == 2


def test_without_the_guard_only_the_guard_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_guarded", False)

    class Place(Record):
        x: int
        y: int = 2
        tags: tuple[str, ...] = field(default_factory=tuple)
        note: str = field(default="", compare=False)

    for args, options in CALLS:
        place, point = Place(*args, **options), Point(*args, **options)
        assert repr(place).endswith(repr(point).replace("Point", "Place")) and hash(place) == hash(point)
        assert place == Place(*args, **options) != point and replace(place, x=9).note == point.note
    place = Place(1)
    place.x = 5  # type: ignore[misc]  # mypy guards it all the same
    assert place == Place(5) and not hasattr(place, "__dict__")
    with pytest.raises(TypeError):
        Place()  # type: ignore[call-arg]


def test_the_command_line_alone_does_without_the_guard() -> None:
    ask = "from archspec.checked import Checked; print(Checked.__setattr__ is object.__setattr__)"
    call = "import sys, threading; from archspec.__main__ import command; sys.argv[1:] = ['-q', 'check', 'lenet']"
    for before, unguarded in (("import archspec.__main__", False), (f"{call}; command()", True)):
        done = subprocess.run(
            [sys.executable, "-c", f"{before}; {ask}"], capture_output=True, encoding="utf-8", cwd=ROOT, check=True
        )
        assert done.stdout.split() == [str(unguarded)]


def test_copies_and_replacements() -> None:
    solid = Solid(1, note="n", z=7)
    for same in (copy.copy(solid), copy.deepcopy(solid), pickle.loads(pickle.dumps(solid)), replace(solid)):
        assert same == solid and same.note == "n" and same.total == 3
    assert replace(solid, x=5) == Solid(5, z=7) and replace(solid, x=5).total == 7
    with pytest.raises(TypeError):
        replace(solid, w=1)
    assert repr(solid) == "Solid(x=1, y=2, tags=(), z=7)" and repr(Empty()) == "Empty()"
