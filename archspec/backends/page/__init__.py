"""Pages: one file that shows networks in a browser, with folds, facts on every node, and search."""

from archspec.backends.page.document import LEVELS, write_page

__all__ = ["LEVELS", "write_page"]
