"""`table`: what networks are made of, row by row of equal output size, as in Table 1 of He et al. (2015)."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from archspec.backends.figure.steps import Reader
from archspec.backends.numbers import counted
from archspec.backends.stages import Stage, range_name, size_text, stages
from archspec.backends.suffix import format_of
from archspec.backends.table.align import align
from archspec.backends.table.grid import Bracket, Cell, Count, Grid, Piece, Row, pieces
from archspec.backends.table.latex import latex
from archspec.backends.table.layers import PARALLEL, Layer, layers, stacked
from archspec.backends.table.markdown import markdown
from archspec.backends.table.plain import text
from archspec.backends.table.sheet import sheet
from archspec.backends.table.web import fragment, page
from archspec.checked import Checked
from archspec.diagnostics import UsageError
from archspec.files import write
from archspec.passes.cost import Amount
from archspec.records import Record

FIGURES = ("layers", "parameters", "macs")
"""What may be said of a whole network."""

_LABELS = {"layers": "weighted layers", "parameters": "parameters", "macs": "MACs"}
_MACS = "MACs are multiply-adds of one example; papers often print them as “FLOPs”."
_BRACKETS = "[…] ×N: N blocks in a row, without their shortcuts, norms, activations and strides."
_PARALLEL = f"{PARALLEL}in parallel with the line above."


class Network(Record):
    """A column of the table: a network and its totals, for one example at its nominal size."""

    name: str
    weighted_layers: int
    parameters: int
    macs: int


class TableRow(Record):
    """One output size (in a table of one network, one stage), and what each network has there.

    `name` is the stage's, nothing where the networks do not agree on it; `amount` is what the stage costs, None where
    networks are compared.
    """

    name: str
    output: str
    cells: tuple[tuple[Piece, ...], ...]
    amount: Amount | None = None


class Table(Record):
    """The architectures of one network or several; `str` is for a terminal, `save` writes what the suffix says.

    `figures` are the totals that are shown, of `layers`, `parameters` and `macs`; `to_dict` has them all.
    """

    networks: tuple[Network, ...]
    rows: tuple[TableRow, ...]
    figures: tuple[str, ...] = FIGURES
    caption: str = ""
    label: str = ""

    @property
    def grid(self) -> Grid:
        """The table as rows of cells, for writers."""
        return _of_stages(self) if len(self.networks) == 1 else _of_networks(self)

    @property
    def markdown(self) -> str:
        """The table in GitHub's Markdown."""
        return markdown(self.grid) + "\n"

    @property
    def latex(self) -> str:
        r"""A LaTeX `table` for `\\input`, with booktabs and the papers' brackets."""
        return latex(self.grid, self.label)

    @property
    def html(self) -> str:
        """An HTML page of its own."""
        return page(self.grid, self.caption or ", ".join(network.name for network in self.networks))

    @property
    def csv(self) -> str:
        """Comma-separated values, numbers in full."""
        return sheet(self.grid)

    @property
    def json(self) -> str:
        """`to_dict` as JSON."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """The table as plain data: `networks` with their totals, and `rows` with a list of layers for each network."""
        return {"networks": [_network_dict(n) for n in self.networks], "rows": [_row_dict(r) for r in self.rows]}

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the table; the suffix says how. UsageError for any other, or what is in the way."""
        write(path, FORMATS[format_of(path, SUFFIXES, "table")](self))
        return Path(path)

    def __str__(self) -> str:
        return text(self.grid)

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return self.markdown

    def _repr_html_(self) -> str:
        return fragment(self.grid)


FORMATS: Mapping[str, Callable[[Table], str]] = {
    "text": lambda table: f"{table}\n",
    "markdown": lambda table: table.markdown,
    "latex": lambda table: table.latex,
    "html": lambda table: table.html,
    "csv": lambda table: table.csv,
    "json": lambda table: table.json,
}
SUFFIXES = {
    ".txt": "text", ".md": "markdown", ".markdown": "markdown", ".tex": "latex", ".html": "html", ".htm": "html",
    ".csv": "csv", ".json": "json",
}  # fmt: skip


def make_table(*checked: Checked, figures: Sequence[str] = FIGURES, caption: str = "", label: str = "") -> Table:
    """The table of checked networks: aligned on output size, or of one network's stages. UsageError without any."""
    if not checked:
        raise UsageError("there is nothing to put in a table", "name at least one network")
    unknown = [name for name in figures if name not in FIGURES]
    if unknown:
        raise UsageError(f"a table has no row `{unknown[0]}`", f"its totals are {', '.join(FIGURES)}")
    if len(set(figures)) < len(figures):
        raise UsageError(f"a row is asked for twice: {', '.join(figures)}", "name each total once")
    networks = tuple(Network(one.name, one.cost.weighted_layers, one.cost.parameters, one.cost.macs) for one in checked)
    rows = _stage_rows(checked[0]) if len(checked) == 1 else _aligned_rows(checked)
    return Table(networks, tuple(rows), tuple(figures), caption, label)


def _stage_rows(checked: Checked) -> Iterator[TableRow]:
    reader = Reader()
    for stage in stages(checked.graph, checked.shapes):
        found = stacked(layers(stage, reader))
        if found or stage.amount != Amount():
            size = size_text(stage.output)
            yield TableRow(_plain_name(stage, size), size, (found,), stage.amount)


class _Level(Record):
    """What one network does at one output size, until that changes."""

    size: str
    name: str
    pieces: tuple[Piece, ...]


def _aligned_rows(networks: Sequence[Checked]) -> Iterator[TableRow]:
    columns = [_levels(one) for one in networks]
    for row in align([[level.size for level in column] for column in columns]):
        found = [None if index is None else column[index] for column, index in zip(columns, row, strict=True)]
        present = [level for level in found if level is not None]
        names = {level.name for level in present}
        cells = tuple(() if level is None else level.pieces for level in found)
        yield TableRow(names.pop() if len(names) == 1 else "", present[0].size, cells)


def _levels(checked: Checked) -> list[_Level]:
    reader = Reader()
    found = [(stage, layer) for stage in stages(checked.graph, checked.shapes) for layer in layers(stage, reader)]
    result = []
    for size, members in groupby(found, key=lambda pair: pair[1].size):
        inside = list(members)
        result.append(_Level(size, _level_name(inside), stacked(layer for _, layer in inside)))
    return result


def _level_name(members: Sequence[tuple[Stage, Layer]]) -> str:
    """The stages whose weighted layers these are: a pool before the blocks does not name the row."""
    weights: dict[str, int] = {}
    for stage, layer in members:
        name = _plain_name(stage, layer.size)
        weights[name] = weights.get(name, 0) + layer.weight
    return range_name([name for name, weight in weights.items() if weight] or [*weights][-1:])


def _plain_name(stage: Stage, size: str) -> str:
    """A stage's name without the size, which stands beside it."""
    return stage.name.removesuffix(f" {size}")


def _of_networks(table: Table) -> Grid:
    names = tuple(network.name for network in table.networks)
    first = ("stage", "output") if any(row.name for row in table.rows) else ("output",)
    blank = ("",) * (len(first) - 1)
    rows: list[Row] = [((row.name, row.output)[-len(first) :] + row.cells) for row in table.rows]
    foot: list[Row] = [
        (_LABELS[name], *blank, *(_total(network, name) for network in table.networks)) for name in table.figures
    ]
    return Grid(
        (*first, *names), tuple(rows), "l" * len(first) + "c" * len(names), tuple(foot), _notes(table), table.caption,
        shared=len(first),
    )  # fmt: skip


def _total(network: Network, name: str) -> Cell:
    if name == "layers":
        return Count(network.weighted_layers)
    return Count(network.parameters if name == "parameters" else network.macs, brief=True)


def _of_stages(table: Table) -> Grid:
    (network,) = table.networks
    numbers = [name for name in table.figures if name != "layers"]
    rows: list[Row] = [
        (row.name, row.output, row.cells[0], *(_amount(row.amount or Amount(), name) for name in numbers))
        for row in table.rows
    ]
    words = counted(network.weighted_layers, "weighted layer") if "layers" in table.figures else ""
    whole = Amount(network.parameters, network.macs)
    total: Row = ("total", "", words, *(_amount(whole, name) for name in numbers))
    head = ("stage", "output", network.name, *(_LABELS[name] for name in numbers))
    foot = (total,) if table.figures else ()
    return Grid(head, tuple(rows), "llc" + "r" * len(numbers), foot, _notes(table), table.caption)


def _amount(amount: Amount, name: str) -> Count:
    return Count(amount.parameters if name == "parameters" else amount.macs)


def _notes(table: Table) -> tuple[str, ...]:
    found = [piece for row in table.rows for cell in row.cells for piece in pieces(cell)]
    brackets = [piece for piece in found if isinstance(piece, Bracket)]
    lines = [line for piece in found for line in (piece.lines if isinstance(piece, Bracket) else [str(piece)])]
    side_by_side = any(line.startswith(PARALLEL) for line in lines)
    said = ((_MACS, "macs" in table.figures), (_BRACKETS, bool(brackets)), (_PARALLEL, side_by_side))
    return tuple(words for words, holds in said if holds)


def _network_dict(network: Network) -> dict[str, Any]:
    return {
        "name": network.name,
        "weighted_layers": network.weighted_layers,
        "parameters": network.parameters,
        "macs": network.macs,
        "flops": 2 * network.macs,
    }


def _row_dict(row: TableRow) -> dict[str, Any]:
    cells = [[_piece_dict(piece) for piece in cell] for cell in row.cells]
    own = {} if row.amount is None else {"parameters": row.amount.parameters, "macs": row.amount.macs}
    return {"name": row.name, "output": row.output, "cells": cells, **own}


def _piece_dict(piece: Piece) -> dict[str, Any]:
    if isinstance(piece, Bracket):
        return {"layers": list(piece.lines), "repeat": piece.count}
    return {"layers": [str(piece)], "repeat": 1}
