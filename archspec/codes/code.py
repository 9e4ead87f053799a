"""What an error code stands for."""

from __future__ import annotations

from archspec.records import Record


class Code(Record):
    """One kind of mistake: what is wrong, and why it is refused. A spec before and after mending is in `examples`."""

    code: str
    title: str
    explanation: str
