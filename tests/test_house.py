"""The house rules, as tests: what is laid down in CONTRIBUTING.md and can be counted."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "archspec"
SOURCES = sorted(PACKAGE.rglob("*.py"))

DOORS = {
    "yaml": {"archspec.text.source"},
    "networkx": {"archspec.ir.flat"},
    "jinja2": {"archspec.backends.page.document", "archspec.backends.torch_code.render"},
    "graphviz": {"archspec.backends.dot"},
    "pydantic": {"archspec.ops.options"},
    "torch": {
        "archspec.backends.against",
        "archspec.backends.environment",
        "archspec.backends.interpreter",
        "archspec.backends.module",
        "archspec.backends.reference_layers",
        "archspec.checkpoints.file",
        "archspec.checkpoints.weights",
        "archspec.pipeline",
    },
}
"""The only modules that may import a heavy library."""

LAZY = {"torch", "networkx", "jinja2", "graphviz", "pydantic"}
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


MODULES = {module_name(path): path for path in SOURCES}


def imported(module: str, path: Path) -> Iterator[str]:
    """Every module that this one imports, wherever in it: at the top, in a function or under TYPE_CHECKING."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
                base = ".".join([*package[: len(package) - node.level + 1], *([base] if base else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield inner if inner in MODULES else base


def dependencies(module: str) -> set[str]:
    return {name for name in imported(module, MODULES[module]) if name in MODULES} - {module}


def cycles(edges: dict[str, set[str]]) -> list[list[str]]:
    """The strongly connected components with more than one member (Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(edges.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            at = stack.index(node)
            component = stack[at:]
            del stack[at:]
            if len(component) > 1:
                found.append(sorted(component))

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return found


def test_the_cycle_finder_finds_cycles() -> None:
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]
    assert cycles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_import_cycles() -> None:
    assert len(MODULES) > 20
    assert cycles({module: dependencies(module) for module in MODULES}) == []


@pytest.mark.parametrize("library", sorted(DOORS))
def test_heavy_libraries_have_one_door(library: str) -> None:
    importers = {m for m, path in MODULES.items() if any(n.split(".")[0] == library for n in imported(m, path))}
    assert importers <= DOORS[library]


def test_nouns_are_records() -> None:
    """A dataclass costs every start 0.3 ms; see `archspec/records.py`."""
    assert {module for module, path in MODULES.items() if "dataclasses" in imported(module, path)} == set()


def test_imports_stand_at_the_top_unless_the_library_is_heavy() -> None:
    """An import inside a function hides a knot; only the doors of heavy libraries may have one."""
    hidden = [
        (module, name)
        for module, path in MODULES.items()
        for function in ast.walk(tree(path))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        for name in _names(node)
        if name.split(".")[0] not in LAZY
    ]
    assert hidden == []


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or "."] if isinstance(node, ast.ImportFrom) else []


NEEDLESS = {
    "archspec.backends.sizes", "archspec.elaborate.rows", "archspec.elaborate.ties", "archspec.features",
    "archspec.fit", "archspec.notebook", "archspec.rendering.excerpts", "archspec.spec.digest",
    "archspec.spec.extend", "archspec.spec.yaml_text", "archspec.text.syntax", "decimal", "difflib", "fractions",
    "glob", "hashlib", "html", "json", "pathlib", "pydantic", "shutil", "signal", "unicodedata", "urllib",
}  # fmt: skip
"""What takes a while to load, and a check of a spec that is right has no use for."""


def loaded_after(code: str, among: set[str] = LAZY) -> set[str]:
    """Which of these modules are in sys.modules after running `code` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return among & set(done.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import archspec",
        "from archspec.cli import main; assert main(['check', 'specs/resnet152.yaml']) == 0",
        "from archspec.cli import main; assert main(['summary', 'specs/resnet152.yaml']) == 0",
        "from archspec.cli import main; assert main(['list']) == 0",
    ],
)
def test_the_front_door_loads_no_heavy_library(code: str) -> None:
    assert loaded_after(code) == set()


def test_a_check_of_a_right_spec_loads_what_it_needs() -> None:
    code = "from archspec.cli import main; assert main(['check', 'specs/resnet152.yaml']) == 0"
    assert loaded_after(code, NEEDLESS) <= loaded_after("", NEEDLESS)


def test_the_version_loads_no_compiler() -> None:
    code = """
from archspec.cli import main
try:
    main(["--version"])
except SystemExit as left:
    assert left.code == 0
"""
    assert loaded_after(code, {"archspec.pipeline", "yaml"}) == set()
    assert loaded_after("import archspec", {"archspec.pipeline", "yaml"}) == set()


@pytest.mark.parametrize("module", ["archspec.backends.dot", "archspec.backends.table.layers"])
def test_a_room_entered_by_a_side_door_is_there_once(module: str) -> None:
    code = f"""
import archspec, {module}
from archspec.records import Record
names = [(each.__module__, each.__qualname__) for each in Record.__subclasses__()]
assert len(names) == len(set(names)) > 50, sorted(name for name in set(names) if names.count(name) > 1)
"""
    assert loaded_after(code) <= {"graphviz"}


def test_building_and_drawing_need_no_torch(tmp_path: Path) -> None:
    code = f"""
from archspec.cli import main
assert main(['build', 'specs/resnet18.yaml', '-o', {str(tmp_path / "a.py")!r}]) == 0
assert main(['draw', 'specs/resnet18.yaml', '-o', {str(tmp_path / "a.svg")!r}]) == 0
"""
    assert "torch" not in loaded_after(code)


def test_no_file_is_over_400_lines_or_without_a_concept() -> None:
    long = {
        str(p.relative_to(ROOT)): n for p in SOURCES if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}
    assert [str(p.relative_to(ROOT)) for p in SOURCES if p.stem in NAMELESS] == []


def public_definitions() -> Iterator[tuple[str, bool]]:
    """Each public class and function, nested ones in public classes too, and whether it has a docstring."""
    for module, path in MODULES.items():
        for node in tree(path).body:
            yield from _public(node, module)


def _public(node: ast.stmt, where: str) -> Iterator[tuple[str, bool]]:
    if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
        return
    overrides = any(isinstance(d, ast.Name) and d.id == "override" for d in node.decorator_list)
    yield f"{where}.{node.name}", overrides or ast.get_docstring(node) is not None
    if isinstance(node, ast.ClassDef):
        for inner in node.body:
            if isinstance(inner, ast.ClassDef):
                yield from _public(inner, f"{where}.{node.name}")


def test_public_names_have_docstrings() -> None:
    documented = dict(public_definitions())
    bare = sorted(name for name, has in documented.items() if not has)
    assert len(bare) <= 0.05 * len(documented), bare
    assert [m for m, path in MODULES.items() if tree(path).body and ast.get_docstring(tree(path)) is None] == []


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_no_path_of_anyones_machine_is_in_the_project() -> None:
    home = re.compile(rb"/(home|Users)/[a-z]|/" + rb"root/|C:\\\\Users|/" + rb"work/")
    named = [str(p.relative_to(ROOT)) for p in tracked_files() if home.search(p.read_bytes())]
    assert named == []


def test_one_version_of_everything_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*", pin) for pin in pins)
    pinned = {re.sub(r"[-_.]+", "-", pin.split("==")[0]).lower() for pin in pins}
    wanted = re.findall(r'^\s*"([A-Za-z0-9-]+)>=', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert "pydantic" in wanted and {name.lower() for name in wanted} - pinned == set()
    assert {"torch", "torchvision"} <= pinned
