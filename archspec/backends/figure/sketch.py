"""A figure in characters, for a terminal: the same outline with its folds and skips, drawn with box-drawing letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count, zip_longest

from archspec.backends.escape import clean
from archspec.backends.figure.outline import (
    Branch,
    Card,
    Chain,
    Fork,
    Group,
    Item,
    Outline,
    Step,
    Tail,
    Tangle,
    is_entered,
    output,
)
from archspec.backends.figure.scene import WireKind
from archspec.backends.numbers import counted, quantity
from archspec.backends.stages import size_text
from archspec.backends.table.align import align
from archspec.records import Record, replace
from archspec.rendering.cells import cells, width

_JOINTS = {"add": "⊕", "mul": "⊗"}
_LANES: Mapping[WireKind, tuple[str, str]] = {
    "identity": ("─", "│"), "projection": ("╌", "╎"), "pad": ("┈", "┊"), "gated": ("╍", "╏"), "flow": ("─", "│"),
}  # fmt: skip
_KINDS: Mapping[WireKind, str] = {"projection": "projection", "pad": "zero-padding", "gated": "gated or scaled"}
_APART = 4


class Sketch(Record):
    """Lines of characters, all equally wide, around a trunk in column `axis`."""

    lines: tuple[str, ...]
    axis: int

    @property
    def wide(self) -> int:
        return max(map(width, self.lines), default=1)


class Column(Record):
    """A network in lines: its head, then its stretches of one output size; `trunk` is the line of a bare wire."""

    head: tuple[str, ...]
    stretches: tuple[tuple[str, tuple[str, ...]], ...]
    trunk: str


def sketch(outlines: Sequence[Outline]) -> str:
    """All networks side by side, each under its name and aligned on output size; below, what the lanes mean."""
    columns = _aligned([_network(outline) for outline in outlines])
    wide = [max(map(width, column)) for column in columns]
    rows = zip_longest(*columns, fillvalue="")
    gap = " " * _APART
    body = [gap.join(map(_padded, row, wide)).rstrip() for row in rows]
    signs = [f"{_LANES[kind][1]} {words}" for kind, words in _KINDS.items() if _LANES[kind][1] in "".join(body)]
    signs += [f"{_LANES['identity'][1]} identity"] * bool(signs)
    return "\n".join([*body, "", "shortcuts: " + ", ".join(signs)] if signs else body) + "\n"


def _aligned(columns: Sequence[Column]) -> list[list[str]]:
    """The lines of each column, stretches of one size side by side; the wire goes on where a column has less there."""
    rows = align([[size for size, _ in column.stretches] for column in columns])
    made = [[*column.head] for column in columns]
    for place, row in enumerate(rows):
        here = [() if at is None else column.stretches[at][1] for column, at in zip(columns, row, strict=True)]
        tall = max(map(len, here))
        for index, (column, own) in enumerate(zip(columns, here, strict=True)):
            done = sum(other[index] is not None for other in rows[: place + 1])
            goes_on = 0 < done < len(column.stretches)
            made[index] += [*own, *[column.trunk if goes_on else ""] * (tall - len(own))]
    return made


def _network(outline: Outline) -> Column:
    """One network: sizes on the left, where they change, and what stages cost on the right."""
    rows: list[tuple[str, Sketch, str]] = []
    size = ""
    if outline.entry is not None:
        size = size_text(outline.entry.shape)
        rows.append((size, _step(outline.entry), ""))
    for group in outline.groups:
        cost = _cost(group)
        for item in group.chain:
            shape = output(item)
            new = size_text(shape) if shape is not None else size
            rows.append((new if new != size else "", _item(item), cost))
            size, cost = new, ""
    rows = _with_ends(rows)
    axis = max(drawn.axis for _, drawn, _ in rows)
    gutter = max(width(size) for size, _, _ in rows) + 2
    lines: list[tuple[str, str, str]] = []
    for index, (size, drawn, cost) in enumerate(rows):
        shift = " " * (axis - drawn.axis)
        lines += [("", " " * axis + "│", "")] * bool(index)
        lines += [("" if at else size, shift + line, "" if at else cost) for at, line in enumerate(drawn.lines)]
    wide = max(width(line) for _, line, _ in lines) + 3
    stretches: list[tuple[str, tuple[str, ...]]] = []
    for size, line, cost in lines:
        made = (_padded(size, gutter) + _padded(line, wide) + cost).rstrip()
        if size or not stretches:
            stretches.append((size, (made,)))
        else:
            stretches[-1] = stretches[-1][0], (*stretches[-1][1], made)
    head = _shown(outline.title), _shown(" · ".join(outline.facts)), ""
    return Column(head, tuple(stretches), " " * (gutter + axis) + "│")


def _with_ends(rows: list[tuple[str, Sketch, str]]) -> list[tuple[str, Sketch, str]]:
    """The rows with no wire below a last output."""
    size, last, cost = rows[-1]
    return [*rows[:-1], (size, _ended(last), cost)]


def _ended(drawn: Sketch) -> Sketch:
    """Nothing goes on below: an output taken off there is where the wire ends."""
    at = drawn.axis
    begins = [index for index, line in enumerate(drawn.lines) if line[at : at + 3] == "├─▸"]
    if not begins or any(line[at : at + 1] != "│" for line in drawn.lines[begins[-1] + 1 :]):
        return drawn
    signs = ["╰" if index == begins[-1] else " " for index in range(begins[-1], len(drawn.lines))]
    ending = [line[:at] + sign + line[at + 1 :] for sign, line in zip(signs, drawn.lines[begins[-1] :], strict=True)]
    return replace(drawn, lines=(*drawn.lines[: begins[-1]], *ending))


def _cost(group: Group) -> str:
    blocks = counted(group.blocks, "block") if group.blocks > 1 else ""
    amounts = [quantity(group.macs, "MACs")] * bool(group.macs)
    amounts += [quantity(group.parameters, "params")] * bool(group.parameters)
    return " · ".join(part for part in (_shown(group.name), blocks, *amounts) if part)


def _chain(chain: Chain) -> Sketch:
    return _stacked([_item(item) for item in chain])


def _item(item: Item) -> Sketch:
    if isinstance(item, Step):
        return _step(item)
    if isinstance(item, Fork):
        return _residual(item) if any(branch.kind for branch in item.branches[1:]) else _parallel(item)
    if isinstance(item, Card):
        return _card(item)
    return _tangle(item) if isinstance(item, Tangle) else _tail(item)


def _step(step: Step) -> Sketch:
    label = _shown(step.label) or "·"
    if step.op in _JOINTS:
        return Sketch((_JOINTS[step.op],), 0)
    plain = step.family in ("norm", "act", "input", "output")
    opening, closing = ("", "") if plain else ("( ", " )") if step.family == "pool" else ("[ ", " ]")
    line = opening + label + closing
    return Sketch((line,), (width(line) - 1) // 2)


def _stacked(drawn: Sequence[Sketch], joined: Sequence[bool] = ()) -> Sketch:
    """One below the other, a wire between; none above those that are not `joined` to what stands there."""
    axis = max((one.axis for one in drawn), default=0)
    lines: list[str] = []
    for index, one in enumerate(drawn):
        lines += [" " * axis + ("│" if not joined or joined[index] else " ")] * bool(index)
        lines += [" " * (axis - one.axis) + line for line in one.lines]
    return Sketch(_level(lines or ["│"]), axis)


def _residual(fork: Fork) -> Sketch:
    """The main branch on the trunk, its shortcuts in lanes on the right, which end on the join."""
    main, *sides = fork.branches
    joint = _step(fork.join)
    drawn = _stacked([_chain(main.chain), joint]) if main.chain else joint
    above = [" " * drawn.axis + "│"]
    return _with_lanes(Sketch(_level([*above, *drawn.lines]), drawn.axis), sides)


def _with_lanes(drawn: Sketch, sides: Sequence[Branch]) -> Sketch:
    for side in sides:
        across, along = _LANES[side.kind or "flow"]
        first, *middle, last = (line.rstrip() for line in drawn.lines)
        lane = drawn.wide + 1
        above = (len(middle) - len(side.labels)) // 2
        words = dict(enumerate(map(_shown, side.labels), above))
        # A second lane leaves from the first, and ends on it.
        first = first.replace("╮", "┬") if first.endswith("╮") else first[: drawn.axis] + "├"
        top = _padded(first, lane, across) + "╮"
        foot = _padded(last.replace("╯", "┴"), lane, across) + "╯"
        body = [f"{_padded(line, lane)}{along} {words.get(at, '')}" for at, line in enumerate(middle)]
        drawn = Sketch(_level([top, *body, foot]), drawn.axis)
    return drawn


def _parallel(fork: Fork) -> Sketch:
    """Branches side by side between two rails; there is no upper one over inputs of the network."""
    drawn = [_chain(branch.chain) for branch in fork.branches]
    tall = max(len(one.lines) for one in drawn)
    filled = [_lengthened(one, tall) for one in drawn]
    starts = [sum(one.wide + 2 for one in filled[:index]) for index in range(len(filled))]
    axes = [start + one.axis for start, one in zip(starts, filled, strict=True)]
    body = ["  ".join(_padded(line, one.wide) for line, one in zip(row, filled, strict=True)) for row in zip(
        *(one.lines for one in filled), strict=True
    )]  # fmt: skip
    axis = (axes[0] + axes[-1]) // 2
    top = [_rail(axes, axis, "╭┬╮┴┼│")] if is_entered((fork,)) else []
    foot = _rail(axes, axis, "╰┴╯┬┼│")
    label = _step(fork.join)
    shift = max(label.axis - axis, 0)
    joint = " " * (axis + shift - label.axis) + label.lines[0]
    return Sketch(_level([*(" " * shift + line for line in (*top, *body, foot)), joint]), axis + shift)


def _rail(axes: Sequence[int], trunk: int, signs: str) -> str:
    """A line from the first of the axes to the last, that the trunk meets from the other side."""
    left, middle, right, meeting, crossing, single = tuple(signs)
    line = []
    for column in range(axes[-1] + 1):
        at = column in axes
        sign = left if column == axes[0] else right if column == axes[-1] else middle if at else "─"
        if column == trunk:
            sign = (single if len(axes) == 1 else crossing) if at else meeting
        line.append(" " if column < axes[0] else sign)
    return "".join(line)


def _lengthened(drawn: Sketch, tall: int) -> Sketch:
    return Sketch(_level([*drawn.lines, *[" " * drawn.axis + "│"] * (tall - len(drawn.lines))]), drawn.axis)


def _card(card: Card) -> Sketch:
    """A frame around a block, with its name, and how many equal ones stand in a row."""
    inside = _chain(card.chain)
    name, times = _shown(replace(card, count=1).title), f" ×{card.count} " if card.count > 1 else ""
    wide = max(inside.wide + 2, width(name) + width(times) + 6, inside.axis + 4)
    axis = inside.axis + 2
    top = f"╭─ {name} " + "─" * (wide - width(name) - width(times) - 4) + times + "─╮"
    if top[axis] == "─":
        top = top[:axis] + ("┼" if inside.lines[0][inside.axis] in "│├┴┼" else "┴") + top[axis + 1 :]
    rows = [f"│ {_padded(line, wide - 1)}│" for line in inside.lines]
    meeting = "┼" if inside.lines[-1][inside.axis] in "│├┬┼" else "┬"
    foot = "╰" + "─" * (axis - 1) + meeting + "─" * (wide - axis) + "╯"
    return Sketch(_level([top, *rows, foot]), axis)


def _tangle(tangle: Tangle) -> Sketch:
    """Pieces one below the other; a wire from farther away than the piece above is told by letters: `→ a`, `◂ a`."""
    far = sorted({source for source, goal in tangle.wires if source != goal - 1})
    letters = dict(zip(far, map(_letter, count()), strict=False))
    rows = [Sketch((f"├→ {letters[-1]}",), 0)] if -1 in letters else []
    joined = [True] * len(rows)
    for index, piece in enumerate(tangle.pieces):
        sources = [source for source, goal in tangle.wires if goal == index]
        read = ", ".join(letters[source] for source in sources if source != index - 1)
        first, *rest = _chain(piece).lines
        lines = [f"{first.rstrip()} ◂ {read}" if read else first, *rest]
        at = len(lines) - 1 - sum(len(_tail(item).lines) + 1 for item in piece if isinstance(item, Tail))
        lines[at] = f"{lines[at].rstrip()} → {letters[index]}" if index in letters else lines[at]
        rows.append(Sketch(_level(lines), _chain(piece).axis))
        joined.append(index - 1 in sources)
    rows = [row if on else _ended(row) for row, on in zip(rows, [*joined[1:], True], strict=True)]
    return _stacked(rows, joined)


def _letter(index: int) -> str:
    return chr(ord("a") + index % 26) + str(index // 26 or "")


def _tail(tail: Tail) -> Sketch:
    """A branch to an output of its own: what is on its way in brackets, folded none."""
    first, *rest = _way(() if tail.folded else tail.chain, _shown(tail.name))
    return Sketch(_level([f"├─▸ {first}", *(f"│   {line}" for line in rest)]), 0)


def _way(chain: Chain, name: str) -> list[str]:
    """A chain on one line, what follows an output on the way on the next."""
    text = ""
    for index, item in enumerate(chain):
        if isinstance(item, Tail):
            (own, *more), (on, *after) = _way(item.chain, _shown(item.name)), _way(chain[index + 1 :], name)
            blank = " " * width(text)
            more, after = [f"{blank}│   {line}" for line in more], [f"{blank}    {line}" for line in after]
            return [f"{text}┬─▸ {own}", *more, f"{blank}╰─▸ {on}", *after]
        text += f"{_told(item)} ─"
    return [f"{text}▸ {name}" if text else name]


def _told(item: Item) -> str:
    """An item within a line: a step as it is, a block by its name."""
    if isinstance(item, Step):
        return _JOINTS.get(item.op) or _step(item).lines[0]
    return f"[ {_shown(item.name)} ]" if isinstance(item, Card) else "[ … ]"


def _level(lines: Iterable[str]) -> tuple[str, ...]:
    made = list(lines)
    wide = max(map(width, made), default=0)
    return tuple(_padded(line, wide) for line in made)


def _padded(line: str, wide: int, blank: str = " ") -> str:
    return line + blank * (wide - width(line))


def _shown(text: str) -> str:
    return "".join(cells(clean(text)))
