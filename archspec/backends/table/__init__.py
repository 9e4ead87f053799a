"""Tables of architectures: read from the stages, aligned, and written as text, Markdown, LaTeX, HTML, CSV or JSON."""

from archspec.backends.table.architecture import FIGURES, FORMATS, SUFFIXES, Table, format_of, make_table

__all__ = ["FIGURES", "FORMATS", "SUFFIXES", "Table", "format_of", "make_table"]
