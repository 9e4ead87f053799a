"""Where a command puts what it made: standard output, or a file that keeps what is not ours."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archspec.checked import Checked
from archspec.cli.command import STDIN
from archspec.cli.terminal import Terminal
from archspec.files import write, write_generated
from archspec.seal import Comment, digest_of, seal
from archspec.stamp import stamp

_LONGEST = 60
"""Letters of a name in a file's; four bytes each still leave room for a suffix."""


def marked(made: str | bytes, networks: Sequence[Checked], comment: Comment | None) -> str | bytes:
    """What was made, with a mark of where it comes from: in comments, or in a picture's own data."""
    names = ", ".join(network.name for network in networks)
    digest = digest_of(network.digest for network in networks)
    if isinstance(made, bytes):
        return stamp(made, names, digest)
    return made if comment is None else seal(made, names, digest, comment)


def own_path(network: Checked, suffix: str) -> str:
    """Where something of a network goes if the call does not say: here, under its name as far as that can be a file's.

    The name is the spec's own text: nothing in it may lead into another folder, hide the file or look like an option.
    """
    name = re.sub(r"[^\w.@+-]+", "_", network.name)[:_LONGEST].lstrip(".-")
    return f"{name or 'network'}{suffix}"


def deliver(made: str | bytes, path: str, terminal: Terminal, *, ours: bool, force: bool) -> None:
    """Print it where `path` is `-`, else write the file.

    `ours` says that it is marked: then a file that is edited or not ours stays, unless `force`. Formats that can carry
    no mark replace what the call names.
    """
    if path == STDIN:
        terminal.put(made)
        return
    changed = write_generated(path, made, force=force) if ours else write(path, made)
    terminal.remark(f"wrote {path}" if changed else f"kept {path}, current already")
