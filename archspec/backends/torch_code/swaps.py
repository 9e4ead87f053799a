"""Activations that differ between the instances of a class: the class is given `activation: type[nn.Module]`."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.backends.torch_code.hints import ClassName
from archspec.backends.torch_code.resolve import Resolver, Unwritable


def class_text(resolver: Resolver, seen: Sequence[tuple[int, str]]) -> str:
    """What stands for the class of a module: its name, or the argument that holds each instance's."""
    classes = dict(seen)
    if len(classes) < len(set(seen)):
        raise Unwritable("activation")
    lifted, same = resolver.family.lifted, len(set(classes.values())) == 1
    if same and len(classes) == len(resolver.family.instances):
        return seen[0][1]
    names = [name for name, held in lifted.items() if any(isinstance(value, ClassName) for value in held.values())]
    fitting = [n for n in names if all(lifted[n].get(i, found) == found for i, found in classes.items())]
    if same and not fitting:
        return seen[0][1]
    if not fitting and not resolver.lifting:
        raise Unwritable("activation")
    name = fitting[0] if fitting else resolver.new_argument("activation")
    lifted[name] = lifted.get(name, {}) | {i: ClassName(found) for i, found in classes.items()}
    resolver.hold(name)
    resolver.used.add(name)
    return name


def handed_on(resolver: Resolver, seen: Sequence[tuple[int, object]], default: ClassName) -> str:
    """What a call gives for such an argument; an instance whose callee runs no such module may give any."""
    known = [(instance, str(value)) for instance, value in seen if isinstance(value, ClassName)]
    return class_text(resolver, known) if known else default


__all__ = ["class_text", "handed_on"]
