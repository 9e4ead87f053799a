"""`draw`: checked networks in, a figure out."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from archspec.backends import dot
from archspec.backends.figure.column import compose
from archspec.backends.figure.describe import describe
from archspec.backends.figure.outline import Outline
from archspec.backends.figure.reading import Level, read
from archspec.backends.figure.scene import Scene
from archspec.backends.figure.svg import render
from archspec.backends.figure.theme import DARK, LIGHT
from archspec.checked import Checked
from archspec.diagnostics import UsageError
from archspec.files import write

LEVELS: tuple[Level, ...] = ("stage", "block", "layer")
FORMATS = (".svg", ".dot")


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawn figure; in a notebook it shows itself. `description` says in words what it shows."""

    title: str
    description: str
    scene: Scene = field(repr=False)
    outlines: tuple[Outline, ...] = field(repr=False)

    @property
    def svg(self) -> str:
        """An SVG document whose colours follow the reader's light or dark scheme."""
        return render(self.scene, self.title, self.description)

    @property
    def dot(self) -> str:
        """The same networks in Graphviz's language."""
        return dot.source(self.outlines, self.title)

    def baked(self, dark: bool = False) -> str:
        """The SVG with one scheme's colours written into it, for converters without style sheets."""
        return render(self.scene, self.title, self.description, DARK if dark else LIGHT)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the figure; the suffix says how (.svg, .dot). UsageError for any other, or what is in the way."""
        target = Path(path)
        suffix = target.suffix.lower()
        if suffix not in FORMATS:
            named = f"`{suffix}`" if suffix else "no suffix"
            raise UsageError(
                f"cannot write a figure to {target}: {named} is no format of figures",
                f"name a file that ends in {' or '.join(FORMATS)}",
            )
        write(target, self.svg if suffix == ".svg" else self.dot)
        return target

    def _repr_svg_(self) -> str:
        return self.svg


def draw_figure(*checked: Checked, level: str = "block") -> Figure:
    """One figure of all networks, side by side.

    `level` "stage" draws one box a stage, "block" folds equal neighbouring blocks to one card, "layer" draws every
    layer. UsageError for another level, or where no network is given.
    """
    chosen = next((known for known in LEVELS if known == level), None)
    if chosen is None:
        raise UsageError(f"there is no level `{level}`", f"the levels are {', '.join(LEVELS)}")
    if not checked:
        raise UsageError("there is nothing to draw", "name at least one network")
    outlines = tuple(read(one, chosen) for one in checked)
    title = ", ".join(outline.title for outline in outlines)
    return Figure(title, " ".join(describe(outline) for outline in outlines), compose(outlines), outlines)
