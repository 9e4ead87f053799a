"""Figures of checked networks: read into an outline, laid out in columns, written as SVG."""

from archspec.backends.figure.drawing import LEVELS, Figure, draw_figure
from archspec.backends.figure.theme import THEMES

__all__ = ["LEVELS", "THEMES", "Figure", "draw_figure"]
