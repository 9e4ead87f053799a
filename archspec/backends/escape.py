"""Words of a spec as other languages take them: nothing in them is markup, a command or a formula there."""

from __future__ import annotations

import re
import unicodedata

_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': "''", "“": "``", "”": "''", "`": r"\`{}", "'": "'{}", "-": "{-}",
    "[": "{[}", "]": "{]}",
    "×": r"$\times$", "→": r"$\to$", "∥": r"$\parallel$", "·": r"$\cdot$", "−": "$-$", "…": r"\ldots{}",
    "≥": r"$\geq$", "≤": r"$\leq$", "–": "--",
}  # fmt: skip
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!~$])")
_FORMULA = "=+-@\t\r"
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Co"})


def clean(text: str) -> str:
    """The text on one line without control, formatting or unassigned characters."""
    spaced = " ".join(text.split())
    return "".join(c for c in spaced if unicodedata.category(c) not in _UNSEEN)


def latex_text(text: str) -> str:
    """Text for LaTeX; letters beyond ASCII stay, so those beyond Latin script want XeLaTeX or LuaLaTeX."""
    return "".join(_LATEX.get(character, character) for character in clean(text))


def markdown_text(text: str) -> str:
    """Text that GitHub's Markdown prints as it stands, in a table too."""
    return _MARKDOWN.sub(r"\\\1", clean(text).replace("&", "&amp;"))


def sheet_text(text: str) -> str:
    """Text that no spreadsheet takes for a formula: what begins like one gets an apostrophe."""
    return f"'{text}" if text.startswith(tuple(_FORMULA)) else text
