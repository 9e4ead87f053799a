"""Numbers as people read them: `3.66 GMACs`, `21.8 M parameters`."""

from __future__ import annotations

_PREFIXES = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))
_ATTACHED = frozenset({"MACs", "FLOPs"})


def quantity(value: int, unit: str) -> str:
    """A number in three significant digits with its unit: `3.66 GMACs`, `21.8 M params`, `640 MACs`."""
    for factor, prefix in _PREFIXES:
        # What rounds up to 1000 of this prefix is 1 of the next.
        if value >= factor * 0.9995:
            number = value / factor
            digits = 2 if number < 9.995 else 1 if number < 99.95 else 0
            return (
                f"{number:.{digits}f} {prefix}{unit}" if unit in _ATTACHED else f"{number:.{digits}f} {prefix} {unit}"
            )
    return f"{value} {unit}"


def counted(count: int, noun: str) -> str:
    """`1 block`, `3 blocks`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def bytes_text(count: int) -> str:
    """Bytes with a binary prefix: `3.06 MiB`."""
    for factor, unit in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if count >= factor:
            return f"{count / factor:.3g} {unit}"
    return f"{count} B"
