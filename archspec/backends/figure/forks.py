"""What forks look like: a residual unit on the trunk with its shortcuts in lanes, or branches side by side."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

from archspec.backends.figure.fragment import GAP, Fragment, down, lane
from archspec.backends.figure.lettering import SMALLEST, width
from archspec.backends.figure.outline import Branch, Chain, Fork, Step, is_entered
from archspec.backends.figure.scene import Part, Text, Wire, WireKind

FORK = 9.0
LANE = 15.0
_BUS = 8.0
_ENTRY = 10.0
_BETWEEN = 12.0


def is_residual(fork: Fork) -> bool:
    """Whether the first branch is drawn on the trunk and the others in lanes: they are shortcuts, or have no boxes."""
    first, *rest = fork.branches
    return all(branch.kind is not None or not branch.chain for branch in rest) and first.kind is None


def residual(body: Fragment, sides: Sequence[tuple[Branch, Fragment | None]], joint: Fragment) -> Fragment:
    """The main branch on the trunk, its shortcuts on the right: each a lane with words, or boxes where it has some."""
    tallest = max((FORK + f.height + 2 * GAP - joint.height / 2 for _, f in sides if f), default=0.0)
    foot = max(FORK + body.height + GAP + (3.0 if body.loose else 0.0), tallest)
    parts: list[Part] = [down(0.0, 0.0, FORK, arrow=not body.soft), *body.at(0.0, FORK)]
    parts += [down(0.0, FORK + body.height, foot), *joint.at(0.0, foot)]
    right, target = max(body.right, joint.right), (joint.right, foot + joint.height / 2)
    for side, boxes in sides:
        if boxes is not None:
            centre = right + _BETWEEN + boxes.left
            parts += _side(boxes, centre, target, side.kind or "flow")
            right = centre + boxes.right
            continue
        right += LANE
        parts.append(lane((0.0, 0.0), right, target, side.kind or "flow"))
        parts += _lane_label(side, right + 4.0, foot / 2)
        right += 2.0 + max((width(line, SMALLEST) + 3.0 for line in side.labels), default=0.0)
    left = max(body.left, joint.left)
    return Fragment(tuple(parts), left, right, foot + joint.height, soft=True, loose=True, lead=FORK)


def _side(boxes: Fragment, centre: float, target: tuple[float, float], kind: WireKind) -> list[Part]:
    """The boxes of a shortcut beside the trunk, half way down."""
    top = max(FORK, (target[1] - boxes.height) / 2)
    enter = Wire(((0.0, 0.0), (centre, 0.0), (centre, top)), kind, arrow=not boxes.soft, dot=True)
    leave = Wire(((centre, top + boxes.height), (centre, target[1]), target), kind)
    return [enter, *boxes.at(centre, top), leave]


def parallel(columns: Sequence[tuple[Branch, Fragment]], passing: Sequence[Branch], joint: Fragment) -> Fragment:
    """Branches side by side between the fork and their join; what passes unchanged runs beside them."""
    total, centres = spread([fragment for _, fragment in columns])
    top = _BUS + _ENTRY
    foot = top + max(fragment.height for _, fragment in columns) + GAP + 3.0
    parts: list[Part] = []
    for (branch, fragment), centre in zip(columns, centres, strict=True):
        parts += [*_entry(branch, centre, top, not fragment.soft), *fragment.at(centre, top)]
        parts.append(down(centre, top + fragment.height, foot))
    parts += joint.at(0.0, foot)
    right = max(total / 2, joint.right)
    for branch in passing:
        right += LANE
        parts.append(lane((0.0, 2.0), right, (joint.right, foot + joint.height / 2), branch.kind or "flow"))
    left = max(total / 2, joint.left)
    return Fragment(tuple(parts), left, right, foot + joint.height, soft=True, loose=True, lead=top)


def spread(fragments: Sequence[Fragment]) -> tuple[float, list[float]]:
    """The width of fragments side by side around the trunk, and where the trunk of each stands."""
    # Python 3.12 adds floats more exactly than 3.11; `fsum` is exact in both, so that a figure is the same in both.
    total = fsum(fragment.left + fragment.right for fragment in fragments) + _BETWEEN * (len(fragments) - 1)
    x, centres = -total / 2, []
    for fragment in fragments:
        centres.append(x + fragment.left)
        x += fragment.left + fragment.right + _BETWEEN
    return total, centres


def room(chain: Chain, most: float) -> float:
    """How wide the boxes of a branch must be: narrower than on the trunk, so that several stand side by side."""
    labels = [width(item.label, 9.0) for item in chain if isinstance(item, Step)]
    return most if len(labels) < len(chain) else min(most, max(64.0, *labels) + 8.0)


def _entry(branch: Branch, centre: float, top: float, arrow: bool) -> list[Part]:
    """The wire from a fork to one of its columns; none to an input of the network, which comes from nowhere."""
    if not is_entered(branch.chain):
        return []
    if abs(centre) < 0.5:
        return [down(0.0, 0.0, top, arrow)]
    return [Wire(((0.0, 0.0), (0.0, _BUS), (centre, _BUS), (centre, top)), "flow", arrow)]


def _lane_label(branch: Branch, x: float, middle: float) -> list[Part]:
    leading = SMALLEST * 1.2
    first = middle - leading * (len(branch.labels) - 1) / 2 + SMALLEST * 0.35
    return [
        Text(x, first + index * leading, line, SMALLEST, role=branch.kind or "soft")
        for index, line in enumerate(branch.labels)
    ]
