"""Figures in Mermaid's language, which GitHub and GitLab draw inside Markdown.

Ids are ours and every label is quoted with its markup as entities, so no name of a spec becomes a link or a directive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from archspec.backends.escape import clean
from archspec.backends.figure.outline import Card, Outline, Step, Tangle, layers
from archspec.backends.figure.scene import WireKind
from archspec.backends.figure.shortcut import tangled
from archspec.backends.figure.theme import LIGHT, fills
from archspec.backends.figure.walk import Walk

_STYLES: Mapping[WireKind, str] = {
    "identity": f"stroke:{LIGHT['identity']},stroke-width:2px",
    "projection": f"stroke:{LIGHT['projection']},stroke-width:2px,stroke-dasharray:6 4",
    "pad": f"stroke:{LIGHT['pad']},stroke-width:2px,stroke-dasharray:2 3",
    "gated": f"stroke:{LIGHT['gated']},stroke-width:2px,stroke-dasharray:8 3 2 3",
}
_BRACKETS = {"pool": ('(["', '"])'), "join": ('(("', '"))'), "input": ('(["', '"])'), "output": ('(["', '"])')}
_ENTITIES = {'"': "#quot;", "#": "#35;", "<": "#lt;", ">": "#gt;", "&": "#amp;", ";": "#59;", "`": "#96;", "\\": "#92;",
    "%": "#37;", "{": "#123;", "}": "#125;",
}  # fmt: skip


def source(outlines: Sequence[Outline], title: str, description: str) -> str:
    """The text of a flowchart with all networks in it, one subgraph each where there are several."""
    widths = (step.shape.channels for outline in outlines for group in outline.groups for step in layers(group.chain))
    writer = _Writer(fills(widths))
    for outline in outlines:
        writer.network(outline, framed=len(outlines) > 1)
    heading = ["flowchart TB", f"  accTitle: {_plain(title)}", f"  accDescr: {_plain(description)}"]
    return "\n".join([*heading, *writer.lines, *writer.rest(), ""])


class _Writer(Walk):
    """Writes chains line by line."""

    def __init__(self, colours: Mapping[int, str]) -> None:
        self.lines: list[str] = []
        self._colours = colours
        self._depth = 1
        self._ids, self._frames = count(), count()
        self._wires: list[str] = []
        self._kinds: dict[WireKind, list[int]] = {}
        self._classes: dict[str, list[str]] = {}

    def network(self, outline: Outline, framed: bool) -> None:
        """A whole network, in a frame with its name where there are others."""
        if framed:
            self._open(f"{outline.title}: {', '.join(outline.facts)}")
        end = self.step(outline.entry) if outline.entry else None
        for group in outline.groups:
            end = self.chain(group.chain, end)
        if framed:
            self._close()

    def rest(self) -> Iterator[str]:
        """The wires, which in a frame would pull their ends into it, and the colours of widths and of shortcuts."""
        yield from self._wires
        for name, nodes in self._classes.items():
            yield f"  classDef {name} fill:{LIGHT[name]},stroke:{LIGHT['outline']},color:{LIGHT['boxink']}"
            yield f"  class {','.join(nodes)} {name}"
        for kind, wires in self._kinds.items():
            yield f"  linkStyle {','.join(map(str, wires))} {_STYLES[kind]}"

    def card(self, card: Card, start: str | None) -> str | None:
        self._open(card.title)
        end = self.chain(card.chain, start)
        self._close()
        return end

    def tangle(self, tangle: Tangle, start: str | None) -> str | None:
        ends: list[str | None] = []
        for index, (first, *rest) in enumerate(tangle.pieces):
            sources = [source for source, goal in tangle.wires if goal == index]
            # What is more than a step has one entrance, inside of it.
            entrance = None if isinstance(first, Step) else _end(sources[0], start, ends)
            end = self.item(first, entrance)
            for source in sources[entrance is not None :]:
                self.wire(_end(source, start, ends), end, tangled(tangle, source, index))
            ends.append(self.chain(tuple(rest), end))
        return ends[-1]

    def step(self, step: Step) -> str:
        node = self._node(step.label, *_BRACKETS.get(step.family, ('["', '"]')))
        coloured = step.family in ("layer", "stage") and step.shape.rank > 2
        name = self._colours.get(step.shape.channels, "neutral") if coloured else "neutral"
        self._classes.setdefault(name, []).append(node)
        return node

    def exit(self, name: str) -> str:
        return self._node(name, *_BRACKETS["output"])

    def _node(self, label: str, opening: str, closing: str) -> str:
        node = f"n{next(self._ids)}"
        self._line(f"{node}{opening}{_label(label)}{closing}")
        return node

    def wire(self, start: str | None, end: str | None, kind: WireKind = "flow", label: str = "") -> None:
        if start is None or end is None:
            return
        if kind != "flow":
            self._kinds.setdefault(kind, []).append(len(self._wires))
        words = f'|"{_label(label)}"|' if label else ""
        self._wires.append(f"  {start} -->{words} {end}")

    def _open(self, label: str) -> None:
        self._line(f'subgraph g{next(self._frames)}["{_label(label)}"]')
        self._depth += 1

    def _close(self) -> None:
        self._depth -= 1
        self._line("end")

    def _line(self, text: str) -> None:
        self.lines.append("  " * self._depth + text)


def _end(source: int, start: str | None, ends: Sequence[str | None]) -> str | None:
    """The node that a wire leaves from, inside a tangle or before it."""
    return start if source < 0 else ends[source]


def _label(text: str) -> str:
    """Words between quotes, with what means something there as entities."""
    written = "".join(_ENTITIES.get(character, character) for character in clean(text))
    return written or " "


def _plain(text: str) -> str:
    """Words up to the end of a line, in which a semicolon or a brace would end the statement."""
    return "".join(character for character in clean(text).replace(";", ",") if character not in '{}#"<>`%')
