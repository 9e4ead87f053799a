"""Figures of checked networks: read into an outline, laid out in columns, written as SVG."""

from archspec.backends.figure.drawing import LEVELS, Figure, draw_figure

__all__ = ["LEVELS", "Figure", "draw_figure"]
