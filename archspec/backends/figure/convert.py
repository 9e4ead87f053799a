"""SVG to PNG and PDF, through small wheels that are extras. What cannot be converted is an error, no lesser picture."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import Any

from archspec.backends.figure.theme import FONTS
from archspec.diagnostics import UsageError
from archspec.extras import remedy

SCALE = 2.0
"""Pixels per point of the figure: sharp on a page and on most screens."""

MOST_PIXELS, MOST_AREA = 16_000, 20_000_000
"""Pixels along a side, beyond which few programs open the picture, and in all: each takes 8 bytes to draw."""

MOST_SVG = 4 << 20
"""Characters of a figure as PDF: a thousand layers take one million, a million takes the converter a second or two."""

_TRIES = 200
"""The converter writes the fonts in an order of chance: it is asked until they are sorted, so that bytes are equal."""

_FONT_NAME = re.compile(rb"/FontName /\w+\+(\S+)")
_FONT_REFERENCES = re.compile(rb"(?:^ */fo\d+ \d+ 0 R\n)+", re.MULTILINE)

_PROBE = f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" font-family="{FONTS}">{{}}</svg>'


def to_png(svg: str, width: float, height: float, scale: float = SCALE) -> bytes:
    """The picture with `scale` pixels a point. UsageError without resvg-py or fonts, or where it would be too large."""
    if not 0 < scale <= 16:
        raise UsageError(f"a scale of {scale:g} makes no picture", "take a number above 0, up to 16")
    most = min(MOST_PIXELS / max(width, height), (MOST_AREA / width / height) ** 0.5)
    if scale > most:
        raise UsageError(
            f"the picture would be {width * scale:.0f}×{height * scale:.0f} pixels,"
            f" more than {MOST_PIXELS:,} along a side or {MOST_AREA:,} in all",
            f"--scale {most:.1g}, a coarser --level, or a format that has no pixels (svg, pdf)",
        )
    library = _extra("resvg_py", "png")
    _check_fonts_for_png()
    return bytes(library.svg_to_bytes(svg_string=svg, dpi=96, zoom=scale))


def to_pdf(svg: str) -> bytes:
    """One page of the figure's size, its text still text. UsageError without svg2pdf-py or fonts, or if too large."""
    if len(svg) > MOST_SVG:
        raise UsageError(
            f"the figure is too large for PDF: {len(svg):,} characters of SVG, more than {MOST_SVG:,}",
            "a coarser --level, or SVG: -o figure.svg",
        )
    library = _extra("svg2pdf_py", "pdf")
    _check_fonts_for_pdf()
    for _ in range(_TRIES):
        document = bytes(library.svg_to_pdf(svg, _fonts()))
        names = _FONT_NAME.findall(document)
        if names == sorted(names):
            break
    # Their dictionary is in an order of chance too; sorted in place it is no longer than it was.
    return _FONT_REFERENCES.sub(lambda found: b"".join(sorted(found[0].splitlines(keepends=True))), document)


def _extra(module: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ModuleNotFoundError:
        raise UsageError(
            f"{extra.upper()} needs the package {module.replace('_', '-')}, which is not installed",
            f"write SVG, -o figure.svg, or {remedy(extra)}",
        ) from None


@cache
def _fonts() -> Any:
    fonts = import_module("svg2pdf_py").FontDatabase()
    fonts.load_system_fonts()
    return fonts


@cache
def _check_fonts_for_png() -> None:
    """Without a font the converters leave text out in silence, so the picture would be of empty boxes."""
    draw = import_module("resvg_py").svg_to_bytes
    blank, word = (draw(svg_string=_PROBE.format(inside)) for inside in ("", '<text y="15">MM</text>'))
    _check_fonts(blank != word)


@cache
def _check_fonts_for_pdf() -> None:
    library = import_module("svg2pdf_py")
    plain = library.ConversionOptions(compress=False)
    _check_fonts(b"/Font" in library.svg_to_pdf(_PROBE.format('<text y="15">MM</text>'), _fonts(), plain))


def _check_fonts(found: bool) -> None:
    if not found:
        raise UsageError(
            "this machine has none of the fonts that the figure may use, and a picture without text would be wrong",
            f"install one of {FONTS.rsplit(',', 1)[0]} (on Debian: fonts-dejavu-core), or write SVG: -o figure.svg",
        )
