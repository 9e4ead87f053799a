"""What can stand next in a random net: every form of item that the language has."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from ops_samples import SAMPLES

from archspec.shapes import Shape
from fuzz.blocks import BlockGrower, arguments, crossed, forked, merged
from fuzz.case import Item, chance
from fuzz.pieces import CHAINED, CHANNELS_LAST, JOINS, LIKE, chained, initial, safe
from fuzz.sketch import Misfit, Sketch, defaults, fitted

FEATURES = (
    "join", "block", "repeat", "first", "names", "each", "index", "splice", "parallel", "container", "when", "from",
    "from if", "alias", "same", "like", "expression", "init", "init by op", "param", "several inputs",
    "several outputs", "train output", "section", "let", "tie", "register", "promise", "require", "free sizes",
    "open param", "variant", "extends", "use", "forked block", "crossed block", "merged block", "sequence input",
    "token ids", "channels last", "windows",
)  # fmt: skip
CONDITIONS = ("deep", "not deep", "width > 2", "width == 4 or deep")


class Forms:
    """A net on its way: its names with their shapes, what flows, and the ops and features that were drawn for it."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        share = rng.choice((0.2, 0.5, 0.8))
        self.ops = sorted({"relu", "conv2d", *(op for op in CHAINED if chance(rng, share))})
        share = rng.choice((0.2, 0.4, 0.7))
        self.features = {feature for feature in FEATURES if chance(rng, share)}
        self.count = 0
        self.params: Item = {
            "width": f"int = {rng.choice((2, 4, 6))}",
            "deep": f"bool = {rng.choice(('true', 'false'))}",
        }
        if "open param" in self.features:
            self.params["classes"] = "open int = 5"
        self.variant: Item = {}
        if "variant" in self.features:
            self.variant = {"width": rng.choice((2, 3, 5)), "deep": chance(rng, 0.5)}
        self.values = {**defaults(self.params), **self.variant}
        self.lets: Item = {"double": "2*width"} if "let" in self.features else {}
        self.values |= {"double": 2 * self.values["width"]} if self.lets else {}
        self.blocks: Item = {}
        self.sketch = Sketch(self.blocks, self.values)
        self.net: list[Item] = []
        self.flowing: tuple[Shape, ...] = ()
        self.current = Shape.of(1)
        self.names: dict[str, tuple[Shape, ...]] = {}

    def name(self, stem: str = "n") -> str:
        """A name that is not taken."""
        self.count += 1
        return f"{stem}{self.count}"

    def propose(self) -> list[Item]:
        """One item, or a few that belong together; Misfit where the form drawn has nothing to work on."""
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
            "tie": self._tie,
            "forked block": self._forked,
            "crossed block": self._crossed,
            "merged block": self._merged,
            "channels last": self._channels_last,
            "windows": self._windows,
        }
        known = [form for name, form in forms.items() if name in self.features]
        if not known or not chance(self.rng, 0.6):
            return self._step()
        return self.rng.choice(known)()

    # --- single ops

    def _one(self) -> dict[str, Shape]:
        """What can be read, one tensor each."""
        return {name: shapes[0] for name, shapes in self.names.items() if len(shapes) == 1}

    def _step(self) -> list[Item]:
        """A chained op, by name or not, sometimes with a `when` or a `from`."""
        rng, shape = self.rng, self.current
        source: Item = {}
        names = self._one()
        if "from" in self.features and chance(rng, 0.3):
            chosen = rng.choice(list(names))
            source, shape = {"from": chosen}, names[chosen]
            if "from if" in self.features:
                other, test = rng.choice(list(names)), rng.choice(CONDITIONS)
                source = {"from": f"{chosen} if {test} else {other}"}
        item = {**self._op(shape), **source}
        if "when" in self.features and chance(rng, 0.25):
            item["when"] = rng.choice(CONDITIONS)
        if "repeat" in self.features and chance(rng, 0.25):
            item["repeat"] = rng.choice((2, 1, 3, "width // 2"))
            if "first" in self.features and "out" in item and chance(rng, 0.5):
                item["first"] = {"out": 2 if "init" not in item else item["out"]}
            if "names" in self.features and chance(rng, 0.5):
                item["names"] = "unit{i+1}"
        return [{self.name(): item}] if chance(rng, 0.8) else [item]

    def _op(self, shape: Shape) -> Item:
        item = chained(self.rng, self.ops, shape)
        if "expression" in self.features and "out" in item and chance(self.rng, 0.4):
            item["out"] = self._width(item["op"])
        if "init" in self.features and item["op"] in ("conv2d", "linear") and chance(self.rng, 0.3):
            item["init"] = initial(self.rng)
        return item

    def _width(self, op: str) -> str:
        texts = ["width", "2*width", "width + 1", "max(width, 3)", "width if deep else 3", "sum([1, width])"]
        texts += ["double"] if self.lets else []
        texts += ["classes"] if "classes" in self.params and op == "linear" else []
        return self.rng.choice(texts)

    def _channels_last(self) -> list[Item]:
        """A map with its channels put last, for an op that has them there."""
        x = self.current
        if x.axes != "NCHW":
            raise Misfit("no map with channels first")
        op = chained(self.rng, list(CHANNELS_LAST), Shape((x.dims[0], *x.dims[2:], x.dims[1]), "NHWC"))
        return [{self.name(): {"op": "permute", "order": "NHWC"}}, {self.name(): op}]

    def _windows(self) -> list[Item]:
        """A map cut into windows, an op on their tokens, and the map again."""
        rng, x = self.rng, self.current
        maps = [name for name, shape in self._one().items() if shape == x]
        if x.axes != "NCHW" or not maps:
            raise Misfit("no map with channels first")
        sides = [int(side) for side in x.dims[2:]]  # type: ignore[arg-type]
        options: Item = {
            "window": [rng.choice([size for size in (1, 2, 3, 4) if side % size == 0]) for side in sides],
            "grid": chance(rng, 0.5),
        }
        tokens = fitted("window_partition", options, (x,))[0]
        cut, seen = self.name(), self.name()
        return [
            {cut: {"op": "window_partition", **options}},
            {seen: chained(rng, ["relative_attention", "linear", "layer_norm"], tokens)},
            {self.name(): {"op": "window_reverse", **options, "from": [seen, maps[-1]]}},
        ]

    def _join(self) -> list[Item]:
        rng, names = self.rng, self._one()
        op = rng.choice(JOINS)
        shape = self.current
        equal = [name for name, other in names.items() if other == shape]
        close = [name for name, other in names.items() if other.dims[2:] == shape.dims[2:] and other.rank == shape.rank]
        pool = close if op == "concat" else equal
        if len(pool) < 2:
            raise Misfit("nothing to join")
        axis: Item = {"axis": rng.choice(("C", shape.axes[1]))} if op == "concat" else {}
        axis = {"axis": "K", "at": rng.randint(1, shape.rank)} if op == "stack" else axis
        chosen = rng.choices(pool, k=rng.choice((2, 2, 3)))
        when: Item = {"when": rng.choice(CONDITIONS)} if "when" in self.features and chance(rng, 0.2) else {}
        return [{self.name(): {"op": op, "from": chosen, **axis, **when}}]

    def _like(self) -> list[Item]:
        maps = [name for name, shape in self._one().items() if shape.rank == 4]
        if len(maps) < 2:
            raise Misfit("no two maps")
        op = self.rng.choice(LIKE)
        options, _ = SAMPLES[op](self.rng)
        return [{self.name(): {"op": op, **options, "from": self.rng.sample(maps, 2)}}]

    def _param(self) -> list[Item]:
        shape = self.current
        equal = [name for name, other in self._one().items() if other == shape]
        if not equal or shape.rank > 3:
            raise Misfit("no place for a tensor")
        size = [1, *map(int, shape.dims[1:])]  # type: ignore[arg-type]
        start = self.rng.choice(({"start": "zeros"}, {"start": "ones"}, {"start": "normal", "std": 0.5}, {}))
        own = self.name("p")
        return [
            {own: {"op": "param", "size": size, **start, "axes": list(shape.axes)}},
            {self.name(): {"op": "add", "from": [equal[-1], own]}},
        ]

    def _same(self) -> list[Item]:
        own = [name for item in self.net if len(item) == 1 and (name := next(iter(item))) in self.sketch.known]
        own = [name for name in own if "when" not in self.blocks.get(self.sketch.known[name].get("op"), {})]
        if not own:
            raise Misfit("nothing to share")
        again: Item = {"same": self.rng.choice(own), "from": self.rng.choice(list(self._one()))}
        if "when" in self.features and chance(self.rng, 0.2):
            again["when"] = self.rng.choice(CONDITIONS)
        return [{self.name("s"): again}]

    def _tie(self) -> list[Item]:
        first, second = self.name("t"), self.name("t")
        wide = self.current.dims[1] if self.current.axes == "NCHW" else self.current.dims[-1]
        layer: Item = {"op": "linear", "out": int(wide)}  # type: ignore[arg-type]
        if self.current.axes == "NCHW":
            layer = {"op": "conv2d", "out": layer["out"], "kernel": 1}
        tensor = self.rng.choice(("weight", "bias"))
        return [{first: layer}, {second: {**layer, "tie": {tensor: f"{first}.{tensor}"}}}]

    # --- bodies

    def _parallel(self) -> list[Item]:
        rng, shape = self.rng, self.current
        branches: list[Item] = []
        for _ in range(rng.randint(1, 3)):
            first = self._op(shape) if chance(rng, 0.3) else safe(rng, shape)
            if "when" in self.features and chance(rng, 0.3):
                first["when"] = rng.choice(CONDITIONS[:3])
            branch: Any = [{self.name(): first}, {self.name(): safe(rng, shape)}] if chance(rng, 0.4) else first
            branches.append({self.name("b"): branch})
        op = rng.choice(("add", "concat", "mul"))
        return [{"parallel": branches, "join": {"op": op, **({"axis": shape.axes[1]} if op == "concat" else {})}}]

    def _container(self) -> list[Item]:
        rng, shape = self.rng, self.current
        items: list[Item] = []
        for _ in range(rng.randint(1, 3)):
            items.append({self.name(): safe(rng, shape)} if chance(rng, 0.7) else safe(rng, shape))
        if shape.rank == 4 and chance(rng, 0.3):
            outer = [name for name, other in self._one().items() if other == shape]
            items.append(
                {self.name(): {"op": "concat", "from": [*outer[-1:], *outer[:1]]}} if outer else {"op": "relu"}
            )
        name = self.name("c")
        named = [next(iter(item)) for item in items if len(item) == 1 and "op" not in item]
        more: Item = {}
        if "register" in self.features and named and chance(rng, 0.4):
            more["register"] = rng.sample(named, rng.randint(1, len(named)))
        if "when" in self.features and chance(rng, 0.4):
            more["when"] = rng.choice(CONDITIONS[:2])
        near = [n for n, other in self._one().items() if other.rank == shape.rank]
        if "from" in self.features and near and chance(rng, 0.3):
            more["from"] = rng.choice(near)
        return [{name: {"body": items, **more}}] if more else [{name: items}]

    def _splice(self) -> list[Item]:
        items = [safe(self.rng, self.current) for _ in range(self.rng.randint(1, 2))]
        return [{"repeat": self.rng.choice((1, 2, 3)), "do": items}]

    def _each(self) -> list[Item]:
        rng, name = self.rng, self.name("e")
        index = "j" if "index" in self.features else "s"
        if self.current.rank == 4:
            item: Item = {"op": "conv2d", "out": "o", "kernel": "k", "padding": "k // 2", "stride": "st"}
            if self._calls("out") and chance(rng, 0.4):
                item = {**self._arguments("out"), "out": "o"}
        else:
            item = {"op": "linear", "out": "o", "bias": "k == 1"}
        rows = [[rng.choice((2, 3, 4)), rng.choice((1, 3)), rng.choice((1, 1, 2))] for _ in range(rng.randint(1, 3))]
        each: Item = {"columns": ["o", "k", "st"], "rows": rows}
        if chance(rng, 0.4):
            each = {column: [row[k] for row in rows] for k, column in enumerate(("o", "k", "st"))}
        body: list[Item] = [{name + f"_{{{index}}}": item}]
        if chance(rng, 0.5):
            condition = rng.choice((f"{index} > 0", "o > 2"))
            body.append({name + f"_a{{{index}}}": {"op": "relu", "when": condition}})
        return [{"each": each, **({"index": index} if index != "s" else {}), "do": body}]

    # --- blocks

    def declare_blocks(self) -> None:
        """The blocks that this net may call."""
        rng = self.rng
        if "block" in self.features:
            for _ in range(rng.randint(1, 3)):
                others = {name: block.get("params", {}) for name, block in self.blocks.items() if "op" not in block}
                grower = BlockGrower(rng, self.name, others, self.features)
                name = self.name("block")
                self.blocks[name] = grower.grow()
                if "alias" in self.features and chance(rng, 0.6):
                    alias: Item = {"op": name}
                    alias |= {"when": "C != out"} if chance(rng, 0.4) else {}
                    alias |= {"k": 5} if "k" in grower.params else {}
                    self.blocks[self.name("alias")] = alias
        for feature, make in (("forked block", forked), ("crossed block", crossed), ("merged block", merged)):
            if feature in self.features:
                self.blocks[feature.replace(" ", "_")] = make(rng, self.name)

    def _params(self, name: str) -> Item:
        """The params that a call of a block, or of an alias of one, can give."""
        block = self.blocks[name]
        if "op" not in block:
            return dict(block.get("params", {}))
        return {key: text for key, text in self._params(block["op"]).items() if key not in block}

    def _calls(self, param: str) -> list[str]:
        plain = ("forked_block", "crossed_block", "merged_block")
        return [name for name in self.blocks if name not in plain and param in self._params(name)]

    def _arguments(self, param: str = "out") -> Item:
        known = self._calls(param)
        if not known:
            raise Misfit("no block")
        name = self.rng.choice(known)
        return {"op": name, **arguments(self.rng, self._params(name))}

    def _call(self) -> list[Item]:
        rng, call = self.rng, self._arguments()
        maps = [name for name, shape in self._one().items() if shape.rank == 4]
        if "from" in self.features and maps and chance(rng, 0.3):
            call["from"] = rng.choice(maps)
        if "repeat" in self.features and chance(rng, 0.5):
            call["repeat"] = rng.choice((2, 1, 3, "width // 2"))
            if "first" in self.features and "stride" in self._params(call["op"]) and chance(rng, 0.7):
                call.pop("stride", None)
                call["first"] = {"stride": 2}
            if "when" not in self.blocks[call["op"]] and chance(rng, 0.2):
                call["out"] = rng.choice(("2 + i", "width if i < n - 1 else 3"))
            if "names" in self.features and chance(rng, 0.3):
                call["names"] = "layer{i+1}"
        if "when" in self.features and chance(rng, 0.2):
            call["when"] = rng.choice(CONDITIONS[:2])
        return [{self.name("u"): call}] if chance(rng, 0.8) else [call]

    def _forked(self) -> list[Item]:
        name, block = self.name("f"), "forked_block"
        call: Item = {"op": block, "a": self.rng.choice((2, 4)), "b": self.rng.choice((3, "width"))}
        if "repeat" in self.features and chance(self.rng, 0.3):
            call["repeat"] = self.rng.choice((2, 1))
        return [{name: call}, {self.name(): {"op": "relu", "from": f"{name}.{self.rng.choice(('hi', 'lo'))}"}}]

    def _crossed(self) -> list[Item]:
        maps = [name for name, shape in self._one().items() if shape.rank == 4]
        if not maps:
            raise Misfit("no maps")
        name = self.name("f")
        call: Item = {"op": "crossed_block", "a": 2, "b": "width", "from": self.rng.choices(maps, k=2)}
        if "repeat" in self.features and chance(self.rng, 0.5):
            call["repeat"] = self.rng.choice((2, 3))
        return [{name: call}, {self.name(): {"op": "relu", "from": f"{name}.{self.rng.choice(('left', 'right'))}"}}]

    def _merged(self) -> list[Item]:
        names = self._one()
        near = [n for n, shape in names.items() if shape.rank == 4 and shape.dims[2:] == self.current.dims[2:]]
        if not near:
            raise Misfit("no maps")
        return [{self.name("m"): {"op": "merged_block", "out": "width", "from": self.rng.choices(near, k=2)}}]
