"""Refresh what is generated in the docs: `python docs/generate.py` (with `--check`: say whether anything is stale).

In Markdown, a `console` block holds commands after `$ ` and what they print; a `python` block is run; a `yaml` or
`python` block behind `<!-- file: NAME -->` is first written to that file. All of a page's blocks run in one scratch
folder in which `specs` is the zoo. Between `<!-- keys: PLACE -->` and `<!-- end -->` stands the table of a place's
keys, as the JSON schema knows them. `docs/ops.md` is made from the op registry, `docs/blocks.md` from the libraries,
`docs/errors.md` from the catalogue, `docs/zoo.md` from the record of `tests/zoo_evidence.py`.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from archspec.cli import main as main_of_archspec
from archspec.codes import CODES, example_of
from archspec.codes.example import EXAMPLES
from archspec.ops import OPS
from archspec.ops.base import Op
from archspec.ops.words import options_of
from archspec.spec.library import libraries
from archspec.spec.places import PLACES
from archspec.spec.zoo import entries

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "docs/tour.md", "docs/language.md", "docs/adding.md")
FENCE = re.compile(
    r"(?:<!-- file: (?P<file>[\w./-]+) -->\n)?```(?P<kind>console|python|yaml)\n(?P<body>.*?)```", re.DOTALL
)
KEYS = re.compile(r"<!-- keys: (?P<place>\w+) -->\n.*?<!-- end -->", re.DOTALL)
ENVIRONMENT = {
    **os.environ,
    "NO_COLOR": "1",
    "COLUMNS": "100",
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
}


def refreshed(text: str) -> str:
    """A page with the output of its commands as it is today. RuntimeError if a Python block fails."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "specs").symlink_to(ROOT / "specs")
        text = KEYS.sub(
            lambda match: f"<!-- keys: {match['place']} -->\n{keys_table(match['place'])}<!-- end -->", text
        )
        return FENCE.sub(lambda match: _block(match, folder), text)


def keys_table(place: str) -> str:
    """The keys of a place of a spec, a row each."""
    rows = [
        f"| `{key.name}` | {key.kind.words} | {key.default} | {key.meaning} |\n".replace("|  |", "| |")
        for key in PLACES[place]
    ]
    return "| key | type | default | meaning |\n|---|---|---|---|\n" + "".join(rows)


def _block(match: re.Match[str], folder: Path) -> str:
    whole, body = match.group(0), match.group("body")
    if match.group("file"):
        (folder / match.group("file")).write_text(body, encoding="utf-8")
        return whole
    if match.group("kind") == "python":
        done = _run([sys.executable, "-c", body], folder)
        if done.returncode:
            raise RuntimeError(f"a Python block of the docs fails:\n{body}\n{done.stdout}")
        return whole
    if match.group("kind") != "console":
        return whole
    return (
        "```console\n" + "".join(_command(line, folder) for line in body.splitlines() if line.startswith("$ ")) + "```"
    )


def _command(line: str, folder: Path) -> str:
    done = _run(["bash", "-c", line[2:]], folder)
    shown = done.stdout.replace(f"{ROOT}/", "")  # the zoo, as seen from a checkout
    return f"{line}\n{shown}" if not shown or shown.endswith("\n") else f"{line}\n{shown}\n"


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=ENVIRONMENT,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def ops_page() -> str:
    """The vocabulary, from the registry."""
    lines = [
        "# Ops",
        "",
        "Generated from the op registry by `docs/generate.py`. Options with a default may be left out; `C`",
        "and other in-channels are never written.",
        "",
    ]
    for name, op in sorted(OPS.items()):
        lines += [f"## {name}", "", *_docstring(op), "", *_options(op), ""]
    return "\n".join(lines).rstrip() + "\n"


def _docstring(op: type[Op]) -> Iterator[str]:
    for line in (op.__doc__ or op.summary).strip().splitlines():
        yield line.strip()


def _options(op: type[Op]) -> Iterator[str]:
    options = options_of(op)
    if not options:
        return
    yield "| option | type | default |"
    yield "|---|---|---|"
    for name, words, default in options:
        yield f"| `{name}` | {words} | {default if default == 'required' else f'`{default}`'} |"


BLOCKS = """\
# Blocks

The libraries of blocks that come with archspec, generated from them by `docs/generate.py`; `archspec list blocks`
prints the same. A spec takes a library by `use: [blocks/residual]`, or `use: {blocks/residual: {groups: 32}}` with
other values for its params, and then calls its blocks as ops: `{op: bottleneck, width: 64}`. How blocks are written:
[language.md](language.md#blocks).
"""


def blocks_page() -> str:
    """The libraries of blocks, from their files."""
    lines = [BLOCKS]
    for library in libraries():
        lines += [f"## {library.name}", "", library.doc, "", *_params_table(library.params)]
        for block in library.blocks:
            lines += [f"### {block.name}", "", *([block.doc, ""] if block.doc else []), f"`{block.signature}`", ""]
            lines += _params_table(block.params)
    return "\n".join(lines).rstrip() + "\n"


def _params_table(params: tuple[tuple[str, str], ...]) -> list[str]:
    return (
        ["| param | type and default |", "|---|---|", *(f"| `{n}` | `{said}` |" for n, said in params), ""]
        if params
        else []
    )


def errors_page() -> str:
    """Every error code, from the catalogue, each with its example."""
    lines = [
        "# Errors and warnings",
        "",
        "Generated from the catalogue by `docs/generate.py`; `archspec explain CODE` prints the same. The examples are",
        "in [`archspec/codes/examples`](../archspec/codes/examples), a folder a code, and are run by the tests.",
        "",
    ]
    for code in CODES.values():
        example = example_of(code.code)
        lines += [f"## {code.code}", "", f"**{code.title}.** {code.explanation}", "", "Wrong:", ""]
        lines += _fenced("yaml", example.bad)
        for name, text in example.files:
            lines += [f"beside `{name}`:", "", *_fenced("yaml", text)]
        lines += [*_fenced("text", f"$ {example.command}\n{example.message}"), "Mended:", ""]
        lines += [
            *_fenced("yaml", example.mended),
            *_fenced("text", "" if example.plain else f"$ {example.mended_command}"),
        ]
    return "\n".join(lines).rstrip() + "\n"


def _fenced(kind: str, text: str) -> list[str]:
    return [f"```{kind}", text.rstrip("\n"), "```", ""] if text else []


def ran(code: str, side: str) -> tuple[int, str]:
    """The exit code of a side of a code's example, `bad` or `mended`, and what is said."""
    example = example_of(code)
    command = example.command if side == "bad" else example.mended_command
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "example"
        shutil.copytree(EXAMPLES / code, folder)
        words = command.split()
        if words[0] != "archspec":  # a pipe
            done = _run(["bash", "-c", command], folder)
            return done.returncode, done.stdout
        said = io.StringIO()
        with chdir(folder), redirect_stdout(said), redirect_stderr(said):
            return main_of_archspec(words[1:]), said.getvalue()


ZOO = """\
# The zoo against torchvision

Each network of torchvision's that the zoo has, held against torchvision's own model. Made by `docs/generate.py` from
[the record](evidence/zoo.json) of `{command}`, which ran with torch {torch} and torchvision {torchvision}.

- **parameters**, **MACs**: those of torchvision's model, as torch counts them, at the size its weights were published
  for. `archspec check` knows them without torch.
- **state_dict**: keys, shapes and their order are torchvision's, and its state_dict loads with `strict=True`.
- **start**: under one seed both begin with the same weights, to the bit.
- **evaluation**, **training**: with the same weights (none of them a constant, so that a swap would show), the outputs
  are equal to the bit; in training with dropout and stochastic depth under one seed, auxiliary outputs and batch
  statistics included. On two random images, mostly of 64x64.

Keys, shapes, order, parameters and MACs of all are compared in every run of the tests, outputs of the small ones too.

Every network has the name of torchvision's builder but one: `googlenet` alone is the paper's, with 5x5 convolutions
where torchvision has 3x3; torchvision's is a variant of it.

ViT and Swin start with the same distributions, but not the same numbers: torchvision fills each layer's perceptron
while it builds the layer, a generated network fills all layers when it is built.

| network | spec | parameters | MACs | state_dict | start | evaluation | training |
|---|---|---|---|---|---|---|---|
"""


def zoo_page() -> str:
    """What each check found for each network, from the record."""
    record = json.loads((ROOT / "docs/evidence/zoo.json").read_text(encoding="utf-8"))
    files = {name: entry.name for entry in entries() for name in (*entry.variants, entry.name)}
    rows = [_evidence(name, files[name], found) for name, found in record["networks"].items()]
    return ZOO.format(**record) + "\n".join(rows) + "\n"


def _evidence(name: str, file: str, found: dict[str, Any]) -> str:
    checks = found["checks"]
    figures = [f"{found[key]:,}" if checks[key] == "equal" else checks[key] for key in ("parameters", "macs")]
    layout = "equal" if checks["keys"] == checks["strict"] == "equal" else "other"
    variant = found["spec"].partition("@")[2]  # where torchvision's builder has another name here
    cells = [name, f"[{file}](../specs/{file}.yaml)" + (f", `{variant}`" if variant else ""), *figures, layout]
    return f"| {' | '.join([*cells, checks['initial'], checks['eval'], checks['train']])} |"


def messages() -> dict[Path, str]:
    """What is said of the bad example of each code."""
    return {EXAMPLES / code / "said.txt": ran(code, "bad")[1] for code in CODES}


def pages() -> dict[Path, str]:
    """Every generated page with what it should say."""
    made = {
        ROOT / page: refreshed((ROOT / page).read_text(encoding="utf-8")) for page in PAGES if (ROOT / page).exists()
    }
    return {
        **made,
        ROOT / "docs/ops.md": ops_page(),
        ROOT / "docs/blocks.md": blocks_page(),
        ROOT / "docs/errors.md": errors_page(),
        ROOT / "docs/zoo.md": zoo_page(),
    }


def main() -> int:
    """Write what has changed, or with `--check` name it."""
    stale = sum(_bring_up_to_date(path, text) for made in (messages, pages) for path, text in made().items())
    return int(bool(stale) and "--check" in sys.argv)


def _bring_up_to_date(path: Path, text: str) -> bool:
    """Whether the file said something else."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    print(f"{'stale' if '--check' in sys.argv else 'wrote'} {path.relative_to(ROOT)}")
    if "--check" not in sys.argv:
        path.write_text(text, encoding="utf-8")
    return True


if __name__ == "__main__":
    sys.exit(main())
