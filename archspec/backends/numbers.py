"""Numbers as people read them: `3.66 G`, `21.8 M`."""

from __future__ import annotations

_PREFIXES = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


def scaled(value: int) -> str:
    """Three significant digits with a prefix: 3,663,761,408 is `3.66 G`; below a thousand the number itself."""
    for factor, prefix in _PREFIXES:
        # 999,950 rounds up to the next prefix.
        if value >= factor * 0.9995:
            number = value / factor
            digits = 2 if number < 9.995 else 1 if number < 99.95 else 0
            return f"{number:.{digits}f} {prefix}"
    return str(value)


def counted(count: int, noun: str) -> str:
    """`1 block`, `3 blocks`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def bytes_text(count: int) -> str:
    """Bytes with a binary prefix: `3.06 MiB`."""
    for factor, unit in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if count >= factor:
            return f"{count / factor:.3g} {unit}"
    return f"{count} B"
