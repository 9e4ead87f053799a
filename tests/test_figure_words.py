"""What a spec's names can do to a figure: nothing. And whether estimated widths hold against a real font."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec import pipeline
from archspec.backends import dot
from archspec.backends.escape import clean
from archspec.backends.figure.column import compose
from archspec.backends.figure.lettering import fit, width
from archspec.backends.figure.outline import Branch, Card, Chain, Fork, Group, Outline, Step, Tail, Tangle
from archspec.backends.figure.scene import Scene
from archspec.backends.figure.svg import render
from archspec.shapes import Shape

HOSTILE = [
    '<script>alert("x")</script>',
    "]]><!-- & &amp; &#60;",
    "a\x00b\x1b[31mc\x7f\u202egnp.exe\u2066",
    'x" onload="alert(1)',
    "</text></svg><svg onload='x'>",
    "trailing backslash \\",
    "<b>html label</b>",
    "a:b:c port",
    "\\N \\G %s {x|y}",
    "two\nlines\u2028three",
    "\ud800 lone surrogate \ufffe",
    "深い残差学習のための畳み込みニューラルネットワーク第一層",
    "a_forty_character_name_for_one_convolution_layer_",
    "W" * 300,
    "",
]


def hostile_outline(name: str) -> Outline:
    """A network in which every word is `name`."""
    shape = Shape.of(1, 16, 8, 8)

    def step(op: str, family: str) -> Step:
        return Step(op, family, name, name, name, shape, weighted=op == "conv2d")  # type: ignore[arg-type]

    conv, add = step("conv2d", "layer"), step("add", "join")
    residual = Fork((Branch((conv, step("relu", "act"))), Branch((conv,), "projection", (name,))), add)
    parallel = Fork(
        (Branch((conv,)), Branch((step("max_pool2d", "pool"), conv)), Branch((), "identity")), step("concat", "join")
    )
    tangle = Tangle(((conv,), (conv,), (add,)), ((-1, 0), (0, 1), (0, 2), (1, 2)))
    chain: Chain = (conv, Card(name, 3, (residual,), name, shape, again=name), parallel, tangle, Tail(name, (conv,)))
    groups = (Group(name, chain, 3, 10**9, 10**6), Group(name, (step("linear", "layer"),), 0, 0, 5))
    return Outline(name, (name, name), step("input", "input"), groups)


def drawn(name: str) -> tuple[Scene, str]:
    scene = compose([hostile_outline(name)])
    return scene, render(scene, name, name)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_inert_in_svg(name: str) -> None:
    _, text = drawn(name)
    root = ElementTree.fromstring(text)
    tags = {element.tag.split("}")[1] for element in root.iter()}
    assert tags <= {"svg", "title", "desc", "style", "rect", "path", "circle", "g", "text"}
    attributes = {key for element in root.iter() for key in element.attrib}
    assert not [key for key in attributes if key.startswith("on") or "href" in key]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe]", text)
    assert text.encode("utf-8")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_inside_their_boxes(name: str) -> None:
    scene, _ = drawn(name)
    for box in scene.boxes:
        assert all(width(line, box.size) <= box.width for line in box.lines)
        assert len(box.lines) * box.size <= box.height + 1.0
    for text in scene.texts:
        wide = width(text.text, text.size, text.bold)
        left = text.x - (wide / 2 if text.anchor == "middle" else 0.0)
        assert left >= 0 and left + wide <= scene.width, text.text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_inert_in_dot(name: str) -> None:
    """Outside quoted strings there are only our ids, known attributes and numbers; no label is HTML."""
    text = dot.source([hostile_outline(name)], name)
    assert "=<" not in text
    bare = re.sub(r'"(?:\\.|[^"\\])*"', '""', text)
    assert '"' not in bare.replace('""', "")
    words = set(re.findall(r"label=([^\s\]]+)", bare))
    # graphviz leaves plain identifiers unquoted.
    assert all(word == '""' or re.fullmatch(r"[A-Za-z_]\w*", word) for word in words), words
    assert set(re.findall(r"^\s*(\S+) (?:->|\[)", bare, re.MULTILINE)) <= {
        "node", "edge", "graph", *(f"n{index}" for index in range(100)),
    }  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60), st.floats(12, 200), st.integers(1, 3))
def test_fitted_lines_fit(text: str, room: float, lines: int) -> None:
    result = fit(text, room, 9.0, lines)
    assert len(result) <= lines
    assert all(width(line, 9.0) <= room for line in result)


def test_fitting_breaks_at_words_and_says_what_is_cut() -> None:
    assert fit("3×3 conv, 128, /2", 112, 9.0) == ("3×3 conv, 128, /2",)
    assert fit("squeeze and excite and project", 80, 9.0)[0] == "squeeze and"
    assert fit("a" * 100, 60, 9.0)[-1].endswith("…")
    assert fit("残差学習残差学習残差学習", 40, 9.0) == ("残差学習", "残差学…")
    assert fit("残差", 5, 9.0) == ()


def test_cleaning() -> None:
    assert clean("a\x00b\tc\n d\u202e") == "ab c d"


def test_widths_are_never_less_than_a_real_font_needs() -> None:
    """Pillow, where it is installed, measures the fonts of the stack that this machine has."""
    fonts = pytest.importorskip("PIL.ImageFont", reason="pillow is not installed")
    for file in ("DejaVuSans.ttf", "LiberationSans-Regular.ttf"):
        try:
            font = fonts.truetype(file, 90)
        except OSError:
            continue
        for word in ("3×3 conv, 128, /2", "global avg pool", "1×1 conv, 2048", "MMACs 0123456789", "WAVM.jil-f"):
            assert width(word, 90) + 1 >= font.getlength(word), (file, word)


def test_the_first_row_of_several_inputs_is_an_output() -> None:
    spec = "archspec: 1\nname: pair\ninput:\n  - a[N, 3, H=8, W=8]\n  - b[N, 3, H=8, W=8]\nnet:\n"
    items = "  - l: {op: adaptive_avg_pool2d, size: 1, from: a}\n  - r: {op: adaptive_avg_pool2d, size: 1, from: b}\n"
    drawn = pipeline.draw(spec + items + "  - add: {op: add, from: [l, r]}\n").svg
    assert ">output</text>" in drawn and ">input</text>" not in drawn
