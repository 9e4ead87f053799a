"""The docs say what is so: commands and snippets are run, generated pages are current, links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from archspec.spec.places import PLACES

ROOT = Path(__file__).resolve().parent.parent
SPEC = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
assert SPEC is not None and SPEC.loader is not None
generate = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(generate)


@pytest.mark.parametrize("page", generate.PAGES)
def test_commands_print_what_the_page_says(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert generate.refreshed(text) == text, "run `python docs/generate.py` and read the difference"


def test_a_stale_output_is_noticed() -> None:
    assert generate.refreshed("```console\n$ echo new\nold\n```") == "```console\n$ echo new\nnew\n```"


def test_a_stale_table_of_keys_is_noticed() -> None:
    made = generate.refreshed("<!-- keys: weights -->\n| `layuot` |\n<!-- end -->\n")
    assert "layuot" not in made and "| `layout` | text | | the state_dict's layout" in made
    assert made == generate.refreshed(made)


def test_every_place_of_a_spec_has_its_table() -> None:
    text = (ROOT / "docs/language.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"<!-- keys: (\w+) -->", text)) == sorted(PLACES)


def test_generated_pages_are_current() -> None:
    assert (ROOT / "docs/ops.md").read_text(encoding="utf-8") == generate.ops_page()
    assert (ROOT / "docs/blocks.md").read_text(encoding="utf-8") == generate.blocks_page()
    assert (ROOT / "docs/errors.md").read_text(encoding="utf-8") == generate.errors_page()
    assert (ROOT / "docs/zoo.md").read_text(encoding="utf-8") == generate.zoo_page()


@pytest.mark.parametrize(
    "page", sorted(p.relative_to(ROOT).as_posix() for p in [ROOT / "README.md", *ROOT.glob("docs/*.md")])
)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (ROOT / page).parent.joinpath(target).exists(), target
