"""Random specs: one source of random choices, one spec. Each has a few of the ops and features only (a swarm).

The choices are those of a `random.Random`, of a seed or of hypothesis, which then shrinks what fails.
"""

from __future__ import annotations

from random import Random
from typing import Any

from archspec.shapes import IDS, Shape
from fuzz.case import MAIN, Case, Item, chance
from fuzz.forms import Forms
from fuzz.sketch import Misfit

SIDES = (8, 1, 2, 3, 5, 7, 9, 11, 12, 13, 16, 17)


def grow(rng: Random) -> Case:
    """A spec that should be right, of the ops and features that are drawn first."""
    return Grower(rng).grow()


class Grower(Forms):
    """A spec on its way: items are added one by one, and dropped again where the sketch finds that they do not fit."""

    # --- the whole

    def grow(self) -> Case:
        """Items until there are enough of them."""
        rng = self.rng
        inputs = [self._input("x")]
        if "several inputs" in self.features:
            inputs.append(self._input("y"))
        if self.current.holds_ids:
            table = {"op": "embedding", "vocabulary": rng.randint(1, 20), "out": rng.choice((4, 6, 8))}
            self._add([{"start": table | ({"from": "x"} if len(inputs) > 1 else {})}])
        elif len(inputs) > 1:  # without a `from`, the first item would get them all
            self._add([{"start": {"op": "identity", "from": "x"}}])
        self.declare_blocks()
        wanted = rng.randint(1, 8)
        for _ in range(3 * wanted):
            if len(self.net) >= wanted:
                break
            self._try()
        if not self.net:
            self._add([{"start": {"op": "identity"}}])
        tree = {
            "archspec": 1,
            "name": "random",
            "params": self.params,
            **({"let": self.lets} if self.lets else {}),
            **({"blocks": self.blocks} if self.blocks else {}),
            "input": inputs if len(inputs) > 1 else inputs[0],
            **self._sections(),
            **self._ends(),
            **self._extras(),
        }
        return Case(self._files(tree), "other" if self.variant else None)

    def _try(self) -> None:
        """Add what is proposed where it fits."""
        count = self.count
        try:
            self._add(self.propose())
        except Misfit:
            self.count = count

    def _add(self, items: list[Item]) -> None:
        names = dict(self.names)
        flowing = self.sketch.run(items, self.values, names, self.flowing)
        self.net += items
        self.names = names
        self.flowing, self.current = flowing, flowing[0]

    def _sections(self) -> Item:
        if "section" not in self.features or len(self.net) < 3:
            return {"net": self.net}
        return {"stem": self.net[:1], "stages": self.net[1:-1], "head": self.net[-1:]}

    def _ends(self) -> Item:
        """The outputs: what nothing reads, so that no layer runs in vain; or one promised shape."""
        rng = self.rng
        last = self.net[-1]
        final = next(iter(last)) if len(last) == 1 and next(iter(last)) in self.names else ""
        final = final if final and len(self.names[final]) == 1 else ""
        loose = [name for name in self._loose() if name != final]
        if final and (loose or "several outputs" in self.features):
            outputs: Item = {"main": self._output(final, False)}
            for place, name in enumerate(loose or rng.sample([n for n in self.names if n != final], 1)):
                train = "train output" in self.features and chance(rng, 0.5)
                if len(self.names[name]) == 1:
                    outputs[f"out{place}"] = self._output(name, train)
            return {"outputs": outputs}
        if "promise" in self.features and "free sizes" not in self.features:
            return {"output": ["N", *map(int, self.current.dims[1:])]}  # type: ignore[arg-type]
        return {}

    def _output(self, name: str, train: bool) -> Any:
        shape = self.names[name][0]
        told: Item = {"from": name}
        if "promise" in self.features and "free sizes" not in self.features:
            told["shape"] = ["N", *map(int, shape.dims[1:])]  # type: ignore[arg-type]
        if train:
            told["mode"] = "train"
        return told if len(told) > 1 or chance(self.rng, 0.5) else name

    def _loose(self) -> list[str]:
        """Names of the net that nothing reads: the item after reads the one before it, unless it says `from`."""
        read = set(self.sketch.read)
        for item, after in zip(self.net, self.net[1:], strict=False):
            inner = next(iter(after.values())) if len(after) == 1 else after
            if len(item) == 1 and not (isinstance(inner, dict) and ("from" in inner or "each" in after)):
                read.add(next(iter(item)))
        own = {next(iter(item)) for item in self.net if len(item) == 1}
        return [name for name in self.names if name in own and name not in read]

    def _extras(self) -> Item:
        rng, extras = self.rng, {}
        if "init by op" in self.features:
            extras["init"] = {"conv2d": {"weight": rng.choice(("zeros", {"kaiming_normal": "fan_out"}))}}
        if "require" in self.features:
            extras["require"] = [{"if": "width > 0", "else": "width is {width}"}]
        if self.variant:
            extras["variants"] = {"other": self.variant, "third": {"width": 4}}
        if "init by op" in extras and not any("conv2d" in str(part) for part in (self.net, self.blocks)):
            del extras["init"]
        return extras

    def _files(self, tree: Item) -> dict[str, Item]:
        """The tree as one file, or cut into a child and its parent, a file and its library."""
        files = {MAIN: tree}
        if "use" in self.features and self.blocks:
            files["library.yaml"] = {"archspec": 1, "blocks": tree.pop("blocks")}
            tree["use"] = self.rng.choice((["library"], {"library": {}}))
        if "extends" in self.features:
            own = ("archspec", "name", "variants")
            parent = {"archspec": 1, "name": "parent"}
            kept = [key for key in tree if key not in own and chance(self.rng, 0.4)]
            parent |= {key: value for key, value in tree.items() if key not in (*own, *kept)}
            if "params" in kept:
                parent["params"] = {key: text.partition("=")[0].strip() for key, text in self.params.items()}
                parent["params"]["width"] += " = 8"
            for pair in (("net",), ("stem", "stages", "head")):
                if any(part in kept for part in pair):  # one way to say it, whole
                    kept += [part for part in pair if part in parent]
                    for part in pair:
                        parent.pop(part, None)
            if any(part in kept for part in ("let", "outputs")):
                for part in ("let", "outputs"):  # maps in which a child may not add keys
                    parent.pop(part, None)
                    kept += [part] if part in tree and part not in kept else []
            files[MAIN] = {key: value for key, value in tree.items() if key in (*own, *kept)} | {"extends": "parent"}
            files["parent.yaml"] = parent
        return files

    def _input(self, name: str) -> str:
        rng = self.rng
        if "token ids" in self.features and name == "x":
            size = rng.randint(1, 9)
            self.names[name] = self.flowing = (Shape((2, size), IDS),)
            self.current = self.flowing[0]
            return f"{name}[N, T={size}]"
        if "sequence input" in self.features and chance(rng, 0.6):
            dims: list[Any] = [rng.randint(1, 9), rng.choice((4, 6, 8))]
            texts = [str(d) for d in dims]
        else:
            dims = [rng.choice((1, 2, 3, 4, 6)), *[rng.choice(SIDES) for _ in range(2)]]
            if chance(rng, 0.5):
                dims[2] = dims[1]
            texts = [str(d) for d in dims]
            if "free sizes" in self.features:
                axes = ("H", "W") if name == "x" else ("P", "Q")
                texts[1:] = [f"{axis}={size}" for axis, size in zip(axes, dims[1:], strict=True)]
                if chance(rng, 0.3):
                    texts[2] = str(dims[2])
        shape = Shape.of(2, *dims)
        self.names[name] = (shape,)
        if name == "x":
            self.flowing, self.current = (shape,), shape
        return f"{name}[N, {', '.join(texts)}]"
