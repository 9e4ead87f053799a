"""`table`: Table 1 of He et al. (2015) comes out as it was printed, and every format says the same."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archspec
from archspec import pipeline
from archspec.backends.escape import latex_text, markdown_text, sheet_text
from archspec.backends.suffix import format_of
from archspec.backends.table.align import align
from archspec.backends.table.architecture import FORMATS, SUFFIXES, Table, make_table
from archspec.backends.table.grid import Bracket, Count, Grid
from archspec.backends.table.latex import latex
from archspec.backends.table.layers import Layer, stacked
from archspec.backends.table.markdown import markdown
from archspec.backends.table.plain import text
from archspec.backends.table.sheet import sheet
from archspec.backends.table.web import fragment, page
from archspec.checked import Checked
from archspec.cli import main
from archspec.diagnostics import UsageError
from archspec.spec import zoo

GOLDEN = Path(__file__).parent / "golden"
RESNETS = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
NAMES = [entry.name for entry in zoo.entries()]
HOSTILE = '<img src=x onerror="alert(1)">|*_`[a](javascript:x)\\input{/etc/passwd}$\\write18{x}$ %&#~^\x1b[31m\u202e'
UNET = """\
archspec: 1
name: hourglass
input: x[N, 3, H=32, W=32]
stages:
  - down:
    - a: {op: conv2d, out: 8, kernel: 3, padding: 1}
    - p: {op: max_pool2d, kernel: 2}
  - bottom: [{b: {op: conv2d, out: 16, kernel: 3, padding: 1}}]
  - up:
    - u: {op: conv_transpose2d, out: 8, kernel: 2, stride: 2}
    - join: {op: concat, from: [down.a, u]}
    - c: {op: conv2d, out: 8, kernel: 3, padding: 1}
output: [N, 8, H, W]
"""


@cache
def checked(name: str) -> Checked:
    return pipeline.check(name)


@cache
def table(*names: str) -> Table:
    return make_table(*map(checked, names))


@pytest.mark.parametrize(
    ("file", "form"),
    [("table1.txt", "text"), ("table1.md", "markdown"), ("table1.tex", "latex"), ("table1.csv", "csv")],
)
def test_golden(file: str, form: str) -> None:
    found = FORMATS[form](table(*RESNETS))
    if os.environ.get("ARCHSPEC_GOLDEN") == "write":
        (GOLDEN / file).write_text(found, encoding="utf-8")
    assert found == (GOLDEN / file).read_text(encoding="utf-8")


def paper(widths: int, bottleneck: bool) -> list[str]:
    """A block of Table 1, as the paper prints it."""
    return [f"1×1, {widths}", f"3×3, {widths}", f"1×1, {4 * widths}"] if bottleneck else [f"3×3, {widths}"] * 2


@pytest.mark.parametrize(
    ("name", "depths", "bottleneck", "flops"),
    [
        ("resnet18", [2, 2, 2, 2], False, 1.8e9),
        ("resnet34", [3, 4, 6, 3], False, 3.6e9),
        ("resnet50@resnet50_v1", [3, 4, 6, 3], True, 3.8e9),
        ("resnet101@resnet101_v1", [3, 4, 23, 3], True, 7.6e9),
        ("resnet152@resnet152_v1", [3, 8, 36, 3], True, 11.3e9),
    ],
)
def test_table_1_of_the_paper(name: str, depths: list[int], bottleneck: bool, flops: float) -> None:
    found = make_table(checked(name), checked("resnet18")).to_dict()
    rows = found["rows"]
    assert [row["output"] for row in rows] == ["112×112", "56×56", "28×28", "14×14", "7×7", "1×1"]
    blocks = [row["cells"][0][-1] for row in rows[1:-1]]
    assert [block["repeat"] for block in blocks] == depths
    assert [block["layers"] for block in blocks] == [paper(w, bottleneck) for w in (64, 128, 256, 512)]
    pool = {"layers": ["3×3 max pool, stride 2"], "repeat": 1}
    assert rows[0]["cells"][0] == [{"layers": ["7×7, 64, stride 2"], "repeat": 1}] and rows[1]["cells"][0][0] == pool
    assert abs(found["networks"][0]["macs"] / flops - 1) < 0.025  # the paper cuts 3.66 and 3.86 to 3.6 and 3.8


@pytest.mark.parametrize(
    "name", [*RESNETS, "vgg19", "lenet", "preact_imagenet", "d2l_resnet18", "resnet_cifar@resnet1202"]
)
def test_layers_in_the_cells_are_the_depth_of_the_network(name: str) -> None:
    """The depth pass knows nothing of brackets; a cell of a chain of blocks must come to the same number."""
    for form in (table(name), table(name, "resnet18")):
        pieces = [piece for row in form.to_dict()["rows"] for piece in row["cells"][0]]
        counted = sum(p["repeat"] * sum("pool" not in line for line in p["layers"]) for p in pieces)
        assert counted == checked(name).cost.weighted_layers


@pytest.mark.parametrize("name", NAMES)
def test_every_network_has_a_table_in_every_format(name: str) -> None:
    own = table(name)
    amounts = [row.amount for row in own.rows if row.amount is not None]
    assert sum(a.macs for a in amounts) == checked(name).cost.macs
    assert sum(a.parameters for a in amounts) == checked(name).cost.parameters
    for made in (own, table(name, "vgg19")):
        written = {form: write(made) for form, write in FORMATS.items()}
        assert all(written.values())
        assert_sound_latex(written["latex"])
        assert len({line.count("|") for line in written["markdown"].splitlines() if line.startswith("|")}) == 1
        assert len({len(row) for row in csv.reader(io.StringIO(written["csv"]))}) == 1
        assert not [line for line in written["text"].splitlines() if line != line.rstrip()]
        assert json.loads(written["json"]) == made.to_dict()


def test_a_row_is_named_by_all_stages_whose_layers_are_in_it() -> None:
    table = make_table(pipeline.check("resnet20"), pipeline.check("resnet32"))
    assert [row.name for row in table.rows] == ["stem to layer1", "layer2", "layer3", "head"]


def test_inception_says_what_is_parallel() -> None:
    (cell,) = (row.cells[0] for row in table("googlenet").rows if row.name == "inception3a")
    lines = ("1×1, 64", "∥ 1×1, 96 → 3×3, 128", "∥ 1×1, 16 → 5×5, 32", "∥ 3×3 max pool → 1×1, 32")
    assert cell == (Bracket(lines, 1),)
    assert "in parallel with the line above" in str(table("googlenet")) and "in parallel" not in str(table("resnet18"))


def test_sizes_that_come_back_have_rows_of_their_own() -> None:
    hourglass = pipeline.check(UNET)
    single, double = make_table(hourglass), make_table(hourglass, hourglass)
    assert [(row.name, row.output) for row in single.rows] == [
        ("down", "32×32"), ("down", "16×16"), ("bottom", "16×16"), ("up", "32×32"),
    ]  # fmt: skip
    assert [row.output for row in double.rows] == ["32×32", "16×16", "32×32"]
    assert double.rows[2].cells[0] == ("2×2 deconv, 8, ×2", "concat, 16", "3×3, 8")


def test_names_stand_where_networks_agree() -> None:
    rows = {row.output: row.name for row in table("resnet34", "vgg19", "resnet50").rows}
    assert (rows["224×224"], rows["56×56"]) == ("features", "")
    assert {row.output: row.name for row in table(*RESNETS).rows}["56×56"] == "layer1"
    assert str(table("lenet", "resnet20")).startswith("stage ")
    assert str(table("resnet34", "vgg19").rows[0].name) == "features"


@given(st.lists(st.lists(st.integers(1, 9), unique=True, max_size=9), min_size=1, max_size=4))
def test_sizes_that_shrink_align_exactly(columns: list[list[int]]) -> None:
    shrinking = [sorted(column, reverse=True) for column in columns]
    rows = align([[f"{size}×{size}" for size in column] for column in shrinking])
    wanted = sorted(set().union(*shrinking), reverse=True)
    assert rows == [[c.index(size) if size in c else None for c in shrinking] for size in wanted]


@given(
    st.lists(st.lists(st.sampled_from(["8×8", "4×4", "2×2", "197 tokens", "?×?"]), max_size=9), min_size=1, max_size=4)
)
def test_any_sizes_align_in_their_order(columns: list[list[str]]) -> None:
    rows = align(columns)
    for index, column in enumerate(columns):
        assert [row[index] for row in rows if row[index] is not None] == list(range(len(column)))
    for row in rows:
        assert len({column[at] for column, at in zip(columns, row, strict=True) if at is not None}) == 1


def test_equal_neighbours_are_one_bracket() -> None:
    def stack(*pieces: str | Bracket) -> tuple[object, ...]:
        return stacked(Layer("8×8", piece, 1) for piece in pieces)

    assert stack("a", "a", Bracket(("a",), 2), "b") == (Bracket(("a",), 4), "b")
    assert stack("3×3, 64, stride 2", "3×3, 64, stride 2") == ("3×3, 64, stride 2",) * 2


def test_equal_neighbours_side_by_side_are_no_run() -> None:
    net = "archspec: 1\nname: n\ninput: x[N, 8, 8, 8]\nstages: [{last: {op: relu}}]\nstem:\n"
    conv = "{op: conv2d, out: 8, kernel: 3, padding: 1"
    beside = f"  - a: {conv}}}\n  - b: {conv}, from: x}}\n  - c: {conv}, from: x}}\n  - {{op: add, from: [a, b, c]}}\n"
    for spec, found in (
        (f"{beside}  - d: {conv}}}\n  - e: {conv}}}\n", ["3×3, 8", "∥ 3×3, 8", "∥ 3×3, 8", Bracket(("3×3, 8",), 2)]),
        (f"  - a: {conv}}}\n  - b: {conv}}}\n", [Bracket(("3×3, 8",), 2)]),
        (f"  - s: {conv}}}\n  - a: {conv}, from: s}}\n  - b: {conv}, from: s}}\n  - {{op: add, from: [a, b]}}\n",
         [Bracket(("3×3, 8",), 2), "∥ 3×3, 8"]),
    ):  # fmt: skip
        made = table(net + spec)
        assert [piece for row in made.rows for cell in row.cells for piece in cell] == found
        assert ("in parallel with the line above" in str(made)) == any("∥" in str(piece) for piece in found)
    assert str(table("bert")).count("∥ embedding, 768") == 1


def assert_sound_latex(source: str) -> None:
    """Balanced braces and environments, equal numbers of fields in every row, brackets in pairs."""
    lines = [line for line in source.splitlines() if not line.startswith("%")]
    body = "\n".join(lines)
    bare = body.replace(r"\\", "").replace(r"\{", "").replace(r"\}", "")
    assert bare.count("{") == bare.count("}") and body.count(r"\left[") == body.count(r"\right]")
    opened = re.findall(r"\\begin\{([a-z*]+)\}", body)
    assert sorted(opened) == sorted(re.findall(r"\\end\{([a-z*]+)\}", body))
    (spec,) = re.findall(r"\\begin\{tabular\}\{@\{\}([lcr]{2,})@\{\}\}", body)
    for line in lines[lines.index(r"\toprule") + 1 : lines.index(r"\bottomrule")]:
        if line.endswith(r"\\"):
            spans = [int(n) - 1 for n in re.findall(r"\\multicolumn\{(\d+)\}", line)]
            fields = len(re.findall(r"(?<!\\)&", line)) + 1 + sum(spans)
            assert fields == len(spec), line
        else:
            assert re.fullmatch(r"\\midrule|\\cmidrule\(l\)\{\d+-\d+\}", line), line


def test_latex_has_the_brackets_of_the_paper() -> None:
    source = table(*RESNETS).latex
    assert source.count(r"\left[") == 4 * 5 and source.count(r"\times36$") == 1
    assert r"\multicolumn{5}{c}{3$\times$3 max pool, stride 2}" in source
    assert r"$1.81\times10^{9}$" in source and r"$1.15\times10^{10}$" in source


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no TeX on this machine (the structure is tested anyway)")
def test_latex_compiles(tmp_path: Path) -> None:
    hostile = hostile_grid()
    parts = {"a": table(*RESNETS).latex, "b": table("googlenet").latex, "c": latex(hostile, HOSTILE), "d": UMLAUTS}
    for name, part in parts.items():
        (tmp_path / f"{name}.tex").write_text(part, encoding="utf-8")
    inputs = "\n".join(rf"\input{{{name}}}" for name in parts)
    document = rf"\documentclass{{article}}\usepackage{{booktabs,graphicx}}\begin{{document}}{inputs}\end{{document}}"
    (tmp_path / "paper.tex").write_text(document, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex"],
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    ours = done.stdout.split("(./c.tex")[0]
    assert "(./b.tex" in ours and "Overfull" not in ours and "too large for page" not in ours
    assert (tmp_path / "paper.pdf").read_bytes().startswith(b"%PDF")


UMLAUTS = latex(Grid(("Größe – ‘x’",), (("é → ü",),), "l", caption="Ångström"))


def hostile_grid() -> Grid:
    cell = (HOSTILE, Bracket((HOSTILE, HOSTILE), 2))
    return Grid(
        ("stage", HOSTILE, HOSTILE), ((HOSTILE, cell, cell),), "lcc", notes=(HOSTILE,), caption=HOSTILE, shared=1
    )


class Tags(HTMLParser):
    """The tags and the words of a page."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_hostile_words_are_inert_in_html() -> None:
    found = Tags(page(hostile_grid(), HOSTILE))
    wanted = {"html", "head", "meta", "title", "body", "style", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    wanted |= {"p", "span", "br"}
    assert {tag for tag, _ in found.tags} <= wanted
    known = {"class", "style", "scope", "colspan", "rowspan", "role", "aria-label", "lang", "charset", "name"}
    known |= {"content", "http-equiv"}
    assert {key for _, attributes in found.tags for key in attributes} <= known
    assert "http" not in page(hostile_grid(), HOSTILE).replace("http-equiv", "")
    assert "\x1b" not in "".join(found.words) and "\u202e" not in "".join(found.words)


def test_hostile_words_are_inert_in_markdown_and_terminals() -> None:
    lines = [line for line in markdown(hostile_grid()).splitlines() if line.startswith("|")]
    bare = [re.sub(r"\\[\\`*_{}\[\]<>#|!~$]", "", line) for line in lines]
    assert {line.count("|") for line in bare} == {4} and not [line for line in bare[2:] if re.search("[*_`\\[]", line)]
    assert re.findall("<[^>]*>", "".join(bare)) == ["<br>"] * 2
    assert markdown_text("<a>|*_`[b](c) & ${x}$") == r"\<a\>\|\*\_\`\[b\](c) &amp; \$\{x\}\$"
    assert "\x1b" not in text(hostile_grid()) and "\u202e" not in text(hostile_grid())


def test_hostile_words_are_inert_in_latex() -> None:
    source = latex(hostile_grid(), HOSTILE)
    assert_sound_latex(source)
    assert r"\input" not in source and r"\write" not in source and "^^" not in source
    assert re.search(r"\\label\{[A-Za-z0-9:._/+ -]*\}", source)
    assert latex_text(r"a_b & 50% $x$ \y{z} ~^") == (
        r"a\_b \& 50\% \$x\$ \textbackslash{}y\{z\} \textasciitilde{}\textasciicircum{}"
    )


@given(st.text(max_size=30))
def test_any_words_leave_latex_balanced(words: str) -> None:
    assert_sound_latex(latex(Grid(("a", words), ((words, (Bracket((words,), 2),)),), "lc", caption=words), words))


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_cell_is_a_formula(formula: str) -> None:
    assert sheet_text(formula) == f"'{formula}"
    rows = list(csv.reader(io.StringIO(sheet(Grid((formula,), ((formula,), (Count(7),)), "l")))))
    assert rows == [[f"'{formula}"], [f"'{formula}"], ["7"]]


def test_html_draws_what_is_shared_once() -> None:
    found = Tags(fragment(table(*RESNETS).grid))
    assert [a["colspan"] for tag, a in found.tags if tag == "td" and "colspan" in a] == ["5"] * 3
    assert next(a["aria-label"] for _, a in found.tags if "aria-label" in a) == "[3×3, 64; 3×3, 64] ×2"
    assert len([tag for tag, a in found.tags if a.get("class") == "bracket"]) == 20
    assert "script" not in {tag for tag, _ in found.tags}


def test_wide_letters_keep_columns_aligned() -> None:
    lines = text(Grid(("a", "b"), (("残差", "x"), ("r", "x")), "ll")).splitlines()
    assert [line.index("x") for line in lines[2:]] == [4, 6]


def test_the_python_interface(tmp_path: Path) -> None:
    made = archspec.table("resnet18", "resnet34", caption="Two nets")
    assert str(made).startswith("Two nets\n\nstage ") and made._repr_markdown_().startswith("**Two nets**")
    assert "<caption>Two nets</caption>" in made._repr_html_()
    for suffix, start in (
        (".md", "**Two"),
        (".tex", "% \\use"),
        (".csv", "stage,"),
        (".json", "{"),
        (".html", "<!doc"),
    ):
        assert made.save(tmp_path / f"t{suffix}").read_text(encoding="utf-8").startswith(start)
    with pytest.raises(UsageError, match=r"`\.pdf` is no format of tables"):
        made.save(tmp_path / "t.pdf")
    with pytest.raises(UsageError, match="no suffix"):
        format_of("table", SUFFIXES, "table")
    with pytest.raises(UsageError, match="nothing to put"):
        archspec.table()


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = main(list(argv))
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(capsys, "table", "resnet18") == (0, f"{table('resnet18')}\n", "")
    target = str(tmp_path / "t.tex")
    code, _, said = run(capsys, "table", "resnet18", "resnet34", "-o", target, "--caption", "50%", "--label", "tab:a")
    assert code == 0 and said == f"wrote {target}\n"
    source = Path(target).read_text(encoding="utf-8")
    assert source.startswith("% Generated by archspec") and r"\caption{50\%}" in source and r"\label{tab:a}" in source
    assert run(capsys, "table", "resnet18", "resnet34", "-o", target)[0] == 0  # ours, unedited: replaced
    Path(target).write_text(source + "% mine\n", encoding="utf-8")
    assert run(capsys, "table", "resnet18", "-o", target)[0] == 2
    assert Path(target).read_text(encoding="utf-8") == source + "% mine\n"


def test_which_totals(capsys: pytest.CaptureFixture[str]) -> None:
    def last(*argv: str) -> list[str]:
        out = run(capsys, "table", "resnet18", "resnet34", "--format", "csv", *argv)[1]
        return [line.split(",")[0] for line in out.splitlines()[7:]]

    assert last() == ["weighted layers", "parameters", "MACs"]
    assert last("--no-params") == ["weighted layers", "MACs"]
    assert last("--rows", "macs,layers") == ["MACs", "weighted layers"]
    assert last("--rows", "none") == []
    assert "parameters" not in run(capsys, "table", "resnet18", "--no-params")[1]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--rows", "flops"], "a table has no row `flops`"),
        (["-o", "t.png"], "`.png` is no format of tables"),
        (["-o", "t"], "no suffix that says the format"),
        (["--label", "a"], "--label is LaTeX's"),
    ],
)
def test_wrong_use(argv: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, said = run(capsys, "table", "lenet", *argv)
    assert code == 2 and words in said and "help:" in said
