"""Characters as a terminal shows them: escaped where they cannot be seen, and as wide as they are."""

from __future__ import annotations

from unicodedata import category, east_asian_width


def printable(text: str) -> str:
    """The text with every control, invisible or bidi character written as an escape (`\\x1b`, `\\u200b`)."""
    return text if text.isprintable() else "".join(map(_shown, text))


def cells(text: str) -> list[str]:
    """What each character of the text is shown as."""
    return [character if " " <= character <= "~" else _shown(character) for character in text]


def width(shown: str) -> int:
    """How many columns of a terminal the shown text takes: two for a wide character, none for a combining one."""
    return len(shown) if shown.isascii() else sum(map(_width, shown))


def _shown(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _width(character: str) -> int:
    if category(character) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1
