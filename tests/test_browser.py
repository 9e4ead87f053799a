"""The interactive page in a real browser: folds, facts, search, keys, dark mode, print; no complaint, no request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browsing import Tab, open_browser

import archspec

Open = Callable[..., Tab]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with open_browser() as found:
        yield found


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens the page of networks; in the end nothing may have been complained of, and nothing fetched but the file."""
    tabs: list[Tab] = []

    def open_page(*networks: str, scheme: str = "light", **options: str) -> Tab:
        file = tmp_path / f"{len(tabs)}.html"
        file.write_text(archspec.page(*networks, **options), encoding="utf-8")
        tab = Tab(browser.new_page(viewport={"width": 1300, "height": 900}, color_scheme=scheme)).watch()
        tab.page.goto(file.as_uri())
        tabs.append(tab)
        return tab

    yield open_page
    for tab in tabs:
        assert tab.complaints == []
        assert len(tab.requests) == 1 and tab.requests[0].startswith("file:")
        tab.page.close()


def node(path: str) -> str:
    return f'.node[data-path="{path}"]'


def test_a_run_of_units_unfolds_and_folds(opened: Open) -> None:
    tab = opened("resnet34")
    assert tab.visible(node("layer3.1.conv1")) != [] and tab.visible("[data-unit]:has(.node)") != []
    before = len(tab.visible(".node"))
    tab.page.click("[aria-label='Unfold 5 units from layer3.1']")
    places = [each.text_content() for each in tab.visible(".run .opened .place text")]
    assert places == [f"layer3.{index}" for index in range(1, 6)]
    assert len(tab.visible(".node")) == before + 4 * 4  # four more cards of a frame, two convolutions and a plus
    tab.page.click("[aria-label='Show every layer of layer3.4']")
    assert tab.visible("[aria-label^='layer3.4.bn1: BN, ReLU']") != []
    tab.page.click("[aria-label='Show less of layer3.4']")
    assert tab.visible("[aria-label^='layer3.4.bn1']") == []
    tab.page.click("[aria-label='Fold 5 units from layer3.1']")
    assert len(tab.visible(".node")) == before


def test_units_that_grow_unfold_each_as_it_is(opened: Open) -> None:
    tab = opened("densenet")
    card = node("features.denseblock1.denselayer1")
    tab.page.hover(card, position={"x": 4, "y": 30})
    assert "the first of 6 units, which grow" in tab.page.text_content("#facts .what")
    tab.page.click("[aria-label='Unfold 6 units from features.denseblock1.denselayer1']")
    labels = [each.text_content() for each in tab.visible(".run .opened .place text")]
    assert labels == [f"…denselayer{index}" for index in range(1, 7)]
    tab.page.hover(".opened " + node("features.denseblock1.denselayer3.conv1"))
    assert tab.fact("parameters") == f"{128 * (64 + 2 * 32):,}"
    tab.press("/")
    tab.page.keyboard.type("denseblock4.denselayer9.conv2")
    tab.press("Enter")
    assert tab.focused("data-path") == "features.denseblock4.denselayer9.conv2"


def test_stages_fold_to_boxes_and_levels_set_everything(opened: Open) -> None:
    tab = opened("resnet50")
    tab.page.click("[aria-label='Stage layer2']")
    assert tab.visible(node("layer2.0.conv1")) == [] and len(tab.visible(node("layer2"))) == 1
    assert "4 × bottleneck" in tab.visible(node("layer2"))[0].text_content()
    counts = {}
    for level in ("stage", "block", "unit", "layer"):
        tab.page.click(f"[data-level={level}]")
        assert tab.page.get_attribute(f"[data-level={level}]", "aria-pressed") == "true"
        counts[level] = len(tab.visible(".node"))
    assert counts["stage"] < counts["block"] < counts["unit"] < counts["layer"]
    assert len(tab.visible("[aria-label*=' conv,']")) == 49  # on the trunk: 1 + 3 (3 + 4 + 6 + 3), and no projection


def test_nothing_of_the_trunk_is_interrupted(opened: Open) -> None:
    """Pieces stand flush, one below the other, in whatever state: their wires meet."""
    tab = opened("googlenet", level="layer")
    for level in ("layer", "unit", "block", "stage"):
        tab.page.click(f"[data-level={level}]")
        edges = tab.page.evaluate(
            """() => [...document.querySelectorAll('.drawn > svg, .trunk > svg')].filter(s => s.checkVisibility())
                     .map(s => s.getBoundingClientRect()).map(r => [r.top, r.bottom, r.left])"""
        )
        gaps = [after[0] - before[1] for before, after in pairwise(edges)]
        assert len(edges) > 9 and max(map(abs, gaps)) < 0.6
        assert len({round(left) for _, _, left in edges}) == 1


def test_pointing_and_focus_tell_the_facts(opened: Open) -> None:
    tab = opened("resnet34")
    tab.page.hover(node("layer1.0.conv1"))
    assert tab.page.text_content("#facts h3") == "layer1.0.conv1"
    assert "first of 3 equal units" in tab.page.text_content("#facts .what")
    assert tab.fact("output") == "[N, 64, 56, 56]" and tab.fact("receptive field") == "19 px"
    assert tab.fact("parameters") == "36,864 × 3 = 110,592" and tab.fact("MACs").startswith("115,605,504 × 3")
    excerpts = [each.text_content() for each in tab.page.query_selector_all("#facts pre")]
    assert excerpts[0].startswith("- conv1: {op: conv2d, out: width") and "- layer1: {op: basic" in excerpts[1]
    assert tab.page.text_content("#facts figcaption").startswith("residual.yaml:")
    tab.page.click("[aria-label='Unfold 3 units from layer1.0']")
    tab.page.hover("[data-unit='2'] " + node("layer1.0.conv2"))
    assert tab.page.text_content("#facts h3") == "layer1.2.conv2"
    assert tab.fact("receptive field") == "59 px" and tab.fact("parameters") == "36,864"
    tab.page.hover(node("fc"))
    assert tab.fact("parameters") == "513,000" and tab.fact("receptive field") == ""


def test_keys_walk_unfold_and_search(opened: Open) -> None:
    tab = opened("resnet34")
    tab.press("ArrowDown")
    assert tab.focused("data-path") == "x"
    tab.press("ArrowDown", "ArrowDown", "ArrowDown")
    assert tab.focused("data-path") == "layer1.0" and tab.page.text_content("#facts h3") == "layer1.0"
    tab.press("ArrowRight")
    assert tab.visible("[aria-label='Fold 3 units from layer1.0']") and tab.focused("data-path") == "layer1.0"
    tab.press("ArrowRight", "ArrowDown", "ArrowDown")
    assert tab.focused("aria-label").startswith("layer1.0.bn1: BN, ReLU")
    tab.press("ArrowLeft", "ArrowLeft")
    assert tab.visible("[aria-label='Unfold 3 units from layer1.0']")
    tab.press("ArrowLeft")
    assert tab.focused("data-path") == "layer1" and tab.visible(node("layer1.0")) == []
    tab.press("Enter")
    assert tab.visible(node("layer1.0")) != []
    tab.press("End")
    assert tab.focused("data-path") == "fc"
    tab.press("Escape")
    assert tab.focused("data-path") == ""
    tab.press("Tab")  # the way in by Tab leads through the bar; the figure itself is one stop
    stops = tab.page.evaluate("document.querySelectorAll('.node[tabindex=\"0\"]').length")
    assert stops == 1


def test_search_unfolds_the_way_to_what_it_finds(opened: Open) -> None:
    tab = opened("resnet152", level="stage")
    tab.press("/")
    tab.page.keyboard.type("layer3.22.bn2")
    assert tab.page.get_attribute("#search", "aria-expanded") == "true"
    assert [each.text_content() for each in tab.visible("#found [role=option]")] == ["layer3.22.bn2BN"]
    tab.press("Enter")
    assert (
        tab.focused("aria-label").startswith("layer3.22.bn2") and tab.page.text_content("#facts h3") == "layer3.22.bn2"
    )
    tab.press("/")
    tab.page.keyboard.type("no such thing")
    assert "nothing of that name" in tab.page.text_content("#found")
    tab.press("Escape")
    assert tab.visible("#found") == [] and tab.page.input_value("#search") == ""
    tab.press("/")
    tab.page.keyboard.type("conv3")
    assert tab.page.text_content("#found .none") == "and 20 more"
    tab.press("ArrowDown", "ArrowDown", "ArrowUp")
    assert tab.page.get_attribute("#search", "aria-activedescendant") == "found-1"


def paper(tab: Tab) -> str:
    return str(tab.page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_dark_mode_follows_the_reader_and_the_button(opened: Open) -> None:
    dark, light = "rgb(20, 24, 29)", "rgb(255, 255, 255)"
    tab = opened("lenet", scheme="dark")
    assert paper(tab) == dark and tab.page.get_attribute("#theme", "aria-pressed") == "true"
    tab.page.click("#theme")
    assert paper(tab) == light
    tab.page.click("#theme")
    assert paper(tab) == dark
    assert paper(opened("lenet")) == light and paper(opened("lenet", theme="dark")) == dark


def test_paper_is_light_and_bare(opened: Open) -> None:
    tab = opened("resnet18", scheme="dark")
    tab.page.emulate_media(media="print", color_scheme="dark")
    assert paper(tab) == "rgb(255, 255, 255)"
    assert tab.visible(".bar, .knob, #facts") == [] and tab.visible(node("conv1")) != []
    assert tab.page.pdf().startswith(b"%PDF")


def test_networks_stand_side_by_side(opened: Open) -> None:
    tab = opened("vgg19", "resnet34@plain34")
    assert [each.text_content() for each in tab.visible(".network h2")] == ["vgg19", "plain34"]
    tab.page.hover(f'[data-network="1"] {node("conv1")}')
    assert tab.fact("parameters") == "9,408"


def test_a_thousand_layers_unfold(opened: Open) -> None:
    tab = opened("resnet1202", level="layer")
    assert len(tab.page.query_selector_all(".unit .opened:not([hidden]) .node")) == 600 * 7


def test_hostile_words_do_nothing(opened: Open, tmp_path: Path) -> None:
    words = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    spec = f"archspec: 1\nname: t\ninput: x[N, 4, H=8, W=8]\nnet:\n  - a: {{op: conv2d, out: 4, kernel: 1}} # {words}\n"
    tab = opened(spec)
    tab.page.hover(node("a"))
    assert words in tab.page.text_content("#facts pre") and tab.page.title() == "t"


def test_names_and_roles_are_there_for_those_who_do_not_see(opened: Open) -> None:
    tab = opened("resnet18")
    tree = tab.page.locator("body").aria_snapshot()
    assert "16 shortcuts" not in tree and "8 shortcuts: 5 identity, 3 projection" in tree
    for words in (
        'button "Stages"',
        'combobox "Search by name"',
        'button "Stage layer1" [expanded]',
        "layer1.0.conv1: 3×3",
    ):
        assert words in tree
