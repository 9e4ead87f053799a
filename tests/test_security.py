"""Specs are data from strangers: every hostile text in every field that takes one, against everything that is written.

A text is either refused by the reader, or stands in what is written as words: nothing there has another structure than
with harmless words. `docs/security.md` says what is promised; this file holds the product against it.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from spec_lab import spec

import archspec
from archspec.backends.torch_code.audit import AuditError, audit
from archspec.checked import Checked
from archspec.cli import main
from archspec.diagnostics import Diagnostic
from archspec.rendering import render_github, render_json, render_text
from archspec.rendering.sarif import render_sarif
from archspec.spec.resolve import resolved
from archspec.text.source import parse, plain

VISIBLE = {
    "quotes": "'\"'''\"\"\"", "docstring": '"""\nimport os\nos.system("x")\n"""', "backslash": "ends in \\",
    "lines": "a\nb\n\n  c", "script": "</script><script>alert(1)</script>", "cdata": "<![CDATA[ x ]]> <!ENTITY x>",
    "comment": "--> <!-- x", "image": "<img src=x onerror=alert(1)>", "attribute": '" onload="alert(1)',
    "style": "</style><b>", "entity": "&lt;b&gt; &amp;#60;", "jinja": "{{ 7 * 7 }}", "percent": "{% raw %} %(x)s %d",
    "latex": "\\input{/etc/passwd} \\write18{x} ^^5c $x$ % }", "tikz": "}; \\draw (0,0) {", "pipe": "a | b || c",
    "link": "[x](javascript:alert(1)) ![y](//e) `z` *w*", "formula": "=cmd|'/c calc'!A1", "at": "@SUM(A1:A9)",
    "plus": "+1-1", "github": "x ::error::x%0A::warning::y", "dot": "<b>label</b>",
    "port": "n0:s", "edge": 'n0"]; n1 -> n2 [URL="//e', "mermaid": '"];click n0 "javascript:alert(1)"',
    "directive": "%%{init: {}}%%; end", "path": "../../etc/passwd", "root": "/etc/passwd", "option": "--force",
    "hidden": ".bashrc", "code": "x); import os; (", "fstring": "{x.__class__}", "long": "very long " * 90,
    "wide": "残差" * 200, "combining": "a" + "\u0301" * 50,
}  # fmt: skip
INVISIBLE = {
    "escape": "\x1b[31mred\x1b]0;title\x07", "csi": "\x9b31m", "bidi": "\u202egnp.\u2066", "zero": "a\u200bb\u2060",
    "nul": "a\x00b", "backspace": "abc\b\b\b", "separator": "a\u2028b", "next": "a\u0085b", "tags": "a\U000e0041b",
    "private": "\ue000", "return": "a\r::error::b", "break": "a\x0bb\x0c",
}  # fmt: skip
HOSTILE = VISIBLE | INVISIBLE

HARMLESS = {
    "name": "net", "doc": "A network.", "about": "A block.", "message": "too small", "word": "plain", "variant": "big",
    "remark": "as in the paper", "class": "Net", "block": "unit", "node": "conv", "container": "body", "param": "width",
    "inner": "w", "input": "x", "entrance": "y", "axis": "H", "output": "logits", "member": "thin", "let": "twice",
    "column": "c", "index": "s", "units": "u", "tensor": "weight", "promise": "parameters", "place": "head.fc",
    "library": "blocks/residual", "op": "relu", "option": "kernel", "key": "doc",
}  # fmt: skip
FREE = {"name", "doc", "about", "message", "word", "variant", "remark"}
"""Fields that take any text that can be seen. All others take names, and refuse every text of the table."""

SPEC = """\
archspec: 1
«key»: «doc»
name: «name»
class: «class»
params:
  «param»: open int = 8
  mood: "enum[«member», wide] = wide"
  word: str = plain
let: {«let»: "2 * 4"}
use: [«library»]
blocks:
  «block»:
    doc: «about»
    params: {«inner»: int}
    in: "«entrance»[N, C, «axis», W]"
    body:
      - «node»: {op: conv2d, out: «inner», «option»: 3, padding: 1}  # «remark»
      - act: {op: relu}
input: "«input»[N, 3, H=8, W=8]"
net:
  - first: {op: «block», «inner»: «param», repeat: 2, names: "«units»{i}"}
  - «container»: [{op: conv2d, out: 8, kernel: 1}, {op: «op»}]
  - each: {«column»: [8, 8]}
    index: «index»
    do: ["row{s}": {op: conv2d, out: «column», kernel: 1, init: {«tensor»: zeros}}, {op: relu}]
  - pool: {op: adaptive_avg_pool2d, size: 1}
  - head: [{op: flatten}, fc: {op: linear, out: 10}]
outputs: {«output»: head}
require: [{if: "word != 'none'", else: «message»}]
variants: {«variant»: {word: «word»}}
expect: {«promise»: «count», shapes: {«place»: [N, 10]}}
"""


def written(**fields: str) -> str:
    """The spec with these texts in these fields, each quoted as YAML quotes any text."""
    values = HARMLESS | fields
    # The value of a param is an expression, in which text stands in quotes of its own.
    values["word"] = repr(values["word"]) if printable_lines(values["word"]) else values["word"]
    text = SPEC.replace("{s}", f"{{{values['index']}}}") if values["index"].isidentifier() else SPEC
    text = text.replace("«count»", "1114").replace("# «remark»", "# " + values["remark"].replace("\n", " "))
    quoted = {key: json.dumps(value, ensure_ascii=not value.isprintable()) for key, value in values.items()}
    inside = re.compile(r'"([^"\n]*«[^"\n]*)"')
    text = inside.sub(lambda found: json.dumps(re.sub("«(.*?)»", lambda f: values[f[1]], found[1])), text)
    return re.sub("«(.*?)»", lambda found: quoted[found[1]], text)


def checked(**fields: str) -> Checked:
    return archspec.check(written(**fields))


@pytest.fixture(scope="module")
def harmless() -> Checked:
    return checked()


@pytest.mark.parametrize("text", HOSTILE)
def test_every_field_takes_words_and_refuses_what_is_no_name(text: str) -> None:
    """One field at a time: free fields take what can be seen, the others take names, nothing takes what cannot be."""
    for name in HARMLESS:
        try:
            checked(**{name: HOSTILE[text]})
            refused = False
        except archspec.SpecError as error:
            assert_told_safely(error.diagnostics, error.texts)
            refused = True
        assert refused == (name not in FREE or text in INVISIBLE), (name, text)


def test_the_table_of_fields_is_whole(harmless: Checked) -> None:
    assert not harmless.warnings or {warning.code for warning in harmless.warnings} <= {
        "W0603",
        "W0604",
        "W0605",
        "W0610",
    }
    assert set(re.findall("«(.*?)»", SPEC)) - {"count"} == set(HARMLESS)
    for name in set(HARMLESS) - FREE:
        with pytest.raises(archspec.SpecError):
            checked(**{name: "no name at all"})


def hostile(text: str) -> Checked:
    """The network with this text in every free field at once."""
    return checked(**dict.fromkeys(FREE, VISIBLE[text]))


def printable_lines(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


def assert_told_safely(diagnostics: tuple[Diagnostic, ...], texts: Any) -> None:
    assert printable_lines(render_text(diagnostics, texts))
    assert printable_lines(re.sub(r"\x1b\[[0-9;]*m", "", render_text(diagnostics, texts, color=True)))
    commands = render_github(diagnostics).splitlines()
    assert len(commands) == len(diagnostics)
    assert all(re.fullmatch(r"::(error|warning) [^:\r\n]*::[^\r\n]*", line) for line in commands)
    assert render_json(diagnostics).isascii() and len(json.loads(render_json(diagnostics))) == len(diagnostics)
    results = json.loads(render_sarif(diagnostics))["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == [diagnostic.code for diagnostic in diagnostics]
    for result in results:
        for place in result["locations"]:
            assert re.fullmatch(r"[\w.~/%-]*", place["physicalLocation"]["artifactLocation"]["uri"], re.ASCII)


@pytest.mark.parametrize("text", VISIBLE)
def test_a_message_of_a_requirement_is_words(text: str) -> None:
    with pytest.raises(archspec.SpecError) as failed:
        archspec.check(written(message=VISIBLE[text]).replace("word != 'none'", "word == 'none'"))
    assert_told_safely(failed.value.diagnostics, failed.value.texts)
    assert "E0402" in {d.code for d in failed.value.diagnostics} or len(failed.value.diagnostics) == 1


def skeleton(source: str) -> str:
    """The tree of a source without its docstrings and the words of its strings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


@pytest.mark.parametrize("text", VISIBLE)
def test_code(text: str, harmless: Checked) -> None:
    source = archspec.build(hostile(text))
    assert skeleton(source) == skeleton(archspec.build(harmless))
    words = " ".join(VISIBLE[text].split())
    said = ast.get_docstring(ast.parse(source), clean=False) or ""
    assert words in " ".join(said.split())
    assert printable_lines(source) and source.count("\n# ") == archspec.build(harmless).count("\n# ")


def shape_of_xml(text: str) -> set[tuple[str, tuple[str, ...]]]:
    return {(element.tag, tuple(sorted(element.attrib))) for element in ElementTree.fromstring(text).iter()}


class Elements(HTMLParser):
    """The elements of a page with the names of their attributes, and what scripts and styles say."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: set[tuple[str, tuple[str, ...]]] = set()
        self.policy: list[str | None] = []
        self.code: list[str] = []
        self.comments: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add((tag, tuple(sorted(name for name, _ in attrs))))
        self._inside = tag
        held = dict(attrs)
        self.policy += [held["content"]] if "http-equiv" in held else []

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style"):
            self.code.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


@pytest.mark.parametrize("text", VISIBLE)
def test_svg_and_pages(text: str, harmless: Checked) -> None:
    network = hostile(text)
    for level in ("stage", "layer"):
        drawn = archspec.draw(network, level=level)
        assert shape_of_xml(drawn.svg) <= shape_of_xml(archspec.draw(harmless, level=level).svg)
        assert printable_lines(drawn.svg) and printable_lines(drawn.description)
    found, wanted = Elements(archspec.page(network)), Elements(archspec.page(harmless))
    assert found.seen <= wanted.seen and not found.comments
    assert found.policy == wanted.policy and "script-src 'sha256-" in str(found.policy[0])
    (data,) = (code for code in found.code if code not in wanted.code)
    assert set(json.loads(data)) == {"nodes", "lines"}
    table, plain_table = (Elements(archspec.table(each, caption=VISIBLE[text]).html) for each in (network, harmless))
    assert table.seen <= plain_table.seen and table.code == plain_table.code and table.policy == plain_table.policy


LATEX_WORDS = {
    r"\textbackslash", r"\textasciicircum", r"\textasciitilde", r"\textless", r"\textgreater", r"\textbar",
    r"\ldots",
}  # fmt: skip


def commands(latex: str) -> set[str]:
    return set(re.findall(r"\\[A-Za-z]+", latex)) - LATEX_WORDS


def unescaped(latex: str, signs: str) -> int:
    return len(re.findall(rf"(?<!\\)[{signs}]", latex))


@pytest.mark.parametrize("text", VISIBLE)
def test_languages_of_figures(text: str, harmless: Checked) -> None:
    found, wanted = archspec.draw(hostile(text)), archspec.draw(harmless)
    strings = re.compile(r'"(?:\\.|[^"\\])*"')
    dot = [re.sub(r"label=\w+", 'label=""', strings.sub('""', str(each.render("dot")))) for each in (found, wanted)]
    assert dot[0] == dot[1]
    mermaid = [re.sub('"[^"\n]*"', '""', str(each.render("mermaid"))).splitlines() for each in (found, wanted)]
    assert [re.sub("^(  acc[A-Za-z]+: ).*", r"\1", line) for line in mermaid[0]] == [
        re.sub("^(  acc[A-Za-z]+: ).*", r"\1", line) for line in mermaid[1]
    ]
    assert not re.search(r"[;{}#<>`]|%%", "".join(line for line in mermaid[0] if "acc" in line[:5]))
    tikz = [str(each.render("tikz")) for each in (found, wanted)]
    assert commands(tikz[0]) <= commands(tikz[1]) and "^^" not in tikz[0]
    assert unescaped(tikz[0], "{") == unescaped(tikz[0], "}") and tikz[0].count("\n") == tikz[1].count("\n")
    sketches = [str(each.render("text")) for each in (found, wanted)]
    assert printable_lines(sketches[0]) and sketches[0].count("\n") == sketches[1].count("\n")


@pytest.mark.parametrize("text", VISIBLE)
def test_tables(text: str, harmless: Checked) -> None:
    words = VISIBLE[text]
    found = archspec.table(hostile(text), checked(name=words, doc=words), caption=words)
    wanted = archspec.table(harmless, checked(name="other"), caption="caption")
    assert printable_lines(str(found)) and str(found).count("\n") == str(wanted).count("\n")
    bare = [re.sub(r"\\[\\`*_{}\[\]<>#|!~$]", "", each.markdown) for each in (found, wanted)]
    assert [line.count("|") for line in bare[0].splitlines()] == [line.count("|") for line in bare[1].splitlines()]
    assert set(re.findall(r"<\w[^>]*>", bare[0])) <= {"<br>"} and not re.search(r"[\[`]|\]\(", bare[0])
    assert commands(found.latex) <= commands(wanted.latex) and "^^" not in found.latex
    assert unescaped(found.latex, "{") == unescaped(found.latex, "}")
    assert unescaped(found.latex, "&") == unescaped(wanted.latex, "&")
    rows = [list(csv.reader(io.StringIO(each.csv))) for each in (found, wanted)]
    assert [len(row) for row in rows[0]] == [len(row) for row in rows[1]]
    assert not [cell for row in rows[0] for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert [network["name"] for network in json.loads(found.json)["networks"]] == [words, words]


COMMANDS = ("::error::x", "  ::set-env name=A::b", "##[add-mask]a", "a ##[error]b", "####[group]c", "##[##[x]y")


def assert_no_command(text: str) -> None:
    """Nothing that GitHub's runner takes for a command: `::` where a line begins, `##[` anywhere (ActionCommand.cs)."""
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]
    assert "##[" not in text


@pytest.mark.parametrize("text", COMMANDS)
def test_no_mistake_is_told_as_a_command(text: str) -> None:
    items = (
        f"- a: {json.dumps(text + chr(10) + text)}\n- b: {{op: conv2d, out: {json.dumps(text)}, kernel: 3}} # {text}"
    )
    wrong = spec(items, require=f"[{{if: 1 == 2, else: {json.dumps('no' + chr(10) + text)}}}]")
    with pytest.raises(archspec.SpecError) as caught:
        archspec.check(wrong)
    found = caught.value
    assert len(found.diagnostics) == 3
    assert_no_command(render_text(found.diagnostics, found.texts))
    assert_no_command(render_text(found.diagnostics, {}))


@pytest.mark.parametrize("text", VISIBLE)
def test_terminal(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every command that prints words of a spec, with colour and without; files stay in the folder they are made in."""
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    Path("spec.yaml").write_text(written(**dict.fromkeys(FREE, VISIBLE[text])), encoding="utf-8")
    before = set(tmp_path.rglob("*"))
    for argv in (
        ["check", "spec.yaml"], ["check", "spec.yaml", "--color", "always"],
        ["check", "spec.yaml", "--format", "github"],
        ["summary", "spec.yaml", "spec.yaml", "--symbolic"], ["show", "spec.yaml", "--origin"], ["show", "spec.yaml"],
        ["table", "spec.yaml"], ["draw", "spec.yaml", "--alt"], ["draw", "spec.yaml", "--format", "text"],
        ["build", "spec.yaml"], ["draw", "spec.yaml"], ["draw", "spec.yaml", "--format", "html"],
    ):  # fmt: skip
        assert main(argv) == 0, argv
        caught = capsys.readouterr()
        assert printable_lines(re.sub(r"\x1b\[[0-9;]*m", "", caught.out + caught.err)), argv
        if "github" not in argv:
            assert_no_command(caught.out + caught.err)
    made = set(tmp_path.rglob("*")) - before
    assert len(made) == 3 and all(path.parent == inside and not path.name.startswith((".", "-")) for path in made)
    tree = resolved(archspec.load("spec.yaml"))
    main(["show", "spec.yaml"])
    again, faults = parse(capsys.readouterr().out, "again")
    assert not faults and again is not None and plain(again) == plain(tree)
    main(["show", "spec.yaml", "--format", "json"])
    assert json.loads(capsys.readouterr().out) == plain(tree)


@pytest.mark.parametrize("text", [each for each in HOSTILE if not set("/@\0") & set(HOSTILE[each])])
def test_file_names(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file of a stranger's archive, which names the network where the spec does not."""
    monkeypatch.chdir(tmp_path)
    path = Path(f"./{HOSTILE[text][:50]}.yaml")
    path.write_text(re.sub(r"\nname: .*", "", written()), encoding="utf-8")
    for argv in (["check", str(tmp_path)], ["check", "./*", "--format", "github"], ["summary", f"./{path}"],
                 ["show", f"./{path}", "--origin"], ["build", f"./{path}"], ["check", f"./{path}", "--format", "sarif"],
                 ["check", f"./{path}x.yaml"], ["draw", f"./{path}", "-o", f"{path}.x"]):  # fmt: skip
        assert main(argv) in (0, 2), argv
        caught = capsys.readouterr()
        assert printable_lines(caught.out + caught.err), argv
    network = archspec.check(path)
    assert shape_of_xml(archspec.draw(network).svg) == shape_of_xml(archspec.draw(checked()).svg)
    assert skeleton(archspec.build(network)) == skeleton(archspec.build(checked()))


@pytest.mark.parametrize("text", HOSTILE)
def test_words_of_the_call(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The variant's address, `--set`, features: whatever they are, the answer is words."""
    words = HOSTILE[text].replace("\0", "\1")
    spec = tmp_path / "spec.yaml"
    spec.write_text(written(), encoding="utf-8")
    options = (["--set", f"{words}=1"], ["--set", f"width={words}"], ["--set", f"word={json.dumps(words)}"],
               ["--size", words], [f"--{words}"])  # fmt: skip
    for argv in ([f"{spec}@{words}"], [words], *([str(spec), *each] for each in options)):
        assert main(["check", *argv]) in (0, 1, 2), argv
        caught = capsys.readouterr()
        assert printable_lines(caught.out + caught.err), argv
    assert main(["summary", str(spec), "--features", words]) in (1, 2)
    assert printable_lines("".join(capsys.readouterr()))


@pytest.mark.parametrize("text", HOSTILE)
def test_keys_of_a_checkpoint(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch = pytest.importorskip("torch")
    save = pytest.importorskip("safetensors.torch").save_file
    spec, path = tmp_path / "spec.yaml", tmp_path / "held.safetensors"
    spec.write_text(written(), encoding="utf-8")
    save({HOSTILE[text]: torch.zeros(1), f"x.{HOSTILE[text]}": torch.zeros(8, 8)}, path)
    for options in ([], ["--all"], ["--format", "json"]):
        assert main(["weights", str(path), str(spec), *options]) == 1
        caught = capsys.readouterr()
        assert printable_lines(caught.out + caught.err)
    assert HOSTILE[text] in json.loads(caught.out)["unexpected"]


@pytest.mark.parametrize("field", ["name", "variant"])
@pytest.mark.parametrize("text", ["::error::x", "  ::set-env name=A::b", "\n::stop-commands::x", "a ##[error]b"])
def test_no_name_begins_a_command(field: str, text: str) -> None:
    with pytest.raises(archspec.SpecError, match="a name cannot"):
        checked(**{field: text})


GOOD = "import torch\nfrom torch import Tensor, nn\n\n__all__ = ['A']\n\n\nclass A(nn.Module):\n"
FORWARD = "    def forward(self, x: Tensor) -> Tensor:\n        return "


def test_the_audit_takes_a_module() -> None:
    audit(f"{GOOD}{FORWARD}torch.flatten(x, 1)\n")


@pytest.mark.parametrize(
    "expression",
    [
        "torch.load('f')", "torch.load", "torch.hub.load('a', 'b')", "torch.ops.load_library('f')", "nn.modules.x",
        "torch.from_file('f')", "torch.utils", "torch._C", "torch.compile(x)", "nn.functional.pad(x)", "F.conv2d(x, x)",
        "nn.init.zeros", "math.exp(1)", "nn.Module.load_state_dict(self, x)", "self.load_state_dict(x)",
        "self.register_forward_hook(x)", "eval('1')", "open('f')", "getattr(x, 'y')", "globals()", "vars()",
        "x.__class__", "f'{x.__class__}'", "'{0.__class__}'.format(x)", "x.numpy()", "x.data_ptr()", "(lambda: 1)()",
        "[y for y in x]", "{}", "{1}", "(y := 1)", "(yield)", "x @ __import__('os')", "__builtins__", "print(x)",
    ],
)  # fmt: skip
def test_the_audit_refuses_an_expression(expression: str) -> None:
    with pytest.raises(AuditError):
        audit(f"{GOOD}{FORWARD}{expression}\n")


@pytest.mark.parametrize(
    "statement",
    [
        "import os", "from torch import hub", "import torch as t", "from os import *", "del x", "assert x", "raise x",
        "while x:\n            pass", "with x:\n            pass",
        "try:\n            x\n        except x:\n            x",
        "torch = x", "nn = self", "global x", "async def f(): return 1", "self.forward = x", "self.training = x",
        "x.y += 1", "@x\n        def f(): return 1", "class B(object):\n            x: int",
        "match x:\n            case 1: x",
    ],
)  # fmt: skip
def test_the_audit_refuses_a_statement(statement: str) -> None:
    with pytest.raises(AuditError):
        audit(f"{GOOD}    def forward(self, x: Tensor) -> Tensor:\n        {statement}\n        return x\n")


@pytest.mark.parametrize(
    "top",
    [
        "x = 1", "A()", "if True:\n    x = 1", "def nn(x):\n    return x", "class torch(nn.Module):\n    x: int",
        "class B(A):\n    x: int", "class B(nn.Module, metaclass=type):\n    x: int", "class B(nn.Module):\n    x = 1",
        "@A\nclass B(nn.Module):\n    x: int", "def f(nn):\n    return nn", "def \u00e9(x):\n    return x",
    ],
)  # fmt: skip
def test_the_audit_refuses_a_definition(top: str) -> None:
    with pytest.raises(AuditError):
        audit(f"{GOOD}{FORWARD}x\n\n\n{top}\n")
