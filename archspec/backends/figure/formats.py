"""The formats of figures: what files are called, and how a file of each says where it comes from."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.records import Record
from archspec.seal import DOT, LATEX, MERMAID, XML, Comment


class Format(Record):
    """`comment` is how the format writes one; None where it has none (a binary picture is stamped instead)."""

    suffixes: tuple[str, ...]
    comment: Comment | None = None


FORMATS: Mapping[str, Format] = {
    "svg": Format((".svg",), XML),
    "html": Format((".html", ".htm"), XML),
    "png": Format((".png",)),
    "pdf": Format((".pdf",)),
    "dot": Format((".dot", ".gv"), DOT),
    "mermaid": Format((".mmd", ".mermaid"), MERMAID),
    "tikz": Format((".tikz", ".tex"), LATEX),
    "text": Format((".txt",)),
}
SUFFIXES: Mapping[str, str] = {suffix: name for name, form in FORMATS.items() for suffix in form.suffixes}
