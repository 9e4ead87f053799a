"""Breaking a spec: its language, for which a code is certain; or its numbers and order, of which torch is the judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

from fuzz.case import Case, Item
from fuzz.grow import grow

Mutation = Callable[[Random, Case], bool]
"""Breaks a case in place; False where it finds nothing to break."""


def made(rng: Random) -> Case:
    """A spec: half as grown, most of the rest with one mutation, one in ten with several."""
    case = grow(rng)
    drawn = rng.random()
    if drawn < 0.5:
        return case
    broken = case.copy()
    if drawn < 0.9:
        names = list(OF_LANGUAGE if rng.random() < 0.45 else OF_SHAPES)
        for name in rng.sample(names, len(names)):
            if MUTATIONS[name](rng, broken):
                broken.mutations, broken.expected, broken.base = (name,), OF_LANGUAGE.get(name, ("",))[0], case
                return broken
    for _ in range(rng.randint(2, 4)):
        name = rng.choice(list(MUTATIONS))
        if MUTATIONS[name](rng, broken):
            broken.mutations += (name,)
    return broken


def calls(tree: Any) -> Iterator[Item]:
    """Every map with an `op`, wherever it stands."""
    if isinstance(tree, dict):
        if isinstance(tree.get("op"), str):
            yield tree
        for part in tree.values():
            yield from calls(part)
    elif isinstance(tree, list):
        for part in tree:
            yield from calls(part)


def body(case: Case) -> list[Item]:
    """The items of the net, in the file in which they stand."""
    for tree in case.files.values():
        for key in ("net", "stages", "stem"):
            if tree.get(key):
                items: list[Item] = tree[key]
                return items
    raise AssertionError("a spec has items")


def holder(case: Case, key: str) -> Item:
    """The file that says `key`, else the one that is asked for."""
    return next((tree for tree in case.files.values() if key in tree), case.tree)


def plain(case: Case) -> list[Item]:
    """Calls of the net that are sure to be made, each as it is: no `when`, no branch."""
    found = []
    for item in body(case):
        inner = next(iter(item.values())) if len(item) == 1 else item
        if isinstance(inner, dict) and isinstance(inner.get("op"), str) and "when" not in inner and "join" not in item:
            found.append(inner)
    return found


# --- of the language: (the code that must be found, how)


def _on(case: Case, rng: Random, fits: Callable[[Item], bool] = lambda call: True) -> Item | None:
    known = [call for call in plain(case) if fits(call)]
    return rng.choice(known) if known else None


def _setting(key: str, value: Any, fits: Callable[[Item], bool] = lambda call: True) -> Mutation:
    """Sets a key of a call."""

    def mutate(rng: Random, case: Case) -> bool:
        call = _on(case, rng, fits)
        if call is None:
            return False
        call[key] = deepcopy(value)
        return True

    return mutate


def _saying(key: str, value: Any) -> Mutation:
    """Sets a key of the file."""

    def mutate(rng: Random, case: Case) -> bool:
        case.tree[key] = deepcopy(value)
        return True

    return mutate


def _expecting(what: Item) -> Mutation:
    """Expects something of the network that is asked for."""

    def mutate(rng: Random, case: Case) -> bool:
        case.tree["expect"] = {"variants": {case.variant: what}} if case.variant else what
        return True

    return mutate


def _inserting(item: Any) -> Mutation:
    """Puts an item somewhere in the net."""

    def mutate(rng: Random, case: Case) -> bool:
        items = body(case)
        items.insert(rng.randint(0, len(items)), deepcopy(item))
        return True

    return mutate


def _is_op(*names: str) -> Callable[[Item], bool]:
    return lambda call: call["op"] in names


def _without(key: str, fits: Callable[[Item], bool]) -> Mutation:
    def mutate(rng: Random, case: Case) -> bool:
        call = _on(case, rng, lambda call: fits(call) and key in call)
        if call is None:
            return False
        del call[key]
        return True

    return mutate


def _twice(rng: Random, case: Case) -> bool:
    """Two items of one name."""
    items = body(case)
    named = [name for item in items if len(item) == 1 and "when" not in str(item)
             and "{" not in (name := next(iter(item))) and name not in ("op", "parallel")]  # fmt: skip
    if not named:
        return False
    items.append({rng.choice(named): {"op": "param", "size": [1, 4]}})
    return True


def _wrong_promise(rng: Random, case: Case) -> bool:
    if "outputs" in holder(case, "outputs"):
        return False
    holder(case, "output")["output"] = ["N", 9999]
    return True


def _no_input(rng: Random, case: Case) -> bool:
    return holder(case, "input").pop("input", None) is not None


def _without_version(rng: Random, case: Case) -> bool:
    return case.tree.pop("archspec", None) is not None


def _block_call(call: Item) -> bool:
    """Whether a block is called; an alias may be left out by its own `when`, and what it is given with it."""
    return call["op"].startswith("block") and "out" in call and "first" not in call


LAYERS = ("conv2d", "linear", "conv_transpose2d")


def _repeatable(call: Item) -> bool:
    return "tie" not in call and not call.get("op", "").startswith(("param", "alias"))


def _is_tied_alone(call: Item) -> bool:
    """Whether a tie is read where it is broken: of the units of a repeat none can be."""
    return call["op"] == "linear" and "repeat" not in call


def _is_layer(call: Item) -> bool:
    return call["op"] in LAYERS and "first" not in call  # which may override what is broken


OF_LANGUAGE: dict[str, tuple[str, Mutation]] = {
    "an unknown op": ("E0217", _setting("op", "conv3d")),
    "an unknown option": ("E0222", _setting("kernal", 3)),
    "an unknown input": ("E0225", _setting("from", "nobody")),
    "a layer by its number": ("E0225", _setting("from", -1)),
    "an option of another type": ("E0224", _setting("out", True, _is_layer)),
    "an option out of range": ("E0224", _setting("out", 0, _is_layer)),
    "an expression without a value": ("E0220", _setting("out", "width / 0", _is_layer)),
    "an unknown name in an expression": ("E0220", _setting("out", "wdith", _is_layer)),
    "code in an expression": ("E0220", _setting("out", "__import__('os').getpid()", _is_layer)),
    "a missing option": ("E0223", _without("out", _is_layer)),
    "a missing argument": ("E0215", _without("out", _block_call)),
    "an argument of another type": ("E0216", _setting("out", True, _block_call)),
    "an unknown argument": ("E0222", _setting("widht", 3, _block_call)),
    "too many inputs": ("E0304", _setting("from", ["x", "x"], _is_op("relu", "conv2d", "linear", "batch_norm"))),
    "no repetition": ("E0221", _setting("repeat", 0, _repeatable)),
    "half a repetition": ("E0221", _setting("repeat", 1.5, _repeatable)),
    "a condition that is a number": ("E0221", _setting("when", 3)),
    "first without repeat": ("E0204", _setting("first", {"out": 3}, lambda call: "repeat" not in call)),
    "an unknown tensor": ("E0229", _setting("init", {"wieght": "zeros"}, _is_layer)),
    "an unknown initialisation": ("E0229", _setting("init", {"weight": "zeroes"}, _is_layer)),
    "a tie to nothing": ("E0232", _setting("tie", {"weight": "nobody.weight"}, _is_tied_alone)),
    "sharing with nobody": ("E0225", _inserting({"again": {"same": "nobody"}})),
    "no item": ("E0208", _inserting({"conv": "relu"})),
    "a name that torch has": ("E0205", _inserting({"forward": {"op": "relu", "from": "x"}})),
    "a keyword for a name": ("E0205", _inserting({"class": {"op": "relu", "from": "x"}})),
    "columns of different length": (
        "E0228",
        _inserting({"each": {"a": [1, 2], "b": [1]}, "do": [{"op": "relu"}]}),
    ),
    "an empty container": ("E0226", _inserting({"nothing": []})),
    "a name twice": ("E0205", _twice),
    "an unknown section": ("E0201", _saying("stagse", [{"op": "relu"}])),
    "another version": ("E0202", _saying("archspec", 2)),
    "no version": ("E0202", _without_version),
    "no input": ("E0202", _no_input),
    "a signature that is none": ("E0206", _saying("input", "x(N, 3, 8, 8)")),
    "free channels": ("E0230", _saying("input", "x[N, C, 8, 8]")),
    "two nets": ("E0204", lambda rng, case: _both(case)),
    "a promise that is not kept": ("E0306", _wrong_promise),
    "a count that is not expected": ("E0403", _expecting({"parameters": 123_456_789})),
    "an expected node that is not there": ("E0402", _expecting({"shapes": {"nobody": ["N", 3]}})),
    "a requirement": ("E0401", _saying("require", [{"if": "width > 100", "else": "width is {width}"}])),
    "a library that is not there": ("E0210", _saying("use", ["nowhere"])),
    "an unknown param in a variant": ("E0213", _saying("variants", {"other": {"widht": 3}})),
    "an initialisation of no op": ("E0217", _saying("init", {"conv3d": {"weight": "zeros"}})),
}  # fmt: skip


def _both(case: Case) -> bool:
    tree = holder(case, "net")
    if "net" not in tree:
        return False
    tree["stem"] = [{"op": "relu"}]
    return True


# --- of shapes


def _number(rng: Random, case: Case) -> bool:
    """One number of a call, somewhere, is another."""
    spots = [(c, key) for c in calls(_bodies(case)) for key, value in c.items() if type(value) is int]
    if not spots:
        return False
    call, key = rng.choice(spots)
    call[key] = rng.choice((call[key] + 1, call[key] - 1, 2 * call[key], 3 * call[key] + 1, 7))
    return True


def _bodies(case: Case) -> list[Any]:
    return [tree.get(key) for tree in case.files.values() for key in ("net", "stem", "stages", "head", "blocks")]


def _option(key: str, values: tuple[Any, ...], *ops: str) -> Mutation:
    """An option of an op, somewhere, is another."""

    def mutate(rng: Random, case: Case) -> bool:
        known = [call for call in calls(_bodies(case)) if call["op"] in ops]
        if not known:
            return False
        rng.choice(known)[key] = rng.choice(values)
        return True

    return mutate


def _left_out(rng: Random, case: Case) -> bool:
    items = body(case)
    if len(items) < 2:
        return False
    del items[rng.randrange(len(items))]
    return True


def _swapped(rng: Random, case: Case) -> bool:
    items = body(case)
    if len(items) < 2:
        return False
    at = rng.randrange(len(items) - 1)
    items[at], items[at + 1] = items[at + 1], items[at]
    return True


def _other_input(rng: Random, case: Case) -> bool:
    """One operand of a join is another node."""
    joins = [call for call in calls(_bodies(case)) if isinstance(call.get("from"), list)]
    names = [next(iter(item)) for item in body(case) if len(item) == 1]
    if not joins or not names:
        return False
    source = rng.choice(joins)["from"]
    source[rng.randrange(len(source))] = rng.choice([*names, "x"])
    return True


def _other_size(rng: Random, case: Case) -> bool:
    tree = holder(case, "input")
    if not isinstance(tree.get("input"), str) or "C" in tree["input"] or "[" not in tree["input"]:
        return False
    name, _, axes = tree["input"].rstrip("]").partition("[")
    parts = axes.split(", ")
    at = rng.randrange(1, len(parts))
    label, _, size = parts[at].rpartition("=")
    parts[at] = f"{label}{'=' * bool(label)}{rng.choice((int(size) + 1, max(int(size) - 1, 1), 1, 2 * int(size)))}"
    tree["input"] = f"{name}[{', '.join(parts)}]"
    return True


CONVS = ("conv2d", "conv_transpose2d")
POOLS = ("max_pool2d", "avg_pool2d")

OF_SHAPES: dict[str, Mutation] = {
    "a number": _number,
    "a stride": _option("stride", (2, 3, [1, 2]), *CONVS, *POOLS),
    "a kernel": _option("kernel", (2, 4, 7, 11, [1, 9]), *CONVS, *POOLS),
    "a padding": _option("padding", (0, 1, 2, 5, "same", "tf_same"), *CONVS, *POOLS),
    "a dilation": _option("dilation", (2, 3, [3, 1]), "conv2d", "max_pool2d"),
    "groups": _option("groups", (2, 3, 7), *CONVS, "group_norm", "channel_shuffle"),
    "a width": _option("out", (1, 3, 5, 9), *CONVS, "linear"),
    "an item left out": _left_out,
    "items swapped": _swapped,
    "another operand": _other_input,
    "another size": _other_size,
    "a pooling": lambda rng, case: _inserting({"op": "max_pool2d", "kernel": rng.choice((2, 3, 5))})(rng, case),
    "a flattening": _inserting({"op": "flatten"}),
    "channels last": _inserting({"op": "permute", "order": "NHWC"}),
    "a linear": _inserting({"op": "linear", "out": 4}),
    "a norm": lambda rng, case: _inserting({"op": "group_norm", "groups": rng.choice((2, 3, 4))})(rng, case),
    "a sum with the input": lambda rng, case: _summed(rng, case),
    "a crop": lambda rng, case: _inserting({"op": "crop_like", "from": _two(rng, case)})(rng, case),
    "a split": lambda rng, case: _inserting({"op": "split", "parts": rng.choice((2, 3))})(rng, case),
    "a reshape": lambda rng, case: _inserting({"op": "reshape", "to": ["N", rng.choice((4, 6, 12))]})(rng, case),
    "a shuffle": lambda rng, case: _inserting({"op": "pixel_shuffle", "scale": 2})(rng, case),
    "attention": lambda rng, case: _inserting({"op": "attention", "heads": rng.choice((2, 3))})(rng, case),
    "a reflection": lambda rng, case: _inserting({"op": "pad2d", "padding": rng.choice((1, 4)), "mode": "reflect"})(
        rng, case
    ),
}


def _summed(rng: Random, case: Case) -> bool:
    """A sum at the end of the net, where its operands are known."""
    body(case).append({"op": rng.choice(("add", "mul", "concat")), "from": _two(rng, case)})
    return True


def _two(rng: Random, case: Case) -> list[str]:
    names = [next(iter(item)) for item in body(case) if len(item) == 1 and "{" not in next(iter(item))]
    return [rng.choice([*names, "x"]), rng.choice([*names, "x"])]


MUTATIONS: dict[str, Mutation] = {**{name: how for name, (_, how) in OF_LANGUAGE.items()}, **OF_SHAPES}
