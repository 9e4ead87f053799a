"""Every bound of the product: a spec at the limit is taken, one beyond it is refused, each in little time and memory.

All cases run in children of one process, under limits of the kernel: 200 MB of data, and seconds of processor time.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import archspec
from archspec import shapes, work
from archspec.backends.figure import drawing
from archspec.checkpoints import keymap
from archspec.cli.main import main
from archspec.elaborate import callee, calls, entrances, items, network, paths, rows
from archspec.expressions import ExpressionError, evaluate, parse_template, parsing, values
from archspec.expressions.templates import MOST_NAME_STEPS
from archspec.report import Report
from archspec.spec import load, read
from archspec.text.lines import MAX_BYTES
from archspec.text.source import MAX_DEPTH, MAX_VALUES, parse
from archspec.text.syntax import MAX_KEY

MEMORY, SECONDS = 200 << 20, 5
HEAD = "archspec: 1\nname: x\ninput: x[N, 3, H=8, W=8]\n"


def reads(text: str) -> bool:
    return not parse(text, "x.yaml")[1]


def checks(text: str) -> bool:
    try:
        archspec.check(text)
    except archspec.SpecError:
        return False
    return True


def evaluates(text: str, **names: object) -> bool:
    try:
        evaluate(parsing.parse(text), names)
    except ExpressionError:
        return False
    return True


def net(items: str, head: str = HEAD) -> bool:
    return checks(f"{head}net:\n{items}\n")


def files(count: int) -> bool:
    """A spec that uses a library that uses a library, so many files in all."""
    for index in range(1, count):
        following = f"use: [f{index + 1}]\n" if index < count - 1 else ""
        Path(f"f{index}.yaml").write_text(f"archspec: 1\n{following}", encoding="utf-8")
    Path("f0.yaml").write_text(f"{HEAD}use: [f1]\nnet:\n  - {{op: relu}}\n", encoding="utf-8")
    try:
        archspec.check("./f0.yaml")
    except archspec.SpecError:
        return False
    return True


def nested_blocks(depth: int) -> bool:
    blocks = "".join(
        f"  b{i}: {{in: 'x[N, C, H, W]', body: [{{op: {'relu' if i == depth - 1 else f'b{i + 1}'}}}]}}\n"
        for i in range(depth)
    )
    return net("  - {op: b0}", f"{HEAD}blocks:\n{blocks}")


def layers(count: int) -> bool:
    """Each item is counted as it is reached and as it is called."""
    return net(f"  - {{repeat: {count - calls.MAX_LAYERS // 2}, do: [{{op: relu}}]}}")


def key_map(holes: int) -> bool:
    report = Report()
    try:
        keymap.read_key_map(('"' + "x".join(f"{{a{i}}}" for i in range(holes)) + '": y').encode(), "map", report)
    except archspec.SpecError:
        return False
    return True


def of_all_files(values: int = 0, size: int = 0) -> bool:
    """A spec and the library that it uses, with so many values or bytes in both."""
    spec, library = f"{HEAD}use: [library]\nnet:\n  - {{op: relu}}\n#", "archspec: 1\nlet: {a: [LIST]}\n#"
    values -= sum(load.count(parse(each, "x.yaml")[0]) for each in (spec, library)) - 1
    library = library.replace("LIST", "1, " * values).ljust(size // 2, "x")
    Path("library.yaml").write_text(library, encoding="utf-8")
    Path("main.yaml").write_text(spec.ljust(size - size // 2, "x"), encoding="utf-8")
    return loads("./main.yaml")


def loads(path: str) -> bool:
    try:
        archspec.load(path)
    except archspec.SpecError:
        return False
    return True


def listing(steps: int) -> str:
    """An expression of so many steps: items that are copied are one each."""
    parts = [min(90_000, steps - 11 - done) for done in range(0, steps - 11, 90_000)]
    while steps_of(text := f"[{', '.join(f'len([0] * {part})' for part in parts)}]") != steps:
        parts[-1] -= steps_of(text) - steps
    return text


def steps_of(text: str) -> int:
    meter = values.Meter(10**9)
    evaluate(parsing.parse(text), {}, meter)
    return meter.given - meter.left


def steps_of_a_file(steps: int) -> bool:
    each = [work.MOST_STEPS // 8] * 7
    lets = "".join(f"  a{k}: '{listing(part)}'\n" for k, part in enumerate([*each, steps - sum(each)]))
    return net("  - {op: relu}", f"{HEAD}let:\n{lets}")


def text(length: int) -> bool:
    """A text put together from pieces of 1,000 characters, and a rest."""
    return evaluates(" + ".join(["a"] * (length // 1000) + [f"'{'b' * (length % 1000)}'"]), a="a" * 1000)


def opened(count: int) -> bool:
    return many(1, "x[N, 3, 8, 8]", f"params: {{{', '.join(f'p{k}: open int = 1' for k in range(count))}}}\n")


def variants(count: int) -> bool:
    listed = ", ".join(f"v{k}: {{w: 2}}" for k in range(count))
    return net("  - {op: conv2d, out: w, kernel: 1}", f"{HEAD}params: {{w: int = 1}}\nvariants: {{{listed}}}\n")


def layers_of_a_file(count: int) -> bool:
    """Three networks, each within the bound of one; the last has what the others leave, and one more beyond."""
    counts = [4_000, 4_000, 2_000 + count - work.MOST_LAYERS]
    variants = "".join(f"  v{k}: {{n: {each}}}\n" for k, each in enumerate(counts[1:]))
    spec = f"{HEAD}params: {{n: int = {counts[0]}}}\nnet:\n  - {{repeat: n, do: [{{op: relu}}]}}\nvariants:\n{variants}"
    Path("main.yaml").write_text(spec, encoding="utf-8")
    return main(["check", "-q", "main.yaml"]) == 0


def many(count: int, signature: str, head: str = "") -> bool:
    """So many inputs."""
    inputs = ", ".join(f'"{signature.replace("#", str(k))}"' for k in range(count))
    return checks(f"archspec: 1\nname: x\n{head}input: [{inputs}]\nnet:\n  - {{op: relu}}\n")


def units(count: int) -> bool:
    """Two blocks of half as many units, and one more layer if the count is odd."""
    inner = f"{HEAD}blocks:\n  b: {{in: 'x[N, C, H, W]', body: [{{op: relu, repeat: {count // 2}}}]}}\n"
    return net("  - {op: b, repeat: 2}\n" + "  - {op: relu}\n" * (count % 2), inner)


def atoms(count: int) -> bool:
    """A height that is a sum of floors, each of two parts, and the input's own where the count is odd."""
    names = [f"p{k}" for k in range(count // 2)] + ["x"] * (count % 2)
    pools = "".join(f"  - p{k}: {{op: max_pool2d, from: x, kernel: [{k + 2}, 1]}}\n" for k in range(count // 2))
    head = HEAD.replace("H=8", "H=224")
    return net(f"{pools}  - {{op: concat, from: [{', '.join(names)}], axis: H}}", head)


def aliases(depth: int) -> bool:
    chain = "".join(f"  a{k}: {{op: {f'a{k + 1}' if k < depth - 1 else 'relu'}}}\n" for k in range(depth))
    return net("  - {op: a0}", f"{HEAD}blocks:\n{chain}")


def hole(steps: int) -> bool:
    """A name of a layer that takes so many steps to fill in."""
    filled = f"len([0] * {steps - steps_of('len([0] * 0)')})"
    try:
        return bool(parse_template(f"a{{{filled}}}").render({}))
    except ExpressionError:
        return False


def drawn(layers: int) -> bool:
    try:
        archspec.draw(f"{HEAD}net:\n  - r: {{op: relu, repeat: {layers}}}\n", level="layer")
    except archspec.UsageError:
        return False
    return True


BOUNDS: dict[str, tuple[int, Callable[[int], bool]]] = {
    "bytes": (MAX_BYTES, lambda n: checks(f"{HEAD}net:\n  - {{op: relu}}\n#".ljust(n, "x"))),
    "nesting": (MAX_DEPTH - 2, lambda n: reads("a: " + "[" * n + "1" + "]" * n)),
    "values": (MAX_VALUES, lambda n: reads("a: [" + "1, " * (n - 3) + "]")),
    "key": (MAX_KEY, lambda n: reads("k" * n + ": 1")),
    "digits": (18, lambda n: reads("a: " + "9" * n)),
    "expression": (parsing.MOST_CHARACTERS, lambda n: evaluates("1".rjust(n))),
    "parts": (parsing.MOST_NODES, lambda n: evaluates("[" + ", ".join(["1"] * (n - 1)) + "]")),
    "depth": (parsing.MOST_DEPTH - 1, lambda n: evaluates("-" * n + "1")),
    "integer": (2**63, lambda n: evaluates(f"{n - 1} + 1")),
    "list": (values.MOST_ITEMS, lambda n: evaluates(f"[j for j in range({n})]")),
    "repeat": (items.MAX_REPEAT, lambda n: net(f"  - r: {{op: relu, repeat: {n}}}")),
    "layers": (calls.MAX_LAYERS, layers),
    "side": (entrances.MAX_SIDE, lambda n: net("  - {op: relu}", HEAD.replace("H=8", f"H={n}"))),
    "rows": (rows.MAX_ROWS, lambda n: net(f'  - {{each: {{c: "[1] * {n}"}}, do: [{{op: relu, when: c == 2}}]}}')),
    "path": (paths.MAX_PATH, lambda n: net(f"  - {'a' * n}: {{op: relu}}")),
    "files": (load.MAX_FILES, files),
    "bytes of all files": (MAX_BYTES, lambda n: of_all_files(size=n)),
    "values of all files": (MAX_VALUES, lambda n: of_all_files(values=n)),
    "steps": (values.MOST_STEPS, lambda n: evaluates(listing(n))),
    "steps of a file": (work.MOST_STEPS, steps_of_a_file),
    "steps of a name": (MOST_NAME_STEPS, hole),
    "text": (values.MOST_TEXT, text),
    "layers of a file": (work.MOST_LAYERS, layers_of_a_file),
    "units": (network.MAX_UNITS, units),
    "parts of a size": (work.MOST_ATOMS, atoms),
    "axes": (shapes.MAX_AXES, lambda n: net("  - {op: relu}", f"archspec: 1\ninput: 'x[N{', 4' * (n - 1)}]'\n")),
    "inputs": (read.MAX_INPUTS, lambda n: many(n, "x#[N, 3, 8, 8]")),
    "free sizes": (entrances.MAX_FREE, lambda n: many(n, "x#[N, 3, H#=8, 8]")),
    "open params": (read.MAX_OPEN, opened),
    "variants": (read.MAX_VARIANTS, variants),
    "aliases": (callee.MAX_ALIASES, aliases),
    "drawn layers": (drawing.MOST_LAYERS, drawn),
    "blocks": (calls.MAX_DEPTH, nested_blocks),
    "holes": (keymap.MOST_HOLES, key_map),
}


def in_child(limit: int, taken: Callable[[int], bool]) -> tuple[str, float, int]:
    """What a child with little memory and time finds: `taken`, `refused`, or how it died; its CPU seconds and MB."""
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        try:
            os._exit(10 + taken(limit))
        except BaseException as error:
            sys.stderr.write(f"{type(error).__name__}: {str(error)[:200]}\n")
            os._exit(1)
    _, status, usage = os.wait4(child, 0)
    verdict = {10: "refused", 11: "taken"}.get(os.waitstatus_to_exitcode(status), f"died:{status}")
    return verdict, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    run = subprocess.run(
        [sys.executable, __file__], cwd=tmp_path_factory.mktemp("bounds"), capture_output=True, text=True,
        encoding="utf-8", check=True, env={**os.environ, "PYTHONPATH": str(Path(archspec.__file__).parent.parent)},
    )  # fmt: skip
    return {name: rest.split() for name, _, rest in (line.partition(": ") for line in run.stdout.splitlines())}


@pytest.mark.parametrize("name", BOUNDS)
def test_at_the_limit_and_beyond(name: str, found: dict[str, list[str]]) -> None:
    taken, refused = found[name][::3]
    assert (taken, refused) == ("taken", "refused")
    assert max(int(megabytes) for megabytes in found[name][2::3]) <= MEMORY >> 20


def test_each_bound_is_in_the_docs() -> None:
    page = (Path(__file__).parent.parent / "docs" / "security.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| ")]
    stated = {row[2].strip().replace(",", "") for row in rows if len(row) > 3}
    nearby = {"nesting": MAX_DEPTH, "depth": parsing.MOST_DEPTH, "integer": "2^63"}
    assert {str(nearby.get(name, limit)) for name, (limit, _) in BOUNDS.items()} <= stated


if __name__ == "__main__":
    for name, (limit, taken) in BOUNDS.items():
        found_here = [in_child(each, taken) for each in (limit, limit + 1)]
        sys.stdout.write(
            f"{name}: {' '.join(f'{verdict} {cpu:.2f} {memory}' for verdict, cpu, memory in found_here)}\n"
        )
        sys.stdout.flush()


def calls_to_build(layers: int) -> int:
    """How many functions are called to write the source of a chain of this many distinct layers."""
    items = "".join(f"  - c{k}: {{op: conv2d, out: {8 + k % 7}, kernel: 3, padding: 1}}\n" for k in range(layers))
    checked = archspec.check(f"archspec: 1\nname: chain\ninput: x[N, 3, H=32, W=32]\nnet:\n{items}")
    counted = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal counted
        counted += event == "call"

    sys.setprofile(count)
    try:
        archspec.build(checked)
    finally:
        sys.setprofile(None)
    return counted


def test_building_takes_calls_in_proportion_to_the_layers() -> None:
    calls_to_build(10)  # what is loaded and remembered once
    assert calls_to_build(400) < 5 * calls_to_build(100)
