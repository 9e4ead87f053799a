"""Files with their params filled in, and the blocks that are visible in them."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.elaborate.env import Env
from archspec.records import Record, field
from archspec.spec.model import Block, SpecFile
from archspec.text.source import Entry, ScalarValue, Value


class Scope(Record, frozen=False):
    """A spec file with values for its params: what its blocks see, besides their own params."""

    file: SpecFile
    env: Env = field(default_factory=lambda: Env({}, {}))
    blocks: dict[str, BlockRef] = field(default_factory=dict)
    uses: list[tuple[Scope, ScalarValue, tuple[Entry, ...]]] = field(default_factory=list)


class BlockRef(Record):
    """A block in the scope of its file; what a param of type `block` holds."""

    block: Block
    scope: Scope

    def __str__(self) -> str:
        return self.block.name


class OpRef(Record):
    """An op passed as a param."""

    name: str

    def __str__(self) -> str:
        return self.name


Given = Mapping[str, tuple[Value, Env]]
"""Arguments as written, each with the names of the place where it is written."""
