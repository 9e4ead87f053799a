"""The zoo's networks against published numbers, which stand here a second time, apart from each spec's `expect:`."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from archspec.checked import Checked
from archspec.diagnostics import SpecError
from archspec.pipeline import check
from archspec.spec import zoo

SPECS = Path(__file__).parent.parent / "specs"
NETS = [
    entry.name if variant is None else f"{entry.name}@{variant}"
    for entry in zoo.entries()
    for variant in (None, *entry.variants)
]

# Parameters, MACs, weighted layers, receptive field (of GoogLeNet and the CIFAR nets: worked out by hand).
PUBLISHED = {
    "resnet18": (11_689_512, 1_814_073_344, 18, 435),
    "resnet18@resnet18_A": (11_515_688, 1_794_805_760, 18, 435),
    "resnet18@resnet18_C": (12_043_816, 1_878_298_624, 18, 435),
    "resnet18@plain18": (11_515_688, 1_794_805_760, 18, 435),
    "resnet34": (21_797_672, 3_663_761_408, 34, 899),
    "resnet34@resnet34_A": (21_623_848, 3_644_493_824, 34, 899),
    "resnet34@resnet34_C": (22_716_840, 3_830_747_136, 34, 899),
    "resnet34@plain34": (21_623_848, 3_644_493_824, 34, 899),
    "resnet50": (25_557_032, 4_089_184_256, 50, 427),
    "resnet50@resnet50_v1": (25_557_032, 3_857_973_248, 50, 483),
    "resnet50@resnet50_v1_A": (22_780_456, 3_498_311_680, 50, 483),
    "resnet50@resnet50_v1_C": (40_128_552, 6_324_224_000, 50, 483),
    "resnet101": (44_549_160, 7_801_405_440, 101, 971),
    "resnet101@resnet101_v1": (44_549_160, 7_570_194_432, 101, 1027),
    "resnet152": (60_192_808, 11_513_626_624, 152, 1451),
    "resnet152@resnet152_v1": (60_192_808, 11_282_415_616, 152, 1507),
    "identity34": (21_797_672, 3_663_761_408, 34, 899),
    "tf_resnet50": (25_557_032, 3_857_973_248, 50, 483),
    "vgg16": (138_357_544, 15_470_264_320, 16, 212),
    "vgg19": (143_667_240, 19_632_062_464, 19, 268),
    "googlenet@googlenet_torchvision": (6_624_904, 1_498_376_192, 22, 379),
    "resnet20": (269_722, 40_551_040, 20, 81),
    "resnet32": (464_154, 68_862_592, 32, 137),
    "resnet44": (658_586, 97_174_144, 44, 193),
    "resnet56": (853_018, 125_485_696, 56, 249),
    "resnet110": (1_727_962, 252_887_680, 110, 501),
    "resnet1202": (19_421_274, 2_829_238_912, 1202, 5597),
    "plain20": (269_722, 40_551_040, 20, 81),
    "plain56": (853_018, 125_485_696, 56, 249),
    "preact_resnet110": (1_727_962, 252_887_680, 110, 501),
    "mixer_s_16": (18_528_264, 3_776_958_464, 34, None),
    "mixer_l_16": (208_196_168, 44_547_678_208, 98, None),
}

CIFAR_B = {20: 272_474, 32: 466_906, 44: 661_338, 56: 855_770, 110: 1_730_714, 1202: 19_424_026}


def facts(checked: Checked) -> tuple[int, int, int, int | None]:
    cost = checked.cost
    return cost.parameters, cost.macs, cost.weighted_layers, cost.receptive_field


@pytest.mark.parametrize("address", NETS)
def test_every_network_and_variant_checks_as_it_promises(address: str) -> None:
    assert check(address).cost.parameters > 0


@pytest.mark.parametrize("address", PUBLISHED)
def test_cost_is_the_published_one(address: str) -> None:
    assert facts(check(address)) == PUBLISHED[address]


@pytest.mark.parametrize("depth", CIFAR_B)
def test_option_b_adds_two_projections_to_a_cifar_net(depth: int) -> None:
    projections = sum(c * 2 * c + 2 * 2 * c for c in (16, 32))
    assert check(f"resnet{depth}_B").cost.parameters == CIFAR_B[depth] == PUBLISHED[f"resnet{depth}"][0] + projections


@pytest.mark.parametrize(("depth", "parameters"), [(164, 1_703_258), (1001, 10_327_706)])
def test_bottleneck_preactivation_nets_have_the_known_parameters(depth: int, parameters: int) -> None:
    assert check(f"preact_resnet{depth}").cost.parameters == parameters


@pytest.mark.parametrize("net", [18, 34, 50, 101, 152])
def test_imagenet_stages_have_the_sizes_of_table_1(net: int) -> None:
    checked, widen = check(f"resnet{net}"), 1 if net < 50 else 4
    for stage, (width, side) in enumerate([(64, 56), (128, 28), (256, 14), (512, 7)], 1):
        shape = checked.shapes.find(f"layer{stage}")
        assert shape is not None and shape.at({"N": 1}) == (1, widen * width, side, side)


@pytest.mark.parametrize("address", NETS)
def test_a_spec_states_what_it_expects(address: str) -> None:
    """A net without a promise would pass the check above whatever it computed."""
    name, _, variant = address.partition("@")
    text = (SPECS / f"{name}.yaml").read_text(encoding="utf-8")
    promised = text.split("\nexpect:", 1)[1]
    assert re.search(rf"^    {variant}: {{parameters: " if variant else "^  parameters: ", promised, re.MULTILINE)


@pytest.mark.parametrize("promise", ["parameters", "macs", "weighted_layers", "receptive_field"])
def test_a_broken_promise_is_an_error_at_its_place(promise: str) -> None:
    text = (SPECS / "resnet50.yaml").read_text(encoding="utf-8")
    wrong, count = re.subn(rf"^  {promise}: (\d+)", lambda m: m.group(0) + "1", text, count=1, flags=re.MULTILINE)
    assert count == 1
    with pytest.raises(SpecError) as error:
        check(wrong)
    (diagnostic,) = error.value.diagnostics
    line = next(n for n, row in enumerate(wrong.splitlines(), 1) if row.startswith(f"  {promise}:"))
    assert (diagnostic.code, diagnostic.span and diagnostic.span.line) == ("E0403", line)


@pytest.mark.parametrize("depth", [8, 14, 26, 10_004])
def test_cifar_nets_of_any_depth(depth: int) -> None:
    units = (depth - 2) // 6
    per_unit = [2 * 9 * w * w + 4 * w for w in (16, 32, 64)]
    widening = sum(9 * (w // 2) * w - 9 * w * w for w in (32, 64))
    expected = 3 * 9 * 16 + 2 * 16 + units * sum(per_unit) + widening + 64 * 10 + 10
    cost = check("resnet_cifar", depth=depth).cost
    assert (cost.parameters, cost.weighted_layers) == (expected, depth)


def test_ten_thousand_layers_check_about_as_fast_as_twenty() -> None:
    def seconds(depth: int) -> float:
        start = time.perf_counter()
        check("resnet_cifar", depth=depth)
        return time.perf_counter() - start

    seconds(20)
    assert min(seconds(10_004) for _ in range(3)) < 3 * min(seconds(20) for _ in range(3))


@pytest.mark.parametrize(
    ("net", "depth", "rule"),
    [("resnet_cifar", 21, "6n+2"), ("preact_cifar", 2, "6n+2"), ("preact_cifar_bottleneck", 111, "9n+2")],
)
def test_a_depth_that_the_family_lacks_is_refused(net: str, depth: int, rule: str) -> None:
    with pytest.raises(SpecError, match=re.escape(rule) + f".* got {depth}"):
        check(net, depth=depth)
