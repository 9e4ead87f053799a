"""The legend: what the signs of a figure mean, of those that are in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archspec.backends.figure.lettering import width
from archspec.backends.figure.scene import Box, Part, Text, Wire, WireKind, moved

_WIRES: Mapping[WireKind, str] = {
    "identity": "identity shortcut",
    "projection": "projection shortcut (with a convolution)",
    "pad": "zero-padding shortcut (no parameters)",
    "gated": "gated or scaled shortcut",
}
_BARS: Mapping[str, str] = {"macs": "MACs of a whole stage", "params": "its parameters"}
_ROW = 12.5


def legend(parts: Sequence[Part], room: float) -> tuple[list[Part], float]:
    """The entries for what `parts` hold, wrapped to `room`, and their height."""
    result: list[Part] = []
    x = y = 0.0
    for sign, words in _entries(parts):
        wide = 30.0 + width(words, 8.0) + 16.0
        if x and x + wide - 16.0 > room:
            x, y = 0.0, y + _ROW
        result += [*moved((sign,), x, y), Text(x + 30.0, y + 7.0, words, 8.0, role="soft")]
        x += wide
    return result, y + _ROW if result else 0.0


def _entries(parts: Sequence[Part]) -> list[tuple[Part, str]]:
    present = {part.kind for part in parts if isinstance(part, Wire)}
    boxes = [part for part in parts if isinstance(part, Box)]
    entries: list[tuple[Part, str]] = [
        (Wire(((0.0, 4.0), (24.0, 4.0)), kind), words) for kind, words in _WIRES.items() if kind in present
    ]
    if any(box.symbol == "+" for box in boxes):
        entries.append((Box(8.0, -1.0, 10.0, 10.0, "circle", fill="joint", symbol="+"), "addition"))
    if any(box.symbol == "×" for box in boxes):
        entries.append((Box(8.0, -1.0, 10.0, 10.0, "circle", fill="joint", symbol="×"), "product"))
    if any(box.heavy for box in boxes):
        entries.append((Box(2.0, -0.5, 22.0, 9.0, "rect", heavy=True), "makes the map smaller"))
    bars = {box.fill for box in boxes if box.shape == "bar"}
    entries += [(Box(4.0, 1.0, 18.0, 5.0, "bar", fill=role), words) for role, words in _BARS.items() if role in bars]
    if any(box.shape == "badge" and "×" in box.lines[0] for box in boxes):
        entries.append((Box(2.0, -2.0, 22.0, 12.0, "badge", ("×N",), "badge", 8.0), "N equal blocks in a row"))
    if any(" =" in f" {line}" for box in boxes for line in box.lines):
        entries.append((Box(2.0, -2.0, 22.0, 12.0, "badge", ("= a",), "badge", 8.0), "with the weights of a"))
    return entries
