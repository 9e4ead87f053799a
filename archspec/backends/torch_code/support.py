"""Pieces that generated source carries with it: what torch has no module for. Their text lies beside the templates."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from archspec.resources import folder

NEEDS = {
    **dict.fromkeys(("Conv2dSame", "MaxPool2dSame", "AvgPool2dSame"), ("same_padding",)),
    **dict.fromkeys(("WindowAttention", "WindowAttentionV2"), ("windows", "offset_index")),
    "RelativeAttention": ("offset_index",),
}
PIECES = (
    "make_divisible",
    "same_padding",
    "crop_like",
    "causal_mask",
    "space_to_depth",
    "window_partition",
    "window_reverse",
    "windows",
    "offset_index",
    "Conv2dSame",
    "ConvTranspose2dSame",
    "MaxPool2dSame",
    "AvgPool2dSame",
    "DropPath",
    "LayerNorm2d",
    "WindowAttention",
    "WindowAttentionV2",
    "RelativeAttention",
    "Permute",
)


def pieces(wanted: Iterable[str]) -> list[str]:
    """The texts of the wanted pieces and of what they need, in a fixed order."""
    names = set(wanted)
    names |= {need for name in names for need in NEEDS.get(name, ())}
    unknown = names - set(PIECES)
    if unknown:
        raise LookupError(f"no support piece is called {sorted(unknown)}")
    return [
        Path(folder("templates"), "support", f"{name}.py").read_text("utf-8").rstrip("\n")
        for name in PIECES
        if name in names
    ]


__all__ = ["PIECES", "pieces"]
