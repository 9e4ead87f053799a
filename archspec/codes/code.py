"""What an error code stands for."""

from __future__ import annotations

from archspec.records import Record


class Code(Record):
    """One kind of mistake: what is wrong, why it is refused, and a spec before and after mending.

    `bad` and `mended` are pieces of a spec; "" where no text can show it.
    """

    code: str
    title: str
    explanation: str
    bad: str = ""
    mended: str = ""
