"""`draw`: checked networks in, a figure out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

from archspec.backends import dot, mermaid
from archspec.backends.figure.blocks import read_block
from archspec.backends.figure.closeup import closeups
from archspec.backends.figure.column import compose
from archspec.backends.figure.convert import SCALE, to_pdf, to_png
from archspec.backends.figure.describe import describe
from archspec.backends.figure.formats import SUFFIXES
from archspec.backends.figure.layouts import LAYOUTS, choose
from archspec.backends.figure.outline import Family, Outline
from archspec.backends.figure.reading import Level, read
from archspec.backends.figure.row import rows_of_stages
from archspec.backends.figure.scene import Scene
from archspec.backends.figure.sketch import sketch
from archspec.backends.figure.svg import render
from archspec.backends.figure.theme import LIGHT, PALETTES, THEMES, Theme
from archspec.backends.figure.tikz import tikz
from archspec.backends.suffix import format_of
from archspec.checked import Checked
from archspec.diagnostics import UsageError
from archspec.files import write
from archspec.records import Record
from archspec.text.lines import listed

LEVELS: tuple[Level, ...] = ("model", "stage", "block", "layer")
MOST_LAYERS = 10_000
SHOWN: tuple[Family, ...] = ("norm", "act")
_Word = TypeVar("_Word", bound=str)


class Figure(Record):
    """A drawn figure; in a notebook it shows itself. `description` says in words what it shows.

    `remarks` are what the reader of the call should know: another layout than the usual was taken.
    """

    title: str
    description: str
    place: Callable[[], Scene]
    outlines: tuple[Outline, ...]
    theme: Theme = "auto"
    remarks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Figure(title={self.title!r}, description={self.description!r}, theme={self.theme!r})"

    @property
    def scene(self) -> Scene:
        """What stands where; placed when it is first asked for, since words and graphs need no places."""
        return self.place()

    @property
    def palette(self) -> Mapping[str, str]:
        """The colours for a format that has no style sheets."""
        return PALETTES.get(self.theme, LIGHT)

    @property
    def svg(self) -> str:
        """An SVG document whose colours follow the reader's light or dark scheme, unless a theme was asked for."""
        return self.baked() if self.theme in PALETTES else render(self.scene, self.title, self.description)

    @property
    def dot(self) -> str:
        """The same networks in Graphviz's language."""
        return dot.source(self.outlines, self.title)

    def baked(self) -> str:
        """The SVG with the colours written into it, for converters without style sheets."""
        return render(self.scene, self.title, self.description, self.palette)

    def render(self, form: str, scale: float = SCALE) -> str | bytes:
        """The figure in a format of `FORMATS` but HTML; `scale` is a PNG's pixels per point.

        UsageError for another, or where a PNG's or a PDF's extra is not installed.
        """
        if form not in _WRITERS:
            raise UsageError(f"a figure has no format `{form}`", f"its formats are {', '.join(_WRITERS)}")
        if form == "png":
            return to_png(self.baked(), self.scene.width, self.scene.height, scale)
        return _WRITERS[form](self)

    def save(self, path: str | os.PathLike[str], scale: float = SCALE) -> Path:
        """Write the figure; the suffix says how. UsageError for any other, or what is in the way.

        The file is written whole or not at all, over whatever was there: the call names it, and a figure is made anew
        rather than edited. `archspec draw`, which may choose the name itself, keeps what is not its own.
        """
        known = {suffix: name for suffix, name in SUFFIXES.items() if name in _WRITERS}
        write(path, self.render(format_of(path, known, "figure"), scale))
        return Path(path)

    def __str__(self) -> str:
        return sketch(self.outlines).removesuffix("\n")

    def _repr_svg_(self) -> str:
        return self.svg


_WRITERS: Mapping[str, Callable[[Figure], str | bytes]] = {
    "svg": lambda figure: figure.svg,
    "png": lambda figure: figure.render("png"),
    "pdf": lambda figure: to_pdf(figure.baked()),
    "dot": lambda figure: figure.dot,
    "mermaid": lambda figure: mermaid.source(figure.outlines, figure.title, figure.description),
    "tikz": lambda figure: tikz(figure.scene, figure.palette),
    "text": lambda figure: sketch(figure.outlines),
}


def draw_figure(
    *checked: Checked,
    level: str = "block",
    show: str | Sequence[str] = (),
    block: str | Sequence[str] = (),
    theme: str = "auto",
    wrap: bool = True,
    layout: str = "auto",
) -> Figure:
    """One figure of all networks, side by side.

    `level` "model" draws the stages in a row, "stage" one box a stage, "block" folds equal neighbouring blocks to one
    card, "layer" draws every layer. `show` names what is drawn even where it is usual, "norm" and "act". With `block`
    only the blocks at these paths are drawn, large and with their shapes. `theme` "auto" follows the reader's colour
    scheme, "light", "dark" and "grey" are fixed. Without `wrap` a column may be higher than a page. `layout`
    says who places nodes whose wires do not nest: "column" in lanes beside the column, "dot" (Graphviz), "layers" (no
    program needed), or "auto", which leaves the column where it would be unreadable. UsageError for anything else, or
    where no network is given.
    """
    chosen, colours = _one_of(LEVELS, level, "level"), _one_of(THEMES, theme, "theme")
    laid_out = _one_of(LAYOUTS, layout, "layout")
    shown = frozenset(_one_of(SHOWN, family, "kind of layer") for family in listed(show))
    if not checked:
        raise UsageError("there is nothing to draw", "name at least one network")
    remarks: tuple[str, ...] = ()
    if (block or chosen == "layer") and sum(one.graph.body.layers for one in checked) > MOST_LAYERS:
        raise UsageError(f"a figure of all layers has at most {MOST_LAYERS:,}", "draw stages or blocks: --level block")
    if block:
        outlines = tuple(read_block(one, path) for one in checked for path in listed(block))
        tangles, remarks = choose(laid_out, outlines, close=True)
        place = partial(closeups, outlines, tangles)
    else:
        outlines = tuple(read(one, chosen, shown) for one in checked)
        tangles, remarks = choose(laid_out, outlines)
        place = partial(rows_of_stages, outlines) if chosen == "model" else partial(compose, outlines, wrap, tangles)
    placed = cache(place)
    if laid_out != "auto":
        placed()  # what cannot be laid out as asked is said at once
    title = ", ".join(outline.title for outline in outlines)
    return Figure(title, " ".join(describe(outline) for outline in outlines), placed, outlines, colours, remarks)


def _one_of(known: tuple[_Word, ...], word: str, what: str) -> _Word:
    for one in known:
        if one == word:
            return one
    raise UsageError(f"there is no {what} `{word}`", f"choose from {', '.join(known)}")
