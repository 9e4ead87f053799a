"""Characters as a terminal shows them: escaped where they cannot be seen, and as wide as they are."""

from __future__ import annotations

from archspec.lazy import lazy

unicodedata = lazy("unicodedata")

LEGACY = "##["
"""Opens a command to GitHub's workflows wherever it stands in a line of a log; `::` does at a line's start."""


def printable(text: str) -> str:
    """The text with every control, invisible or bidi character written as an escape (`\\x1b`, `\\u200b`).

    So are the signs that would make a command to GitHub's workflows of it.
    """
    if text.isprintable() and "::" not in text and LEGACY not in text:
        return text
    shown = "".join(cells(text))
    return shown.replace("::", r"\x3a:", 1) if shown.lstrip().startswith("::") else shown


def cells(text: str) -> list[str]:
    """What each character of the text is shown as."""
    shown = [character if " " <= character <= "~" else _shown(character) for character in text]
    at = text.find(LEGACY)
    while at >= 0:
        shown[at + 2] = r"\x5b"
        at = text.find(LEGACY, at + 3)
    return shown


def width(shown: str) -> int:
    """How many columns of a terminal the shown text takes: two for a wide character, none for a combining one."""
    return len(shown) if shown.isascii() else sum(map(_width, shown))


def _shown(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode("ascii")


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
