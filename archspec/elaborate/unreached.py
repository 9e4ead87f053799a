"""Slips in blocks that no call has reached: a call that fails does not look into its block, and there may be more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archspec.elaborate.callee import refuse_op
from archspec.elaborate.scope import Scope
from archspec.ops import OPS
from archspec.report import Report
from archspec.spec.model import (
    Block,
    CallItem,
    ContainerItem,
    DoItem,
    EachItem,
    Item,
    ParallelItem,
    RepeatItem,
)


def refuse_unknown_ops(blocks: Iterable[Block], scope: Scope, report: Report) -> None:
    """An error for each op of these blocks that there is none of, but for those that have one."""
    told = {diagnostic.span for diagnostic in report.diagnostics}
    for block in blocks:
        known = {*scope.blocks, *OPS, *(param.name for param in block.params)}
        for call in _calls(block.body):
            name = call.op.text if call.op is not None else "$"
            if not name.startswith("$") and name not in known and call.span not in told:
                refuse_op(name, scope, call.span, report)


def _calls(items: Iterable[Item]) -> Iterator[CallItem]:
    for item in items:
        if isinstance(item, CallItem):
            yield item
        elif isinstance(item, ContainerItem):
            yield from _calls(item.body)
        elif isinstance(item, EachItem | RepeatItem | DoItem):
            yield from _calls(item.do)
        elif isinstance(item, ParallelItem):
            yield from _calls((*item.branches, *([item.join] if item.join is not None else [])))
