"""Rules 11 and 13: files, parents, libraries, variants, outputs."""

from __future__ import annotations

from pathlib import Path

import pytest
from spec_lab import accept, keys, refused, spec

from archspec.diagnostics import SpecError, UsageError
from archspec.pipeline import check, load, summary

PARENT = """archspec: 1
name: parent
params: {width: int = 4, depth: int = 1}
let: {twice: 2*width}
input: x[N, 3, 8, 8]
blocks:
  unit: {params: {out: int}, in: "x[N, C, H, W]", body: [{c: {op: conv2d, out: out, kernel: 1}}]}
stem:
  - a: {op: unit, out: width}
stages:
  - b: {op: unit, out: twice, repeat: depth}
head:
  - {op: flatten}
  - fc: {op: linear, out: 10}
output: [N, 10]
init: {linear: {weight: zeros}}
variants: {wide: {width: 8}}
expect: {weighted_layers: 3}
"""
LIBRARY = """archspec: 1
params: {width: int = 4, norm: block = none, half: int = width // 2}
blocks:
  unit:
    in: x[N, C, H, W]
    body:
      - c: {op: conv2d, out: half, kernel: 1}
      - n: {op: $norm}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "parent.yaml").write_text(PARENT, encoding="utf-8")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "units.yaml").write_text(LIBRARY, encoding="utf-8")
    return tmp_path


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return name


def errors(source: str) -> list[tuple[str, str, int]]:
    with pytest.raises(SpecError) as caught:
        check(source)
    return [(d.code, d.span.file, d.span.line) for d in caught.value.diagnostics if d.span is not None]


def test_a_child_overrides_its_parent(folder: Path) -> None:
    child = write(
        folder,
        "child.yaml",
        """archspec: 1
extends: parent
params: {width: int = 6}
head:
  - {op: adaptive_avg_pool2d, size: 1}
  - {op: flatten}
  - fc: {op: linear, out: 5}
output: [N, 5]
init: {conv2d: {weight: {normal: 0.1}}}
""",
    )
    checked = check(child)
    assert checked.name == "child" and checked.spec.variants == ()
    assert checked.shapes.find("b").dims[1] == 12
    assert {op for op, _, _ in checked.graph.init} == {"linear", "conv2d"}


def test_a_grandchild_in_another_folder_finds_what_its_parents_use(folder: Path) -> None:
    write(
        folder,
        "nets/mid.yaml",
        PARENT.replace("name: parent", "name: mid\nuse: [near]")
        .replace("unit: {", "own: {")
        .replace("params: {out: int}, ", ""),
    )
    write(
        folder,
        "nets/near.yaml",
        "archspec: 1\nblocks:\n"
        "  unit: {params: {out: int}, in: 'x[N, C, H, W]', body: [{op: conv2d, out: out, kernel: 1}]}\n",
    )
    text = (folder / "nets/mid.yaml").read_text(encoding="utf-8").replace("out: out", "out: 3")
    write(folder, "nets/mid.yaml", text)
    top = write(folder, "top.yaml", "archspec: 1\nextends: nets/mid\nparams: {depth: int = 2}\n")
    assert check(top).cost.weighted_layers == 4


CHILDREN = {
    "params: {widht: int = 3}": ("E0209", 3),
    "let: {thrice: 3}": ("E0209", 3),
    "extends: other": None,
    "expect: {weighted_layers: 7}": ("E0403", 3),
    "params: {width: 3}": ("E0207", 3),
}


@pytest.mark.parametrize("line", [line for line, found in CHILDREN.items() if found])
def test_what_a_child_cannot_do(folder: Path, line: str) -> None:
    code, number = CHILDREN[line] or ("", 0)
    child = write(folder, "child.yaml", f"archspec: 1\nextends: parent\n{line}\n")
    assert {(c, f, n) for c, f, n in errors(child)} == {(code, "child.yaml", number)}


def test_a_param_of_a_child_is_written_with_the_type_of_its_parent(folder: Path) -> None:
    write(folder, "parent.yaml", PARENT.replace("width: int", "width: open int"))
    for value in ("3", "[3]"):
        child = write(folder, "child.yaml", f"archspec: 1\nextends: parent\nparams: {{width: {value}}}\n")
        with pytest.raises(SpecError) as caught:
            check(child)
        assert [d.help for d in caught.value.diagnostics] == [f"write `open int = {value}`"]


def test_a_net_of_a_child_replaces_the_sections_of_its_parent(folder: Path) -> None:
    child = write(folder, "child.yaml", "archspec: 1\nextends: parent\nnet: [{op: flatten}, {op: linear, out: 10}]\n")
    assert check(child).cost.weighted_layers == 1


def test_an_output_of_a_child_replaces_those_of_its_parent(folder: Path) -> None:
    child = write(folder, "child.yaml", "archspec: 1\nextends: parent\noutputs: {logits: fc, map: b}\n")
    assert [output.name for output in check(child).graph.outputs] == ["logits", "map"]


@pytest.mark.parametrize("use", ["more", "[more]", "{more: {}}", "[lib/units, more]"])
def test_a_child_adds_to_what_its_parent_uses(folder: Path, use: str) -> None:
    one = "archspec: 1\nuse: {lib/units: {width: 10}}\ninput: x[N, 3, H=8, W=8]\nnet: [{op: unit}]\n"
    write(folder, "one.yaml", one)
    write(folder, "more.yaml", "archspec: 1\nblocks: {same_map: {in: 'x[N, C, H, W]', body: [{op: relu}]}}\n")
    child = write(folder, "two.yaml", f"archspec: 1\nextends: one\nuse: {use}\nnet: [{{op: unit}}, {{op: same_map}}]\n")
    assert check(child).cost.parameters == 3 * 5 + 5  # with the width that the parent gives its library


def test_circles_of_files(folder: Path) -> None:
    one = write(folder, "one.yaml", "archspec: 1\nextends: two\n")
    write(folder, "two.yaml", "archspec: 1\nextends: one\n")
    assert errors(one) == [("E0211", "two.yaml", 2)]
    assert errors(write(folder, "self.yaml", "archspec: 1\nextends: self\n")) == [("E0211", "self.yaml", 2)]
    user = write(folder, "user.yaml", "archspec: 1\nuse: [l1]\ninput: x[N, 3]\nnet: [{op: relu}]\n")
    write(folder, "l1.yaml", "archspec: 1\nuse: [l2]\n")
    write(folder, "l2.yaml", "archspec: 1\nuse: [l1]\n")
    assert errors(user) == [("E0211", "l2.yaml", 2)]


@pytest.mark.parametrize("reference", ["nothing", "../secret", "/etc/passwd", "lib", "'a b'"])
def test_files_that_are_not_there(folder: Path, reference: str) -> None:
    for key in ("extends: {}", "use: [{}]"):
        name = write(
            folder, "child.yaml", f"archspec: 1\n{key.format(reference)}\ninput: x[N, 3]\nnet: [{{op: relu}}]\n"
        )
        assert errors(name) == [("E0210", "child.yaml", 2)]


NET = (
    "archspec: 1\nparams: {{w: int = 8}}\nuse:\n  lib/units: {use}\ninput: x[N, 3, H=8, W=8]\nnet: [u: {{op: unit}}]\n"
)


def used(folder: Path, arguments: str) -> str:
    return write(folder, "net.yaml", NET.format(use=arguments).replace("[u: {op: unit}]", "[{u: {op: unit}}]"))


def test_libraries_take_arguments_and_have_defaults(folder: Path) -> None:
    assert keys(check(used(folder, "{}")))["u.c.weight"] == (2, 3, 1, 1)
    assert keys(check(used(folder, "{width: w + 2}")))["u.c.weight"] == (5, 3, 1, 1)
    assert "u.n.weight" in keys(check(used(folder, "{norm: batch_norm}")))
    assert "u.n.weight" in keys(check(used(folder, "{width: 6, norm: batch_norm, half: w}")))


@pytest.mark.parametrize(("arguments", "code"), [
    ("{wdith: 3}", "E0213"), ("{width: 1.5}", "E0216"), ("{width: q}", "E0216"), ("{norm: nrm}", "E0217"),
    ("3", "E0203"),
])  # fmt: skip
def test_arguments_of_libraries_are_checked(folder: Path, arguments: str, code: str) -> None:
    assert errors(used(folder, arguments)) == [(code, "net.yaml", 4)]


def test_a_library_may_use_another_and_keeps_its_names_to_itself(folder: Path) -> None:
    write(
        folder,
        "lib/outer.yaml",
        """archspec: 1
params: {w: int = 3}
use:
  lib/units: {width: 2*w}
blocks:
  twice: {in: "x[N, C, H, W]", body: [{op: unit}, {op: unit}]}
""",
    )
    (folder / "lib/lib").mkdir()
    write(folder, "lib/lib/units.yaml", LIBRARY)
    name = write(
        folder, "net.yaml", "archspec: 1\nuse: {lib/outer: {w: 4}}\ninput: x[N, 3, H=8, W=8]\nnet: [{u: {op: twice}}]\n"
    )
    assert keys(check(name))["u.1.c.weight"] == (4, 4, 1, 1)
    wrong = write(
        folder, "net.yaml", "archspec: 1\nuse: [lib/outer]\ninput: x[N, 3, H=8, W=8]\nnet: [{u: {op: unit}}]\n"
    )
    assert errors(wrong) == [("E0217", "net.yaml", 4)]


def test_two_libraries_with_one_block(folder: Path) -> None:
    write(folder, "other.yaml", LIBRARY)
    both = "archspec: 1\nuse: [lib/units, other]\ninput: x[N, 3, H=8, W=8]\nnet: [{u: {op: unit}}]\n"
    assert errors(write(folder, "net.yaml", both)) == [("E0212", "net.yaml", 2)]
    own = both + "blocks: {unit: {in: 'x[N, C, H, W]', body: [{op: relu}]}}\n"
    assert keys(check(write(folder, "net.yaml", own))) == {}


def test_a_library_is_no_network(folder: Path) -> None:
    assert errors("lib/units.yaml") == [("E0202", "lib/units.yaml", 1)]


def test_addresses(folder: Path) -> None:
    assert check("parent.yaml@wide").name == "wide"
    assert load("parent.yaml", "wide").variant == "wide"
    assert check(Path("parent.yaml")).name == "parent"
    for source in ("parent.yaml@wdie", "nothing.yaml", "lib", "nonsense", "vgg16@vgg16"):
        with pytest.raises(UsageError):
            check(source)


def test_several_inputs_and_outputs_some_for_training_only() -> None:
    outputs = """
        logits: {from: fc, shape: [N, 10]}
        map: {from: a, shape: [N, 4, H, W]}
        aux: {from: b, mode: train, when: aux}
    """
    net = """
        - a: {op: conv2d, out: 4, kernel: 1, from: x}
        - b: {op: conv2d, out: 4, kernel: 1, from: y}
        - add: {op: add, from: [a, b]}
        - {op: adaptive_avg_pool2d, size: 1}
        - {op: flatten}
        - fc: {op: linear, out: 10}
    """
    text = spec(net, "x[N, 3, H=8, W=8], y[N, 1, H, W]", outputs=outputs, params="\n  aux: bool = true")
    assert [(o.name, o.mode) for o in accept(text).graph.outputs] == [
        ("logits", "always"),
        ("map", "always"),
        ("aux", "train"),
    ]
    assert len(accept(text, aux=False).graph.outputs) == 2
    one = text.replace("x[N, 3, H=8, W=8], y[N, 1, H, W]", '["x[N, 3, H=8, W=8]", "y[N, 1, H, W]"]')
    assert len(accept(one).graph.inputs) == 2


WRONG_OUTPUTS = {
    "output: [N, 3]": ("E0306", "[N, 3]"),
    "output: [N, 3, 16, 17]": ("E0306", "17"),
    "output: [N, 3, H, H // 0]": ("E0220", "H // 0"),
    "output: 3": ("E0203", "3"),
    "output: []": ("E0306", "[]"),
    "outputs: {a: nothing}": ("E0225", "nothing"),
    "outputs: {a: {from: r, mode: eval}}": ("E0203", "eval"),
    "outputs: {a: {from: r, mode: train}}": ("E0204", "a"),
    "outputs: {a: {from: [r, x]}}": ("E0227", "[r, x]"),
    "outputs: {a: {form: r}}": ("E0201", "form"),
    "outputs: {a: 3}": ("E0225", "3"),
    "outputs: {}": ("E0203", "{}"),
    "stem: [{op: relu}]": ("E0204", "- r: {op: relu}"),
    "outputs: {a: [r]}": ("E0203", "[r]"),
    "output: [N, 3, H, W]\noutputs: {a: r}": ("E0204", "output"),
}


@pytest.mark.parametrize("line", WRONG_OUTPUTS)
def test_what_is_no_output(line: str) -> None:
    text = spec("- r: {op: relu}").replace("net:", f"{line}\nnet:")
    assert refused(text) == [WRONG_OUTPUTS[line]]


WRONG_FILES = {
    "archspec: 2\ninput: x[N, 3]\nnet: [{op: relu}]": ("E0202", "2"),
    "archspec: true\ninput: x[N, 3]\nnet: [{op: relu}]": ("E0202", "true"),
    "input: x[N, 3]\nnet: [{op: relu}]": ("E0202", "input: x[N, 3]"),
    "- archspec: 1\n- 2": ("E0203", "- archspec: 1"),
    "archspec: 1\nstagse: []\nnet: [{op: relu}]\ninput: x[N, 3]": ("E0201", "stagse"),
    "archspec: 1\nnet: {op: relu}\ninput: x[N, 3]": ("E0203", "{op: relu}"),
    "archspec: 1\nnet: [relu]\ninput: x[N, 3]": ("E0208", "relu"),
    "archspec: 1\nnet: [[{op: relu}]]\ninput: x[N, 3]": ("E0208", "[{op: relu}]"),
    "archspec: 1\nnet: [{a: {}}]\ninput: x[N, 3]": ("E0208", "a"),
    "archspec: 1\nnet: []\ninput: x[N, 3]": ("E0202", "archspec"),
    "archspec: 1\nnet: [{op: relu}]": ("E0202", "archspec"),
    "archspec: 1\nname: 3\nnet: [{op: relu}]\ninput: x[N, 3]": ("E0203", "3"),
    "archspec: 1\nclass: a b\nnet: [{op: relu}]\ninput: x[N, 3]": ("E0205", "a b"),
    "archspec: 1\nclass: class\nnet: [{op: relu}]\ninput: x[N, 3]": ("E0205", "class"),
    "archspec: 1\nparams: {max: int = 3}\nnet: [{op: relu}]\ninput: x[N, 3]": ("E0205", "max"),
    "archspec: 1\nparams: {a: 3}\nnet: [{op: relu}]\ninput: x[N, 3]": ("E0207", "3"),
    "archspec: 1\ninit: {conv3d: {weight: zeros}}\nnet: [{op: relu}]\ninput: x[N, 3]": ("E0217", "conv3d"),
    "archspec: 1\ninit: {linear: {wieght: zeros}}\nnet: [{op: linear, out: 3}]\ninput: x[N, 3]": ("E0229", "wieght"),
    "archspec: 1\ninit: {linear: zeros}\nnet: [{op: linear, out: 3}]\ninput: x[N, 3]": ("E0229", "zeros"),
    "archspec: 1\ninit: {linear: {weight: zero}}\nnet: [{op: linear, out: 3}]\ninput: x[N, 3]": ("E0229", "zero"),
    "archspec: 1\nnet: [{op: linear, out: 3, init: {weight: {normal: a}}}]\ninput: x[N, 3]": ("E0229", "{normal: a}"),
    "archspec: 1\nnet: [{op: linear, out: 3, init: {wght: ones}}]\ninput: x[N, 3]": ("E0229", "wght"),
}


@pytest.mark.parametrize("text", WRONG_FILES)
def test_what_is_no_spec(text: str) -> None:
    assert refused(text + "\n") == [WRONG_FILES[text]]


def test_a_file_outside_of_its_folder_is_not_read(folder: Path) -> None:
    """Neither by `..` nor by a whole path, be it there or not."""
    write(folder, "library.yaml", "archspec: 1\nblocks: {b: {in: 'x[N, C, H, W]', body: [{op: relu}]}}\n")
    (folder / "inner").mkdir()
    for reference in ("../library", str(folder / "library")):
        text = f"archspec: 1\nuse: ['{reference}']\ninput: x[N, 3, 8, 8]\nnet: [{{op: b}}]\n"
        write(folder / "inner", "net.yaml", text)
        with pytest.raises(SpecError) as caught:
            check(str(folder / "inner" / "net.yaml"))
        assert caught.value.diagnostics[0].code == "E0210"


def test_an_output_can_say_that_it_is_always_there() -> None:
    text = spec("- r: {op: relu}\n- t: {op: tanh}", outputs="{a: {from: r, mode: always}, b: {from: t, mode: train}}")
    assert [(output.name, output.mode) for output in check(text).graph.outputs] == [("a", "always"), ("b", "train")]


def test_a_spec_that_was_loaded_needs_its_files_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "lib.yaml").write_text(
        "archspec: 1\nname: lib\nblocks:\n  b: {in: 'x[N, C, H, W]', body: [{op: relu}]}\n", encoding="utf-8"
    )
    (tmp_path / "nets" / "net.yaml").write_text(
        "archspec: 1\nname: net\nuse: [lib]\ninput: x[N, 3, 8, 8]\nnet: [{op: b}]\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    spec = load("nets/net.yaml")
    monkeypatch.chdir("/")
    assert check(spec).name == "net"
    (tmp_path / "nets" / "lib.yaml").unlink()
    assert str(summary(spec))
