"""Refresh what is generated in the docs: `python docs/generate.py` (with `--check`: say whether anything is stale).

In Markdown, a `console` block holds commands after `$ ` and what they print; a `python` block is run; a `yaml` or
`python` block behind `<!-- file: NAME -->` is first written to that file. All of a page's blocks run in one scratch
folder in which `specs` is the zoo. Between `<!-- keys: PLACE -->` and `<!-- end -->` stands the table of a place's
keys, as the JSON schema knows them. `docs/ops.md` is made from the op registry, `docs/errors.md` from the catalogue.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from archspec.codes import CODES
from archspec.ops import OPS
from archspec.ops.base import Op
from archspec.records import fields_of
from archspec.spec.places import PLACES

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
    if not fields_of(op):
        return
    yield "| option | default |"
    yield "|---|---|"
    for name, field in fields_of(op).items():
        yield f"| `{name}` | {'required' if field.required else f'`{_shown(field.default)}`'} |"


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def errors_page() -> str:
    """Every error code, from the catalogue."""
    lines = [
        "# Errors and warnings",
        "",
        "Generated from the catalogue by `docs/generate.py`; `archspec explain CODE` prints the same.",
        "",
    ]
    for code in CODES.values():
        lines += [f"## {code.code}", "", f"**{code.title}.** {code.explanation}", ""]
        for title, example in (("Wrong", code.bad), ("Mended", code.mended)):
            if example:
                lines += [f"{title}:", "", "```text", example.rstrip("\n"), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def pages() -> dict[Path, str]:
    """Every generated page with what it should say."""
    made = {
        ROOT / page: refreshed((ROOT / page).read_text(encoding="utf-8")) for page in PAGES if (ROOT / page).exists()
    }
    return {**made, ROOT / "docs/ops.md": ops_page(), ROOT / "docs/errors.md": errors_page()}


def main() -> int:
    """Write what has changed, or with `--check` name it."""
    stale = {
        path: text for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    for path, text in stale.items():
        print(f"{'stale' if '--check' in sys.argv else 'wrote'} {path.relative_to(ROOT)}")
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    return int(bool(stale) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
