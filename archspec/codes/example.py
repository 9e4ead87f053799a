"""A mistake of each code as files: what is wrong, what is said of it, and the same mended."""

from __future__ import annotations

from pathlib import Path

from archspec.records import Record

EXAMPLES = Path(__file__).resolve().parent / "examples"
"""A folder a code: `bad.yaml`, `mended.yaml`, `said.txt`, and what they need beside them.

They are given to `archspec check`; `bad.sh` and `mended.sh` hold another command, in a line. `said.txt` is written by
`docs/generate.py`, which runs them.
"""


class Example(Record):
    """One mistake and its mending; `bad` or `mended` is "" where the command alone shows it."""

    bad: str
    command: str
    message: str
    mended: str
    mended_command: str
    files: tuple[tuple[str, str], ...]
    """The files that both need, by name."""

    @property
    def plain(self) -> bool:
        """Whether the mended spec speaks for itself: it is checked, and no more."""
        return self.mended_command == "archspec check mended.yaml"


def example_of(code: str) -> Example:
    """The example of a code."""
    folder = EXAMPLES / code
    sides = ("bad", "mended")
    specs = [_read(folder / f"{side}.yaml") for side in sides]
    commands = [_read(folder / f"{side}.sh").rstrip("\n") or f"archspec check {side}.yaml" for side in sides]
    beside = sorted(path for path in folder.glob("*.yaml") if path.stem not in sides)
    files = tuple((path.name, _read(path)) for path in beside)
    return Example(specs[0], commands[0], _read(folder / "said.txt"), specs[1], commands[1], files)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
