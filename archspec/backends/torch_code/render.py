"""Printing a plan: lines wrapped as `ruff format` would, docstrings escaped, the file's frame from a template."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from archspec.backends.torch_code.classes import ClassPlan
from archspec.backends.torch_code.forward import Statement
from archspec.backends.torch_code.layout import INDENT, WIDTH, comment, wrap
from archspec.backends.torch_code.plan import ModulePlan
from archspec.backends.torch_code.support import pieces
from archspec.resources import folder


def render(plan: ModulePlan, about: Sequence[str]) -> str:
    """The source of a module; `about` are the paragraphs of its docstring."""
    classes: list[dict[str, Any]] = [_class(one) for one in plan.classes[:-1]]
    if plan.fields:
        fields = [f"{INDENT}{name}: {kind}" for name, kind in plan.fields]
        when = " in training." if plan.net.returns != plan.output_class else "."
        doc = docstring(f"What {plan.net.name} returns{when}", 1)
        classes.append({"name": plan.output_class, "base": "NamedTuple", "lines": [*doc, "", *fields]})
    classes.append(_class(plan.net, plan.reset, top=True))
    support = pieces(plan.support)
    body = "\n".join([*support, *(line for one in classes for line in one["lines"])])
    names = sorted((one["name"] for one in classes), key=_isort)
    frame: str = _template().render(
        docstring="\n".join(docstring("\n\n".join(about), 0)),
        imports=list(_imports(plan, body)),
        exported="\n".join(wrap(f"[{', '.join(_quoted(names))}]", 0)) if len(str(names)) < 74 else _listed(names),
        support=support,
        classes=classes,
    )
    return frame.rstrip("\n") + "\n"


@lru_cache(maxsize=1)
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(folder("templates"), encoding="utf-8")
    return Environment(loader=loader, undefined=StrictUndefined, keep_trailing_newline=True).get_template(
        "module.py.jinja"
    )


def docstring(text: str, indent: int) -> list[str]:
    """Any text as the lines of a docstring that says exactly that, however hostile."""
    text = text.strip()
    body = text.removesuffix('"')
    escaped = "".join(c if c == "\n" or (c.isprintable() and c != "\\") else _escape(c) for c in body)
    escaped = escaped.replace('"""', '\\"\\"\\"') + '\\"' * (body != text)
    lines = [line.rstrip() for line in escaped.split("\n")]
    margin = INDENT * indent
    if len(lines) == 1 and len(margin) + len(lines[0]) + 6 <= WIDTH:
        return [f'{margin}"""{lines[0]}"""']
    return [f'{margin}"""{lines[0]}', *(f"{margin}{line}" if line else "" for line in lines[1:]), f'{margin}"""']


def filled(text: str, indent: int = 0) -> str:
    """A paragraph broken into lines of the file's width."""
    words = re.sub(r"\s+", " ", text).strip()
    return "\n".join(textwrap.wrap(words, WIDTH - 4 * indent - 3, break_long_words=False, break_on_hyphens=False))


def _escape(char: str) -> str:
    return "\\\\" if char == "\\" else char.encode("unicode_escape").decode("ascii")


def _isort(name: str) -> tuple[bool, list[tuple[bool, int, str]]]:
    """The order that ruff wants of `__all__`: what looks like a constant first (VGG19), numbers by value."""
    parts = re.findall(r"\d+|\D+", name)
    return not (name.isupper() and len(name) > 1), [(not p.isdigit(), int(p) if p.isdigit() else 0, p) for p in parts]


def _quoted(names: Iterable[str]) -> list[str]:
    return [f'"{name}"' for name in names]


def _listed(names: Sequence[str]) -> str:
    return "\n".join(["[", *(f"{INDENT}{name}," for name in _quoted(names)), "]"])


def _imports(plan: ModulePlan, body: str) -> Iterable[str]:
    standard = []
    if "math." in body:
        standard.append("import math")
    if "OrderedDict" in body:
        standard.append("from collections import OrderedDict")
    if plan.fields:
        standard.append("from typing import NamedTuple")
    yield from standard
    if standard:
        yield ""
    if re.search(r"\btorch\.", body):
        yield "import torch"
    if re.search(r"\bF\.", body):
        yield "import torch.nn.functional as F"
    tensor = re.search(r"\bTensor\b", body)
    yield "from torch import Tensor, nn" if tensor else "from torch import nn"


def _class(plan: ClassPlan, reset: Sequence[Statement] = (), top: bool = False) -> dict[str, Any]:
    # The network's own words stand at the top of the file.
    paragraphs = ["" if top else filled(plan.doc, 1), _wrapped_shapes(plan.shapes)]
    lines = docstring("\n\n".join(p for p in paragraphs if p) or f"{plan.name}.", 1)
    lines += ["", *wrap(f"def __init__({', '.join(['self', *plan.arguments])}) -> None:", 1), *_code(plan.init)]
    if reset:
        lines += ["", f"{INDENT}def reset_parameters(self) -> None:", *_code(reset)]
    if plan.forward or plan.result.text:
        lines += [
            "",
            *wrap(f"def forward({', '.join(['self', *plan.inputs])}) -> {plan.returns}:", 1),
            *_code(plan.forward),
        ]
        lines += comment(f"return {plan.result.text}", plan.result.note, 2)
    return {"name": plan.name, "base": plan.base, "lines": lines}


def _wrapped_shapes(text: str) -> str:
    """Lines of whole shapes."""
    kept = re.sub(r"\([^()]*(?:\([^()]*\)[^()]*)*\)", lambda shape: shape.group().replace(" ", "\0"), text)
    return "\n".join(textwrap.wrap(kept, WIDTH - 10, break_on_hyphens=False)).replace("\0", " ")


def _code(statements: Sequence[Statement]) -> list[str]:
    lines: list[str] = []
    training = False
    for statement in statements:
        if statement.training and not training:
            lines.append(f"{INDENT * 2}if self.training:")
        training = statement.training
        lines += comment(statement.text, statement.note, 2 + statement.training + statement.indent)
    return lines
