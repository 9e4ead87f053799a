"""Deciding how a value is written in a class: as a literal, as an expression of its arguments, or as a new argument.

A value is seen in each instance of the class, with the expression it came from there. Nothing is guessed: an
expression is printed only if it gives the value in every instance.
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from archspec.backends.torch_code.family import Family
from archspec.backends.torch_code.spelling import (
    evaluated,
    literal_of,
    python_calls,
    rebuilt_but_loops,
    same,
    whole_parts,
)
from archspec.elaborate.reserved import MODULE_ATTRIBUTES
from archspec.expressions import simplify, substitute, to_text
from archspec.expressions.printing import is_printable
from archspec.expressions.trees import free_names, spelled
from archspec.records import Record

TAKEN = frozenset(
    {
        "self",
        "nn",
        "torch",
        "F",
        "Tensor",
        "math",
        "range",
        "super",
        "tuple",
        "OrderedDict",
        "init",
        "weights",
        "NamedTuple",
        "int",
        "float",
        "bool",
        "str",
        "min",
        "max",
        "abs",
        "len",
        "round",
        "sum",
        "x",
    }
)
LONG = 8
"""Characters: a fraction from here on may read better as what it was computed from."""


class Seen(Record):
    """A value in one instance, with its expression in the class's terms; `unit` is its place in a repeat."""

    instance: int
    value: Any
    expr: ast.expr | None = None
    unit: int | None = None


class Unwritable(Exception):
    """A value differs between instances and cannot be written without a new argument, which is not wanted here."""


class Resolver:
    """Writes the values of one family, and collects what its class needs: arguments, imports, support functions."""

    def __init__(self, family: Family, lifting: bool = True, support: set[str] | None = None) -> None:
        self.family, self.lifting = family, lifting
        self.used: set[str] = set()
        self.support: set[str] = set() if support is None else support
        instances = family.instances
        names = [name for name in instances[0].names.values if all(name in one.names.values for one in instances)]
        self.layers = {(node.path or "").partition(".")[0] for one in instances for node in one.body.nodes}
        self.values = {name: [one.names.values[name] for one in instances] for name in names}
        self.static = {
            name: held[0]
            for name, held in self.values.items()
            if name not in self.family.open_names and all(same(v, held[0]) for v in held)
        }
        self.spelling = {name: self._spelled(name) for name in names}
        self.lets: dict[str, ast.expr] = {}
        self.opaque: set[str] = set()
        self._simple: dict[tuple[int, frozenset[str]], tuple[ast.expr, ast.expr]] = {}
        self.named: set[str] = set()
        for name in instances[0].names.lets if instances[0].body.kind != "container" else ():
            self._let(name)
        for name in self.family.lifted:
            self.hold(name)

    def _let(self, name: str) -> None:
        """A named intermediate value that varies becomes a local variable, unless it is another's name."""
        if name in self.static or name not in self.values:
            return
        seen = [Seen(i, one.names.values[name]) for i, one in enumerate(self.family.instances)]
        tree = self._simpler(self.family.instances[0].names.lets[name])
        if not isinstance(tree, ast.Name) and is_printable(tree) and self._holds(tree, seen):
            self.lets[name] = self._in_python(tree, seen)
        else:
            self.opaque.add(name)

    def assignments(self) -> list[str]:
        """The local variables that the constructor needs."""
        lines = []
        for name in [name for name in self.lets if name in self.named]:
            names = {
                n: ast.Name(self.spelling[n], ast.Load()) for n in free_names(self.lets[name]) if n in self.spelling
            }
            self.used |= names.keys()
            text = to_text(python_calls(substitute(self.lets[name], names)))
            if "make_divisible(" in text:
                self.support.add("make_divisible")
            lines.append(f"{self.spelling[name]} = {text}")
        return lines

    def _spelled(self, name: str) -> str:
        symbols = self.family.instances[0].names.symbols
        spelled = name
        if name in symbols:
            kind = "features" if symbols[name] == "D" else "channels"
            spelled = f"in_{kind}" if name == symbols[name] else f"{self._input_of(name)}_{kind}"
            while spelled in self.values:
                spelled += "_"
        return argument_name(spelled)

    def _input_of(self, symbol: str) -> str:
        """The input on whose signature a symbol stands first: `skip` of `skip[N, K, A, B]`."""
        body = self.family.instances[0].body
        named = zip(body.inputs, body.symbols, strict=False)
        return next((name for name, symbols in named if symbol in symbols), symbol.lower())

    def attribute(self, name: str) -> str:
        """The attribute that keeps an argument for `forward`: called like it, unless a layer is."""
        spelled = self.spelling[name]
        while spelled in self.layers:
            spelled += "_"
        return spelled

    def write(self, seen: list[Seen], option: str, prefix: str = "", written_out: bool = False) -> str:
        """The text of a value; `option` names the argument if one must be lifted, `prefix` stands before names.

        With a prefix, or `written_out`, local variables of `__init__` are replaced by what they stand for.
        """
        return self.written(self.tree(seen, option), prefix, written_out)

    def written(self, tree: ast.expr, prefix: str = "", written_out: bool = False) -> str:
        """An expression of the class's names as text, as `write` says."""
        if prefix or written_out:
            tree = simplify(substitute(tree, self.lets), integers=self._whole_names(self.values))
        else:
            tree = self._in_lets(tree)
        self.named |= free_names(tree) & self.lets.keys()
        names = {
            name: ast.Name(prefix + self.attribute(name) if prefix else self.spelling[name], ast.Load())
            for name in free_names(tree)
            if name in self.spelling
        }
        self.used |= names.keys()
        text = to_text(python_calls(substitute(tree, names)))
        if "make_divisible(" in text:
            self.support.add("make_divisible")
        return text

    def _in_lets(self, tree: ast.expr) -> ast.expr:
        """What a local variable stands for, by its name."""
        text = ast.dump(tree)
        for name, meant in self.lets.items():
            if text == ast.dump(meant):
                return ast.Name(name, ast.Load())
        return rebuilt_but_loops(tree, self._in_lets) if self.lets else tree

    def tree(self, seen: list[Seen], option: str) -> ast.expr:
        """The value as an expression of the class's names."""
        equal = all(same(one.value, seen[0].value) for one in seen)
        opened = any(one.expr is not None and free_names(one.expr) & self.family.open_names for one in seen)
        everywhere = len({one.instance for one in seen}) == len(self.family.instances)
        if equal and not opened and (everywhere or not any(self._varies(one) for one in seen)):
            return self._constant(seen[0])
        apart = not self._is_one_in_each(seen)
        for tree in self._candidates(seen) if not apart else ():
            if self._holds(tree, seen):
                return self._in_python(tree, seen)
        if equal and not opened:
            return self._constant(seen[0])
        progression = self._progression(seen, option)
        if progression is not None:
            return progression
        if apart:
            raise Unwritable(option)
        for name in self._twins(seen, option):
            return ast.Name(name, ast.Load())
        return self._lifted(seen, option)

    def is_one(self, seen: Sequence[Seen]) -> bool:
        """Whether what depends on open params is one expression: two may agree in their values of now alone."""
        trees = [self._simpler(one.expr) if one.expr is not None else None for one in seen]
        opened = any(tree is not None and free_names(tree) & self.family.open_names for tree in trees)
        return not opened or len({spelled(tree) if tree is not None else "" for tree in trees}) == 1

    def _is_one_in_each(self, seen: list[Seen]) -> bool:
        """Whether what depends on open params is one expression in each instance."""
        if not self.family.open_names:
            return True
        return all(self.is_one([one for one in seen if one.instance == i]) for i in {one.instance for one in seen})

    def _constant(self, one: Seen) -> ast.expr:
        """A value as a literal; a long fraction as it came about, where that is shorter: `0.2 * 3 / 16`."""
        plain = literal_of(one.value)
        if not isinstance(one.value, float) or one.expr is None or len(to_text(plain)) < LONG:
            return plain
        known = {name: literal_of(self.static[name]) for name in free_names(one.expr) & self.static.keys()}
        tree = whole_parts(substitute(one.expr, {n: v for n, v in known.items() if isinstance(v, ast.Constant)}))
        shorter = not free_names(tree) and is_printable(tree) and len(to_text(tree)) < len(to_text(plain))
        return tree if shorter and same(evaluated(tree, {}), one.value) else plain

    def _whole(self, tree: ast.expr, seen: list[Seen]) -> ast.expr:
        """`out` for `2 * (out // 2)`, where all of them are even."""
        match substitute(tree, self.lets):
            case ast.BinOp(
                left=ast.Constant(value=times),
                op=ast.Mult(),
                right=ast.BinOp(left=ast.Name() as name, op=ast.FloorDiv(), right=ast.Constant(value=parts)),
            ) if times == parts and self._holds(name, seen):
                return name
        return tree

    def _varies(self, one: Seen) -> bool:
        """Whether a value that is equal wherever it is needed comes from one that is not."""
        return one.expr is not None and not free_names(one.expr) <= self.static.keys()

    def known(self, seen: list[Seen]) -> str | None:
        """The text of a value for a comment: None where it cannot be written from the class's names."""
        lifting, self.lifting, used, named = self.lifting, False, set(self.used), set(self.named)
        try:
            return self.written(self._whole(self.tree(seen, ""), seen))
        except Unwritable:
            return None
        finally:
            self.lifting, self.used, self.named = lifting, used, named

    def _candidates(self, seen: list[Seen]) -> Iterable[ast.expr]:
        found: dict[str, ast.expr] = {}
        tried: set[tuple[int, int]] = set()
        for one in seen:
            lets = self.family.instances[one.instance].names.lets
            if one.expr is None or (id(one.expr), id(lets)) in tried:
                continue
            tried.add((id(one.expr), id(lets)))
            whole = substitute(one.expr, lets)
            for tree in (one.expr, whole) if whole is not one.expr else (whole,):
                tree = self._simpler(tree)
                found.setdefault(to_text(tree), tree)
        for _, tree in sorted(found.items(), key=lambda item: len(item[0])):
            if free_names(tree) <= (set(self.values) - self.opaque) | {"i"} and is_printable(tree):
                yield tree

    def _simpler(self, tree: ast.expr) -> ast.expr:
        """A tree with what is the same in all instances put in; the units of a repeat ask for the same one."""
        key = id(tree), free_names(tree).intersection(self.values)
        if key not in self._simple:
            self._simple[key] = tree, simplify(tree, self.static, integers=self._whole_names(key[1]))
        return self._simple[key][1]

    def _whole_names(self, names: Iterable[str]) -> set[str]:
        """Those that are no fractions: `round(2 * width)` is `2 * width`, `round(2 * rate)` is not."""
        return {name for name in names if not any(isinstance(value, float) for value in self.values[name])}

    def _names(self, one: Seen) -> Mapping[str, Any]:
        names = {name: values[one.instance] for name, values in self.values.items()}
        return names if one.unit is None else {**names, "i": one.unit}

    def _holds(self, tree: ast.expr, seen: list[Seen]) -> bool:
        return all(same(evaluated(tree, self._names(one)), one.value) for one in seen)

    def _in_python(self, tree: ast.expr, seen: list[Seen]) -> ast.expr:
        """Exact division as Python's `//`; the language's own `/` is exact or stands inside a rounding."""
        if (
            isinstance(tree, ast.Call)
            and isinstance(tree.func, ast.Name)
            and tree.func.id in ("ceil", "floor", "round")
        ):
            inner = tree.args[0]
            if tree.func.id == "floor" and isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Div):
                return ast.BinOp(inner.left, ast.FloorDiv(), inner.right)
            return tree
        if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Div):
            values = [evaluated(tree, self._names(one)) for one in seen]
            if all(isinstance(value, int) for value in values):
                return ast.BinOp(self._in_python(tree.left, seen), ast.FloorDiv(), self._in_python(tree.right, seen))
            return tree
        return rebuilt_but_loops(tree, lambda part: self._in_python(part, seen))

    def _progression(self, seen: list[Seen], option: str) -> ast.expr | None:
        """`a + b*i` where the values of a repeat's units are such a series in every instance."""
        if any(one.unit is None or isinstance(one.value, bool) or not isinstance(one.value, int) for one in seen):
            return None
        series: dict[int, dict[int, Seen]] = {}
        for one in seen:
            series.setdefault(one.instance, {})[one.unit or 0] = one
        starts, steps = [], []
        for instance, units in series.items():
            low = min(units)
            if low + 1 not in units:
                return None
            step = units[low + 1].value - units[low].value
            if any(one.value != units[low].value + (place - low) * step for place, one in units.items()):
                return None
            zero = units[low].value - low * step
            starts.append(Seen(instance, zero, self._less(units[low].expr, low * step)))
            steps.append(Seen(instance, step))
        lifting, self.lifting = self.lifting, False
        try:
            start, step_tree = self.tree(starts, option), self.tree(steps, option)
        except Unwritable:
            return None
        finally:
            self.lifting = lifting
        product = ast.BinOp(step_tree, ast.Mult(), ast.Name("i", ast.Load()))
        tree = simplify(ast.BinOp(start, ast.Add(), product))
        return tree if all(self._is_open_rule(tree, one) for one in seen) else None

    def _less(self, expr: ast.expr | None, number: int) -> ast.expr | None:
        if expr is None or number == 0:
            return expr
        tree = ast.BinOp(expr, ast.Sub(), ast.Constant(number))
        return simplify(tree, integers=self._whole_names(self.values))

    def _is_open_rule(self, tree: ast.expr, one: Seen) -> bool:
        """Whether a rule in `i` gives a unit's value for all open params, as far as one of them depends on them."""
        expr = one.expr if one.expr is not None else literal_of(one.value)
        if not (free_names(tree) | free_names(expr)) & self.family.open_names:
            return True
        difference = ast.BinOp(substitute(tree, {"i": ast.Constant(one.unit)}), ast.Sub(), expr)
        rest = self._simpler(difference)
        return isinstance(rest, ast.Constant) and rest.value == 0

    def _twins(self, seen: list[Seen], option: str) -> Iterable[str]:
        """Names that have the same value in every instance; one called like the option comes first."""
        values = [one.value for one in seen]
        if all(same(value, values[0]) for value in values):
            return
        known = self.values.keys() - self.static.keys() - self.opaque
        for name in sorted(known, key=lambda n: (n != option, n)):
            held = self.values[name]
            if all(type(held[one.instance]) is type(one.value) and held[one.instance] == one.value for one in seen):
                yield name

    def whole(self, seen: list[Seen]) -> str | None:
        """The argument that holds a varying tuple, or None where no argument does."""
        for name, held in self.values.items():
            lists = name not in self.static and isinstance(held[seen[0].instance], (list, tuple))
            if lists and all(same(held[one.instance], one.value) for one in seen):
                self.used.add(name)
                return self.spelling[name]
        return None

    def _lifted(self, seen: list[Seen], option: str) -> ast.expr:
        if not self.lifting:
            raise Unwritable(option)
        values: dict[int, Any] = {}
        for one in seen:
            if one.instance in values and not same(values[one.instance], one.value):
                raise Unwritable(option)
            values[one.instance] = one.value
        entering = next((one for one in ("in_features", "in_channels") if option.endswith(f"_{one}")), option)
        name = self.new_argument(option if entering in self.spelling.values() else entering)
        self.family.lifted[name] = values
        self.hold(name)
        return ast.Name(name, ast.Load())

    def new_argument(self, name: str) -> str:
        """A name for an argument that is lifted from the instances."""
        while name in self.values or name in TAKEN or keyword.iskeyword(name):
            name += "_"
        return name

    def hold(self, name: str) -> None:
        """Know a lifted argument by its name."""
        self.values[name] = [self.family.lifted[name].get(i) for i in range(len(self.family.instances))]
        self.spelling[name] = name


def argument_name(name: str) -> str:
    """A param's name as a constructor argument: as it is, unless it means something else in a module's code."""
    meant = keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in TAKEN or name in MODULE_ATTRIBUTES
    return f"{name}_" if meant else name


__all__ = ["Resolver", "Seen", "Unwritable", "argument_name"]
