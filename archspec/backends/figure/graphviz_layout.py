"""Nodes placed by Graphviz's `dot`, where there is one: the program, or that of the wheel graphviz-pure."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any

from archspec.backends.figure.scene import Point
from archspec.backends.figure.spread import Arrangement, Node
from archspec.diagnostics import UsageError
from archspec.extras import remedy

PROGRAMS = ("dot", "graphviz-pure")
_SECONDS = 60
_POINTS = 72.0


def find_program() -> str | None:
    """The path of a `dot`, None where this machine has none."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


def arrange(nodes: Sequence[Node], wires: Sequence[tuple[int, int]]) -> Arrangement:
    """Where `dot` puts them. UsageError where there is none, or where it fails."""
    program = find_program()
    if program is None:
        raise UsageError(
            "there is no `dot` program on this machine",
            f"install Graphviz, or take --layout layers, which needs nothing, or {remedy('dot')}",
        )
    laid_out = _run(program, _question(nodes, wires))
    objects = {each["name"]: each for each in laid_out["objects"]}
    entry = _point(objects["n-1"]["pos"])
    centres = [_from(entry, _point(objects[f"n{index}"]["pos"])) for index in range(len(nodes))]
    places = tuple((x, y - node.height / 2) for (x, y), node in zip(centres, nodes, strict=True))
    names = [each["name"] for each in laid_out["objects"]]
    routes = {}
    for edge in laid_out["edges"]:
        source, goal = (int(names[edge[end]][1:]) for end in ("tail", "head"))
        start = (0.0, 0.0) if source < 0 else (places[source][0], places[source][1] + nodes[source].height)
        inner = [_from(entry, point) for point in _corners(edge["pos"])]
        routes[source, goal] = (start, *inner, places[goal])
    return Arrangement(places, routes)


def _question(nodes: Sequence[Node], wires: Sequence[tuple[int, int]]) -> str:
    """The graph in DOT: numbers and nothing else, so no word of a spec reaches the program."""
    lines = [
        "digraph {",
        "graph [splines=polyline, ranksep=0.3, nodesep=0.2];",
        'node [shape=box, fixedsize=true, label=""];',
        "edge [tailport=s, headport=n, arrowhead=none];",
        '"n-1" [width=0.01, height=0.01];',
    ]
    for index, node in enumerate(nodes):
        lines.append(f'"n{index}" [width={node.width / _POINTS:.4f}, height={node.height / _POINTS:.4f}];')
    lines += [f'"n{source}" -> "n{goal}";' for source, goal in wires]
    return "\n".join([*lines, "}"])


def _run(program: str, question: str) -> Any:
    try:
        done = subprocess.run(
            [program, "-Tjson0"], input=question, capture_output=True, text=True, check=True, timeout=_SECONDS,
            encoding="utf-8",
        )  # fmt: skip
        return json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise UsageError(f"{program} failed: {error}", "--layout layers draws without it") from error


def _corners(text: str) -> list[Point]:
    """The corners of a polyline between its ends; `dot` writes it as a spline, three points to a segment."""
    points = [_point(word) for word in text.split() if not word.startswith(("e", "s"))]
    return points[3:-1:3]


def _point(text: str) -> Point:
    x, y = re.findall(r"-?[\d.]+(?:e-?\d+)?", text)[:2]
    return float(x), float(y)


def _from(entry: Point, point: Point) -> Point:
    """A point of dot's, whose y grows upwards, as seen from the entry."""
    return point[0] - entry[0], entry[1] - point[1]
