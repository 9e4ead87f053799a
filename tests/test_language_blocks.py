"""Rules 4, 5 and 6: blocks are closed and typed, may be values and aliases, and modules can be shared."""

from __future__ import annotations

import pytest
from spec_lab import accept, diagnostics, keys, paths, refused, spec

UNIT = """
    unit:
      params: {out: int, norm: block = batch_norm, act: "enum[relu, gelu] = relu", bias: bool = false}
      in: x[N, C, H, W]
      out: [N, out, H, W]
      let: {hidden: out // 2}
      body:
        - a: {op: conv2d, out: hidden, kernel: 1, bias: bias}
        - norm: {op: $norm}
        - relu: {op: relu, when: act == relu}
        - gelu: {op: gelu, when: act == gelu}
        - b: {op: conv2d, out: out, kernel: 1, bias: false}
"""


def test_params_have_types_and_defaults() -> None:
    checked = accept(
        spec("- u: {op: unit, out: 8}\n- v: {op: unit, out: 6, norm: none, act: gelu, bias: true}", blocks=UNIT)
    )
    assert paths(checked) == ["u.a", "u.norm", "u.b", "v.a", "v.b"]
    assert "v.a.bias" in keys(checked) and "u.a.bias" not in keys(checked)


WRONG_ARGUMENTS = {
    "op: unit": ("E0215", "unit"),
    "op: unit, out: wide": ("E0216", "wide"),
    "op: unit, out: 1.5": ("E0216", "1.5"),
    "op: unit, out: true": ("E0216", "true"),
    'op: unit, out: "8"': None,
    "op: unit, out: 8, act: rellu": ("E0220", "rellu"),
    "op: unit, out: 8, act: 3": ("E0216", "3"),
    "op: unit, out: 8, bias: 1": ("E0216", "1"),
    "op: unit, out: 8, norm: batchnorm": ("E0217", "batchnorm"),
    "op: unit, out: 8, norm: 3": ("E0216", "3"),
    "op: unit, out: 8, norm: false": ("E0216", "false"),
    "op: unit, out: 8, size: 3": ("E0222", "size"),
    "op: unti, out: 8": ("E0217", "unti"),
    "op: $unit, out: 8": ("E0217", "$unit"),
    "op: unit, out: 8, from: [x, x]": ("E0304", "unit"),
}


@pytest.mark.parametrize("call", WRONG_ARGUMENTS)
def test_arguments_are_held_against_their_types(call: str) -> None:
    found = WRONG_ARGUMENTS[call]
    assert refused(spec(f"- u: {{{call}}}", blocks=UNIT)) == ([] if found is None else [found])


def test_a_block_sees_its_own_params_and_its_files_and_nothing_of_the_caller() -> None:
    block = """
        inner: {in: "x[N, C, H, W]", body: [{op: conv2d, out: width, kernel: 1}]}
        outer: {params: {depth: int}, in: "x[N, C, H, W]", body: [{op: deep}]}
        deep: {in: "x[N, C, H, W]", body: [{op: conv2d, out: depth, kernel: 1}]}
    """
    net = "- a: {op: inner}\n- b: {op: outer, depth: 3}\n"
    text = spec(net, params="\n  width: int = 7", blocks=block)
    assert refused(text) == [("E0220", "depth")]
    (error,) = diagnostics(text)
    assert [frame.what for frame in error.chain] == ["deep", "an item in outer", "b"]


def test_shape_symbols_bind_once_at_the_signature() -> None:
    block = """
        same: {in: "x[N, C, H, W], y[N, C, H, W]", body: [{op: add, from: [x, y]}]}
        grey: {in: "x[N, 1, 16, W]", body: [{op: relu}]}
        of: {params: {c: int}, in: "x[N, 2*c, H, H]", body: [{op: relu}]}
    """
    accept(spec("- a: {op: same, from: [x, x]}\n- b: {op: of, c: 3}", "x[N, 6, H=16, H]", blocks=block))
    conv = "- a: {op: conv2d, out: 4, kernel: 1}\n"
    assert refused(spec(conv + "- b: {op: same, from: [x, a]}", blocks=block)) == [("E0303", "a")]
    assert refused(spec("- a: {op: grey}", blocks=block)) == [("E0303", "grey")]
    assert refused(spec("- b: {op: of, c: 1}", blocks=block)) == [("E0303", "of")]
    assert refused(spec("- f: {op: flatten}\n- a: {op: grey}", blocks=block)) == [("E0302", "grey")]


def test_a_signature_that_is_no_size() -> None:
    for axes in (
        "N, C +, H, W",
        "N, sqrt(2), H, W",
        "N, zz + 1, H, W",
        "N, true, H, W",
        "N, max, H, W",
        "N, 1.5, H, W",
        "N, C H, H, W",
    ):
        (found,) = refused(spec("- a: {op: b}", blocks=f"\n  b: {{in: 'x[{axes}]', body: [{{op: relu}}]}}"))
        assert found[0] in ("E0220", "E0206"), axes


@pytest.mark.parametrize(
    "signature", ["x", "[N, C]", "x[]", "x[N,,C]", "x[N, C", "3[N]", "x[N] y[N]", "x[N, C=3=4]", ""]
)
def test_what_is_no_signature(signature: str) -> None:
    found = refused(spec("- a: {op: b}", blocks=f"\n  b: {{in: '{signature}', body: [{{op: relu}}]}}"))
    assert [code for code, _ in found] == ["E0206"]


def test_a_promised_shape_is_checked_and_serves_when_the_block_is_wrong() -> None:
    block = """
        half: {in: "x[N, C, H, W]", out: [N, C, "ceil(H/2)", "W//2"], body: [{op: max_pool2d, kernel: 2, stride: 2}]}
    """
    broken = """
        broken: {in: "x[N, C, H, W]", out: [N, 64, H, W], body: [{op: nothing}]}
    """
    accept(spec("- a: {op: half}", "x[N, 3, 16, 16]", blocks=block))
    assert refused(spec("- a: {op: half}", "x[N, 3, 15, 16]", blocks=block)) == [("E0306", '"ceil(H/2)"')]
    found = refused(spec("- a: {op: broken}\n- b: {op: conv2d, out: 8, kernel: 99}", blocks=broken))
    assert [code for code, _ in found] == ["E0217", "E0312"] or len(found) == 2


def test_ops_are_values_too_and_expressions_choose_among_them() -> None:
    block = """
        pool: {params: {kind: block = max_pool2d}, in: "x[N, C, H, W]", body: [{op: $kind, kernel: 2, stride: 2}]}
    """
    net = "- a: {op: pool, kind: 'avg_pool2d if smooth else max_pool2d'}\n- b: {op: pool, kind: down}"
    text = spec(net, params="\n  smooth: bool = true\n  down: block = avg_pool2d", blocks=block)
    kinds = [node.target.nodes[0].target.name for node in accept(text).graph.body.nodes]
    assert kinds == ["avg_pool2d", "avg_pool2d"]


def test_blocks_can_come_from_a_column() -> None:
    checked = accept(
        spec(
            """
        - each: {kind: [unit, conv2d], extra: [2, 4]}
          do:
            - a{s}: {op: $kind, out: extra, kernel: 1}
    """,
            blocks="""
            unit:
              params: {out: int, kernel: int}
              in: x[N, C, H, W]
              body: [{c: {op: conv2d, out: out, kernel: kernel}}]
        """,
        )
    )
    assert paths(checked) == ["a0.c", "a1"]


ALIASES = """
    conv3: {op: conv2d, kernel: 3, padding: 1}
    wide: {params: {by: int = 2}, op: unit, width: 4*by}
    unit:
      params: {width: int, stride: int = 1}
      in: x[N, C, H, W]
      body: [{conv: {op: conv2d, out: width, kernel: 1, stride: stride}}]
    on_change: {op: unit, when: C != width or stride != 1}
    chain: {op: on_change, width: 8}
"""


def test_aliases_of_ops_and_blocks() -> None:
    checked = accept(
        spec(
            """
        - a: {op: conv3, out: 5}
        - b: {op: wide}
        - c: {op: on_change, width: 8}
        - d: {op: chain}
        - e: {op: wide, by: 3}
        - f: {op: chain, stride: 2}
    """,
            blocks=ALIASES,
        )
    )
    assert paths(checked) == ["a", "b.conv", "e.conv", "f.conv"]
    assert [keys(checked)[f"{p}.weight"][0] for p in paths(checked)] == [5, 8, 12, 8]


def test_what_an_alias_fills_in_cannot_be_given() -> None:
    found = refused(spec("- a: {op: chain, width: 4}", blocks=ALIASES))
    assert [code for code, _ in found] == ["E0222"]


def test_aliases_and_blocks_that_lead_back_to_themselves() -> None:
    around = "\n  a: {op: b}\n  b: {op: a}"
    assert [code for code, _ in refused(spec("- u: {op: a}", blocks=around))] == ["E0218"]
    calls = "\n  a: {in: 'x[N, C, H, W]', body: [{op: b}]}\n  b: {in: 'x[N, C, H, W]', body: [{op: a}]}"
    (error,) = diagnostics(spec("- u: {op: a}", blocks=calls))
    assert error.code == "E0218" and "a -> b -> a" in error.notes


def test_a_mistake_in_a_block_is_one_mistake_however_often_it_is_called() -> None:
    block = """
        unit:
          params: {width: int}
          in: x[N, C, H, W]
          body:
            - a: {op: conv2d, out: width, kernel: 3}
            - b: {op: add, from: [a, x]}
    """
    net = "".join(f"- u{i}: {{op: unit, width: {i}}}\n" for i in range(2, 9))
    assert refused(spec(net, blocks=block)) == [("E0301", "x")]


def test_same_runs_a_module_again() -> None:
    checked = accept(
        spec(
            """
        - left: {op: conv2d, out: 4, kernel: 1, from: x}
        - right: {same: left, from: y}
        - box:
            from: x
            body:
              - a: {op: conv2d, out: 4, kernel: 3}
              - b: {op: batch_norm}
        - box2: {same: box, from: y}
        - units: {op: conv2d, out: 4, kernel: 1, repeat: 3}
        - again: {same: units, from: right}
        - reach: {op: add, from: [box.a, box2.a]}
        - out: {op: add, from: [left, right, again]}
    """,
            "x[N, 3, H=16, W=16], y[N, 3, H, W]",
            outputs="{out: out, reach: reach}",
        )
    )
    assert paths(checked) == ["left", "box.a", "box.b", "units.0", "units.1", "units.2"]
    assert checked.graph.body.node("box2").shares == "box"
    # Nothing reads `units` itself, so its own run costs nothing.
    assert checked.cost.macs == 2 * 3 * 4 * 256 + 2 * 27 * 4 * 196 + 3 * 16 * 256


WRONG_SHARING = {
    "- b: {same: nothing}": ("E0225", "nothing"),
    "- a: {op: conv2d, out: 4, kernel: 1}\n- b: {same: a}": ("E0305", "a"),
    "- a: {op: relu}\n- b: {same: a, inplace: true}": ("E0204", "inplace"),
    "- a: {op: relu}\n- b: {same: a, repeat: 2}": ("E0204", "2"),
    "- a: [{op: conv2d, out: 4, kernel: 1}]\n- b: {same: a}": ("E0305", "a"),
    "- a: {op: relu}\n- box: [{same: a}]": ("E0225", "a"),
}


@pytest.mark.parametrize("net", WRONG_SHARING)
def test_what_cannot_be_shared(net: str) -> None:
    assert refused(spec(net)) == [WRONG_SHARING[net]]


@pytest.mark.parametrize("branches", ["{op: relu}", "{op: relu}, {op: sigmoid, when: 1 > 2}"])
def test_a_join_of_the_one_branch_that_is_left_is_that_branch(branches: str) -> None:
    checked = accept(spec(f"- parallel: [{branches}]\n  join: {{op: concat}}\n- last: {{op: tanh}}", "x[N, 8]"))
    assert [node.target and node.target.name for node in checked.graph.body.nodes] == ["relu", None, "tanh"]  # type: ignore[union-attr]
    assert "W0616" not in [warning.code for warning in checked.warnings]


def test_a_tensor_can_be_tied() -> None:
    net = "- a: {op: linear, out: 8}\n- b: {op: linear, out: 8, tie: {weight: %s}}"
    checked = accept(spec(net % "a.weight", "x[N, 8]"))
    assert checked.cost.parameters == 8 * 8 + 8 + 8
    assert refused(spec(net % "a.wait", "x[N, 8]")) == [("E0232", "a.wait")]
    assert refused(spec(net % "c.weight", "x[N, 8]")) == [("E0232", "c.weight")]
    assert refused(spec(net % "a.weight", "x[N, 9]")) == [("E0232", "a.weight")]
    assert refused(spec(net.replace("{weight", "{wait") % "a.weight", "x[N, 8]")) == [("E0232", "wait")]
    places = "- p: {op: position_embedding, most: 8}\n- q: {op: position_embedding, most: 8, tie: {'': p.}}"
    assert refused(spec(places, "x[N, T=8, 4]")) == [("E0232", "''")]
    linear = "- p: {op: position_embedding, most: 4}\n- q: {op: linear, out: 4, tie: {weight: p.}}"
    assert refused(spec(linear, "x[N, T=4, 4]")) == [("E0232", "p.")]


def test_blocks_that_nobody_can_read() -> None:
    wrong = {
        "b: 3": ("E0203", "3"),
        "b: {body: [{op: relu}]}": ("E0206", "b"),
        "b: {in: 'x[N, C]'}": ("E0208", "b"),
        "b: {in: 'x[N, C]', body: []}": ("E0208", "[]"),
        "b: {in: 'x[N, C=3]', body: [{op: relu}]}": ("E0206", "C=3"),
        "b: {in: 'x[N, C]', bdy: [], body: [{op: relu}]}": ("E0201", "bdy"),
        "b-c: {in: 'x[N, C]', body: [{op: relu}]}": ("E0205", "b-c"),
        "b: {in: 'x[N, C]', body: [{op: relu}], params: {a: 3}}": ("E0207", "3"),
        "b: {in: 'x[N, C]', body: [{op: relu}], params: {a: real}}": ("E0207", "real"),
    }
    for block, found in wrong.items():
        assert refused(spec("- u: {op: b}", "x[N, 3]", blocks=f"\n  {block}")) == [found], block


def test_names_in_a_block_that_are_taken() -> None:
    params = "\n  width: int = 3"
    for inside in ("params: {width: int = 4}", "let: {width: 4}", "params: {a: int = 1}, let: {a: 4}"):
        block = f"\n  b: {{in: 'x[N, C]', {inside}, body: [{{op: relu}}]}}"
        (found,) = refused(spec("- u: {op: b}", "x[N, 3]", params=params, blocks=block))
        assert found[0] == "E0214"
