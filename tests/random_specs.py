"""Random specs: one integer, one spec. `python -m tests.random_specs --seed 0 --count 1000` judges many of them.

A spec grows item by item. Each seed has a few of the ops and of the language's features only (a swarm), so that rare
combinations meet. Candidates that the checker refuses are mostly dropped; some end the spec instead, and some specs get
one number changed at the end. Whether what comes out is right is never assumed: torch says so (see `spec_judge.py`).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import yaml

from archspec.ops.options import make_op

sys.path.insert(0, str(Path(__file__).parent))  # for `python -m tests.random_specs`

from ops_samples import SAMPLES

from archspec.checked import Checked
from archspec.diagnostics import SpecError
from archspec.ops import OPS
from archspec.pipeline import check
from archspec.shapes import Shape

Item = dict[str, Any]

JOINS = ("add", "mul", "concat", "stack")
LIKE = ("resize_like", "crop_like")
CHAINED = tuple(name for name in OPS if name not in (*JOINS, *LIKE, "param"))
ACTIVATIONS = ("relu", "gelu", "silu", "leaky_relu", "hardswish", "sigmoid", "identity")
FEATURES = (
    "join",
    "block",
    "repeat",
    "first",
    "each",
    "splice",
    "parallel",
    "container",
    "when",
    "from",
    "alias",
    "same",
    "like",
    "expression",
    "init",
    "param",
    "args",
    "multi",
    "section",
    "let",
    "tie",
    "register",
)


class Flow(yaml.SafeDumper):
    """Plain YAML: no anchors, which the language refuses."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def written(spec: Item) -> str:
    return yaml.dump(spec, Dumper=Flow, sort_keys=False, width=120, default_flow_style=None)


def make(seed: int) -> str:
    """The spec of this seed."""
    rng = Random(seed)
    text = Grower(rng).grow()
    return text if rng.random() < 0.7 else mutated(rng, text)


def mutated(rng: Random, text: str) -> str:
    """The same with one number or word changed, somewhere after the header."""
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if line.startswith(("net:", "stem:", "blocks:"))), 0)
    spots = [(n, at, end) for n in range(start, len(lines)) for at, end in _numbers(lines[n])]
    if not spots:
        return text
    line, at, end = rng.choice(spots)
    number = int(lines[line][at:end])
    changed = rng.choice((number + 1, number - 1, 2 * number, 3 * number + 1, 0, 7))
    lines[line] = lines[line][:at] + str(changed) + lines[line][end:]
    return "\n".join(lines) + "\n"


def _numbers(line: str) -> list[tuple[int, int]]:
    return [m.span() for m in re.finditer(r"(?<![\w.])\d+(?![\w.])", line)]


class Grower:
    """A spec on its way. `shapes` holds what can be read at the top level, by name."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.ops = set(rng.sample(CHAINED, rng.randint(6, len(CHAINED)))) | {"conv2d", "relu"}
        self.features = {feature for feature in FEATURES if rng.random() < rng.choice((0.3, 0.7))}
        self.count = 0
        self.checked: Checked | None = None
        self.params: Item = {
            "width": f"int = {rng.choice((2, 4, 6))}",
            "deep": f"bool = {rng.choice(('true', 'false'))}",
        }
        if self.rng.random() < 0.4:
            self.params["classes"] = "open int = 5"
        self.blocks: Item = {}
        self.calls: dict[str, Item] = {}  # what can be called, with its params: name -> type
        self.net: list[Item] = []
        self.inputs = self._inputs()

    # --- the whole

    def grow(self) -> str:
        """Items until it is large enough, or until a refused one is kept."""
        if "block" in self.features:
            for _ in range(self.rng.randint(1, 3)):
                self._block()
        self.net = [{"start": {"op": "identity"}}]
        wanted, last = self.rng.randint(2, 9), self.text()
        self.checked = check(last)
        for _ in range(3 * wanted):
            if len(self.net) >= wanted:
                break
            before = len(self.net)
            self.net.extend(self._candidate())
            text = self.text()
            try:
                self.checked = check(text)
            except SpecError:
                if self.net and self.rng.random() < 0.06:
                    return text
                del self.net[before:]
                continue
            last = text
        return self._finished(last)

    def _finished(self, last: str) -> str:
        last_name = self._last()
        loose = [name for name in self._loose() if name != last_name]
        if last_name and (loose or "multi" in self.features) and self.rng.random() < 0.95:
            outputs: Item = {"main": {"from": last_name}}
            for place, name in enumerate(loose or self.rng.sample(list(self._names()), 1)):
                if name != last_name:
                    mode: Item = {"mode": "train"} if self.rng.random() < 0.3 else {}
                    outputs[f"out{place}"] = {"from": name, **mode}
            return self.text(outputs=outputs)
        shape = self._current()
        if self.rng.random() < 0.3 and all(isinstance(d, int) for d in shape.dims[1:]):
            return self.text(output=["N", *(int(d) for d in shape.dims[1:])])  # type: ignore[arg-type]
        return last

    def _last(self) -> str:
        """The name of the last node, "" if it has none."""
        assert self.checked is not None
        ref = self.checked.graph.outputs[0].ref
        return ref.node if ref.node in self._names() else ""

    def _loose(self) -> list[str]:
        """Nodes that nothing reads, which would run in vain."""
        assert self.checked is not None
        root = self.checked.shapes.root.body
        read = {ref.node for node in root.nodes for ref in node.inputs}
        return [name for name in self._names() if name.partition(".")[0] not in {*read, *root.inputs}]

    def text(self, **more: Any) -> str:
        net: list[Any] = list(self.net)
        sections: Item = {"net": net}
        if "section" in self.features and len(net) > 3:
            sections = {"stem": net[:1], "stages": net[1:-1], "head": net[-1:]}
        blocks = {"blocks": self.blocks} if self.blocks else {}
        lets = {"let": {"double": "2*width"}} if "let" in self.features else {}
        return written(
            {
                "archspec": 1,
                "name": "random",
                "params": self.params,
                **lets,
                **blocks,
                "input": self.inputs,
                **sections,
                **more,
            }
        )

    def _inputs(self) -> Any:
        one = self._input("x")
        return [one, self._input("y")] if "multi" in self.features and self.rng.random() < 0.5 else one

    def _input(self, name: str) -> str:
        rng = self.rng
        if rng.random() < 0.12:
            return f"{name}[N, {rng.randint(1, 9)}, {rng.choice((4, 6, 8))}]"
        sides = [rng.choice((1, 2, 3, 5, 7, 8, 9, 11, 13, 16, 17, 24, 31, 33)) for _ in range(2)]
        if rng.random() < 0.5:
            sides[1] = sides[0]
        if rng.random() < 0.3:
            height, width = ("H", "W") if name == "x" else ("P", "Q")
            return f"{name}[N, {rng.choice((1, 3, 4))}, {height}={sides[0]}, {width}={sides[1]}]"
        return f"{name}[N, {rng.choice((1, 2, 3, 4, 6))}, {sides[0]}, {sides[1]}]"

    # --- what is there

    def _names(self) -> dict[str, Shape]:
        """What can be read, with its shape at the nominal size."""
        assert self.checked is not None
        root = self.checked.shapes.root
        found = dict(zip(root.body.inputs, root.inputs, strict=True))
        for node in root.body.nodes:
            shapes = root.nodes[node.key]
            if not node.key.startswith("#") and "#" not in node.key:
                if len(shapes) == 1:
                    found[node.key] = shapes[0]
                elif getattr(node.target, "name", "") == "split":
                    found.update({f"{node.key}.{k}": shape for k, shape in enumerate(shapes)})
        return {name: _nominal(shape) for name, shape in found.items()}

    def _current(self) -> Shape:
        assert self.checked is not None
        return _nominal(self.checked.shapes.root.of(self.checked.graph.outputs[0].ref))

    def _name(self, stem: str = "n") -> str:
        self.count += 1
        return f"{stem}{self.count}"

    # --- candidates

    def _candidate(self) -> list[Item]:
        forms: dict[str, Callable[[], list[Item]]] = {
            "join": self._join,
            "block": self._call,
            "each": self._each,
            "splice": self._splice,
            "same": self._same,
            "parallel": self._parallel,
            "container": self._container,
            "like": self._like,
            "param": self._param,
        }
        known = [form for name, form in forms.items() if name in self.features]
        if not known or self.rng.random() < 0.4:
            return self._step(self._current())
        return self.rng.choice(known)()

    def _step(self, shape: Shape) -> list[Item]:
        """A chained op, by name or not, sometimes with a `when` or a `from`."""
        rng = self.rng
        source: Item = {}
        names = self._names()
        if "from" in self.features and names and rng.random() < 0.3:
            chosen = rng.choice(list(names))
            source, shape = {"from": chosen}, names[chosen]
        item = {**self._op(shape), **source}
        if "when" in self.features and rng.random() < 0.25:
            item["when"] = rng.choice(("deep", "not deep", "width > 2", "width == 4 or deep"))
        if "repeat" in self.features and rng.random() < 0.25:
            item["repeat"] = rng.choice((1, 2, 3, "width // 2"))
            if "first" in self.features and "out" in item and rng.random() < 0.5:
                item["first"] = {"out": item["out"]}
        return [{self._name(): item}] if rng.random() < 0.8 else [item]

    def _op(self, shape: Shape) -> Item:
        """An op with options, nearly always one that takes this shape."""
        rng = self.rng
        for _ in range(30):
            name = rng.choice(sorted(self.ops))
            options, _ = SAMPLES[name](rng)
            if name in ("reshape", "flatten", "split", "select", "permute"):
                options = self._fitted(name, options, shape)
            op = make_op(
                OPS[name],
                {
                    key: [2 if v == "N" else v for v in value] if key == "to" and isinstance(value, list) else value
                    for key, value in options.items()
                },
            )
            fits = (op.ranks is None or shape.rank in op.ranks) and all(d.holds() for d in op.demands(shape))
            if (fits and _size(op.shape(shape)) < 20_000) or rng.random() < 0.03:
                break
        item = {"op": name, **_plain(options)}
        if "expression" in self.features and "out" in item and rng.random() < 0.4:
            item["out"] = rng.choice(("width", "2*width", "width + 1", "max(width, 3)", "width if deep else 3"))
            if "let" in self.features and rng.random() < 0.5:
                item["out"] = "double"
            if "classes" in self.params and name == "linear":
                item["out"] = "classes"
        if "init" in self.features and name in ("conv2d", "linear") and rng.random() < 0.3:
            item["init"] = {
                "weight": rng.choice(
                    ("zeros", "ones", {"constant": 0.25}, {"kaiming_normal": "fan_out"}, {"normal": 0.01})
                )
            }
        return item

    def _fitted(self, name: str, options: Item, shape: Shape) -> Item:
        rng, axes = self.rng, shape.axes
        if name == "permute":
            return {"order": axes[0] + "".join(rng.sample(axes[1:], len(axes) - 1))}
        if name == "select":
            axis = rng.choice(axes[1:])
            return {"axis": axis, "index": rng.choice((0, -1))}
        if name == "split":
            axis = rng.choice(axes[1:])
            size = shape.dims[shape.axis(axis)]
            assert isinstance(size, int)
            return {"axis": axis, **({"parts": 2} if rng.random() < 0.6 else {"sizes": [1, max(size - 1, 1)]})}
        if name == "flatten":
            start = rng.randint(1, len(axes) - 1)
            picked = list(axes[start : start + rng.randint(1, 3)])
            rest = [a for a in axes if a not in picked] + ["T"]
            order = [rest[0], *rng.sample(rest[1:], len(rest) - 1)]
            return rng.choice(({}, {"axes": picked, "into": "T"}, {"axes": picked, "into": "T", "order": order}))
        dims = list(shape.dims[1:])
        rng.shuffle(dims)
        return {"to": ["N", *dims] if len(dims) < 2 or rng.random() < 0.5 else ["N", dims[0] * dims[1], *dims[2:]]}

    def _join(self) -> list[Item]:
        rng, names = self.rng, self._names()
        op = rng.choice(JOINS)
        shape = self._current()
        equal = [name for name, other in names.items() if other == shape]
        close = [name for name, other in names.items() if other.dims[2:] == shape.dims[2:] and other.rank == shape.rank]
        pool = (close if op == "concat" else equal) if rng.random() < 0.9 else list(names)
        if len(pool) < 2:
            return self._step(shape)
        axis: Item = {"axis": rng.choice(("C", shape.axes[1]))} if op == "concat" else {}
        axis = {"axis": "K", "at": rng.randint(1, shape.rank)} if op == "stack" else axis
        return [{self._name(): {"op": op, "from": rng.choices(pool, k=rng.choice((2, 2, 3))), **axis}}]

    def _like(self) -> list[Item]:
        maps = [name for name, shape in self._names().items() if shape.rank == 4]
        if len(maps) < 2:
            return self._step(self._current())
        return [{self._name(): {"op": self.rng.choice(LIKE), "from": self.rng.sample(maps, 2)}}]

    def _param(self) -> list[Item]:
        shape = self._current()
        add, own = self._name("p"), self._name("p")
        before = self._names()
        equal = [name for name, other in before.items() if other == shape]
        if not equal or shape.rank > 3:
            return self._step(shape)
        size = [1, *shape.dims[1:]]
        start = self.rng.choice(("zeros", "ones", "normal"))
        return [
            {own: {"op": "param", "size": size, "start": start, "axes": list(shape.axes)}},
            {add: {"op": "add", "from": [equal[-1], own]}},
        ]

    def _same(self) -> list[Item]:
        names = self._names()
        own = [str(next(iter(item))) for item in self.net if len(item) == 1 and str(next(iter(item))) in names]
        if not own:
            return self._step(self._current())
        return [{self._name("s"): {"same": self.rng.choice(own), "from": self.rng.choice(list(names))}}]

    def _parallel(self) -> list[Item]:
        rng, shape = self.rng, self._current()
        branches: list[Any] = []
        for _ in range(rng.randint(1, 3)):
            first = self._op(shape) if rng.random() < 0.3 else self._safe(shape)
            if rng.random() < 0.3:
                first["when"] = rng.choice(("deep", "not deep", "width > 2"))
            branch: Any = [{self._name(): first}, {self._name(): self._safe(shape)}] if rng.random() < 0.4 else first
            branches.append(
                {"do": branch} if isinstance(branch, list) and rng.random() < 0.5 else {self._name("b"): branch}
            )
        op = rng.choice(("add", "concat", "concat", "mul"))
        join = {"op": op, **({"axis": shape.axes[1]} if op == "concat" else {})}
        return [{"parallel": branches, "join": join}]

    def _container(self) -> list[Item]:
        rng, shape = self.rng, self._current()
        items: list[Item] = []
        for _ in range(rng.randint(1, 3)):
            items.append({self._name(): self._safe(shape)} if rng.random() < 0.7 else self._safe(shape))
        if rng.random() < 0.3 and shape.rank == 4:
            own = [str(next(iter(item))) for item in items if len(item) == 1]
            items.append({self._name(): {"op": "concat", "from": [*own[:1], *list(self._names())[:1]] or ["x"]}})
        name = self._name("c")
        if "register" in self.features and rng.random() < 0.4 and all(len(i) == 1 and "op" not in i for i in items):
            return [{name: {"body": items, "register": rng.sample([str(next(iter(i))) for i in items], len(items))}}]
        if "when" in self.features and rng.random() < 0.4:
            return [{name: {"body": items, "when": rng.choice(("deep", "not deep"))}}]
        return [{name: items}]

    def _each(self) -> list[Item]:
        rng, shape = self.rng, self._current()
        name = self._name("e")
        if shape.rank == 4:
            item: Item = {"op": "conv2d", "out": "o", "kernel": "k", "padding": "k // 2", "stride": "st"}
            if self.calls and rng.random() < 0.5:
                return self._each_call(name)
        else:
            item = {"op": "linear", "out": "o", "bias": "k == 1"}
        rows = [[rng.choice((2, 3, 4)), rng.choice((1, 3)), rng.choice((1, 1, 2))] for _ in range(rng.randint(1, 3))]
        each: Item = {"columns": ["o", "k", "st"], "rows": rows}
        if rng.random() < 0.4:
            each = {column: [row[k] for row in rows] for k, column in enumerate(("o", "k", "st"))}
        body: list[Item] = [{name + "_{s}": item}]
        if rng.random() < 0.5:
            body.append({name + "_a{s}": {"op": "relu", "when": rng.choice(("s > 0", "o > 2", "s + 1 < n"))}})
        return [{"each": each, "do": body}]

    def _each_call(self, name: str) -> list[Item]:
        call = self._arguments()
        if "out" not in call:
            return [{name: call}]
        outs = [self.rng.choice((2, 4, 6)) for _ in range(self.rng.randint(1, 3))]
        return [{"each": {"o": outs}, "do": [{name + "_{s}": {**call, "out": "o"}}]}]

    def _splice(self) -> list[Item]:
        shape = self._current()
        items = [self._safe(shape) for _ in range(self.rng.randint(1, 2))]
        return [{"repeat": self.rng.choice((1, 2, 3)), "do": items}]

    # --- blocks

    def _call(self) -> list[Item]:
        if not self.calls:
            return self._step(self._current())
        rng = self.rng
        call = self._arguments()
        names = self._names()
        maps = [name for name, shape in names.items() if shape.rank == 4]
        if "from" in self.features and maps and rng.random() < 0.3:
            call["from"] = rng.choice(maps)
        if "repeat" in self.features and rng.random() < 0.5:
            call["repeat"] = rng.choice((1, 2, 3, "width // 2"))
            if "first" in self.features and "stride" in self.calls[call["op"]] and rng.random() < 0.7:
                call.pop("stride", None)
                call["first"] = {"stride": 2}
            if rng.random() < 0.2 and "out" in call:
                call["out"] = rng.choice(("2 + i", "width if i < n - 1 else 3"))
        if "when" in self.features and rng.random() < 0.2:
            call["when"] = rng.choice(("deep", "not deep"))
        return [{self._name("u"): call}] if rng.random() < 0.8 else [call]

    def _arguments(self) -> Item:
        rng = self.rng
        name = rng.choice(sorted(self.calls))
        call: Item = {"op": name}
        for param in self.calls[name]:
            if param == "out":
                call[param] = rng.choice((2, 3, 4, 6, 8, "width", "2*width"))
            elif rng.random() < 0.5:
                call[param] = {
                    "stride": rng.choice((1, 2)),
                    "k": rng.choice((1, 3, 5)),
                    "flag": rng.choice((True, False, "deep")),
                    "act": rng.choice((*ACTIVATIONS, "none")),
                    "p": rng.choice((0.0, 0.1, 0.5)),
                    "e": rng.choice((1, 2, 3)),
                    "kind": rng.choice(("one", "two")),
                }[param]
        return call

    def _block(self) -> None:
        """A block on maps, of pieces that fit at any size."""
        rng = self.rng
        name = self._name("block")
        params = {"out": "int"}
        known = {
            "stride": "int = 1",
            "k": "int = 3",
            "flag": "bool = true",
            "act": "block = relu",
            "p": "float = 0.1",
            "e": "int = 2",
            "kind": "enum[one, two] = one",
        }
        params.update({key: value for key, value in known.items() if rng.random() < 0.5})
        body: list[Item] = []
        channels = "C"  # as it is written; None once it is no longer the input's
        for _ in range(rng.randint(1, 3)):
            channels = self._piece(body, params, channels)
        block: Item = {"params": params, "in": "x[N, C, H, W]"}
        if "let" in self.features and rng.random() < 0.6:
            block["let"] = {"mid": rng.choice(("out // 2 + 1", "max(out, C)", "make_divisible(C, 4)"))}
            body.append({self._name(): {"op": "conv2d", "out": "mid", "kernel": 1}})
        block["body"] = body
        self.blocks[name] = block
        self.calls[name] = params
        if "alias" in self.features and rng.random() < 0.6:
            alias = self._name("alias")
            self.blocks[alias] = {
                "op": name,
                **({"when": "C != out"} if rng.random() < 0.5 else {}),
                **({"k": 5} if "k" in params else {}),
            }
            self.calls[alias] = {key: value for key, value in params.items() if key != "k"}

    def _piece(self, body: list[Item], params: Item, channels: str) -> str:
        rng = self.rng
        kernel: Item = (
            {"kernel": "k", "padding": "k // 2"}
            if "k" in params and rng.random() < 0.6
            else rng.choice(
                (
                    {"kernel": 3, "padding": 1},
                    {"kernel": 1},
                    {"kernel": 3, "padding": "tf_same"},
                    {"kernel": [3, 1], "padding": [1, 0]},
                    {"kernel": 3, "dilation": 2, "padding": 2},
                )
            )
        )
        bias: Item = {"bias": rng.choice((False, "flag" if "flag" in params else True))} if rng.random() < 0.5 else {}
        condition: Item = {"when": "flag"} if "flag" in params and rng.random() < 0.4 else {}
        condition = {"when": "kind == two"} if "kind" in params and rng.random() < 0.3 else condition
        act: Item = {"op": "$act"} if "act" in params and rng.random() < 0.7 else {"op": rng.choice(ACTIVATIONS)}
        form = rng.choice(("conv", "conv", "residual", "gate", "dense", "depthwise", "branch", "nested", "split"))
        a, b, c, d = (self._name() for _ in range(4))
        if form == "conv":
            stride: Item = {"stride": "stride"} if "stride" in params and rng.random() < 0.7 else {}
            wide = rng.choice(
                (
                    "out",
                    "out * e" if "e" in params else "2*out",
                    "out if flag else 2*out" if "flag" in params else "out",
                )
            )
            body += [
                {a: {"op": "conv2d", "out": wide, **kernel, **stride, **bias}},
                {b: {"op": "batch_norm", **condition}},
                {c: act},
            ]
            return wide
        if form == "residual":
            # Where no number is known to be equal, the shortcut is projected; the join has its condition at times.
            ways = [{a: {"op": "conv2d", "out": "out", **kernel, **bias}}, {b: act}]
            source = str(next(iter(body[-1]))) if body else "x"
            body += [
                *ways,
                {
                    c: {
                        "op": "conv2d",
                        "from": source,
                        "out": "out",
                        "kernel": 1,
                        **({"when": "C != out"} if not body else {}),
                    }
                },
                {d: {"op": rng.choice(("add", "add", "mul")), "from": [b, c], **condition}},
            ]
            return "out"
        if form == "gate":
            source = str(next(iter(body[-1]))) if body else "x"
            wide = channels if channels != "C" or not body else "C"
            body += [
                {a: {"op": "adaptive_avg_pool2d", "size": 1, "from": source}},
                {b: {"op": "conv2d", "out": wide, "kernel": 1}},
                {c: {"op": "sigmoid"}},
                {d: {"op": "mul", "from": rng.choice(([c, source], [source, c]))}},
            ]
            return channels
        if form == "dense":
            source = str(next(iter(body[-1]))) if body else "x"
            body += [
                {a: {"op": "conv2d", "out": "out", **kernel, **bias, "from": source}},
                {b: {"op": "concat", "from": [source, a]}},
            ]
            return f"{channels} + out"
        if form == "depthwise":
            wide = rng.choice((channels, f"2*({channels})"))
            body += [{a: {"op": "conv2d", "out": wide, "groups": channels, **kernel, **bias}}, {b: act}]
            drop: Item = (
                {"op": "drop_path", "p": "p"} if "p" in params else {"op": "dropout", "p": 0.2, "inplace": False}
            )
            drop.pop("inplace", None)
            body += [{c: drop}]
            return wide
        if form == "branch":
            body += [
                {
                    "parallel": [
                        {a: {"op": "conv2d", "out": "out", **kernel, **condition}},
                        {b: [{"op": "conv2d", "out": "out", "kernel": 1}, act]},
                    ],
                    "join": {"op": rng.choice(("add", "concat"))},
                }
            ]
            body += [{c: {"op": "conv2d", "out": "out", "kernel": 1}}]
            return "out"
        if form == "nested" and self.calls:
            call = {key: value for key, value in self._arguments().items() if key in ("op", "stride", "e")}
            body += [
                {a: {**call, "out": rng.choice(("out", "out + 1")), **condition}},
                {b: {"op": "conv2d", "out": "out", "kernel": 1}},
            ]
            return "out"
        if form == "split":
            body += [
                {a: {"op": "conv2d", "out": "2*out", "kernel": 1}},
                {b: {"op": "split", "parts": 2}},
                {c: {"op": rng.choice(("mul", "add")), "from": [f"{b}.0", f"{b}.1"]}},
            ]
            return "out"
        body += [{a: {"op": "group_norm", "groups": 1}}, {b: act}]
        return channels

    def _safe(self, shape: Shape) -> Item:
        """An op that takes this shape and gives one of the same rank and size."""
        rng = self.rng
        if shape.rank != 4 or "C" not in shape.axes or shape.axes != "NCHW":
            return rng.choice(
                (
                    {"op": "linear", "out": rng.choice((2, 4))},
                    {"op": "layer_norm"},
                    {"op": "gelu"},
                    {"op": "dropout", "p": 0.1},
                    {"op": "tanh"},
                )
            )
        return rng.choice(
            (
                {"op": "conv2d", "out": rng.choice((2, 3, 4, "width")), "kernel": 1, "bias": False},
                {"op": "conv2d", "out": rng.choice((2, 4)), "kernel": 3, "padding": 1},
                {"op": "batch_norm"},
                {"op": "relu"},
                {"op": "layer_norm2d"},
                {"op": "max_pool2d", "kernel": 3, "stride": 1, "padding": 1},
                {"op": "group_norm", "groups": 1},
                {"op": "silu"},
                {"op": "scale", "value": 0.5, "learned": True},
                {"op": "drop_path", "p": 0.2},
            )
        )


def _nominal(shape: Shape) -> Shape:
    dims = shape.at({"N": 2})
    return Shape(tuple(8 if d is None else d for d in dims), shape.axes)


def _size(output: Any) -> int:
    shapes = (output,) if isinstance(output, Shape) else output
    total = 1
    for size in shapes[0].dims:
        total *= int(size)
    return total


def _plain(value: Any) -> Any:
    """As YAML has it: lists for tuples."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value


if __name__ == "__main__":
    from spec_judge import main

    main()
