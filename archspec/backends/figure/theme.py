"""Colours and fonts. Fills are keyed by channel width: darker is wider, in grey too.

The ladder's smallest colour difference over normal, protan, deutan and tritan sight is 17 (CIE76). Colour is never the
only carrier: widths are written in the boxes and shortcuts differ in their dashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

Theme = Literal["auto", "light", "dark", "grey"]
"""Whose colours a figure has: the reader's own scheme, or those of one palette."""

FONTS = "Helvetica, Arial, 'Liberation Sans', 'Noto Sans CJK SC', 'DejaVu Sans', sans-serif"
LADDER = ("w1", "w2", "w3", "w4", "w5")
DASHES: Mapping[str, str] = {"projection": "4.5 2.6", "pad": "1.3 2.2", "gated": "6 2 1.4 2"}

LIGHT: Mapping[str, str] = {
    "paper": "#ffffff", "ink": "#1b1f24", "soft": "#5a626c", "wire": "#4a4f57", "span": "#a3abb6",
    "hairline": "#d4d8de", "outline": "#3a4048", "heavy": "#1b1f24", "joint": "#ffffff",
    "card": "#fbfcfd", "cardline": "#9aa3ae", "boxink": "#1b1f24",
    "w1": "#fff3c4", "w2": "#bfe4f6", "w3": "#f7b98b", "w4": "#7fbfb0", "w5": "#a98ad0", "neutral": "#f2f2f2",
    "identity": "#0b4f8a", "projection": "#a63a00", "pad": "#a63a00", "gated": "#6b2f8f",
    "macs": "#5b7fa8", "params": "#9aa7b5", "badge": "#1b1f24", "badgeink": "#ffffff",
}  # fmt: skip
DARK: Mapping[str, str] = {
    **LIGHT,
    "paper": "#14181d", "ink": "#e8ebef", "soft": "#a5adb8", "wire": "#a9b1bc", "span": "#59636f",
    "hairline": "#363d47", "outline": "#0d1014", "heavy": "#ffffff", "joint": "#e8ebef", "card": "#1b2027",
    "cardline": "#59636f", "identity": "#6cb4f2", "projection": "#f0955a", "pad": "#f0955a", "gated": "#c79be8",
    "macs": "#6d97c7", "params": "#6f7c8a", "badge": "#e8ebef", "badgeink": "#14181d",
}  # fmt: skip
GREY: Mapping[str, str] = {
    **LIGHT,
    "w1": "#f4f4f4", "w2": "#dcdcdc", "w3": "#c2c2c2", "w4": "#a6a6a6", "w5": "#8c8c8c", "neutral": "#ffffff",
    "identity": "#2a2a2a", "projection": "#2a2a2a", "pad": "#2a2a2a", "gated": "#2a2a2a",
    "macs": "#6e6e6e", "params": "#a8a8a8", "wire": "#4a4a4a", "span": "#a8a8a8", "soft": "#5c5c5c",
    "hairline": "#d6d6d6", "ink": "#1c1c1c", "boxink": "#1c1c1c", "outline": "#3c3c3c", "heavy": "#1c1c1c",
    "card": "#fbfbfb", "cardline": "#a0a0a0", "badge": "#1c1c1c",
}  # fmt: skip
PALETTES: Mapping[Theme, Mapping[str, str]] = {"light": LIGHT, "dark": DARK, "grey": GREY}
THEMES: tuple[Theme, ...] = ("auto", "light", "dark", "grey")


def fills(widths: Iterable[int]) -> dict[int, str]:
    """A step of the ladder for each channel width, ranked and spread over all five steps; more widths share steps."""
    ranked = sorted(set(widths))
    last = max(len(ranked) - 1, len(LADDER) - 1)
    return {width: LADDER[rank * (len(LADDER) - 1) // last] for rank, width in enumerate(ranked)}


def stylesheet() -> str:
    """CSS that works without variables, and where they exist follows the reader's colour scheme."""
    light = "".join(f"--as-{name}:{value};" for name, value in LIGHT.items())
    dark = "".join(f"--as-{name}:{value};" for name, value in DARK.items() if value != LIGHT[name])
    plain = "".join(_rule(name, value) for name, value in LIGHT.items())
    variable = "".join(_rule(name, f"var(--as-{name})") for name in LIGHT)
    themed = f".archspec{{{light}}}@media (prefers-color-scheme:dark){{.archspec{{{dark}}}}}{variable}"
    return f"{plain}@supports (--as:0){{{themed}}}"


def _rule(name: str, value: str) -> str:
    return f".archspec .f-{name}{{fill:{value}}}.archspec .s-{name}{{stroke:{value}}}"
