"""E05xx: files and usage."""

from __future__ import annotations

from archspec.codes.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "E0501",
        "a source that cannot be read",
        "A file that is named does not exist or cannot be read, a pattern matches nothing, or no network of the zoo "
        "has the name. The other sources of the same call are checked all the same, and the call exits with 2.",
    ),
    Code(
        "E0502",
        "a setting that cannot be used",
        "`--set` takes `name=value`, each name once: the name of a param of the spec, and a value as the spec itself "
        "would write it, in quotes where the shell would take it apart: `--set 'depths=[2, 2, 2, 2]'`.",
    ),
)
