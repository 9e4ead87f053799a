"""Generated source: what we meant (golden text), clean, the same everywhere, and never talked into code."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from archspec import pipeline
from archspec.backends.torch_code import generate
from archspec.backends.torch_code.audit import AuditError, audit
from archspec.backends.torch_code.layout import wrap
from archspec.backends.torch_code.render import docstring
from archspec.ir.graph import Graph
from archspec.records import replace

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden"
ZOO = sorted(path.stem for path in (ROOT / "specs").glob("*.yaml"))
NETS = sorted((ROOT / "tests" / "nets").glob("*.yaml"))
PLAIN = "archspec: 1\nname: plain\ninput: x[N, 3, 8, 8]\nnet:\n  - conv: {op: conv2d, out: 4, kernel: 3}\n"


def graph(text: str = PLAIN) -> Graph:
    return pipeline.check(text).graph


def addresses() -> list[str]:
    """Every network of the zoo and its variants."""
    found = []
    for name in ZOO:
        found += [name, *(f"{name}@{variant}" for variant in pipeline.load(name).variants)]
    return [*found, *(str(path) for path in NETS)]


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source of every network."""
    folder = tmp_path_factory.mktemp("generated")
    for address in addresses():
        name = f"nets_{Path(address).stem}" if address.endswith(".yaml") else address.replace("@", "__")
        (folder / f"{name}.py").write_text(generate(pipeline.check(address)), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["resnet152", "googlenet_aux", "mbconv"])
def test_golden(name: str) -> None:
    source = {"googlenet_aux": "googlenet@googlenet_aux", "mbconv": "tests/nets/mbconv.yaml"}.get(name, name)
    text = generate(pipeline.check(str(ROOT / source) if "/" in source else source))
    golden = GOLDEN / f"{name}.py"
    if os.environ.get("ARCHSPEC_GOLDEN") == "write":
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_resnet152_reads_in_one_go() -> None:
    text = generate(pipeline.check("resnet152"))
    assert text.count("\n") <= 120
    assert max(map(len, text.splitlines())) <= 88


def test_all_source_is_clean_and_stable_under_ruff(everything: Path) -> None:
    assert len(list(everything.glob("*.py"))) == len(addresses())
    for command in (["check", "--isolated"], ["format", "--isolated", "--diff"]):
        result = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "."], cwd=everything, capture_output=True, encoding="utf-8"
        )
        assert result.returncode == 0, result.stdout + result.stderr


def test_what_differs_in_optional_parts_only_is_one_class(everything: Path) -> None:
    for path in everything.glob("*.py"):
        names = re.findall(r"^class (\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert not [name for name in names if re.sub(r"\d$", "", name) in {*names} - {name}], path.name
    text = (everything / "nets_optional.py").read_text(encoding="utf-8")
    assert re.findall(r"^class (\w+)", text, re.MULTILINE) == ["Mix", "Unit", "Stack", "Long", "TokenUnit", "Optional"]
    assert "project = self.project(relu) if self.project is not None else x" in text


def test_sums_are_in_place_where_nobody_minds(everything: Path) -> None:
    def sums(name: str) -> list[str]:
        return re.findall(r"\w+ \+= .*", (everything / f"{name}.py").read_text(encoding="utf-8"))

    assert sums("resnet50") == ["y += self.downsample(x)"]
    # Of the other sums there, an operand is read or needed elsewhere.
    assert sums("nets_in_place") == ["y += x", "total += add4"]


def test_variables_are_called_as_one_would_call_them(everything: Path) -> None:
    text = (everything / "inception_v3.py").read_text(encoding="utf-8")
    assert "branch5x5 = self.branch5x5_2(branch5x5)" in text and " branch5x5_1 =" not in text
    assert "branch3x3 = torch.cat((branch3x3_2a, self.branch3x3_2b(branch3x3)), dim=1)" in text
    assert "aux_logits = self.AuxLogits(x)" in text  # a variable has a small letter
    assert "aux_logits: Tensor\n" in text  # evaluation returns no tuple
    text = (everything / "vit.py").read_text(encoding="utf-8")
    assert "x = x + self.pos_embedding" in text and "tokens" not in text
    text = (everything / "shufflenet_v2.py").read_text(encoding="utf-8")
    assert "nn.Conv2d(width, width, kernel_size=1" in text and "2 * (" not in text


def test_sizes_that_come_again_have_a_short_name(everything: Path) -> None:
    text = (everything / "inception_v3.py").read_text(encoding="utf-8")
    assert "(N, 288, H, W) -> (N, 768, H', W') with H' = ceil(H/2) - 1" in text
    assert text.count("ceil(H/2) - 1") == 2  # in two classes


def test_activations_are_given_as_classes(everything: Path) -> None:
    text = (everything / "mobilenet_v3.py").read_text(encoding="utf-8")
    assert text.count("activation: type[nn.Module] = nn.Hardswish") == 2
    assert "in_channels, out, hidden, kernel, stride, squeeze, activation\n" in text
    assert "(40, 80, 240, 3, 2, 0, nn.Hardswish)," in text
    text = (everything / "nets_activations.py").read_text(encoding="utf-8")
    # What only some instances run is given by the argument too, and works in place only if all of them may.
    assert "self.last = activation()" in text
    assert "Unit(width, width, activation=activation)" in text
    assert "*(Unit(8, 8, activation=nn.GELU) for _ in range(2))" in text


def test_an_attribute_is_not_first_a_variable(everything: Path) -> None:
    text = (everything / "efficientnet_v2.py").read_text(encoding="utf-8")
    assert "        if self.residual:\n" in text and "  residual = " not in text


def test_numbered_children_are_lists_of_modules(everything: Path) -> None:
    fpn = (everything / "resnet50_fpn.py").read_text(encoding="utf-8")
    assert "nn.Sequential(nn.Conv2d(channels, 256, kernel_size=1))" in fpn
    assert "for channels in (256, 512, 1024, 2048)" in fpn
    assert "x = self.inner_blocks[3](layer4)" in fpn
    text = (everything / "nets_numbered.py").read_text(encoding="utf-8")
    assert "x = self.mix[0](x)  # (N, 6, 14, 14)" in text  # a convolution and a batch norm in one call
    assert 'self.late["1"] = ' in text  # registered before "0", as no list does it
    assert "add_module" not in fpn + text


def test_a_chain_that_registers_in_another_order_is_no_sequence() -> None:
    conv = "{op: conv2d, out: 3, kernel: 1}"
    items = f"  - both: {{body: [a: {conv}, b: {conv}], register: [b, a]}}\n"
    text = generate(graph(PLAIN.partition("  - conv")[0] + items))
    assert text.index("self.b = ") < text.index("self.a = ") < text.index("x = self.a(x)") < text.index("x = self.b(x)")


def test_units_of_attention_that_run_again_are_the_same_modules() -> None:
    items = "  - a: {op: attention, heads: 2, repeat: 2}\n  - b: {same: a}\n"
    text = PLAIN.partition("input:")[0] + "input: x[N, T=5, 8]\nnet:\n" + items
    net = pipeline.module(text)
    assert sorted({key.partition(".in")[0] for key in net.state_dict() if ".in_proj_weight" in key}) == ["a.0", "a.1"]
    pipeline.verify(text)


def test_an_elu_is_never_in_place() -> None:
    """In place torch takes its gradient from the output, which is another in the last bits."""
    texts = [generate(graph(PLAIN + f"  - bn: {{op: batch_norm}}\n  - act: {{op: {op}}}\n")) for op in ("elu", "silu")]
    assert "nn.ELU()" in texts[0] and "nn.SiLU(inplace=True)" in texts[1]


def test_numbered_children_keep_their_keys(everything: Path) -> None:
    names: dict[str, Any] = {}
    exec((everything / "nets_numbered.py").read_text(encoding="utf-8"), names)
    weights = [key.removesuffix(".weight") for key in names["Numbered"]().state_dict() if key.endswith(".weight")]
    trunk, heads = ["trunk.stem", "trunk.deep", "trunk.last"], ["heads.0.0", "heads.1.0", "heads.2.0"]
    assert weights == [*trunk, *heads, "mix.0.0", "mix.0.1", "mix.1", "late.1", "late.0"]


def test_containers_hand_out_what_is_read_once_and_by_name(everything: Path) -> None:
    fpn = (everything / "resnet50_fpn.py").read_text(encoding="utf-8")
    assert "return layer4, layer3, layer2, layer1" in fpn
    assert "layer4, layer3, layer2, layer1 = self.body(x)" in fpn
    assert "p2, p3, p4, p5, p6 = self.fpn(layer4, layer3, layer2, layer1)" in fpn
    assert "last, stem, deep = self.trunk(x)" in (everything / "nets_numbered.py").read_text(encoding="utf-8")


def test_fractions_read_as_they_came_about(everything: Path) -> None:
    text = (everything / "efficientnet.py").read_text(encoding="utf-8")
    assert "drop=0.2 * start / 16" in text and "drop=0.2 * (start + i) / 16" in text
    convnext = (everything / "convnext.py").read_text(encoding="utf-8")
    assert "nn.Sequential(*(Unit(192, 0.1 * (3 + i) / 17) for i in range(3)))" in convnext


def test_rates_of_units_that_are_written_out_are_computed_from_their_places(everything: Path) -> None:
    text = (everything / "efficientnet_lite0.py").read_text(encoding="utf-8")
    assert "drop=0.2 * start / 16\n" in text and "0.037500000000000006" not in text
    net = pipeline.module("efficientnet_lite0")
    rates = [module.p for module in net.modules() if type(module).__name__ == "DropPath"]
    places = (2, 4, 6, 7, 9, 10, 12, 13, 14)
    assert rates == [0.2 * place / 16 for place in places]  # to the bit, as torchvision's EfficientNet computes them


LETS = """archspec: 1
name: lets
input: x[N, 3, H=32, W=32]
blocks:
  unit:
    params: {p: float}
    in: x[N, C, H, W]
    let: {width: "%s"}
    body:
      - conv: {op: conv2d, out: width, kernel: 1}
      - drop: {op: dropout, p: p/3}
net:
  - a: {op: unit, p: 0.1}
  - b: {op: unit, p: 0.2}
"""


@pytest.mark.parametrize(
    ("width", "written"),
    [
        ("round(p*300)", "        width = round(p * 300)\n"),  # a fraction of which a number is made
        ("sum([round(j*p) for j in range(30)])", "conv_out_channels=43"),  # Python says it otherwise
    ],
)
def test_a_let_of_a_fraction_is_a_whole_number(width: str, written: str) -> None:
    text = pipeline.build(LETS % width)
    assert written in text
    pipeline.verify(LETS % width, text)


def test_all_source_is_typed(everything: Path) -> None:
    names = [path.name for path in everything.glob("*.py")]
    files = sorted(name for name in names if "__" not in name or "aux" in name)
    command = [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.11", *files]
    environment = {**os.environ, "MYPY_CACHE_DIR": str(ROOT / ".mypy_cache" / "generated")}
    result = subprocess.run(command, cwd=everything, capture_output=True, encoding="utf-8", env=environment)
    assert result.returncode == 0, result.stdout


def test_the_same_bytes_for_any_hash_seed() -> None:
    code = (
        "from archspec import pipeline as p, backends; from archspec.backends.torch_code import generate;"
        "import hashlib, sys; text = ''.join(generate(p.check(n)) for n in sys.argv[1:]);"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    nets = ["resnet50", "googlenet@googlenet_aux", "tests/nets/mbconv.yaml", "tests/nets/two_streams.yaml"]
    seen = {
        subprocess.run(
            [sys.executable, "-c", code, *nets],
            capture_output=True,
            encoding="utf-8",
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(seen) == 1


def test_build_needs_no_torch() -> None:
    code = (
        "import sys; from archspec import pipeline; from archspec.backends.torch_code import generate;"
        "generate(pipeline.check('resnet50')); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})


@pytest.mark.parametrize(
    "text",
    [
        'says """ and stops',
        'ends with "',
        "ends with \\",
        'ends with \\"',
        '"""',
        "\\N{BULLET} \\x41 \\u0041",
        "null \x00, bell \x07, escape \x1b[31m",
        "line\u2028separator\u0085and\u202etricks",
        "'''; import os; '''",
        "# coding: latin-1",
        "{{ 7 * 7 }} {% raw %}",
    ],
)
def test_a_docstring_says_what_it_is_told_and_nothing_else(text: str) -> None:
    lines = docstring(text, 0)
    tree = ast.parse("\n".join(lines))
    assert len(tree.body) == 1
    assert ast.get_docstring(tree, clean=False) == text.strip() + ("\n" if len(lines) > 1 else "")
    whole = generate(replace(graph(), doc=text))
    audit(whole)
    assert len(ast.parse(whole).body) == len(ast.parse(generate(graph())).body)


@pytest.mark.parametrize(
    "hostile",
    [
        "import os",
        "from os import path",
        "from torch import jit",
        "import torch.utils",
        "x = 1",
        "print(1)",
        "__import__('os')",
        "class A(object):\n    pass",
        "class A(nn.Module):\n    x = eval('1')",
        "class A(nn.Module):\n    def forward(self, x):\n        return exec('1')",
        "class A(nn.Module):\n    def forward(self, x):\n        return x.__class__",
        "class A(nn.Module):\n    def forward(self, x):\n        return (lambda: 1)()",
        "class A(nn.Module):\n    def forward(self, x):\n        return torch.load('f')",
        "class A(nn.Module):\n    def forward(self, x):\n        return torch.ops.load_library('f')",
        "class A(nn.Module):\n    def forward(self, x):\n        return open('f')",
        "class A(nn.Module):\n    def other(self, x):\n        return x",
        "class A(nn.Module):\n    def __reduce__(self):\n        return 1",
        "class A(nn.Module):\n    @property\n    def forward(self, x):\n        return x",
        "class A(nn.Module):\n    def __init__(self):\n        self.forward = nn.ReLU()",
        "def f(x: int) -> int:\n    while True:\n        x = x + 1",
        "def f(x):\n    global y\n    return x",
        "def f(x):\n    with x:\n        return x",
        "not python",
    ],
)
def test_the_audit_refuses(hostile: str) -> None:
    good = generate(graph())
    audit(good)
    with pytest.raises(AuditError):
        audit(f"{good}\n\n{hostile}\n")


@pytest.mark.parametrize("path", ["forward", "class", "a b", "x); import os; (", "train", "é"])
def test_a_layer_with_an_impossible_name_is_never_written(path: str) -> None:
    """The front end refuses such names; a graph made by hand does not get past the generator either."""
    plain = graph()
    body = replace(plain.body, nodes=tuple(replace(node, path=path) for node in plain.body.nodes))
    try:
        text = generate(replace(plain, body=body))
    except AuditError:
        return
    # What is no identifier is only ever a string.
    assert not path.isidentifier()
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant) and node.value == path]
    assert calls


def test_params_that_mean_something_else_in_a_module() -> None:
    text = PLAIN.replace("input:", "params: {type: open int = 4, self_: int = 3}\ninput:").replace(
        "out: 4", "out: type"
    )
    source = generate(graph(text))
    assert "def __init__(self, type_: int = 4)" in source


def test_lines_break_as_ruff_breaks_them() -> None:
    """Random constructors and expressions: what `wrap` prints, `ruff format` leaves as it is."""
    rng = Random(5)
    texts = [f"{rng.choice(STARTS)}{_call(rng, 2)}{rng.choice(ENDS)}" for _ in range(600)]
    lines = [line for text in texts for line in wrap(text, 2)]
    text = "class A:\n    def f(self):\n" + "\n".join(lines) + "\n"
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", "-"]
    result = subprocess.run(command, input=text, capture_output=True, encoding="utf-8")
    assert result.stdout == "", result.stdout
    assert any(line.endswith("(") for line in lines)


STARTS = ("self.name = ", "x += ", "return ", 'x = self.parts["0"]')
ENDS = ("", "", "[0]", "[:, 0]", ".permute(0, 2, 1)", ".flatten(1)", " + x", " * self.scale")


def _call(rng: Random, depth: int) -> str:
    names = ["a", "width", "in_channels", "expansion * width", "64", "make_divisible(width * 4, 8)"]
    parts = [rng.choice(names) for _ in range(rng.randint(0, 5))]
    if depth:
        parts += [_call(rng, depth - 1) for _ in range(rng.randint(0, 2))]
        parts += [f"*({_call(rng, depth - 1)} for _ in range({rng.randint(2, 9)}))"] * rng.randint(0, 1)
        parts += [f"({', '.join(rng.choices(names, k=rng.randint(2, 6)))})"] * rng.randint(0, 1)
    keywords = [f"{key}={rng.choice(names)}" for key in rng.sample(["stride", "padding", "bias"], rng.randint(0, 3))]
    return f"{rng.choice(['nn.Conv2d', 'Bottleneck', 'f'])}({', '.join([*parts, *keywords])})"
