"""Rule 7: repeat and each."""

from __future__ import annotations

import pytest
from spec_lab import accept, diagnostics, keys, paths, refused, spec

from archspec.ir.graph import Repeat

UNIT = """
    unit:
      params: {width: int, stride: int = 1}
      in: x[N, C, H, W]
      body: [{conv: {op: conv2d, out: width, kernel: 3, padding: 1, stride: stride}}]
    dense:
      params: {growth: int}
      in: x[N, C, H, W]
      out: [N, C + growth, H, W]
      body:
        - conv: {op: conv2d, out: growth, kernel: 1}
        - cat: {op: concat, from: [x, conv]}
"""


def test_first_overrides_and_the_rest_is_one_run() -> None:
    checked = accept(spec("- layer: {op: unit, width: 4, repeat: 5, first: {stride: 2}}", blocks=UNIT))
    repeat = checked.graph.body.nodes[0].target
    assert isinstance(repeat, Repeat) and [run.count for run in repeat.runs] == [1, 4]
    assert paths(checked) == [f"layer.{i}.conv" for i in range(5)]
    assert checked.cost.macs == 64 * (27 * 4 + 4 * 9 * 16)


def test_channels_grow_through_a_repeat_as_in_densenet() -> None:
    checked = accept(spec("- block: {op: dense, growth: 4, repeat: 3}", blocks=UNIT))
    assert [keys(checked)[f"block.{i}.conv.weight"][1] for i in range(3)] == [3, 7, 11]
    assert checked.shapes.find("block.1").dims[1] == 11


def test_i_and_n_count_the_units() -> None:
    checked = accept(spec("- a: {op: conv2d, out: 2**(i + 1) if i < n - 1 else 5, kernel: 1, repeat: 3}"))
    assert [shape[0] for key, shape in keys(checked).items() if "weight" in key] == [2, 4, 5]


def test_a_repeat_is_the_units_written_out() -> None:
    short = accept(spec("- a: {op: unit, width: 4, repeat: 3, first: {stride: 2}}", blocks=UNIT))
    long = accept(
        spec(
            """
        - a:
            - {op: unit, width: 4, stride: 2}
            - {op: unit, width: 4}
            - {op: unit, width: 4}
    """,
            blocks=UNIT,
        )
    )
    assert keys(short) == keys(long) and short.cost.macs == long.cost.macs


def test_a_container_of_equal_units_and_a_splice() -> None:
    checked = accept(
        spec("- {op: unit, width: 4, repeat: 2}\n- {repeat: 2, do: [{op: unit, width: 4}, {op: relu}]}", blocks=UNIT)
    )
    assert paths(checked) == ["0.0.conv", "0.1.conv", "1.conv", "3.conv"]


def test_names_of_units() -> None:
    net = '- a: {op: conv2d, out: 4, kernel: 1, repeat: 3, names: "%s"}'
    assert paths(accept(spec(net % "layer{i+1}"))) == ["a.layer1", "a.layer2", "a.layer3"]
    assert paths(accept(spec(net % "b{n - i}.conv"))) == ["a.b3.conv", "a.b2.conv", "a.b1.conv"]
    assert refused(spec(net % "same")) == [("E0205", '"same"')]
    assert refused(spec(net % "l{k}")) == [("E0220", "k")]
    assert refused(spec(net % "l {i}")) == [("E0205", '"l {i}"')]


def test_each_zips_columns_and_counts_with_s() -> None:
    checked = accept(
        spec(
            """
        - each: {depth: depths, width: "[4 * 2**j for j in range(2)]", stride: [1, 2]}
          do:
            - layer{s+1}: {op: unit, width: width, repeat: depth, first: {stride: stride}}
    """,
            params="\n  depths: list[int] = [1, 2]",
            blocks=UNIT,
        )
    )
    assert paths(checked) == ["layer1.0.conv", "layer2.0.conv", "layer2.1.conv"]
    assert checked.shapes.find("layer2").dims[1] == 8


def test_each_takes_a_table() -> None:
    rows = "[[3, relu, 2], [1, gelu, 4]]"
    net = """
        - each: {columns: [kernel, act, out], rows: %s}
          do:
            - {op: conv2d, out: out, kernel: kernel}
            - {op: $act}
    """
    checked = accept(spec(net % rows))
    assert [node.target.name for node in checked.graph.body.nodes] == ["conv2d", "relu", "conv2d", "gelu"]
    assert refused(spec(net % "[[3, relu, 2], [1, gelu]]")) == [("E0228", "[1, gelu]")]
    assert refused(spec(net % "3")) == [("E0228", "3")]
    assert refused(spec(net % "[3]")) == [("E0228", "3")]


def test_the_index_can_be_renamed_for_nesting() -> None:
    checked = accept(
        spec("""
        - each: {width: [2, 3]}
          index: a
          do:
            - each: {kernel: [1, 3]}
              index: b
              do:
                - conv{a}{b}: {op: conv2d, out: width + a * b, kernel: kernel}
    """)
    )
    assert {key: shape[0] for key, shape in keys(checked).items() if "weight" in key} == {
        "conv00.weight": 2,
        "conv01.weight": 2,
        "conv10.weight": 3,
        "conv11.weight": 4,
    }


NESTED = """
    - each: {width: [2, 3]}
      do:
        - each: {kernel: [1, 3]}
          do:
            - {op: conv2d, out: %s, kernel: kernel}
"""


def test_two_repetitions_bring_an_s_and_reading_it_is_an_error() -> None:
    assert len(keys(accept(spec(NESTED % "width")))) == 8
    (error,) = diagnostics(spec(NESTED % "width + s"))
    assert error.code == "E0214" and "index: t" in (error.help or "")


def test_i_of_the_inner_or_the_outer_repeat_is_an_error() -> None:
    net = "- {repeat: 2, do: [{op: conv2d, out: %s, kernel: 1, repeat: 2}]}"
    accept(spec(net % "4"))
    assert refused(spec(net % "i + 1")) == [("E0214", "i + 1")]
    block = "\n  u: {params: {w: int}, in: 'x[N, C, H, W]', body: [{op: conv2d, out: w + i, kernel: 1, repeat: 2}]}"
    checked = accept(spec("- {repeat: 2, do: [{op: u, w: i + 1}]}", blocks=block))
    assert [shape[0] for key, shape in keys(checked).items() if "weight" in key] == [1, 2, 2, 3]


def test_a_name_of_the_authors_own_stays_what_it_is() -> None:
    checked = accept(spec("- a: {op: conv2d, out: n, kernel: 1, repeat: 2}", params="\n  n: int = 9"))
    assert keys(checked)["a.1.weight"] == (9, 9, 1, 1)


WRONG_REPETITION = {
    "- {op: relu, repeat: 0}": ("E0221", "0"),
    "- {op: relu, repeat: -1}": ("E0221", "-1"),
    "- {op: relu, repeat: 1.5}": ("E0221", "1.5"),
    "- {op: relu, repeat: true}": ("E0221", "true"),
    "- {op: relu, repeat: 10000000000}": ("E0221", "10000000000"),
    "- {op: relu, repeat: [3]}": ("E0221", "[3]"),
    "- {op: relu, repeat: k}": ("E0220", "k"),
    "- {op: relu, first: {inplace: true}}": ("E0204", "{inplace: true}"),
    "- {op: relu, names: a}": ("E0204", "a"),
    "- {op: conv2d, out: 3, kernel: 1, repeat: 2, first: {strde: 2}}": ("E0222", "strde"),
    "- {repeat: 2}": ("E0208", "repeat"),
    "- each: {a: [1, 2], b: [3]}\n  do: [{op: relu}]": ("E0228", "[3]"),
    "- each: {a: 3}\n  do: [{op: relu}]": ("E0228", "3"),
    "- each: {a: [1]}": ("E0208", "each"),
    "- each: [1, 2]\n  do: [{op: relu}]": ("E0203", "[1, 2]"),
    "- each: {max: [1, 2]}\n  do: [{op: relu}]": ("E0205", "max"),
    "- each: {columns: [a]}\n  do: [{op: relu}]": ("E0208", "{columns: [a]}"),
    "- each: {columns: [a, a], rows: [[1, 2]]}\n  do: [{op: relu}]": ("E0205", "[a, a]"),
    "- each: {a: [1]}\n  index: a\n  do: [{op: relu}]": ("E0214", "a"),
    "- each: {a: [1]}\n  do: [{each: {a: [1]}, do: [{op: relu}]}]": ("E0214", "a"),
}


@pytest.mark.parametrize("net", WRONG_REPETITION)
def test_what_repetition_refuses(net: str) -> None:
    assert refused(spec(net)) == [WRONG_REPETITION[net]]


def test_what_is_repeated_must_take_what_it_gives() -> None:
    assert refused(spec("- {op: flatten}\n- a: {op: batch_norm, repeat: 2}")) == []
    (error,) = diagnostics(spec("- a: {op: max_pool2d, kernel: 2, stride: 2, repeat: 5}"))
    assert "repeat" not in error.title and error.code.startswith("E03")
    (error,) = diagnostics(
        spec(
            "- a: {op: shrink, repeat: 5}",
            blocks="\n  shrink: {in: 'x[N, C, H, W]', body: [{op: max_pool2d, kernel: 2, stride: 2}]}",
        )
    )
    assert [frame.what for frame in error.chain] == ["shrink", "a.4 (repeat 5 of 5)"]


def test_units_that_differ_in_what_keeps_the_shape_are_all_there() -> None:
    checked = accept(spec("- d: {op: dropout, p: i / 10.0, repeat: 3}"))
    (node,) = checked.graph.body.nodes
    assert [(run.count, run.target.p) for run in node.target.runs] == [(1, 0.0), (1, 0.1), (1, 0.2)]
