"""The interactive page as text: its policy, its data, hostile names, equal bytes. test_browser opens it."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from figure_nets import NETS

import archspec
from archspec import pipeline
from archspec.backends.page import write_page
from archspec.backends.page.facts import collect
from archspec.cli import main
from archspec.diagnostics import UsageError
from archspec.passes.shapes import BodyShapes
from archspec.spec import zoo

ROOT = Path(__file__).resolve().parent.parent
VOID = {"meta", "input", "path", "rect", "circle", "line"}
HOSTILE = (
    "</script><script>alert(1)</script>", "--><img src=x onerror=alert(2)>", "\" onload=\"alert(3)", "{{ 7 * 7 }}",
    "</script x=1", "<!--<script >", "&lt;b&gt;", "</style><b>",
)  # fmt: skip


class Reader(HTMLParser):
    """Every element with its attributes, and the text of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.raw:
            self.raw[self.open[-1]].append(data)


def data_of(text: str) -> dict[str, Any]:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text)[1])


@pytest.mark.parametrize("name", ["resnet152", "googlenet", "resnet1202", "preact_cifar"])
def test_a_page_loads_nothing_and_runs_only_its_own_script(name: str) -> None:
    page = Reader(archspec.page(name))
    policy = next(a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert set(rules) == {"default-src", "script-src", "style-src", "base-uri", "form-action"}
    _, script = page.raw["script"]  # the first is data
    (style,) = page.raw["style"]
    for kind, text in (("script-src", script), ("style-src", style)):
        assert rules[kind] == f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"
    names = {attribute for _, attributes in page.elements for attribute in attributes}
    assert not {n for n in names if n.startswith("on") or n in ("src", "href", "style", "xlink:href", "srcset")}
    assert {tag for tag, _ in page.elements} & {
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "form",
        "a",
    } == set()
    assert page.open == []


def test_pages_stay_small() -> None:
    """A fold state is never written out for each unit, so depth costs nothing."""
    assert len(archspec.page("resnet152")) < 160_000 and len(archspec.page("googlenet")) < 280_000
    assert len(archspec.page("resnet1202")) < 1.2 * len(archspec.page("resnet110"))


@pytest.mark.parametrize("name", sorted({e.name for e in zoo.entries()}) + sorted(NETS))
def test_every_box_of_a_page_has_facts(name: str) -> None:
    text = archspec.page(NETS.get(name, name))
    nodes = data_of(text)["nodes"][0]
    shown = set(re.findall(r'<g class="node"[^>]* data-path="([^"]+)"', text))
    assert shown and shown - set(nodes) <= tails(name)


SHARED = """\
archspec: 1
name: shared
input: ["a[N, 3, 16, 16]", "b[N, 3, 16, 16]"]
blocks:
  encoder:
    in: x[N, C, H, W]
    body: [{conv: {op: conv2d, out: 8, kernel: 3}}, {act: {op: relu}}, {last: {op: conv2d, out: 8, kernel: 3}}]
net:
  - left: {op: encoder, from: a}
  - right: {same: left, from: b}
  - add: {op: add, from: [left, right]}
  - conv: {op: conv2d, out: 4, kernel: 1}
"""


def test_what_runs_a_second_time_has_a_place_of_its_own() -> None:
    """`conv` is the last layer, not that of the branch which is shared and so has no path in the state_dict."""
    facts = collect(pipeline.check(SHARED))
    assert (facts["conv"].what, facts["right.conv"].what) == ("1×1 conv, 4", "3×3 conv, 8")
    assert (facts["left"].amount.parameters, facts["right"].amount.parameters) == (808, 0)
    shown = set(re.findall(r'<g class="node"[^>]* data-path="([^"]+)"', archspec.page(SHARED)))
    assert {"left.conv", "right.conv", "right.last", "conv"} <= shown & set(facts)
    assert "3×3 conv, 8" in archspec.draw(SHARED, block="right").svg


def tails(name: str) -> set[str]:
    """Outputs that leave the trunk are drawn by their own name."""
    return {output.name for output in pipeline.check(NETS.get(name, name)).graph.outputs}


def test_facts_add_up_and_say_what_is_known_of_resnet34() -> None:
    checked = pipeline.check("resnet34")
    facts = collect(checked)
    leaves = [f for path, f in facts.items() if f.inside is None and not f.what.startswith(("3 ×", "4 ×", "6 ×"))]
    within = {path: run.count for path, run in facts.items() if run.names}

    def times(path: str) -> int:
        return next((count for run, count in within.items() if path.startswith(run + ".")), 1)

    assert len(leaves) > 30
    ops = {path: f for path, f in facts.items() if f in leaves}
    assert sum(times(path) * f.amount.parameters for path, f in ops.items()) == checked.cost.parameters == 21_797_672
    assert sum(times(path) * f.amount.macs for path, f in ops.items()) == checked.cost.macs
    known = {"conv1": 7, "maxpool": 11, "layer1.0.conv1": 19, "layer2.0.conv1": 67, "layer4.0.conv1": 579}
    assert {path: facts[path].receptive for path in known} == known
    assert facts["layer1.0"].names == ("layer1.0", "layer1.1", "layer1.2") and facts["layer1.0"].growth == 16
    assert facts["fc"].receptive is None
    assert [span.line for span in facts["layer1.0.conv1"].spans][1] == facts["layer1"].spans[0].line


def test_the_field_of_a_later_unit_is_that_of_the_same_net_written_out() -> None:
    head = "archspec: 1\nname: t\ninput: x[N, 4, H=64, W=64]\nnet:\n  - a: {op: conv2d, out: 4, kernel: 5, stride: 2}\n"
    conv = "{op: conv2d, out: 4, kernel: 3, dilation: 2, padding: 2%s}"
    folded = collect(pipeline.check(head + f"  - u: {conv % ', repeat: 4'}\n"))["u.0"]
    written = collect(pipeline.check(head + "".join(f"  - u{i}: {conv % ''}\n" for i in range(4))))
    assert folded.receptive is not None and folded.growth is not None
    assert [folded.receptive + folded.growth * i for i in range(4)] == [written[f"u{i}"].receptive for i in range(4)]


def test_hostile_words_of_a_spec_come_out_as_words() -> None:
    for word in HOSTILE:
        quoted = json.dumps(word)
        text = f"archspec: 1\nname: t\ndoc: {quoted}\ninput: x[N, 4, H=8, W=8]\nnet:\n"
        text += f"  - a: {{op: conv2d, out: 4, kernel: 1}} # {word}\n  - b: {{op: relu}} # {word}\n"
        page = archspec.page(text)
        clean = Reader(archspec.page(text.replace(f" # {word}", "").replace(quoted, '"x"')))
        found = Reader(page)
        assert [tag for tag, _ in found.elements] == [tag for tag, _ in clean.elements]
        # Python's parser is kinder than a browser's, for which `</script x` ends a script: no `<` may be in the data.
        assert not set("<>&") & set(found.raw["script"][0])
        assert any(word in line for _, _, line in data_of(page)["lines"])


def test_equal_bytes_for_any_hash_seed(tmp_path: Path) -> None:
    code = (
        "import archspec, hashlib; print(hashlib.sha256(archspec.page('googlenet', 'resnet18').encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True, cwd=where,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        ).stdout
        for seed, where in (("1", ROOT), ("2", tmp_path))
    }  # fmt: skip
    assert len(digests) == 1


def test_an_unknown_level_or_theme_is_refused() -> None:
    for options in ({"level": "atom"}, {"theme": "pink"}):
        with pytest.raises(UsageError) as error:
            archspec.page("lenet", **options)
        assert error.value.help is not None and "are" in error.value.help


def test_a_body_that_is_read_twice_keeps_one_set_of_facts() -> None:
    checked = pipeline.check("googlenet")
    facts = collect(checked)
    assert isinstance(facts["inception3a"].inside, BodyShapes)
    assert facts["inception3a.#5"].output == "[N, 256, 28, 28]"
    assert len(write_page(checked)) == len(write_page(checked))


def test_draw_writes_a_page_and_keeps_what_was_edited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "net.html"
    assert main(["draw", "lenet", "-o", str(file)]) == main(["draw", "lenet", "-o", str(file)]) == 0
    text = file.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>\n<!-- Generated by archspec") and "kept" in capsys.readouterr().err
    file.write_text(text.replace("lenet", "mine", 1), encoding="utf-8")
    assert main(["draw", "lenet", "-o", str(file)]) == 2 and "edited by hand" in capsys.readouterr().err
    assert main(["draw", "lenet", "--format", "html", "-o", "-"]) == 0
    assert capsys.readouterr().out == text
