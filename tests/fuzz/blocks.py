"""Random blocks: pieces that fit at any size, some behind a condition, some told by a param."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from fuzz.case import Item, chance

ACTIVATIONS = ("relu", "identity", "gelu", "silu", "leaky_relu", "hardswish", "sigmoid", "tanh")
PARAMS = {
    "stride": "int = 1",
    "k": "int = 3",
    "flag": "bool = true",
    "act": "block = relu",
    "p": "float = 0.1",
    "e": "int = 2",
    "kind": "enum[one, two] = one",
    "widths": "list[int] = [2, 3]",
}


def arguments(rng: Random, params: Item) -> Item:
    """Arguments for the params of a block."""
    given: Item = {}
    for param in params:
        if param in ("out", "a", "b"):
            given[param] = rng.choice((2, 3, 4, 6, 8, "width", "2*width"))
        elif chance(rng, 0.5):
            given[param] = {
                "stride": rng.choice((1, 2)),
                "k": rng.choice((1, 3, 5)),
                "flag": rng.choice((True, False, "deep", "not deep")),
                "act": rng.choice((*ACTIVATIONS, "none")),
                "p": rng.choice((0.0, 0.1, 0.5)),
                "e": rng.choice((1, 2, 3)),
                "kind": rng.choice(("one", "two")),
                "widths": rng.choice(([2], [4, 2], [2, 2, 3])),
            }[param]
    return given


class BlockGrower:
    """One block; `others` are the blocks that it may call, by name, with their params."""

    def __init__(self, rng: Random, name: Callable[[], str], others: dict[str, Item], features: set[str]) -> None:
        self.rng = rng
        self.name = name
        self.others = others
        self.features = features
        self.body: list[Item] = []
        self.params: Item = {"out": "int", **{key: text for key, text in PARAMS.items() if chance(rng, 0.4)}}
        self.channels = "C"
        """How the channels that flow are written in the block's own terms."""

    def grow(self) -> Item:
        """A block with one input."""
        for _ in range(self.rng.randint(1, 3)):
            self._piece()
        block: Item = {"params": self.params, "in": "x[N, C, H, W]"}
        if "let" in self.features and chance(self.rng, 0.6):
            block["let"] = {"mid": self.rng.choice(("out // 2 + 1", "max(out, C)", "make_divisible(C, 4)"))}
            self._add({"op": "conv2d", "out": "mid", "kernel": 1})
            self.channels = "mid"
        if "promise" in self.features and "stride" not in self.params and chance(self.rng, 0.7):
            block["out"] = ["N", self.channels, "H", "W"]
        if "require" in self.features and chance(self.rng, 0.5):
            block["require"] = [{"if": "out >= 1", "else": "out is {out}"}]
        if "register" in self.features and chance(self.rng, 0.4):
            named = [next(iter(item)) for item in self.body if len(item) == 1 and "parallel" not in item]
            block["register"] = self.rng.sample(named, min(len(named), 2))
        return {**block, "body": self.body}

    def _add(self, item: Any) -> str:
        name = self.name()
        self.body.append({name: item})
        return name

    def _last(self) -> str:
        """The name of what flows: the last item's, else the input's."""
        return str(next(iter(self.body[-1]))) if self.body else "x"

    def _kernel(self) -> Item:
        if "k" in self.params and chance(self.rng, 0.6):
            return {"kernel": "k", "padding": "k // 2"}
        return dict(self.rng.choice((
            {"kernel": 1},
            {"kernel": 3, "padding": 1},
            {"kernel": 3, "padding": "tf_same"},
            {"kernel": 3, "padding": "same"},
            {"kernel": [3, 1], "padding": [1, 0]},
            {"kernel": 3, "dilation": 2, "padding": 2},
        )))  # fmt: skip

    def _bias(self) -> Item:
        if not chance(self.rng, 0.5):
            return {}
        return {"bias": self.rng.choice((False, "flag" if "flag" in self.params else True))}

    def _when(self) -> Item:
        known = {"flag": "flag", "kind": "kind == two", "e": "e > 1", "widths": "len(widths) > 1"}
        texts = [text for param, text in known.items() if param in self.params]
        return {"when": self.rng.choice(texts)} if texts and chance(self.rng, 0.4) else {}

    def _act(self) -> Item:
        if "act" in self.params and chance(self.rng, 0.7):
            return {"op": "$act"}
        return {"op": self.rng.choice(ACTIVATIONS)}

    def _piece(self) -> None:
        forms = (self._conv, self._residual, self._gate, self._dense, self._depthwise, self._branches, self._nested,
                 self._split, self._norm, self._listed, self._tied, self._twice)  # fmt: skip
        self.rng.choice(forms)()

    def _conv(self) -> None:
        wide = self.rng.choice((
            "out",
            "out * e" if "e" in self.params else "2*out",
            "out if flag else 2*out" if "flag" in self.params else "out",
            "sum(widths)" if "widths" in self.params else "out",
        ))  # fmt: skip
        kernel = self._kernel()
        stride: Item = {}
        if "stride" in self.params and kernel.get("padding") != "same" and chance(self.rng, 0.7):
            stride = {"stride": "stride"}
        self._add({"op": "conv2d", "out": wide, **kernel, **stride, **self._bias()})
        self._add({"op": "batch_norm", **self._when()})
        self._add(self._act())
        self.channels = wide

    def _residual(self) -> None:
        source, first = self._last(), not self.body
        self._add({"op": "conv2d", "out": "out", **self._kernel(), **self._bias()})
        branch = self._add(self._act())
        project = {"op": "conv2d", "from": source, "out": "out", "kernel": 1}
        short = self._add({**project, "when": "C != out"} if first and self.channels == "C" else project)
        self._add({"op": self.rng.choice(("add", "mul")), "from": [branch, short], **self._when()})
        self.channels = "out"

    def _gate(self) -> None:
        source = self._last()
        self._add({"op": "adaptive_avg_pool2d", "size": 1})
        self._add({"op": "conv2d", "out": self.channels, "kernel": 1})
        gate = self._add({"op": "sigmoid"})
        self._add({"op": "mul", "from": self.rng.choice(([gate, source], [source, gate]))})

    def _dense(self) -> None:
        source = self._last()
        new = self._add({"op": "conv2d", "out": "out", **self._kernel(), **self._bias()})
        self._add({"op": "concat", "from": [source, new]})
        self.channels = f"({self.channels}) + out" if " " in self.channels else f"{self.channels} + out"

    def _depthwise(self) -> None:
        groups = self.channels
        wide = self.rng.choice((groups, f"2*({groups})"))
        self._add({"op": "conv2d", "out": wide, "groups": groups, **self._kernel(), **self._bias()})
        self._add(self._act())
        if "p" in self.params:
            self._add({"op": self.rng.choice(("drop_path", "dropout")), "p": "p"})
        self.channels = wide

    def _branches(self) -> None:
        near, far = self.name(), self.name()
        branches = [
            {near: {"op": "conv2d", "out": "out", **self._kernel(), **self._when()}},
            {far: [{"op": "conv2d", "out": "out", "kernel": 1}, self._act()]},
        ]
        self.body.append({"parallel": branches, "join": {"op": self.rng.choice(("add", "concat"))}})
        self._add({"op": "conv2d", "out": "out", "kernel": 1})
        self.channels = "out"

    def _nested(self) -> None:
        plain = [name for name, params in self.others.items() if "out" in params]
        if not plain:
            return self._norm()
        name = self.rng.choice(plain)
        params = self.others[name]
        call: Item = {"op": name, "out": self.rng.choice(("out", "out + 1"))}
        for key in ("stride", "e", "flag", "act"):
            if key in params and key in self.params and chance(self.rng, 0.6):
                call[key] = "$act" if key == "act" else key
        if "repeat" in self.features and chance(self.rng, 0.4):
            call["repeat"] = self.rng.choice((2, "out // 2 + 1", "len(widths)" if "widths" in self.params else 3))
        self._add({**call, **self._when()})
        self._add({"op": "conv2d", "out": "out", "kernel": 1})
        self.channels = "out"
        return None

    def _split(self) -> None:
        self._add({"op": "conv2d", "out": "2*out", "kernel": 1})
        parts = self._add({"op": "split", "parts": 2})
        self._add({"op": self.rng.choice(("mul", "add")), "from": [f"{parts}.0", f"{parts}.1"]})
        self.channels = "out"

    def _norm(self) -> None:
        self._add({"op": "group_norm", "groups": 1})
        self._add(self._act())

    def _listed(self) -> None:
        """A convolution for each width of a list, or twice."""
        name = self.name()
        widths: Any = "widths" if "widths" in self.params else ["out", "out + 1"]
        if not isinstance(widths, list):
            self._add({"op": "conv2d", "out": "widths[0]", "kernel": 1})
            self.channels = "widths[0]"
            return
        self.body.append({"each": {"w": widths}, "do": [{name + "_{s}": {"op": "conv2d", "out": "w", "kernel": 1}}]})
        self._add({"op": "relu"})
        self.channels = "out + 1"

    def _tied(self) -> None:
        if "tie" not in self.features:
            return self._conv()
        self._add({"op": "conv2d", "out": "out", "kernel": 1})
        first = self._add({"op": "conv2d", "out": "out", "kernel": 1})
        self._add({"op": "conv2d", "out": "out", "kernel": 1, "tie": {"weight": f"{first}.weight"}})
        self.channels = "out"
        return None

    def _twice(self) -> None:
        """One module on two maps."""
        if "same" not in self.features:
            return self._conv()
        self._add({"op": "conv2d", "out": "out", "kernel": 1})
        first = self._add({"op": "conv2d", "out": "out", **self._kernel()})
        again = self.name()
        self.body.append({again: {"same": first}})
        self._add({"op": "concat", "from": [first, again]})
        self.channels = "2*out"
        return None


def forked(rng: Random, name: Callable[[], str]) -> Item:
    """A block with two outputs."""
    a, b = name(), name()
    return {
        "params": {"a": "int", "b": "int = 2"},
        "in": "x[N, C, H, W]",
        "outputs": {"hi": a, "lo": b},
        "body": [
            {a: {"op": "conv2d", "out": "a", "kernel": rng.choice((1, 3)), "padding": 1}},
            {b: {"op": "conv2d", "from": rng.choice(("x", a)), "out": "b", "kernel": 1, "stride": rng.choice((1, 2))}},
        ],
    }


def crossed(rng: Random, name: Callable[[], str]) -> Item:
    """A block with two inputs and two outputs, which can be repeated."""
    a, b = name(), name()
    kernel = rng.choice(({"kernel": 1}, {"kernel": 3, "padding": 1}))
    return {
        "params": {"a": "int", "b": "int"},
        "in": ["x[N, C, H, W]", "y[N, D, P, Q]"],
        "outputs": {"left": a, "right": b},
        "body": [
            {a: {"op": "conv2d", "from": "x", "out": "a", **kernel}},
            {b: {"op": "conv2d", "from": "y", "out": "b", "kernel": 1}},
        ],
    }


def merged(rng: Random, name: Callable[[], str]) -> Item:
    """A block with two inputs of one size."""
    return {
        "params": {"out": "int"},
        "in": ["x[N, C, H, W]", "y[N, D, H, W]"],
        "body": [
            {name(): {"op": "concat", "from": rng.choice((["x", "y"], ["y", "x"]))}},
            {name(): {"op": "conv2d", "out": "out", "kernel": 1}},
        ],
    }
