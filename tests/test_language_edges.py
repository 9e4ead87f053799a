"""Rules 2, 3 and 8: what flows where, what each layer gets, and what happens to what is left out."""

from __future__ import annotations

import pytest
import torch
from spec_lab import accept, diagnostics, keys, paths, refused, spec

import archspec

UNIT = """
    unit:
      params: {out: int}
      in: x[N, C, H, W]
      body:
        - conv: {op: conv2d, out: out, kernel: 1}
        - relu: {op: relu}
"""
TWO = """
    both:
      in: x[N, C, H, W], f[N, D, H, W]
      body:
        - hi: {op: conv2d, out: C, kernel: 1, from: f}
        - lo: {op: conv2d, out: D, kernel: 1, stride: 2, from: x}
      outputs: {hi: hi, lo: {from: lo, shape: [N, D, ceil(H/2), ceil(W/2)]}}
"""


def test_the_default_input_is_the_item_before() -> None:
    checked = accept(
        spec("""
        - a: {op: conv2d, out: 4, kernel: 1}
        - b: {op: conv2d, out: 5, kernel: 1}
        - c: {op: conv2d, out: 6, kernel: 1, from: a}
        - d: {op: conv2d, out: 7, kernel: 1}
    """)
    )
    assert [keys(checked)[f"{name}.weight"][1] for name in "abcd"] == [3, 4, 4, 6]


def test_a_param_is_never_the_item_before() -> None:
    checked = accept(
        spec(
            """
        - a: {op: conv2d, out: 4, kernel: 1}
        - scale: {op: param, size: [1, 4, 1, 1]}
        - b: {op: mul, from: [a, scale]}
    """
        )
    )
    assert keys(checked)["scale"] == (1, 4, 1, 1)


@pytest.mark.parametrize("called", ["param", "token", "$learned"])
def test_the_item_behind_a_param_reads_what_came_before_it(called: str) -> None:
    checked = accept(
        spec(
            f"""
        - a: {{op: conv2d, out: 5, kernel: 1}}
        - scale: {{op: {called}, size: [1, 7, 1, 1]}}
        - b: {{op: conv2d, out: 7, kernel: 1}}
        - out: {{op: mul, from: [b, scale]}}
    """,
            blocks="{token: {op: param, start: ones}}",
            params="{learned: block = param}",
        )
    )
    assert keys(checked)["b.weight"] == (7, 5, 1, 1)


def test_a_param_may_be_a_branch_or_the_last_of_a_body() -> None:
    checked = accept(
        spec(
            """
        - a: {op: conv2d, out: 5, kernel: 1}
        - parallel:
            - {op: conv2d, out: 5, kernel: 1}
            - gate: {op: param, size: [1, 5, 1, 1]}
          join: {op: mul}
        - scales: [{scale: {op: param, size: [1, 5, 1, 1]}}]
        - out: {op: mul, from: [scales, a]}
    """
        )
    )
    assert keys(checked)["gate"] == keys(checked)["scales.scale"] == (1, 5, 1, 1)


def test_a_param_that_is_left_out_leaves_its_join() -> None:
    net = """
        - a: {op: conv2d, out: 5, kernel: 1}
        - scale: {op: param, size: [1, 5, 1, 1], when: false}
        - out: {op: add, from: [a, scale]}
    """
    network = archspec.module(accept(spec(net))).eval()
    x = torch.rand(2, 3, 8, 8)
    assert torch.equal(network(x), network.a(x))


@pytest.mark.parametrize("item", [
    "gate: {op: param, size: [1, 3, 1, 1], from: x}",
    "gate: {op: param, size: [1, 3, 1, 1], repeat: 2}",
    "{parallel: [{op: tanh}, {op: relu}], join: {op: param, size: [1, 3, 1, 1]}}",
])  # fmt: skip
def test_a_param_reads_nothing(item: str) -> None:
    (found,) = diagnostics(spec(f"- {item}\n- out: {{op: relu, from: x}}"))
    assert found.code == "E0304" and "`param` takes" in found.title


def test_nested_bodies_see_the_names_around_them() -> None:
    checked = accept(
        spec(
            """
        - a: {op: conv2d, out: 4, kernel: 1}
        - b: {op: conv2d, out: 4, kernel: 1}
        - outer:
            - inner:
                - c: {op: conv2d, out: 4, kernel: 1}
                - d: {op: add, from: [c, a]}
            - e: {op: concat, from: [inner, b]}
        """
        )
    )
    assert checked.shapes.find("outer.e").dims[1] == 8
    assert paths(checked) == ["a", "b", "outer.inner.c"]


def test_a_name_inside_hides_one_outside_only_inside() -> None:
    checked = accept(
        spec("""
        - a: {op: conv2d, out: 4, kernel: 1}
        - box:
            - before: {op: concat, from: [a, x]}
            - a: {op: conv2d, out: 9, kernel: 1}
            - after: {op: concat, from: [a, x]}
        - last: {op: concat, from: [a, box]}
    """)
    )
    assert [checked.shapes.find(name).dims[1] for name in ("box.before", "box.after", "last")] == [7, 12, 16]


def test_an_outer_name_captured_twice_collides_with_no_layer_inside() -> None:
    checked = accept(
        spec("""
        - enc: [{a: {op: conv2d, out: 4, kernel: 1}}]
        - box:
            - enc_a: {op: conv2d, out: 7, kernel: 1}
            - y: {op: concat, from: [enc.a, enc_a, enc.a]}
    """)
    )
    assert checked.shapes.root.outputs[0].dims[1] == 15


def test_containers_can_be_reached_into_and_blocks_cannot() -> None:
    net = """
        - encoder:
            - enc1: {op: unit, out: 4}
            - inner: [{enc2: {op: max_pool2d, kernel: 2, stride: 2}}, {enc3: {op: unit, out: 8}}]
        - up: {op: upsample2d, scale: 2, from: encoder.inner.enc3}
        - cat: {op: concat, from: [up, encoder.enc1]}
    """
    assert accept(spec(net, blocks=UNIT)).shapes.find("cat").dims[1] == 12
    (error,) = diagnostics(spec("- u: {op: unit, out: 4}\n- {op: relu, from: u.conv}", blocks=UNIT))
    assert error.code == "E0225" and "only a container can be reached into" in error.notes[-1]
    (error,) = diagnostics(spec("- box: [{a: {op: relu}}]\n- {op: relu, from: box.b}"))
    assert "names in `box`: a" in error.notes


def test_several_inputs_and_named_outputs() -> None:
    checked = accept(
        spec(
            """
        - a: {op: conv2d, out: 4, kernel: 1}
        - b: {op: conv2d, out: 6, kernel: 1, from: x}
        - two: {op: both, from: [a, b]}
        - down: {op: max_pool2d, kernel: 2, stride: 2, from: two.hi}
        - add: {op: concat, from: [down, two.lo]}
    """,
            blocks=TWO,
        )
    )
    assert checked.shapes.find("add").dims[1] == 10
    (error,) = diagnostics(spec("- a: {op: both, from: [x, x]}\n- {op: relu, from: a.mid}", blocks=TWO))
    assert "outputs of `a`: hi, lo" in error.notes


def test_several_outputs_flow_together_into_the_next_item_and_a_repeat_hands_them_on() -> None:
    block = """
        exchange:
          in: x[N, C, H, W], f[N, D, H, W]
          body:
            - hi: {op: conv2d, out: C, kernel: 1, from: f}
            - lo: {op: conv2d, out: D, kernel: 1, from: x}
          outputs: {hi: hi, lo: lo}
    """
    checked = accept(
        spec(
            """
        - a: {op: conv2d, out: 4, kernel: 1}
        - b: {op: conv2d, out: 6, kernel: 1}
        - stage: {op: exchange, from: [a, b], repeat: 3}
        - cat: {op: concat}
    """,
            blocks=block,
        )
    )
    assert checked.shapes.find("cat").dims[1] == 10
    assert keys(checked)["stage.2.hi.weight"] == (4, 6, 1, 1)


def test_expressions_of_names_choose() -> None:
    net = """
        - a: {op: conv2d, out: 4, kernel: 1}
        - box: [{c: {op: conv2d, out: 6, kernel: 1}}]
        - d: {op: relu, from: box.c if deep else a}
        - e: {op: concat, from: "[a, box.c] if deep else [x, d, a]"}
    """
    for deep, channels in ((True, (6, 10)), (False, (4, 11))):
        checked = accept(spec(net, params="\n  deep: bool = true"), deep=deep)
        assert tuple(checked.shapes.find(name).dims[1] for name in "de") == channels


def test_a_node_may_have_the_name_of_a_param() -> None:
    text = spec("- a: {op: relu}\n- b: {op: relu}\n- c: {op: relu, from: b if a else a}", params="\n  a: bool = false")
    assert accept(text).graph.body.node("c").inputs[0].node == "a"


def test_names_in_from_can_be_templates() -> None:
    text = spec(
        """
        - each: {width: [4, 8, 16]}
          do:
            - a{s}: {op: conv2d, out: width, kernel: 1}
        - each: {t: [2, 0]}
          index: k
          do:
            - b{k}: {op: relu, from: "a{t}"}
    """
    )
    assert [accept(text).shapes.find(name).dims[1] for name in ("b0", "b1")] == [16, 4]


WRONG_SOURCES = {
    "- {op: relu, from: nothing}": ("E0225", "nothing"),
    "- {op: relu, from: -1}": ("E0225", "-1"),
    "- {op: relu, from: 3}": ("E0225", "3"),
    "- {op: relu, from: []}": ("E0225", "[]"),
    "- {op: relu, from: {a: b}}": ("E0225", "{a: b}"),
    "- {op: relu, from: x + x}": ("E0225", "x + x"),
    "- {op: relu, from: later}\n- later: {op: relu}": ("E0225", "later"),
    "- {op: relu, from: x if 3 else x}": ("E0221", "3"),
    "- {op: relu, from: x if nope else x}": ("E0220", "nope"),
    '- {op: relu, from: "a{s}"}': ("E0220", "s"),
    "- a: [{op: relu, from: a}]": ("E0225", "a"),
    "- {op: relu, from: [x, x]}": ("E0304", "relu"),
}


@pytest.mark.parametrize("net", WRONG_SOURCES)
def test_what_from_refuses(net: str) -> None:
    assert refused(spec(net)) == [WRONG_SOURCES[net]]


def test_a_false_when_passes_through_under_its_name() -> None:
    checked = accept(
        spec("""
        - a: {op: conv2d, out: 4, kernel: 1}
        - b: {op: conv2d, out: 8, kernel: 1, when: false}
        - {op: batch_norm, when: 1 == 2}
        - c: {op: conv2d, out: 5, kernel: 1}
        - d: {op: relu, from: b}
        - e: {op: add, from: [a, c], when: false}
        - box: {from: c, when: false, body: [{op: conv2d, out: 9, kernel: 1}]}
        - out: {op: concat, from: [d, e, box]}
    """)
    )
    assert checked.shapes.find("out").dims[1] == 4 + 4 + 5


def test_a_false_when_in_a_do_leaves_its_items_out() -> None:
    text = spec("- a: {op: relu}\n- {when: false, do: [{b: {op: relu}}]}\n- {op: relu, from: a}")
    assert len(accept(text).graph.body.nodes) == 2


def test_an_absent_operand_leaves_a_join_and_a_join_of_one_is_the_identity() -> None:
    net = """
        - parallel:
            - a: {op: conv2d, out: 4, kernel: 1}
            - b: {op: conv2d, out: 4, kernel: 1, when: wide}
            - do: [{c: {op: conv2d, out: 4, kernel: 1, when: false}}]
              when: false
          join: {op: concat}
        - d: {op: relu}
        - e: {op: concat, from: [d, b]}
    """
    for wide, channels in ((True, 12), (False, 4)):
        checked = accept(spec(net, params="\n  wide: bool = true"), wide=wide)
        assert checked.shapes.find("e").dims[1] == channels


def test_a_block_param_that_is_none_is_absent() -> None:
    block = """
        unit:
          params: {shortcut: block = none}
          in: x[N, C, H, W]
          body:
            - conv: {op: conv2d, out: C, kernel: 1}
            - skip: {op: $shortcut, from: x}
            - add: {op: add, from: [conv, skip]}
    """
    checked = accept(
        spec(
            "- a: {op: unit}\n- b: {op: unit, shortcut: identity}\n- c: {op: unit, shortcut: batch_norm}", blocks=block
        )
    )
    adds = [node.target.node("add").target for node in checked.graph.body.nodes]
    assert [add and add.name for add in adds] == [None, "add", "add"]
    assert paths(checked)[-1] == "c.skip"


def test_a_join_of_one_branch_is_no_layer() -> None:
    for op in ("add", "concat", "mul"):
        checked = accept(spec(f"- parallel: [{{a: {{op: relu}}}}]\n  join: {{op: {op}}}"))
        assert [node.path for node in checked.graph.body.nodes if node.target is not None] == ["a"]


def test_only_a_join_can_do_without_an_operand() -> None:
    text = spec("- parallel: [{a: {op: relu, when: false}}, {b: {op: relu}}]\n  join: {op: add}\n- {op: relu, from: a}")
    assert refused(text) == [("E0227", "relu")]


def test_a_parallel_needs_a_branch() -> None:
    text = spec("- parallel: [{a: {op: relu, when: false}}]\n  join: {op: add}")
    assert [code for code, _ in refused(text)] == ["E0227"]


def test_every_round_of_an_each_is_a_branch() -> None:
    checked = accept(
        spec("""
        - parallel:
            - each: {kernel: [1, 3, 5]}
              do:
                - branch{s}: {op: conv2d, out: 2, kernel: kernel, padding: kernel // 2}
          join: {op: concat}
    """)
    )
    assert checked.shapes.root.outputs[0].dims[1] == 6
    assert [keys(checked)[f"branch{s}.weight"][1] for s in range(3)] == [3, 3, 3]


def test_without_a_join_the_next_item_says_what_it_reads() -> None:
    net = "- parallel: [{a: {op: relu}}, {b: {op: relu}}]\n- {op: relu%s}"
    accept(spec(net % ", from: b"))
    assert refused(spec(net % "")) == [("E0225", "relu")]


def test_a_join_with_parameters_has_a_path() -> None:
    block = UNIT.replace("in: x[N, C, H, W]", "in: x[N, C, H, W], y[N, C, H, W]")
    text = spec("- parallel: [{a: {op: relu}}, {b: {op: relu}}]\n  join: {op: unit, out: 2}", blocks=block)
    assert paths(accept(text)) == ["2.conv"]


def test_parallel_reads_from_anywhere() -> None:
    text = spec(
        "- a: {op: conv2d, out: 5, kernel: 1}\n- parallel: [{do: []}, {op: relu}]\n  from: x\n  join: {op: concat}"
    )
    assert accept(text).shapes.root.outputs[0].dims[1] == 6


def test_an_input_in_a_list_may_have_a_long_name() -> None:
    name = "the_name_of_an_input_" * 4
    accept(spec("- c: {op: conv2d, out: 4, kernel: 1}", input=f'["{name}[N, 3, H=8, W=8]"]'))


@pytest.mark.parametrize(
    ("sizes", "written"),
    [
        ("[N, 8, T]", "x[N, 8, T]"),
        ("[N, a b, 8, 8]", "x[N, 3, H=224, W=224]"),
        ('["\u0663", "\u0663", "\u0663"]', "x[N, 3, H=224, W=224]"),
    ],
)
def test_a_signature_that_is_offered_is_one(sizes: str, written: str) -> None:
    (found,) = diagnostics(spec("- r: {op: relu}", input=sizes))
    assert found.help == f"write a name and its axes, such as `{written}`"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (spec("- b: {op: b}", blocks=f"{{b: {{in: 'x[N, {'9' * 5000}, H, W]', body: [{{op: relu}}]}}}}"), "E0220"),
        (spec(f"- s: {{op: split, parts: 3}}\n- r: {{op: relu, from: s.{'9' * 5000}}}"), "E0225"),
        (spec("- b: {op: relu, repeat: 2}", expect="{shapes: {b.\u00b2: [N, 3, 8, 8]}}"), "E0402"),
    ],
    ids=["an axis", "an output", "a unit"],
)
def test_what_looks_like_a_number_and_is_none_of_ours(text: str, code: str) -> None:
    """Python refuses to read thousands of digits, and calls a superscript a digit."""
    assert [found.code for found in diagnostics(text)] == [code]
