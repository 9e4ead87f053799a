"""One random spec: its files, what was drawn for it, and how it is written down."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from archspec.checked import Checked
from archspec.pipeline import check

Item = dict[str, Any]
MAIN = "main.yaml"


@dataclass
class Case:
    """The trees (or texts) of a spec and of the files it reads, by name, and the variant that is asked for.

    `mutations` are what was broken on purpose;
    `expected` is the code that the one mutation must be refused with, "" where torch is to say what is right.
    """

    files: dict[str, Any]
    variant: str | None = None
    mutations: tuple[str, ...] = ()
    expected: str = ""
    base: Case | None = field(default=None, repr=False)

    @property
    def tree(self) -> Item:
        tree: Item = self.files[MAIN]
        return tree

    def copy(self) -> Case:
        return Case(deepcopy(self.files), self.variant)

    def texts(self) -> dict[str, str]:
        return {name: tree if isinstance(tree, str) else written(tree) for name, tree in self.files.items()}

    def check(self) -> Checked:
        """The spec, checked: as text, or in a folder where it has several files."""
        texts = self.texts()
        if len(texts) == 1:
            return check(texts[MAIN], self.variant)
        with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
            for name, text in texts.items():
                Path(folder, name).write_text(text, encoding="utf-8")
            return check(Path(folder, MAIN), self.variant)

    def __str__(self) -> str:
        return "".join(f"# {name}{f'@{self.variant}' * (name == MAIN and bool(self.variant))}\n{text}"
                       for name, text in self.texts().items())  # fmt: skip


def chance(rng: Random, p: float) -> bool:
    """True with probability p. The least number is False, so that hypothesis shrinks towards leaving things out."""
    return rng.random() > 1 - p


PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_.$ /*+<>=()-]*\Z")
WORDS = frozenset({"true", "false", "null", "none", "yes", "no", "on", "off", "y", "n", "inf", "nan"})


def scalar(value: Any) -> str:
    """A scalar as YAML has it."""
    if isinstance(value, str) and (not PLAIN.match(value) or value.lower() in WORDS or value.endswith((" ", ":"))):
        return json.dumps(value)
    return value if isinstance(value, str) else json.dumps(value)


def flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(part)}" for key, part in value.items()) + "}"
    return "[" + ", ".join(map(flow, value)) + "]" if isinstance(value, list | tuple) else scalar(value)


def written(tree: Any, depth: int = 0) -> str:
    """A tree as YAML: maps and lists of maps a line each, the rest in flow."""
    lines: list[str] = []
    pad = "  " * depth
    for key, value in tree.items():
        if isinstance(value, dict) and any(isinstance(part, dict | list) for part in value.values()):
            lines.append(f"{pad}{scalar(key)}:\n{written(value, depth + 1)}")
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            lines.append(f"{pad}{scalar(key)}:\n" + "".join(f"{pad}  - {_item(item, depth + 2)}" for item in value))
        else:
            lines.append(f"{pad}{scalar(key)}: {flow(value)}\n")
    return "".join(lines)


def _item(item: Item, depth: int) -> str:
    nested = any(isinstance(value, list) and value and isinstance(value[0], dict) for value in item.values())
    if nested or (len(item) == 1 and isinstance(next(iter(item.values())), dict)):
        return written(item, depth).lstrip(" ")
    return flow(item) + "\n"
