"""`archspec init`: a small spec to start from."""

from __future__ import annotations

import re
import shlex
from argparse import ArgumentParser, Namespace
from pathlib import Path

from archspec.cli.command import FINE, Command
from archspec.cli.terminal import Terminal
from archspec.diagnostics import UsageError
from archspec.files import write

_STARTER = """\
# yaml-language-server: $schema=schema.json    (archspec schema -o schema.json)
archspec: 1
name: {name}
doc: A small residual network. Say here what it is, and where it comes from.

params:                                  # archspec check {file} --set num_classes=100
  num_classes: open int = 10             # open: becomes a constructor argument of the generated network
  width: int = 16

use:
  blocks/residual: {{shortcut: projection_on_change}}

input: x[N, 3, H=32, W=32]               # any height and width; sizes are stated for 32

stem:
  - conv1: {{op: conv2d, out: width, kernel: 3, padding: 1, bias: false}}
  - bn1: {{op: batch_norm}}
  - relu: {{op: relu}}
stages:
  - layer1: {{op: basic, width: width, repeat: 2}}
  - layer2: {{op: basic, width: 2*width, repeat: 2, first: {{stride: 2}}}}
head:
  - avgpool: {{op: adaptive_avg_pool2d, size: 1}}
  - flatten: {{op: flatten}}
  - fc: {{op: linear, out: num_classes}}

output: [N, num_classes]

variants:
  {name}_wide: {{width: 64}}

expect:                                  # what must hold; `archspec check` compares
  weighted_layers: 10
"""


def starter(name: str, file: str) -> str:
    """The text of a starter spec for a network called `name`."""
    return _STARTER.format(name=name, file=file)


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", default="network.yaml", help="the file to write (network.yaml), or - to print it"
    )
    parser.add_argument("--force", action="store_true", help="replace the file if there is one")


def _run(args: Namespace, terminal: Terminal) -> int:
    if args.file == "-":
        terminal.write(starter("network", "-"))
        return FINE
    path = Path(args.file)
    name = re.sub(r"\W", "_", path.stem, flags=re.ASCII).lower()
    if path.suffix not in (".yaml", ".yml") or not name[:1].isalpha():
        raise UsageError(f"`{args.file}` does not name a spec file", help="archspec init my_network.yaml")
    if not args.force and path.exists():
        raise UsageError(f"{path} is there already, so it is left as it is", help="another name, or --force")
    write(path, starter(name, path.name))
    terminal.remark(f"wrote {path}; next: archspec check {shlex.quote(args.file)}")
    return FINE


COMMAND = Command("write a small spec to start from", "archspec init my_network.yaml", _arguments, _run)
