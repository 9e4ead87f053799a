"""Generated source beside files that a person wrote of the same networks: as short, and the same to the bit.

`python tests/test_handwritten.py` prints how many lines each has, as `docs/evidence/source_lines.txt` keeps it.
"""

from __future__ import annotations

import ast
import importlib.util
import io
import os
import sys
import tokenize
from functools import lru_cache
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from archspec.backends.torch_code import generate
from archspec.pipeline import check, module

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "docs" / "evidence" / "source_lines.txt"
FILES = sorted((ROOT / "tests" / "handwritten").glob("*.py"))
MOST = 1.3
"""Lines of generated code for one written by hand, at most."""
NO_CODE = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)


def code_lines(source: str) -> int:
    """The lines that hold code: no blank ones, no comments, no docstrings."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = {line for t in tokens if t.type not in NO_CODE for line in range(t.start[0], t.end[0] + 1)}
    for node in ast.walk(ast.parse(source)):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node)
        if documented and isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            lines -= {*range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)}
    return len(lines)


@lru_cache
def generated(name: str) -> str:
    return generate(check(name))


def report() -> str:
    rows = ["python tests/test_handwritten.py", "", f"{'network':22}{'generated':>10}{'by hand':>10}{'ratio':>8}"]
    rows[-1] += "   with comments, docstrings and blank lines"
    for path in FILES:
        ours, theirs = generated(path.stem), path.read_text(encoding="utf-8")
        code, all_lines = [code_lines(text) for text in (ours, theirs)], [text.count("\n") for text in (ours, theirs)]
        rows.append(
            f"{path.stem:22}{code[0]:10}{code[1]:10}{code[0] / code[1]:8.2f}"
            f"{all_lines[0]:10}{all_lines[1]:6}{all_lines[0] / all_lines[1]:8.2f}"
        )
    return "\n".join(rows) + "\n"


def by_hand(path: Path) -> nn.Module:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    source = path.read_text(encoding="utf-8")
    classes = [node.name for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    net: nn.Module = getattr(made, classes[-1])()
    return net


def outputs(net: nn.Module, train: bool, side: int) -> tuple[Tensor, list[Tensor]]:
    """Of some noise, with the buffers afterwards; what is dropped falls alike in all."""
    torch.manual_seed(3)
    with torch.no_grad():
        output: Tensor = net.train(train)(torch.randn(2, 3, side, side))
    return output, [*net.buffers()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_generated_is_as_short_as_by_hand(path: Path) -> None:
    assert code_lines(generated(path.stem)) <= MOST * code_lines(path.read_text(encoding="utf-8"))


def test_the_record_is_that_of_now() -> None:
    if os.environ.get("ARCHSPEC_GOLDEN") == "write":
        RECORD.write_text(report(), encoding="utf-8")
    assert RECORD.read_text(encoding="utf-8") == report()


@pytest.mark.parametrize("path", [path for path in FILES if "vgg" not in path.stem], ids=lambda path: path.stem)
def test_by_hand_is_the_same_network(path: Path) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(5)
    ours = module(path.stem)
    torch.manual_seed(5)
    theirs = by_hand(path)
    mine, other = ours.state_dict(), theirs.state_dict()
    assert list(mine) == list(other)
    assert [name for name in mine if not torch.equal(mine[name], other[name])] == []  # from the same seed
    side = 75 if "inception" in path.stem else 64
    for train in (False, True):
        (one, after), (two, later) = outputs(ours, train, side), outputs(theirs, train, side)
        assert torch.equal(one, two)
        assert all(torch.equal(a, b) for a, b in zip(after, later, strict=True))


def test_the_vgg_by_hand_is_the_same_network() -> None:
    """Its 144 million weights are not filled: what it computes before them is compared."""
    torch.set_num_threads(1)
    with torch.device("meta"):
        theirs = by_hand(ROOT / "tests" / "handwritten" / "vgg19.py")
        ours = module("vgg19")
    shapes = [{name: t.shape for name, t in net.state_dict().items()} for net in (ours, theirs)]
    assert shapes[0] == shapes[1] and list(shapes[0]) == list(shapes[1])
    torch.manual_seed(5)
    for net in (ours, theirs):
        net.features.to_empty(device="cpu")
    for a, b in zip(ours.features.parameters(), theirs.features.parameters(), strict=True):
        a.data.normal_(std=0.05)
        b.data.copy_(a.data)
    assert [str(m) for m in ours.classifier] == [str(m) for m in theirs.classifier]
    image = torch.randn(1, 3, 32, 32)
    assert torch.equal(ours.features(image), theirs.features(image))


if __name__ == "__main__":
    sys.stdout.write(report())
