"""Draw the gallery: `python docs/gallery.py` writes docs/gallery.md and its pictures (`--check`: says what is stale).

Every picture is what the command beside it draws from the zoo; the README's is one of them.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from archspec.cli import main as archspec

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "gallery.md"
IMAGES = ROOT / "docs" / "images"
ORDERS = "original110 bn_after_addition110 relu_before_addition110 relu_only_preactivation110 full_preactivation110"


class Picture(NamedTuple):
    """A picture of the gallery: the name of its file, what it is, and what `archspec draw` is told."""

    name: str
    title: str
    text: str
    call: str


PICTURES = (
    Picture(
        "resnet34", "ResNet-34",
        "Equal neighbouring blocks fold into one card with ×N; a projection never hides inside one. Sizes on the left, "
        "what each stage costs on the right.",
        "resnet34",
    ),
    Picture(
        "resnets", "The ResNet family",
        "One gutter for all: rows are aligned on output size.",
        "resnet18 resnet50 resnet152",
    ),
    Picture(
        "figure3", "VGG-19, a plain network and a residual one",
        "Fig. 3 of He et al. (2015), every layer drawn.",
        "vgg19 resnet34@plain34 resnet34 --level layer",
    ),
    Picture(
        "blocks", "The two building blocks",
        "Fig. 5 of He et al. (2015): one block at close range, with norms, activations and shapes.",
        "resnet34 resnet50 --block layer1.1",
    ),
    Picture(
        "orders", "Where norm and activation may stand",
        "Fig. 4 of He et al. (2016): the original unit, BN after the addition, ReLU before it, ReLU-only and full "
        "pre-activation.",
        f"{ORDERS} --block layer1.1",
    ),
    Picture(
        "d2l", "A residual block with and without its 1×1 convolution",
        "As in Dive into Deep Learning; here in its ResNet-18.",
        "d2l_resnet18 --block 1.1 --block 2.0",
    ),
    Picture(
        "googlenet", "GoogLeNet",
        "Parallel branches (Szegedy et al. 2014).",
        "googlenet",
    ),
    Picture(
        "unet", "U-Net",
        "Skips that reach over half the network (Ronneberger et al. 2015).",
        "unet",
    ),
    Picture(
        "resnet50-model", "ResNet-50 in one row",
        "The coarsest level: a box a stage.",
        "resnet50 --level model",
    ),
)  # fmt: skip
TABLE = "resnet18 resnet34 resnet50 resnet101 resnet152"


def page() -> str:
    """The text of the gallery."""
    lines = [
        "# Gallery",
        "",
        "Drawn from the specs of the zoo by `python docs/gallery.py`; each with the command that draws it. `-o`",
        "takes SVG, PNG, PDF, TikZ, an HTML page to unfold, DOT and Mermaid.",
        "",
    ]
    for picture in PICTURES:
        alt = run(f"draw {picture.call} --alt").strip().replace("[", "(").replace("]", ")")
        lines += [f"## {picture.title}", "", picture.text, "", *command(f"draw {picture.call} -o {picture.name}.svg")]
        lines += [f"![{alt}](images/{picture.name}.svg)", ""]
    lines += ["## Table 1", "", "Table 1 of He et al. (2015), in Markdown here; `-o table1.tex` is LaTeX's.", ""]
    lines += [*command(f"table {TABLE} -o table1.md"), run(f"table {TABLE} --format markdown"), ""]
    lines += ["## In a terminal", "", *command("draw lenet --format text")]
    lines += ["```text", run("draw lenet --format text").rstrip(), "```", ""]
    lines += ["## In Markdown, drawn by GitHub", "", *command("draw lenet --format mermaid -o -")]
    mermaid = [line for line in run("draw lenet --format mermaid -o -").splitlines() if not line.startswith("%%")]
    return "\n".join([*lines, "```mermaid", *mermaid, "```", ""])


def command(arguments: str) -> Iterator[str]:
    """A command as the page shows it."""
    yield from ("```sh", f"archspec {arguments}", "```", "")


def run(arguments: str) -> str:
    """What a command prints. RuntimeError if it fails."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        if archspec([*arguments.split(), "--quiet"]):
            raise RuntimeError(f"archspec {arguments} fails")
    return out.getvalue()


def pictures() -> Iterator[tuple[Path, str]]:
    """Every picture with its SVG."""
    with tempfile.TemporaryDirectory() as folder:
        for picture in PICTURES:
            path = Path(folder) / f"{picture.name}.svg"
            run(f"draw {picture.call} -o {path}")
            yield IMAGES / path.name, path.read_text(encoding="utf-8")


def made() -> dict[Path, str]:
    """Every file of the gallery with what it should hold."""
    return {PAGE: page(), **dict(pictures())}


def main() -> int:
    """Write what has changed, or with `--check` name it; pictures that are none of the gallery's are named too."""
    files = made()
    stale = [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    strange = sorted(set(IMAGES.glob("*.svg")) - set(files))
    for path in stale:
        print(f"{'stale' if '--check' in sys.argv else 'wrote'} {path.relative_to(ROOT)}")
        if "--check" not in sys.argv:
            path.write_text(files[path], encoding="utf-8")
    for path in strange:
        print(f"not of the gallery: {path.relative_to(ROOT)}")
    return int(bool(strange) or (bool(stale) and "--check" in sys.argv))


if __name__ == "__main__":
    sys.exit(main())
