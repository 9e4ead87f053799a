"""`summary`: the table is what it was meant to be, and its numbers are those of the reference."""

from __future__ import annotations

import json
from functools import cache
from html.parser import HTMLParser

import pytest
from figure_nets import NETS

from archspec import pipeline
from archspec.backends.figure.reading import read
from archspec.backends.numbers import bytes_text, quantity
from archspec.backends.stages import stages
from archspec.backends.summary import Comparison, Summary, compare, nominal_text, summarize
from archspec.checked import Checked
from archspec.shapes import Shape, symbol

GOLDEN = """\
resnet34: x [N, 3, 224, 224] → [N, 1000]

stage   output            blocks  parameters           MACs
───────────────────────────────────────────────────────────
stem    [N, 64, 56, 56]                9,536    118,013,952
layer1  [N, 64, 56, 56]        3     221,952    693,633,024
layer2  [N, 128, 28, 28]       4   1,116,416    873,463,808
layer3  [N, 256, 14, 14]       6   6,822,400  1,335,885,824
layer4  [N, 512, 7, 7]         3  13,114,368    642,252,800
head    [N, 1000]                    513,000        512,000
───────────────────────────────────────────────────────────
total   [N, 1000]             16  21,797,672  3,663,761,408

34 weighted layers, receptive field 899 px
3.66 GMACs (7.33 GFLOPs), 21.8 M parameters
activations in fp32, batch 1: 6.7 MiB at the peak of inference, up to 48.7 MiB in training
any H and W, output stride 32"""


@cache
def checked(name: str) -> Checked:
    return pipeline.check(name)


def summary(name: str) -> Summary:
    return summarize(checked(name))


def test_golden() -> None:
    assert str(summary("resnet34")) == GOLDEN


@pytest.mark.parametrize(
    ("name", "parameters", "macs", "layers", "field"),
    [
        ("resnet18", 11_689_512, 1_814_073_344, 18, 435),
        ("resnet34", 21_797_672, 3_663_761_408, 34, 899),
        ("resnet50", 25_557_032, 4_089_184_256, 50, 427),
        ("vgg19", 143_667_240, 19_632_062_464, 19, 268),
        ("resnet_cifar@resnet1202", 19_421_274, 2_829_238_912, 1202, None),
    ],
)
def test_totals_are_those_of_the_papers(name: str, parameters: int, macs: int, layers: int, field: int | None) -> None:
    found = summary(name).to_dict()
    assert (found["parameters"], found["macs"], found["weighted_layers"]) == (parameters, macs, layers)
    assert found["flops"] == 2 * macs
    assert field is None or found["receptive_field"] == field


@pytest.mark.parametrize(
    "name", ["resnet50", "vgg19", "googlenet@googlenet_aux", "d2l_resnet18", "lenet", "tf_resnet50"]
)
def test_stages_add_up(name: str) -> None:
    found = summary(name).to_dict()
    for key in ("parameters", "macs", "flops"):
        assert sum(stage[key] for stage in found["stages"]) == found[key]
    assert len({stage["name"] for stage in found["stages"]}) == len(found["stages"])


def test_json_keys() -> None:
    found = json.loads(json.dumps(summary("resnet50").to_dict()))
    assert list(found) == ["name", "parameters", "macs", "flops", "weighted_layers", "receptive_field", "inputs",
                           "output", "outputs", "maps", "sizes", "activation_bytes", "stages"]  # fmt: skip
    assert found["output"] == ["N", 1000]
    assert found["inputs"] == {"x": ["N", 3, 224, 224]}
    assert found["stages"][1] == {
        "name": "layer1", "output": ["N", 256, 56, 56], "blocks": 3, "parameters": 215_808, "macs": 667_942_912,
        "flops": 1_335_885_824,
    }  # fmt: skip
    assert found["activation_bytes"]["training"] > found["activation_bytes"]["inference_peak"] > 0


def test_a_stage_of_plain_layers_is_divided_by_size() -> None:
    names = [stage.name for stage in stages(checked("vgg19").graph, checked("vgg19").shapes)]
    assert names == ["features 224×224", "features 112×112", "features 56×56", "features 28×28", "features 14×14",
                     "features 7×7", "head"]  # fmt: skip


def test_layers_between_blocks_are_called_by_the_first_and_the_last() -> None:
    text = NETS["unet"].replace("stages:", "net:").replace("head: [{out: ", "  - out: ").replace("}}]\n", "}\n")
    whole = pipeline.check(text)
    names = ["enc1", "pool1", "enc2", "pool2", "mid", "up2 to cat2", "dec2", "up1 to cat1", "dec1", "out"]
    assert [stage.name for stage in summarize(whole).stages] == names
    # A figure brackets what a long skip spans as one; nothing is counted twice, and nothing left out.
    drawn = [(group.name, group.macs, [part.name for part in group.parts]) for group in read(whole).groups]
    assert [name for name, *_ in drawn] == ["enc1", "pool1 to cat1", "dec1", "out"]
    assert sum(macs for _, macs, _ in drawn) == whole.cost.macs and drawn[1][2] == names[1:8]


def test_one_layer_is_one_layer() -> None:
    one = "archspec: 1\nname: one\ninput: x[N, 4]\nnet:\n  - {op: linear, out: 2}\n"
    assert "\n1 weighted layer\n" in str(summarize(pipeline.check(one)))


def test_blocks_of_one_layer_are_layers() -> None:
    rows = {stage.name: stage.blocks for stage in summary("googlenet").stages}
    assert (rows["stem"], rows["inception3a"], rows["maxpool3"]) == (0, 1, 0)


def test_comparison_has_one_row_a_network() -> None:
    table = compare(checked("resnet18"), checked("resnet34@plain34"), checked("vgg19"))
    head, rule, *rows = str(table).splitlines()
    assert head.split()[:2] == ["network", "output"] and set(rule) == {"─"}
    assert [row.split()[0] for row in rows] == ["resnet18", "plain34", "vgg19"]
    assert "21,623,848" in rows[1] and len({len(line) for line in (head, *rows)}) == 1
    assert [row["name"] for row in table.to_dict()] == ["resnet18", "plain34", "vgg19"]


class Cells(HTMLParser):
    """Counts rows and cells, and keeps the words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_notebook_tables() -> None:
    page = Cells(summary("resnet18")._repr_html_())
    assert page.tags.count("tr") == 8 and page.tags.count("td") == 7 * 4 and page.tags.count("th") == 5 + 7
    assert "11,689,512" in page.words
    lines = summary("resnet18")._repr_markdown_().splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 9 and {line.count("|") for line in table} == {6}
    assert isinstance(compare(checked("resnet18")), Comparison)
    assert "<table" in compare(checked("resnet18"))._repr_html_()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 MACs"), (640, "640 MACs"), (999, "999 MACs"), (1000, "1.00 kMACs"), (9_536, "9.54 kMACs"),
        (99_960, "100 kMACs"), (999_499, "999 kMACs"), (999_500, "1.00 MMACs"), (3_663_761_408, "3.66 GMACs"),
        (10**12, "1.00 TMACs"),
    ],
)  # fmt: skip
def test_quantities(value: int, text: str) -> None:
    assert quantity(value, "MACs") == text


def test_other_units() -> None:
    assert quantity(21_797_672, "parameters") == "21.8 M parameters"
    assert (bytes_text(100), bytes_text(2048), bytes_text(3 * 2**20), bytes_text(2**30)) == (
        "100 B",
        "2 KiB",
        "3 MiB",
        "1 GiB",
    )


def test_sizes_without_a_nominal_value_are_said_by_name() -> None:
    shape = Shape.of(symbol("N"), 4, symbol("H") // 2, symbol("W", 224) // 2)
    assert nominal_text(shape) == "[N, 4, floor(H/2), 112]"


def test_every_output_is_named() -> None:
    spec = "archspec: 1\nname: two\ninput: x[N, 3, H=8, W=8]\nnet:\n  - a: {op: conv2d, out: 2, kernel: 1}\n"
    found = summarize(pipeline.check(spec + "  - b: {op: relu}\noutputs: {hi: a, lo: b}\n"))
    assert str(found).startswith("two: x [N, 3, 8, 8] → hi [N, 2, 8, 8], lo [N, 2, 8, 8]\n")
    assert list(found.to_dict()["outputs"]) == ["hi", "lo"]
