"""Tiny specs for tests: written on a few lines, checked, run by torch, and their errors read."""

from __future__ import annotations

from textwrap import dedent, indent

import torch

from archspec.backends.interpreter import Interpreter
from archspec.checked import Checked
from archspec.diagnostics import Diagnostic, SpecError
from archspec.pipeline import check

INPUT = "x[N, 3, H=16, W=16]"


def spec(net: str, input: str = INPUT, **sections: str) -> str:
    """A spec with these items under `net:`. A section is text for one line, or an indented block."""
    written = {"archspec": "1", "name": "tiny", "input": input, **sections, "net": "\n" + net}
    return "".join(f"{key}:{_section(text)}\n" for key, text in written.items())


def _section(text: str) -> str:
    lines = dedent(text).strip("\n")
    return f" {text}" if "\n" not in text.strip() and not text.startswith("\n") else "\n" + indent(lines, "  ")


def accept(text: str, variant: str | None = None, **params: object) -> Checked:
    """The checked spec, after torch has run it and found the shapes that were predicted."""
    checked = check(text, variant, **params)
    network = Interpreter(checked.graph)
    for train, batch in ((True, 2), (False, 1)):
        network.train(train)
        shapes = [given.shape.at({"N": batch}) for given in checked.graph.inputs]
        inputs = [torch.zeros([16 if size is None else size for size in shape]) for shape in shapes]
        found = [tuple(value.shape) for value in network(*inputs)]
        predicted = [checked.shapes.root.of(output.ref).at({"N": batch}) for output in checked.graph.outputs]
        for real, said in zip(found, predicted, strict=True):
            assert len(real) == len(said)
            assert all(b is None or a == b for a, b in zip(real, said, strict=True)), (found, predicted)
    total = sum(parameter.numel() for parameter in network.parameters())
    assert total == checked.cost.parameters
    return checked


def keys(checked: Checked) -> dict[str, tuple[int, ...]]:
    """The learnable tensors of the network that torch builds, by state_dict key, in order."""
    return {name: tuple(value.shape) for name, value in Interpreter(checked.graph).named_parameters()}


def paths(checked: Checked) -> list[str]:
    """The paths of the layers that have parameters, in order of registration."""
    return list(dict.fromkeys(key.rpartition(".")[0] for key in keys(checked)))


def diagnostics(text: str, variant: str | None = None, **params: object) -> tuple[Diagnostic, ...]:
    """What is wrong with a spec."""
    try:
        check(text, variant, **params)
    except SpecError as error:
        return error.diagnostics
    return ()


def refused(text: str, variant: str | None = None, **params: object) -> list[tuple[str, str]]:
    """The code of each error, and the text under its carets."""
    return [(found.code, marked(text, found)) for found in diagnostics(text, variant, **params)]


def marked(text: str, diagnostic: Diagnostic) -> str:
    """The part of the text that a diagnostic points at, up to the end of its first line."""
    span = diagnostic.span
    if span is None or span.file != "<text>":
        return str(span and span.file)
    line = text.splitlines()[span.line - 1]
    return line[span.column - 1 : span.end_column - 1 if span.end_line == span.line else None]
