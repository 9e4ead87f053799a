"""Numbered children of a path, `blocks.0`, `blocks.1.0`, …: as an `nn.ModuleList` has them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from archspec.backends.torch_code.chains import is_module, one_way
from archspec.backends.torch_code.family import Families, Family
from archspec.backends.torch_code.forward import Slot, Statement
from archspec.backends.torch_code.special import specials
from archspec.backends.torch_code.trace import Step
from archspec.ir.graph import Node, Ref
from archspec.ops.base import Parameter
from archspec.records import Record, replace

_NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.])")


class Place(Record):
    """Where a module stands: in the list `head` at `index`; `inner` in an `nn.Sequential` there, of `count` modules."""

    head: str
    index: int
    inner: int | None = None
    count: int = 1
    in_chain: bool = False

    def slot(self) -> Slot:
        """How the module is reached: the modules of a chain together, in the call of the last."""
        if self.count > 1 and not self.in_chain:
            return Slot(f'self.get_submodule("{self.head}.{self.index}.{self.inner}")')
        return Slot(f"self.{self.head}[{self.index}]", waits=self.inner not in (None, self.count - 1))


def places(family: Family, families: Families, nodes: Sequence[tuple[Node, list[int]]]) -> dict[str, Place]:
    """The places of the nodes that stand in lists, by key; `nodes` are in the order of registration."""
    heads: dict[str, list[tuple[Node, list[int]]]] = {}
    for node, active in nodes:
        if node.path is not None and node.shares is None:
            heads.setdefault(node.path.partition(".")[0], []).append((node, active))
    if any(node.ties for node, _ in nodes):
        return {}
    found: dict[str, Place] = {}
    for head, members in heads.items():
        if head.isidentifier() and all(_is_plain(node, active, family, families) for node, active in members):
            found |= _numbered(head, {node.key: node.path or "" for node, _ in members})
    groups: dict[tuple[str, int], list[str]] = {}
    for key, place in found.items():
        groups.setdefault((place.head, place.index), []).append(key)
    chains = {key for keys in groups.values() if _is_chain(keys, family) for key in keys}
    return {key: replace(place, in_chain=key in chains) for key, place in found.items()}


def _is_chain(keys: Sequence[str], family: Family) -> bool:
    """Whether nodes come one behind the other, each read by the next alone: then `nn.Sequential` runs them."""
    present = [node.key for node, active in family.nodes() if active]
    start = present.index(keys[0])
    body, shared = family.instances[0].body, {node.shares for node, _ in family.nodes()}
    steps = [one.steps[key] for one in family.instances for key in keys]
    linked = all(
        body.node(key).inputs == (Ref(before),) and family.links().counts[Ref(before)] == 1
        for before, key in pairwise(keys)
    )
    return (
        linked and present[start : start + len(keys)] == [*keys] and not shared & {*keys} and all(map(is_module, steps))
    )


def _is_plain(node: Node, active: Sequence[int], family: Family, families: Families) -> bool:
    """Whether a node is a module in all instances that nothing but its call needs to reach."""
    step = family.instances[active[0]].steps[node.key]
    module = all(map(_has_module, (step, *(unit for _, unit in step.units or ()))))
    always = len(active) == len(family.instances)
    held = isinstance(step.value, Parameter) or next(specials(node, step, "", families), None) is not None
    return module and always and not held and one_way(step)


def _has_module(step: Step) -> bool:
    """Whether a list of modules can hold it: a bare parameter is none."""
    return step.op is None or (step.module is not None and step.module.path != "nn.Parameter")


def _numbered(head: str, paths: Mapping[str, str]) -> dict[str, Place]:
    """The places of all children of `head`; none if they are not numbered in the order in which they come."""
    rests = [path.split(".")[1:] for path in paths.values()]
    if not all(1 <= len(rest) <= 2 and all(part.isdecimal() for part in rest) for rest in rests):
        return {}
    numbers = [[int(part) for part in rest] for rest in rests]
    counts = [sum(n[0] == k for n in numbers) for k in range(numbers[-1][0] + 1)]
    single = {n[0] for n in numbers if len(n) == 1}
    expected = [[k, j] for k, count in enumerate(counts) for j in range(count)]
    if [n if len(n) == 2 else [n[0], 0] for n in numbers] != expected or any(counts[k] > 1 for k in single):
        return {}
    return {
        key: Place(head, n[0], *((n[1], counts[n[0]]) if len(n) == 2 else ()))
        for key, n in zip(paths, numbers, strict=True)
    }


class Lists:
    """The lists of a class while it is written: each stands where its first module would."""

    def __init__(self, places: Mapping[str, Place]) -> None:
        self.places = places
        self._lines: dict[str, int] = {}
        self._texts: dict[str, list[tuple[Place, str]]] = {}

    def __contains__(self, key: str) -> bool:
        return key in self.places

    def add(self, key: str, text: str, lines: list[Statement]) -> Slot:
        """Take the constructor of a module; how it is reached."""
        place = self.places[key]
        if place.head not in self._lines:
            self._lines[place.head] = len(lines)
            lines.append(Statement(""))
        self._texts.setdefault(place.head, []).append((place, text))
        return place.slot()

    def finish(self, lines: list[Statement]) -> None:
        """Write what was taken."""
        for head, members in self._texts.items():
            lines[self._lines[head]] = Statement(f"self.{head} = {_module_list(members)}")


def _module_list(members: Sequence[tuple[Place, str]]) -> str:
    """The `nn.ModuleList` of some constructors, as a loop where they differ in one number alone."""
    inner: dict[int, list[str]] = {}
    for place, text in members:
        inner.setdefault(place.index, []).append(text)
    nested = {place.index for place, _ in members if place.inner is not None}
    texts = [f"nn.Sequential({', '.join(group)})" if k in nested else group[0] for k, group in inner.items()]
    items = ", ".join(texts)
    return f"nn.ModuleList({_loop(texts) or f'[{items}]'})"


def _loop(texts: Sequence[str]) -> str:
    """`Conv2d(channels, 8) for channels in (16, 32, 64)`; empty if no loop says it, or it would say less."""
    if len(texts) < 3 or any('"' in text for text in texts):
        return ""
    if len(set(texts)) == 1:
        return f"{texts[0]} for _ in range({len(texts)})"
    columns = list(zip(*(_NUMBER.findall(text) for text in texts), strict=False))
    varying = {column for column in columns if len(set(column)) > 1}
    if len({_NUMBER.sub("0", text) for text in texts}) > 1 or len(varying) != 1:
        return ""
    (values,) = varying
    name = next(n for n in ("channels", "size", "number") if not re.search(rf"\b{n}\b", texts[0]))
    numbers = iter(columns)
    text = _NUMBER.sub(lambda m: name if next(numbers) == values else m.group(), texts[0])
    return f"{text} for {name} in ({', '.join(values)})"


__all__ = ["Lists", "places"]
