"""Figures in every format: each is opened by a program that did not write it, and shows what the scene says."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from figure_nets import NETS
from PIL import Image
from pypdf import PdfReader

from archspec import pipeline
from archspec.backends import dot, mermaid
from archspec.backends.figure import Figure, convert, draw_figure
from archspec.backends.figure.column import compose
from archspec.backends.figure.formats import FORMATS, SUFFIXES
from archspec.backends.figure.outline import Branch, Card, Fork, Group, Outline, Step, Tail
from archspec.backends.figure.sketch import sketch
from archspec.backends.figure.svg import render
from archspec.backends.figure.theme import DASHES, LIGHT
from archspec.backends.figure.tikz import tikz
from archspec.checked import Checked
from archspec.cli import main
from archspec.diagnostics import UsageError
from archspec.shapes import Shape, symbol
from archspec.spec import zoo

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).parent / "golden"
NAMES = [*(entry.name for entry in zoo.entries()), "googlenet_aux", "exclusive_gating110", *NETS]
FEW = ["resnet34", "googlenet_aux", "exclusive_gating110", "unet"]
TEXTS = [name for name in FORMATS if name not in ("html", "png", "pdf")]
HOSTILE = '"];x-->y;<script>alert(1)</script>\\input{/etc/passwd}%%{init}%% $& #quot; [a](b) `c` "]\nend\x1b[31m\u202e}'


@cache
def checked(name: str) -> Checked:
    return pipeline.check(NETS.get(name, name))


@cache
def figure(*names: str, level: str = "block", theme: str = "light") -> Figure:
    return draw_figure(*map(checked, names), level=level, theme=theme)


@pytest.mark.parametrize("form", ["mermaid", "text", "tikz"])
def test_golden(form: str) -> None:
    made = figure("resnet18").render(form)
    path = GOLDEN / f"resnet18{FORMATS[form].suffixes[0]}"
    if os.environ.get("ARCHSPEC_GOLDEN") == "write":
        path.write_text(str(made), encoding="utf-8")
    assert made == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("names", [("resnet34",), ("googlenet_aux",), ("unet",), ("vgg19", "resnet34")])
def test_png_has_the_colours_of_the_scene(names: tuple[str, ...]) -> None:
    drawn = figure(*names)
    picture = Image.open(io.BytesIO(bytes(drawn.render("png", 2.0)))).convert("RGB")
    assert abs(picture.width - drawn.scene.width * 2) <= 1 and abs(picture.height - drawn.scene.height * 2) <= 1
    boxes = [box for box in drawn.scene.boxes if box.shape == "rect" and box.path]
    assert len(boxes) > 10
    for box in boxes:
        found = picture.getpixel((round(box.x * 2 + 9), round(box.bottom * 2 - 5)))
        assert found == tuple(bytes.fromhex(LIGHT[box.fill][1:])), box
    ink = tuple(bytes.fromhex(LIGHT["boxink"][1:]))
    first = boxes[0]
    letters = picture.crop(
        (round(first.x * 2), round(first.y * 2 + 4), round(first.right * 2), round(first.bottom * 2 - 4))
    )
    assert sum(count for count, colour in letters.getcolors(9999) or [] if colour == ink) > 20


def test_png_scales_and_darkens() -> None:
    small, large = (Image.open(io.BytesIO(bytes(figure("lenet").render("png", scale)))) for scale in (1.0, 3.0))
    assert abs(small.width * 3 - large.width) <= 3
    dark = Image.open(io.BytesIO(bytes(figure("lenet", theme="dark").render("png")))).convert("RGB")
    assert dark.getpixel((1, 1)) == (0x14, 0x18, 0x1D)


@pytest.mark.parametrize("name", FEW)
def test_pdf_is_one_page_of_text(name: str) -> None:
    drawn = figure(name)
    document = bytes(drawn.render("pdf"))
    (page,) = PdfReader(io.BytesIO(document)).pages
    assert abs(float(page.mediabox.width) - drawn.scene.width) < 1
    assert abs(float(page.mediabox.height) - drawn.scene.height) < 1
    words = " ".join(page.extract_text().split())
    for said in {*(line for box in drawn.scene.boxes for line in box.lines), *(t.text for t in drawn.scene.texts)}:
        assert " ".join(said.split()) in words, said


def test_equal_calls_give_equal_bytes(tmp_path: Path) -> None:
    script = """
import hashlib
from archspec import pipeline
for names in (["lenet"], ["resnet18", "vgg19"]):
    figure = pipeline.draw(*names)
    for form in ("svg", "png", "pdf", "dot", "mermaid", "tikz", "text"):
        made = figure.render(form)
        print(form, hashlib.sha256(made if isinstance(made, bytes) else made.encode()).hexdigest())
"""
    printed = {
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, check=True, text=True, encoding="utf-8",
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(printed) == 1


EDGE = re.compile(r'(n\d+) -->(?:\|"[^"|]*"\|)? (n\d+)')
NODE = re.compile(r'(n\d+)(?:\["[^"]*"\]|\(\["[^"]*"\]\)|\(\("[^"]*"\)\))')


def assert_sound_mermaid(text: str) -> tuple[int, int]:
    """Every line is a statement of the grammar that we use; how many nodes and wires there are."""
    first, title, description, *lines = text.splitlines()
    assert first == "flowchart TB" and title.startswith("  accTitle: ") and description.startswith("  accDescr: ")
    assert not re.search(r'[{};#"<>`]', title + description)
    nodes: set[str] = set()
    depth = wires = 0
    for line in map(str.strip, lines):
        edge, node = EDGE.fullmatch(line), NODE.fullmatch(line)
        if edge:
            assert not depth and {edge[1], edge[2]} <= nodes  # inside a frame a wire would pull its ends into it
            wires += 1
        elif node:
            nodes.add(node[1])
        elif line == "end":
            depth -= 1
        elif re.fullmatch(r'subgraph g\d+\["[^"]*"\]', line):
            depth += 1
        elif found := re.fullmatch(r"(linkStyle|class) ([n\d,]+) [\w:#,. -]+", line):
            known = {str(index) for index in range(wires)} | nodes
            assert set(found[2].split(",")) <= known
        else:
            assert re.fullmatch(r"classDef \w+ [\w:#,]+", line), line
    assert depth == 0
    return len(nodes), wires


@pytest.mark.parametrize("name", NAMES)
def test_mermaid_has_the_nodes_and_wires_of_dot(name: str) -> None:
    drawn = figure(name)
    nodes, wires = assert_sound_mermaid(str(drawn.render("mermaid")))
    lines = [line.strip() for line in drawn.dot.splitlines()]
    assert nodes == len([line for line in lines if re.match(r"n\d+ \[", line)])
    assert wires == len([line for line in lines if re.match(r"n\d+ -> n\d+", line)])
    assert nodes > 2 and wires >= nodes - (2 if name == "apart" else 1)  # that one is two networks


@pytest.mark.parametrize("name", NAMES)
def test_tikz_draws_every_part(name: str) -> None:
    scene = figure(name).scene
    source = str(figure(name).render("tikz"))
    assert source.count(r"\node[") == sum(len(box.lines) for box in scene.boxes) + len(scene.texts)
    dashed = [wire for wire in scene.wires if wire.kind in DASHES]
    assert source.count("dash pattern=") == len(dashed)
    assert source.count("-- cycle;") == sum(wire.arrow for wire in scene.wires)
    used = set(re.findall(r"as-(\w+)", source))
    assert used == set(re.findall(r"\\definecolor\{as-(\w+)\}\{HTML\}\{[0-9A-F]{6}\}", source))
    assert source.count("{") == source.count("}") and "nan" not in source


def has_tikz() -> bool:
    finder = shutil.which("kpsewhich")
    return bool(
        shutil.which("pdflatex") and finder and subprocess.run([finder, "tikz.sty"], capture_output=True).stdout
    )


@pytest.mark.skipif(not has_tikz(), reason="no TeX with TikZ on this machine (the structure is tested anyway)")
def test_tikz_compiles(tmp_path: Path) -> None:
    scene = compose((hostile_outline(),))
    sources = {"a": str(figure("resnet34").render("tikz")), "b": tikz(scene, LIGHT)}
    for name, source in sources.items():
        (tmp_path / f"{name}.tex").write_text(source, encoding="utf-8")
    pages = r"\clearpage".join(rf"\noindent\input{{{name}}}" for name in sources)
    paper = (
        r"\documentclass{article}\usepackage[paperwidth=999pt,paperheight=1999pt,margin=9pt]{geometry}\usepackage{tikz}"
    )
    (tmp_path / "paper.tex").write_text(rf"{paper}\begin{{document}}{pages}\end{{document}}", encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex"],
        cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]
    first, *_ = PdfReader(tmp_path / "paper.pdf").pages
    assert "conv, 64, /2" in first.extract_text() and "GMACs" in first.extract_text()


ARMS = {
    "│": "ud", "╎": "ud", "┊": "ud", "╏": "ud", "─": "lr", "╌": "lr", "┈": "lr", "╍": "lr", "╭": "dr", "╮": "dl",
    "╰": "ur", "╯": "ul", "├": "udr", "┤": "udl", "┬": "dlr", "┴": "ulr", "┼": "udlr", "⊕": "", "⊗": "",
}  # fmt: skip
WITHIN_WORDS = re.compile(r"(?<=[^\s│╎┊╏]) (?=[^\s│╎┊╏])")
WAYS = {"u": (-1, 0, "d"), "d": (1, 0, "u"), "l": (0, -1, "r"), "r": (0, 1, "l")}


def loose_ends(lines: list[str]) -> list[tuple[int, int, str]]:
    """Every arm of a line that meets nothing: neither a word nor an arm that comes its way."""
    wide = max(map(len, lines))
    solid = [WITHIN_WORDS.sub("·", line) for line in lines]  # a wire may meet words where two of them are apart
    grid = [line.ljust(wide) for line in ["", *solid, ""]]
    found = []
    for y, row in enumerate(grid):
        for x, sign in enumerate(row):
            for way in ARMS.get(sign, ""):
                dy, dx, back = WAYS[way]
                other = grid[y + dy][x + dx] if 0 <= x + dx < wide else " "
                meets = back in ARMS[other] if ARMS.get(other) else not other.isspace()
                if not meets:
                    found.append((y - 1, x, sign))
    return found


@pytest.mark.parametrize("level", ["stage", "block"])
@pytest.mark.parametrize("name", NAMES)
def test_lines_of_the_sketch_meet(name: str, level: str) -> None:
    lines = str(figure(name, level=level).render("text")).splitlines()
    drawn = [line for line in lines[3:] if not line.startswith("shortcuts:")]
    assert loose_ends(drawn) == []
    assert all(line == line.rstrip() for line in lines)


def test_the_end_finder_finds_loose_ends() -> None:
    assert loose_ends(["[ a ]", "  │", "[ b ]"]) == []
    assert loose_ends(["[ a ]", "  │", ""]) == [(1, 2, "│")]
    assert loose_ends(["├─╮", "│ │", "a ╯"])[0][2] == "├"


@pytest.mark.parametrize(
    ("name", "kinds"), [("resnet34", "╎"), ("resnet_cifar@resnet20", "┊"), ("constant_scaling110", "╏")]
)
def test_the_sketch_tells_shortcuts_apart(name: str, kinds: str) -> None:
    text = sketch(figure(name).outlines)
    assert all(kind in text for kind in kinds) and text.splitlines()[-1].startswith("shortcuts: ")
    assert "shortcuts" not in sketch(figure("vgg19").outlines)


def hostile_outline() -> Outline:
    shape = Shape.of(symbol("N"), 8, 4, 4)
    step = Step("conv2d", "layer", HOSTILE, HOSTILE, HOSTILE, shape, weighted=True)
    join = Step("add", "join", "+", "", "", shape)
    fork = Fork((Branch((step,)), Branch((step,), "projection", (HOSTILE,))), join)
    entry = Step("input", "input", HOSTILE, "", HOSTILE, shape)
    chain = (step, Card(HOSTILE, 3, (fork,), HOSTILE, shape), Tail(HOSTILE, (step,)), join)
    return Outline(HOSTILE, (HOSTILE,), entry, (Group(HOSTILE, chain, 3, 10, 10),))


def test_hostile_words_are_inert() -> None:
    outlines = (hostile_outline(),)
    scene = compose(outlines)
    written = mermaid.source(outlines, HOSTILE, HOSTILE)
    assert_sound_mermaid(written)
    assert "<script" not in written and "%%" not in written
    drawn = tikz(scene, LIGHT)
    assert r"\input" not in drawn and drawn.count("{") - drawn.count(r"\{") == drawn.count("}") - drawn.count(r"\}")
    for text in (written, drawn, sketch(outlines), dot.source(outlines, HOSTILE), render(scene, HOSTILE, HOSTILE)):
        assert "\x1b" not in text and "\u202e" not in text
    assert len(sketch(outlines).splitlines()) == len(sketch((plain_outline(),)).splitlines())


def plain_outline() -> Outline:
    """The same with a harmless name."""
    shape = Shape.of(symbol("N"), 8, 4, 4)
    step = Step("conv2d", "layer", "a", "a", "a", shape, weighted=True)
    join = Step("add", "join", "+", "", "", shape)
    fork = Fork((Branch((step,)), Branch((step,), "projection", ("a",))), join)
    chain = (step, Card("a", 3, (fork,), "a", shape), Tail("a", (step,)), join)
    return Outline("a", ("a",), Step("input", "input", "a", "", "a", shape), (Group("a", chain, 3, 10, 10),))


@pytest.mark.parametrize(("form", "module"), [("png", "resvg_py"), ("pdf", "svg2pdf_py")])
def test_a_missing_extra_is_named(form: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match="not installed") as caught:
        figure("lenet").render(form)
    assert f"pip install -e '.[{form}]'" in str(caught.value.help)


@pytest.mark.parametrize("form", ["png", "pdf"])
def test_without_fonts_there_is_no_picture(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import svg2pdf_py

    for check in (convert._check_fonts_for_png, convert._check_fonts_for_pdf):
        monkeypatch.setattr(convert, check.__name__, check.__wrapped__)
    monkeypatch.setattr(convert, "_fonts", svg2pdf_py.FontDatabase)
    monkeypatch.setattr(convert, "_PROBE", convert._PROBE.replace("font-family", "font-size='0.01' data-was"))
    with pytest.raises(UsageError, match="none of the fonts"):
        figure("lenet").render(form)


def test_wrong_calls() -> None:
    with pytest.raises(UsageError, match="no format `jpeg`"):
        figure("lenet").render("jpeg")
    with pytest.raises(UsageError, match="16,000 along a side"):
        figure("resnet_cifar@resnet1202", level="layer").render("png", 16)
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="5000" height="{}"/>'
    assert convert.to_png(svg.format(4000), 5000, 4000, 1)
    with pytest.raises(UsageError, match="20,000,000 in all"):
        convert.to_png(svg.format(4001), 5000, 4001, 1)
    for scale in (0.0, -1.0, float("nan"), 17.0):
        with pytest.raises(UsageError, match="a scale of"):
            figure("lenet").render("png", scale)


def test_a_figure_that_is_too_large_for_a_pdf_is_refused() -> None:
    pytest.importorskip("svg2pdf_py")
    text = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>'
    assert convert.to_pdf(text.ljust(convert.MOST_SVG)).startswith(b"%PDF")
    with pytest.raises(UsageError, match="too large for PDF"):
        convert.to_pdf(text.ljust(convert.MOST_SVG + 1))


Run = tuple[int, str, str]


def run(capsys: pytest.CaptureFixture[str], *argv: str) -> Run:
    code = main(list(argv))
    printed = capsys.readouterr()
    return code, printed.out, printed.err


STARTS = {
    "svg": b"<!-- Generated", "html": b"<!-- Generated", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"// Generated",
    "mermaid": b"%% Generated", "tikz": b"% Generated", "text": b"lenet\n",
}  # fmt: skip


def test_the_suffix_is_the_format(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for suffix, form in SUFFIXES.items():
        path = tmp_path / f"net{suffix}"
        assert run(capsys, "draw", "lenet", "-o", str(path)) == (0, "", f"wrote {path}\n")
        assert STARTS[form] in path.read_bytes()[:40], suffix
        assert run(capsys, "draw", "lenet", "-o", str(path))[2] == f"kept {path}, current already\n"
    code, _, said = run(capsys, "draw", "lenet", "-o", str(tmp_path / "net.jpeg"))
    assert code == 2 and "`.jpeg` is no format of figures" in said and ".svg" in said
    assert not (tmp_path / "net.jpeg").exists()


def test_text_is_printed_and_pictures_go_to_pipes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["draw", "lenet", "--format", "text"]) == 0
    assert capfdbinary.readouterr().out.decode() == figure("lenet").render("text")
    assert main(["draw", "lenet", "--format", "png", "-o", "-"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"\x89PNG")


@pytest.mark.parametrize("form", ["png", "pdf"])
def test_foreign_and_edited_pictures_stay(form: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / f"net.{form}"
    assert run(capsys, "draw", "lenet", "-o", str(path))[0] == 0
    ours = path.read_bytes()
    assert run(capsys, "draw", "vgg19", "-o", str(path))[0] == 0 and path.read_bytes() != ours
    foreign = bytes(figure("lenet").render(form))
    path.write_bytes(foreign)
    code, _, said = run(capsys, "draw", "vgg19", "-o", str(path))
    assert code == 2 and "was not written by archspec" in said and path.read_bytes() == foreign
    middle = len(ours) // 2
    edited = ours[:middle] + bytes([ours[middle] ^ 1]) + ours[middle + 1 :]
    path.write_bytes(edited)
    code, _, said = run(capsys, "draw", "vgg19", "-o", str(path))
    assert code == 2 and "edited by hand" in said and path.read_bytes() == edited
    assert run(capsys, "draw", "vgg19", "-o", str(path), "--force")[0] == 0


def test_a_stamped_picture_still_opens(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    png, pdf = tmp_path / "net.png", tmp_path / "net.pdf"
    run(capsys, "draw", "lenet", "-o", str(png))
    run(capsys, "draw", "lenet", "-o", str(pdf))
    with Image.open(png) as picture:
        picture.load()
        assert str(picture.info["Software"]).startswith("Generated by archspec")
    assert "fc 120" in PdfReader(pdf, strict=True).pages[0].extract_text()
