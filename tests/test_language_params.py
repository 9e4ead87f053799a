"""Rules 9, 10 and 14: params, expressions, sizes, requirements and expectations."""

from __future__ import annotations

import re

import pytest
from spec_lab import accept, diagnostics, keys, refused, spec

from archspec.diagnostics import UsageError
from archspec.elaborate.memory import option_key
from archspec.ir.graph import Option
from archspec.pipeline import build, check, load
from archspec.records import replace

CONV = "- conv: {op: conv2d, out: width, kernel: 1}"


def test_params_variants_and_settings() -> None:
    text = spec(
        CONV,
        params="\n  width: int = 4\n  twice: int = 2*width",
        variants="\n  wide: {width: 8}\n  wider: {width: 4*4}",
    )
    assert [accept(text, v).shapes.find("conv").dims[1] for v in (None, "wide", "wider")] == [4, 8, 16]
    assert accept(text, "wide", width=6).shapes.find("conv").dims[1] == 6
    assert check(text, "wide").name == "wide"


def test_settings_that_are_none() -> None:
    text = spec(CONV, params="\n  width: int = 4", variants="\n  wide: {width: 8}")
    for variant, params in (("wid", {}), (None, {"widht": 3}), (None, {"width": {}})):
        with pytest.raises(UsageError):
            check(text, variant, **params)
    assert [code for code, _ in refused(text, None, width="a b")] == ["E0220"]
    assert [code for code, _ in refused(text, None, width=1.5)] == ["E0216"]
    assert refused(spec(CONV, params="\n  width: int = 4", variants="\n  wide: {widht: 8}")) == [("E0213", "widht")]
    assert refused(spec(CONV, params="\n  width: int")) == [("E0215", "width")]


LITERALS = [
    "int = 1.5",
    "bool = 1",
    "float = true",
    "enum[a, b] = c",
    "list[int] = [1, true]",
    "list[int] = 3",
    "block = nothing",
    "int = nothing",
    "str = 3",
]


@pytest.mark.parametrize("declared", LITERALS)
def test_defaults_have_the_type_of_their_param(declared: str) -> None:
    (found,) = refused(spec("- {op: relu}", params=f"\n  a: {declared}"))
    assert found[0] in ("E0216", "E0217", "E0220") and found[1] == declared.split("= ")[1]


def test_let_names_values_in_files_and_blocks() -> None:
    block = """
        u:
          params: {c: int}
          in: x[N, C, H, W]
          let: {half: C // 2, both: half + c}
          body: [{op: conv2d, out: both, kernel: 1}]
    """
    checked = accept(
        spec("- a: {op: conv2d, out: width, kernel: 1}\n- u: {op: u, c: 3}", let="\n  width: 2 * 4", blocks=block)
    )
    assert checked.shapes.root.outputs[0].dims[1] == 7
    assert refused(spec("- {op: relu}", params="\n  a: int = 1", let="\n  a: 2")) == [("E0214", "a")]


def test_enum_members_and_names_do_not_mix() -> None:
    assert accept(spec("- {op: conv2d, out: 3, kernel: 3, padding: same}")).shapes.root.outputs[0].dims[2] is not None
    assert refused(spec("- {op: conv2d, out: 3, kernel: 3, padding: same}", params="\n  same: int = 1")) == [
        ("E0214", "same")
    ]
    (error,) = diagnostics(spec("- {op: conv2d, out: 3, kernel: 3, padding: sme}"))
    assert error.code == "E0220" and "`same`" in (error.help or "")


def test_open_params_decide_no_structure() -> None:
    params = "\n  width: open int = 8\n  deep: open int = 2\n  used: open bool = true"
    fine = accept(spec("- a: {op: conv2d, out: width * deep, kernel: 1}", params=params))
    assert fine.graph.open_params[0] == ("width", "int", 8)
    for net, place in {
        "- {op: relu, repeat: deep}": "deep",
        "- {repeat: deep * 2, do: [{op: relu}]}": "deep * 2",
        "- {op: relu, when: used}": "used",
        "- {op: relu, from: x if deep > 1 else x}": "deep > 1",
        "- each: {a: '[1 for j in range(deep)]'}\n  do: [{op: relu}]": "'[1 for j in range(deep)]'",
    }.items():
        assert refused(spec(net, params=params)) == [("E0231", place)], net


def test_open_params_reach_a_block_only_as_arguments() -> None:
    block = """
        reads: {in: "x[N, C, H, W]", body: [{op: conv2d, out: width, kernel: 1}]}
        takes:
          params: {to: int}
          in: x[N, C, H, W]
          body:
            - {op: conv2d, out: to, kernel: 1}
            - {op: batch_norm, when: %s}
    """
    params = "\n  width: open int = 8"
    accept(spec("- a: {op: takes, to: width}", params=params, blocks=block % "true"))
    assert refused(spec("- a: {op: takes, to: width}", params=params, blocks=block % "to > 3")) == [("E0231", "to > 3")]
    assert refused(spec("- a: {op: takes, to: 8}", params=params, blocks=block % "to > 3")) == []
    assert refused(spec("- a: {op: reads}", params=params, blocks=block % "true")) == [("E0214", "width")]
    net = "- a: {op: takes, to: width}\n- b: {op: takes, to: 4}"
    assert refused(spec(net, params=params, blocks=block % "C > 3")) == [("E0231", "C > 3")]


def test_requirements_speak_their_authors_words() -> None:
    require = """
        - {if: "(depth - 2) % 6 == 0", else: "depth must be 6n + 2, and {depth} is not"}
        - {if: depth > 3}
    """
    text = spec("- {op: relu}", params="\n  depth: int = 20", require=require)
    accept(text)
    (error,) = diagnostics(text, depth=21)
    assert (error.code, error.title, str(error.origins[0])) == (
        "E0401",
        "depth must be 6n + 2, and 21 is not",
        "`depth` is 21, set by the call",
    )
    assert [code for code, _ in refused(text, depth=2)] == ["E0401"]
    block = "\n  u: {in: 'x[N, C, H, W]', require: [{if: C > 3, else: 'needs colour'}], body: [{op: relu}]}"
    (error,) = diagnostics(spec("- a: {op: u}", blocks=block))
    assert (error.title, [frame.what for frame in error.chain]) == ("needs colour", ["u", "a"])


WRONG_REQUIREMENTS = {
    "\n- 3": ("E0203", "3"),
    "\n- {else: a}": ("E0208", "{else: a}"),
    "\n- {if: 3}": ("E0221", "3"),
    "\n- {if: a > 3}": ("E0220", "a"),
    "\n- {if: true, then: b}": ("E0201", "then"),
    " 3": ("E0203", "3"),
}


@pytest.mark.parametrize("require", WRONG_REQUIREMENTS)
def test_what_is_no_requirement(require: str) -> None:
    text = spec("- {op: relu}").replace("net:", f"require:{require}\nnet:")
    assert refused(text) == [WRONG_REQUIREMENTS[require]]


EXPECTED = {
    "parameters: 12": ("E0403", "12"),
    "macs: 3000": ("E0403", "3000"),
    "weighted_layers: 2": ("E0403", "2"),
    "receptive_field: 3": ("E0403", "3"),
    "parameters: many": ("E0203", "many"),
    "parameters: true": ("E0203", "true"),
    "params: 16": ("E0201", "params"),
    "shapes: {a: [N, 4, 16, 17]}": ("E0403", "[N, 4, 16, 17]"),
    "shapes: {b: [N, 4, 16, 16]}": ("E0402", "b"),
    "shapes: {a: 3}": ("E0203", "3"),
    "shapes: {a: [N, 4, q, 16]}": ("E0220", "q"),
    "shapes: 3": ("E0203", "3"),
    "variants: {wde: {parameters: 1}}": ("E0402", "wde"),
    "variants: 3": ("E0203", "3"),
    "variants: {wide: 3}": ("E0203", "3"),
}


@pytest.mark.parametrize("promise", EXPECTED)
def test_expectations_that_do_not_hold(promise: str) -> None:
    text = spec(
        "- a: {op: conv2d, out: width, kernel: 1}",
        params="\n  width: int = 4",
        variants="\n  wide: {width: 8}",
        expect=f"\n  {promise}",
    )
    assert refused(text) == [EXPECTED[promise]]


def test_expectations_hold_for_what_they_are_written_for() -> None:
    expect = """
        parameters: 16
        macs: 3072
        weighted_layers: 1
        receptive_field: 1
        shapes: {a: [N, 4, H, W]}
        variants: {wide: {parameters: 32}}
    """
    text = spec(
        "- a: {op: conv2d, out: width, kernel: 1}",
        params="\n  width: int = 4",
        variants="\n  wide: {width: 8}",
        expect=expect,
    )
    assert [check(text, v, **p).cost.parameters for v, p in ((None, {}), ("wide", {}), (None, {"width": 9}))] == [
        16,
        32,
        36,
    ]
    assert refused(text.replace("parameters: 32", "parameters: 33"), "wide") == [("E0403", "33")]


SIZES = {
    "x[N, 3, 32, 32]": ([None, 3, 32, 32], 3 * 4 * 1024),
    "x[N, 3, H=20, W=10]": ([None, 3, 20, 10], 3 * 4 * 200),
    "x[N, 3, side, side]": ([None, 3, 8, 8], 3 * 4 * 64),
    "x[N, 3, H=side, W=17]": ([None, 3, 8, 17], 3 * 4 * 8 * 17),
    "x[N, 3, H, W]": ([None, 3, 224, 224], 3 * 4 * 224 * 224),
    "x[N, 3, H, 9]": ([None, 3, 224, 9], 3 * 4 * 224 * 9),
}


@pytest.mark.parametrize("signature", SIZES)
def test_fixed_named_and_nominal_sizes(signature: str) -> None:
    dims, macs = SIZES[signature]
    checked = accept(spec("- a: {op: conv2d, out: 4, kernel: 1}", signature, params="\n  side: int = 8"))
    assert list(checked.graph.inputs[0].shape.at({})) == dims
    assert checked.cost.macs == macs and checked.cost.parameters == 16


def test_a_nominal_size_may_be_a_param_but_not_an_open_one() -> None:
    text = spec("- a: {op: conv2d, out: 4, kernel: 1}", "x[N, 3, H=side, W=side]", params="\n  side: int = 8")
    assert check(text, side=20).cost.macs == 3 * 4 * 400
    assert refused(text.replace("side: int", "side: open int"))[0][0] == "E0231"
    assert refused(text.replace("W=side", "W=sid")) == [("E0220", "sid")]


def test_without_a_nominal_size_figures_are_stated_at_one_that_fits() -> None:
    pool = """
        - a: {op: max_pool2d, kernel: 2, stride: 2, repeat: %d}
        - b: {op: upsample2d, scale: %d}
        - {op: add, from: [b, x]}
    """
    for levels, size in ((2, 224), (6, 256)):
        checked = accept(spec(pool % (levels, 2**levels), "x[N, 3, H, W]"))
        assert checked.graph.inputs[0].shape.at({})[2:] == (size, size)
        assert [w.code for w in checked.warnings] == ["W0601", "W0601"] and f"H={size}" in (
            checked.warnings[0].help or ""
        )
    small = spec("- a: {op: conv2d, out: 4, kernel: 99}", "x[N, 3, H, 40]")
    assert [code for code, _ in refused(small)] == ["E0305"] or refused(small)


def test_sizes_of_several_inputs_are_one_size_where_they_have_one_name() -> None:
    net = "- add: {op: add, from: [x, y]}"
    accept(spec(net, "x[N, 3, H=8, W=8], y[N, 3, H, W]"))
    assert refused(spec(net, "x[N, 3, H=8, W=8], y[N, 3, P=9, Q=8]")) == [("E0301", "y")]
    assert refused(spec(net, "x[N, 3, H=8, W=8], y[N, 3, H=9, W]")) == [("E0230", "H=9")]
    assert refused(spec(net, "x[N, 3, H=8, W=8], x[N, 3, H, W]")) == [("E0205", "x[N, 3, H, W]"), ("E0225", "y")]


WRONG_INPUTS = {
    "x[3, 8, 8]": "3", "x[N, C, 8, 8]": "C", "x[N, 3, 0, 8]": "0", "x[N, 3, -1, 8]": "-1", "x[N, 3, 70000, 8]": "70000",
    "x[N, 224, 224, 3]": "x[N, 224, 224, 3]", "x[N, 28, 28, 1]": "x[N, 28, 28, 1]",
    "x[M, 3, 8, 8]": "M", "x[N, 3, 1.5, 8]": "1.5", "x[N=2, 3, 8, 8]": "N=2",
    "x[N, 3, N, 8]": "N", "x[N, C=3, 8, 8]": "C=3", "x[N, 3, H=0, 8]": "H=0",
}  # fmt: skip


@pytest.mark.parametrize("signature", WRONG_INPUTS)
def test_what_is_no_input(signature: str) -> None:
    assert refused(spec("- {op: relu}", signature)) == [("E0230", WRONG_INPUTS[signature])]


@pytest.mark.parametrize("signature", ["z[N, 100, 1, 1]", "x[N, 512, 3, 3]", "x[N, 32, 1000, 1]"])
def test_many_channels_of_few_places_are_no_image_with_its_channels_last(signature: str) -> None:
    accept(spec("- {op: relu}", signature))


def test_axes_can_be_named_by_label() -> None:
    net = (
        "- a: {op: flatten, axes: [H, W], into: T, order: [N, T, C]}\n- b: {op: layer_norm}\n- c: {op: select, axis: T}"
    )
    assert accept(spec(net)).shapes.root.outputs[0].axes == "NC"


def test_divisions_are_exact_or_said_to_be_rounded() -> None:
    net = "- {op: conv2d, out: %s, kernel: 1}"
    assert refused(spec(net % "7 / 2")) == [("E0220", "7 / 2")]
    assert keys(accept(spec(net % "ceil(7 / 2)")))["0.bias"] == (4,)
    assert keys(accept(spec(net % "8 / 2")))["0.bias"] == (4,)


def test_a_member_of_an_enum_gives_way_to_a_symbol_of_a_signature() -> None:
    """Options A, B, C of a shortcut, in a file whose blocks take `x[N, C, H, W]`."""
    blocks = "\n  u: {params: {kind: 'enum[A, C] = C'}, in: 'x[N, C, H, W]', out: [N, C, H, W], body: [{op: relu}]}"
    checked = accept(spec("- {op: u, kind: A}\n- {op: u}", params="\n  option: enum[A, C] = A", blocks=blocks))
    assert checked.shapes.root.outputs[0].dims[1] == 3


def test_values_that_are_equal_but_not_the_same_are_told_apart() -> None:
    """The variants of one file share what was evaluated before: 0.0 is not -0.0, and 1 is not true."""
    net = "- {op: leaky_relu, slope: p}\n- {op: conv2d, out: 2, kernel: 1, bias: r}\n- {op: leaky_relu, slope: q}"
    loaded = load(
        spec(
            net,
            params="\n  p: float = 0.0\n  q: float = 1\n  r: bool = true",
            variants="\n  negative: {p: -0.0}\n  again: {p: 0.0, q: 1.0}\n  off: {r: false, q: -0.0}",
        )
    )
    built = [build(check(replace(loaded, variant=variant))) for variant in (None, "negative", "again", "off")]
    slopes = [re.findall(r"negative_slope=(-?[\d.]+)", text) for text in built]
    assert slopes == [["0.0", "1.0"], ["-0.0", "1.0"], ["0.0", "1.0"], ["0.0", "-0.0"]]
    assert ["bias=False" in text for text in built] == [False, False, False, True]
    keys = [option_key(Option(value)) for value in (1, True, 1.0, 0.0, -0.0, 0, False)]
    assert len(set(keys)) == len(keys)
