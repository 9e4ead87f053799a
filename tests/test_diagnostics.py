"""How diagnostics are shown: for people, for scripts, for GitHub and as SARIF."""

from __future__ import annotations

import json
import re

import pytest
from sarif_schema import sarif_faults

from archspec.codes import CODES, example_of
from archspec.diagnostics import Diagnostic, Frame, Label, Severity, in_order
from archspec.pipeline import check
from archspec.rendering import render_github, render_json, render_text
from archspec.rendering.sarif import render_sarif
from archspec.text.span import Span

TEXT = """\
stages:
  - layer2: {op: bottleneck, width: 128, repeat: 8}
body:
  - bn3: {op: batch_norm}
  - downsample: {op: $shortcut, from: x}
  - add: {op: add, from: [bn3, downsample]}
"""
ADD = Diagnostic(
    "E0301", "branches of `add` have different shapes", Span("net.yaml", 6, 25, 6, 28), "[N, 512, 28, 28]",
    labels=(Label(Span("net.yaml", 6, 30, 6, 40), "[N, 256, 56, 56]"),),
    notes=("bn3         512 channels", "downsample  unchanged"),
    help="`shortcut: projection_on_change` makes both [N, 512, 28, 28]",
    chain=(Frame("bottleneck", Span("net.yaml", 3, 1, 3, 5)),
           Frame("layer2.0 (repeat 1 of 8)", Span("net.yaml", 2, 5, 2, 11))),
)  # fmt: skip


def at(line: int, start: int, end: int, text: str = "", file: str = "net.yaml") -> Label:
    return Label(Span(file, line, start, line, end), text)


def show(span: Span, label: str = "", *labels: Label, text: str = TEXT) -> list[str]:
    """The excerpt alone, without the blank bars around it."""
    rendered = render_text([Diagnostic("E0100", "t", span, label, labels)], {"net.yaml": text})
    return [line for line in rendered.splitlines()[2:-2] if line.strip() != "|"]


def test_text_has_the_code_the_chain_both_places_the_notes_and_the_help() -> None:
    assert (
        render_text([ADD], {"net.yaml": TEXT})
        == """\
error[E0301]: branches of `add` have different shapes
 --> net.yaml:6:25   in bottleneck (line 3), called by layer2.0 (line 2, repeat 1 of 8)
  |
6 |   - add: {op: add, from: [bn3, downsample]}
  |                         ^^^  ---------- [N, 256, 56, 56]
  |                         [N, 512, 28, 28]
  |
  = bn3         512 channels
  = downsample  unchanged
  = help: `shortcut: projection_on_change` makes both [N, 512, 28, 28]

1 error found
"""
    )


def test_nothing_to_say_is_no_text() -> None:
    assert render_text([], {}) == render_github([]) == ""
    assert json.loads(render_json([])) == []
    assert json.loads(render_sarif([]))["runs"][0]["results"] == []


@pytest.mark.parametrize(
    ("kinds", "closing"),
    [
        ("e", "1 error found"),
        ("ee", "2 errors found"),
        ("w", "1 warning found"),
        ("eww", "1 error and 2 warnings found"),
    ],
)
def test_the_last_line_counts(kinds: str, closing: str) -> None:
    severities: dict[str, Severity] = {"e": "error", "w": "warning"}
    found = [Diagnostic("E0100", "t", severity=severities[kind]) for kind in kinds]
    assert render_text(found, {}).splitlines()[-1] == closing


def test_lines_far_apart_are_joined_by_dots_and_neighbours_are_not() -> None:
    assert show(Span("net.yaml", 6, 5, 6, 8), "again", at(4, 5, 8, "first"), at(5, 5, 6, "next")) == [
        "4 |   - bn3: {op: batch_norm}",
        "  |     --- first",
        "5 |   - downsample: {op: $shortcut, from: x}",
        "  |     - next",
        "6 |   - add: {op: add, from: [bn3, downsample]}",
        "  |     ^^^ again",
    ]
    assert show(Span("net.yaml", 6, 5, 6, 8), "", at(1, 1, 7))[2] == "..."


def test_three_labels_on_a_line_hang_from_right_to_left() -> None:
    assert show(Span("net.yaml", 6, 5, 6, 8), "one", at(6, 25, 28, "two"), at(6, 30, 40, "three"))[1:] == [
        "  |     ^^^                 ---  ---------- three",
        "  |     |                   two",
        "  |     one",
    ]


def test_a_place_in_another_file_has_an_excerpt_of_its_own() -> None:
    labels = (at(1, 4, 5, "there", "b.yaml"), at(2, 1, 2, "gone", "c"))
    found = Diagnostic("E0100", "t", Span("a.yaml", 1, 1, 1, 2), "here", labels)
    assert (
        render_text([found], {"a.yaml": "a: 1", "b.yaml": "b: 2"})
        == """\
error[E0100]: t
 --> a.yaml:1:1
  |
1 | a: 1
  | ^ here
  |
 ::: b.yaml:1:4
  |
1 | b: 2
  |    - there
  |
 ::: c:2:1
  | 2:1: gone

1 error found
"""
    )


@pytest.mark.parametrize(
    ("line", "start", "end", "carets"),
    [
        ("層層: no", 5, 7, "      ^^"),  # two columns each
        ("e\u0301: no", 5, 7, "   ^^"),  # a combining accent takes none
        ("\x1b: no", 4, 6, "      ^^"),  # shown as \x1b
        ("a: [", 5, 5, "    ^"),  # behind the last character
        ("", 1, 1, "^"),
    ],
)
def test_carets_stand_under_what_the_terminal_shows(line: str, start: int, end: int, carets: str) -> None:
    assert show(Span("net.yaml", 1, start, 1, end), text=line)[-1] == f"  | {carets}"


def test_a_span_of_several_lines_is_marked_on_its_first() -> None:
    assert show(Span("net.yaml", 1, 1, 3, 2))[1] == "  | ^^^^^^^"


def test_a_long_line_is_cut_around_its_mark() -> None:
    source, carets = show(Span("net.yaml", 1, 5001, 1, 5004), "here", text="x" * 5_000 + "abc" + "y" * 5_000)
    assert len(source) < 180
    column = carets.index("^")
    assert source[column : column + 3] == "abc"
    assert source[4] == source[-1] == "…"


def test_a_file_of_windows_lines_and_a_byte_order_mark_is_shown_in_its_place() -> None:
    assert show(Span("net.yaml", 2, 1, 2, 2), text="\ufeffa: 1\r\nb: 2\r\n") == ["2 | b: 2", "  | ^"]


def test_a_long_chain_is_cut_in_the_middle() -> None:
    chain = tuple(Frame(f"block{i}", Span("net.yaml", i, 1, i, 2)) for i in range(1, 9))
    rendered = render_text([Diagnostic("E0100", "t", Span("net.yaml", 1, 1, 1, 2), chain=chain)], {})
    assert rendered.splitlines()[2:7] == [
        "     in block1 (line 1)",
        "     called by block2 (line 2)",
        "     called by block3 (line 3)",
        "     called by 4 more",
        "     called by block8 (line 8)",
    ]


# ---- what a spec says stays text ------------------------------------------------------------------------------------

EVIL = "\x1b]0;owned\x07\x1b[2K\r\n::error::x\u202e\u200b\x9b1m\x00"
TRAP = Diagnostic(
    "E0100",
    EVIL,
    Span(f"a{EVIL}.yaml", 1, 1, 1, 2),
    EVIL,
    (Label(Span(f"b{EVIL}", 1, 1, 1, 2), EVIL),),
    (EVIL,),
    EVIL,
    (Frame(EVIL, Span(EVIL, 1, 1, 1, 2)),),
)


def test_no_control_character_reaches_the_terminal() -> None:
    rendered = render_text([TRAP], {f"a{EVIL}.yaml": EVIL})
    assert all(character.isprintable() or character == "\n" for character in rendered)
    colored = render_text([TRAP], {f"a{EVIL}.yaml": EVIL}, color=True)
    assert all(c.isprintable() or c == "\n" for c in re.sub(r"\x1b\[[0-9;]*m", "", colored))
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == rendered


def test_no_spec_can_write_a_github_command() -> None:
    (line,) = render_github([TRAP]).splitlines()
    assert line.startswith("::error file=a")
    properties, _, data = line.removeprefix("::error ").partition("::")
    assert set(dict(part.split("=", 1) for part in properties.split(","))) == {
        "file",
        "line",
        "endLine",
        "col",
        "endColumn",
        "title",
    }
    assert "%0A%3A%3A" not in data
    assert all(character.isprintable() for character in line)


def test_a_github_command_names_place_title_and_help() -> None:
    found = Diagnostic("W0601", "50%, or: less", Span("a,b.yaml", 2, 3, 2, 5), help="x", severity="warning")
    assert render_github([found]) == (
        "::warning file=a%2Cb.yaml,line=2,endLine=2,col=3,endColumn=4,title=W0601%3A 50%25%2C or%3A less"
        "::50%25, or: less%0Ahelp: x\n"
    )
    assert render_github([Diagnostic("E0501", "gone")]) == "::error title=E0501%3A gone::gone\n"


# ---- for programs ---------------------------------------------------------------------------------------------------


def test_json_holds_everything_under_stable_keys() -> None:
    (record,) = json.loads(render_json([ADD]))
    keys = ["code", "severity", "title", "span", "label", "labels", "notes", "help", "chain", "origins", "edit"]
    assert list(record) == keys
    assert record["span"] == {"file": "net.yaml", "line": 6, "column": 25, "end_line": 6, "end_column": 28}
    assert record["labels"][0]["text"] == "[N, 256, 56, 56]"
    assert record["chain"][1]["what"] == "layer2.0 (repeat 1 of 8)"
    assert render_json([TRAP]).isascii()
    assert json.loads(render_json([TRAP]))[0]["title"] == EVIL
    assert json.loads(render_json([Diagnostic("E0501", "gone")]))[0]["span"] is None


def test_sarif_points_each_result_at_its_rule_and_place() -> None:
    file = "specs/my net.yaml"
    other = Diagnostic("E0112", "twice", Span(file, 2, 1, 2, 3), severity="warning")
    log = json.loads(render_sarif([ADD, other]))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == ["E0301", "E0112"]
    assert [result["level"] for result in run["results"]] == ["error", "warning"]
    place = run["results"][1]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "specs/my%20net.yaml"
    assert place["region"] == {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 3}
    assert [where["id"] for where in run["results"][0]["relatedLocations"]] == [0, 1, 2]
    assert "invocations" not in run
    assert rules[0]["id"] == "E0112" and rules[0]["shortDescription"]["text"]


def test_sarif_tells_what_has_no_place_as_a_notification() -> None:
    (run,) = json.loads(render_sarif([ADD, Diagnostic("E0501", "gone", help="look")]))["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["E0301"]
    ((told,),) = ([*one["toolExecutionNotifications"]] for one in run["invocations"])
    assert (told["level"], told["message"]) == ("error", {"text": "gone\nhelp: look"})
    assert run["tool"]["driver"]["notifications"][told["descriptor"]["index"]]["id"] == "E0501"


@pytest.mark.parametrize("code", [code for code in CODES if code.startswith("W")])
def test_sarif_of_warnings_is_as_the_standard_has_it(code: str) -> None:
    log = render_sarif(check(example_of(code).bad).warnings)
    assert f'"ruleId": "{code}"' in log and sarif_faults(log) == []


def test_sarif_is_held_against_its_schema() -> None:
    """Golden errors are too, each in its own test; here what they do not have, and that the schema finds faults."""
    odd = [ADD, TRAP, Diagnostic("E0501", "gone"), Diagnostic("E0100", "", Span("", 1, 1, 1, 1), severity="warning")]
    log = render_sarif(odd)
    assert sarif_faults(log) == sarif_faults(render_sarif([])) == []
    assert sarif_faults(log.replace('"ruleIndex": 1', '"ruleIndex": -2'))
    assert sarif_faults(log.replace('"startLine": 6', '"startLine": 0'))
    assert sarif_faults(log.replace('"level": "error"', '"level": "fatal"'))
    assert sarif_faults(log.replace('"text": ', '"words": '))


def test_diagnostics_stand_by_position_and_once() -> None:
    first, second = (Diagnostic("E0100", "t", Span("a", line, 1, line, 2)) for line in (9, 10))
    assert in_order([second, first, second, Diagnostic("E0501", "u")]) == (Diagnostic("E0501", "u"), first, second)
