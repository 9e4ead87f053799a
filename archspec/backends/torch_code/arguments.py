"""The arguments of a class's constructor: what its expressions read, and which of it a call may leave out."""

from __future__ import annotations

from archspec.backends.torch_code.family import Argument, Family
from archspec.backends.torch_code.hints import ClassName, annotation
from archspec.backends.torch_code.resolve import Resolver
from archspec.backends.torch_code.spelling import same, text_of

NEUTRAL = (0, 1, None)
"""What may be left out of a call (and false and true with them): the values that change nothing."""


def arguments_of(family: Family, resolver: Resolver) -> list[Argument]:
    """The arguments that what was written reads: sizes of inputs, the block's own params, the rest."""
    body = family.instances[0].body
    own = [name for name, _ in body.params] if body.kind != "container" else []
    symbols = [name for name in family.instances[0].names.symbols if name in resolver.used]
    known = {*symbols, *own, *family.lifted, *resolver.lets}
    rest = [name for name in resolver.values if name in resolver.used and name not in known]
    named = [*symbols, *(name for name in own if name in resolver.used), *rest]
    arguments = [Argument(resolver.spelling[name], annotation(resolver.values[name]), name) for name in named]
    classes: list[Argument] = []
    for name, values in family.lifted.items():
        held = list(values.values())
        if name in resolver.used and isinstance(held[0], ClassName):
            classes.append(Argument(name, annotation(held), None, max(held, key=held.count), True))
        elif name in resolver.used:
            arguments.append(Argument(name, annotation(held), None))
    if body.kind != "net":
        _set_defaults(arguments, resolver, set(symbols))
    return [*arguments, *classes]


def _set_defaults(arguments: list[Argument], resolver: Resolver, symbols: set[str]) -> None:
    """The trailing arguments get the neutral value that most instances have, if a third of them have it."""
    for argument in reversed(arguments[1:]):
        if argument.source is None or argument.source in symbols:
            return
        values = resolver.values[argument.source]
        common = max(values, key=lambda v: (v in NEUTRAL, sum(same(v, w) for w in values)))
        if 3 * sum(same(common, v) for v in values) < len(values) or common not in NEUTRAL:
            return
        argument.default, argument.has_default = common, True


def declared(argument: Argument) -> str:
    """An argument as `__init__` declares it."""
    text = f"{argument.name}: {argument.annotation}"
    return f"{text} = {text_of(argument.default)}" if argument.has_default else text


__all__ = ["arguments_of", "declared"]
