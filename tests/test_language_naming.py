"""Rule 1: what the parts of a network are called."""

from __future__ import annotations

import pytest
from spec_lab import accept, keys, paths, refused, spec


def test_a_name_is_the_path_and_an_unnamed_item_takes_its_index() -> None:
    checked = accept(
        spec("""
        - conv1: {op: conv2d, out: 4, kernel: 3}
        - {op: batch_norm}
        - {op: relu}
        - {op: conv2d, out: 5, kernel: 1}
    """)
    )
    assert paths(checked) == ["conv1", "1", "3"]
    assert keys(checked)["3.weight"] == (5, 4, 1, 1)


def test_an_index_counts_the_present_siblings_that_own_a_path_level() -> None:
    checked = accept(
        spec("""
        - {op: conv2d, out: 4, kernel: 1}
        - {op: batch_norm, when: false}
        - parallel:
            - {op: conv2d, out: 4, kernel: 1}
            - {op: conv2d, out: 4, kernel: 1, when: 1 > 2}
            - do: []
          join: {op: add}
        - {op: conv2d, out: 4, kernel: 1}
    """)
    )
    assert paths(checked) == ["0", "1", "2"]


def test_keyword_items_are_transparent() -> None:
    checked = accept(
        spec("""
        - section: stem
          do:
            - a: {op: conv2d, out: 2, kernel: 1}
        - do:
            - b: {op: conv2d, out: 2, kernel: 1}
            - {op: conv2d, out: 2, kernel: 1}
        - {repeat: 2, do: [{op: conv2d, out: 2, kernel: 1}]}
        - each: {width: [3, 5]}
          do:
            - conv{s}: {op: conv2d, out: width, kernel: 1}
    """)
    )
    assert paths(checked) == ["a", "b", "2", "3", "4", "conv0", "conv1"]


def test_containers_add_a_level_and_number_their_own_children() -> None:
    checked = accept(
        spec("""
        - features:
            - {op: conv2d, out: 2, kernel: 1}
            - inner: {body: [{op: conv2d, out: 3, kernel: 1}]}
        - head: {from: x, body: [{op: conv2d, out: 4, kernel: 1}]}
    """)
    )
    assert paths(checked) == ["features.0", "features.inner.0", "head.0"]
    assert keys(checked)["head.0.weight"] == (4, 3, 1, 1)


def test_dotted_names_are_paths_and_can_be_read() -> None:
    checked = accept(
        spec("""
        - each: {width: [2, 3]}
          do:
            - convs.{s}: {op: conv2d, from: x, out: width, kernel: 1}
            - norms.{s}: {op: batch_norm}
        - cat: {op: concat, from: [norms.0, convs.1]}
    """)
    )
    assert paths(checked) == ["convs.0", "convs.1", "norms.0", "norms.1"]
    assert checked.shapes.find("cat").dims[1] == 5


def test_register_orders_the_tensors() -> None:
    checked = accept(
        spec("""
        - block:
            body:
              - norm: {op: batch_norm}
              - reduction: {op: conv2d, out: 2, kernel: 1}
            register: [reduction, norm]
    """)
    )
    assert paths(checked) == ["block.reduction", "block.norm"]
    block = """
        unit:
          in: x[N, C, H, W]
          body:
            - a: {op: batch_norm}
            - b: {op: batch_norm}
          register: [b, a]
    """
    assert paths(accept(spec("- u: {op: unit}", blocks=block))) == ["u.b", "u.a"]


def test_register_names_children() -> None:
    text = spec("- block: {body: [{norm: {op: batch_norm}}], register: [nrm]}")
    assert refused(text) == [("E0226", "nrm")]


def test_a_container_and_a_block_take_names_of_units() -> None:
    text = spec('- stage: {op: conv2d, out: 3, kernel: 1, repeat: 3, names: "unit{i+1}"}')
    assert paths(accept(text)) == ["stage.unit1", "stage.unit2", "stage.unit3"]


DUPLICATES = {
    "- a: {op: relu}\n- a: {op: relu}": "a",
    "- conv: {op: relu}\n- Conv: {op: relu}": "Conv",
    "- {op: relu}\n- '0': {op: relu}": "'0'",
    "- each: {k: [1, 3]}\n  do: [{conv: {op: relu}}]": "conv",
    "- box: [{a: {op: relu}}, {a: {op: relu}}]": "a",
}


@pytest.mark.parametrize("net", DUPLICATES)
def test_names_are_unique_among_siblings(net: str) -> None:
    assert refused(spec(net)) == [("E0205", DUPLICATES[net])]


def test_of_two_equal_names_one_may_be_left_out() -> None:
    net = """
        - conv: {op: conv2d, out: 4, kernel: 1, when: %s}
        - conv: {op: conv2d, out: 5, kernel: 1, when: not %s}
        - {op: relu, from: conv}
    """
    for wide, channels in (("wide", 4), ("not wide", 5)):
        checked = accept(spec(net % (wide, wide), params="\n  wide: bool = true"))
        assert checked.shapes.root.outputs[0].dims[1] == channels


UNFIT = ["class", "forward", "training", "type", "a b", "a..b", "größe", "-x", "a/b", ".a", "weight.state_dict", "_x!"]


@pytest.mark.parametrize("name", UNFIT)
def test_names_that_no_layer_can_have(name: str) -> None:
    assert refused(spec(f"- '{name}': {{op: relu}}")) == [("E0205", f"'{name}'")]


def test_a_layer_cannot_take_the_name_of_an_input() -> None:
    assert refused(spec("- x: {op: relu}")) == [("E0205", "x")]


@pytest.mark.parametrize("name", ["0", "block1-0", "A", "_hidden", "conv_1"])
def test_names_that_layers_have(name: str) -> None:
    assert paths(accept(spec(f"- {name}: {{op: conv2d, out: 1, kernel: 1}}"))) == [name]


def test_names_hold_for_items_without_a_path_of_their_own() -> None:
    """Another run of a module, and an item that its `when` leaves out, are named like all others."""
    for item in ("{same: c}", "{op: relu, when: false}"):
        for name in ("class", "größe", "'a b'", "x"):
            assert refused(spec(f"- c: {{op: relu}}\n- {name}: {item}")) == [("E0205", name)]
    assert refused(spec("- c: {op: relu}\n- a: {same: c}\n- a: {op: relu}")) == [("E0205", "a")]
    assert refused(spec("- c: {op: relu}\n- a: {op: relu}\n- A: {same: c}")) == [("E0205", "A")]
    assert not refused(spec("- a: {op: relu, when: false}\n- a: {op: tanh}"))  # alternatives


def test_a_name_and_what_it_names_are_both_judged() -> None:
    assert refused(spec("- forward: {op: relu, from: nobody}")) == [("E0205", "forward"), ("E0225", "nobody")]


def test_outputs_of_what_could_not_be_made_are_unknown_not_wrong() -> None:
    text = spec("- a: {op: split, from: [x, x], parts: 3}\n- b: {op: relu, from: a.1}\n- c: {op: relu, from: x.1}")
    assert refused(text) == [("E0304", "split"), ("E0225", "x.1")]
