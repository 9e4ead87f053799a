"""From a path, a zoo name or text to a `Spec`: reading, `extends` and `use` resolved."""

from __future__ import annotations

import os
from collections.abc import Mapping
from os.path import basename, dirname, isfile, islink, join, splitext
from stat import S_ISDIR, S_ISREG

from archspec.diagnostics import UsageError
from archspec.lazy import lazy
from archspec.report import Report, suggestion
from archspec.resources import folder as resource_folder
from archspec.spec.model import Spec, SpecFile
from archspec.spec.read import read_spec
from archspec.text.lines import MAX_BYTES, normalise
from archspec.text.source import MAX_VALUES, ListValue, MapValue, ScalarValue, Value, parse
from archspec.text.span import Span

glob = lazy("glob")
extending = lazy("archspec.spec.extend")

MAX_FILES = 64


def load_text(
    text: str | bytes,
    path: str,
    variant: str | None,
    settings: Mapping[str, Value],
    report: Report,
    texts: Mapping[str, str] | None = None,
) -> Spec:
    """The spec written in `text`; `path` names it in messages, and `use:` looks beside it.

    `texts` are those of files that are known already, whatever the disk has in their places.
    SpecError where the mistakes leave too little to go on with; those inside items come with the spec.
    """
    loader = _Loader(report, texts or {})
    tree = loader.tree(text, path)
    if tree is None:
        report.stop_if_failed()
        raise ValueError(f"`{path}` has no tree, and nothing is wrong with it")
    report.stop_if_fatal()
    file = loader.file(tree, path)
    loader.libraries_of(file)
    report.stop_if_fatal()
    return Spec(
        file,
        loader.libraries,
        report.texts,
        variant,
        settings,
        tuple(report.diagnostics),
        references=loader.references,
        parents=loader.parents,
    )


def read_bytes(path: str, *, special: bool = False) -> bytes:
    """The bytes of a spec file, at most one more than it may have; a UsageError says why not.

    `special`: the user named the path himself, so it may be a pipe or a device (`<(...)`, `/dev/stdin`).
    """
    try:
        mode = _mode(path)
        if not mode:
            raise _not_there(path)
        if not S_ISREG(mode) and (not special or S_ISDIR(mode)):
            raise UsageError(f"`{path}` is {'a folder' if S_ISDIR(mode) else 'not a file'}")
        with open(path, "rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"`{path}` cannot be read: {error.strerror or error}") from None


def _not_there(path: str) -> UsageError:
    if islink(path):
        return UsageError(f"`{path}` is a link to nothing", f"it leads to `{os.readlink(path)}`")
    return UsageError(f"there is no file `{path}`", _near(path))


def _near(path: str) -> str | None:
    """A file that may be meant: the zoo's of that name, or one beside the path."""
    name = splitext(basename(path))[0]
    if isfile(join(resource_folder("specs"), f"{name}.yaml")):
        return f"`{name}` is a network of the zoo: leave out the folder and the suffix"
    try:
        beside = [file for file in os.listdir(dirname(path) or ".") if file.endswith((".yaml", ".yml"))]
    except (OSError, ValueError):
        return None
    return suggestion(basename(path), [file for file in beside if suggestion(name, [splitext(file)[0]])])


def _mode(path: str) -> int:
    """What there is at a path, 0 for nothing; OSError where that cannot be known."""
    try:
        return os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):  # the last for names that no file can have
        return 0


class _Loader:
    """Reads each file once; knows the chain of files being read, to refuse circles."""

    def __init__(self, report: Report, texts: Mapping[str, str]) -> None:
        self.report, self.texts = report, texts
        self.libraries: dict[str, SpecFile] = {}
        self.references: dict[tuple[str, str], str] = {}
        self.parents: dict[str, Span] = {}
        self._open: list[str] = []
        self._bytes, self._values = MAX_BYTES, MAX_VALUES

    def tree(self, text: str | bytes, path: str) -> MapValue | None:
        """The value tree of a text; its source is kept for excerpts."""
        shown = text if isinstance(text, str) else text.decode("utf-8", errors="replace")
        self.report.texts[path] = normalise(shown)
        value, diagnostics = parse(text, path, self._values)
        self._bytes -= len(text)
        self._values -= count(value)
        self.report.take(diagnostics)
        if value is None or isinstance(value, MapValue):
            return value if isinstance(value, MapValue) else None
        self.report.error("E0203", "a spec file must be a map", value.span, help="start with `archspec: 1`")
        return None

    def file(self, tree: MapValue, path: str) -> SpecFile:
        """A file with what it extends merged in."""
        self._open.append(path)
        parent = tree.get("extends")
        if parent is not None:
            tree = self._extended(tree, parent, path)
        self._open.pop()
        return read_spec(tree, path, self.report)

    def _extended(self, tree: MapValue, parent: Value, path: str) -> MapValue:
        found = self._open_reference(parent)
        if found is None:
            return tree
        inherited, parent_path = found
        self.parents[parent_path] = parent.span
        grandparent = inherited.get("extends")
        if grandparent is not None:
            self._open.append(parent_path)
            inherited = self._extended(inherited, grandparent, parent_path)
            self._open.pop()
        merged: MapValue = extending.extend(inherited, tree, self.report)
        return merged

    def libraries_of(self, file: SpecFile) -> None:
        """Load what `use:` names, and what those files use."""
        self._open.append(file.path)
        for reference, _ in file.uses:
            key = find_beside(str(reference.value), reference.span.file) or str(reference.value)
            self.references[reference.span.file, str(reference.value)] = key
            if key in self.libraries and key not in self._open:
                continue
            found = self._open_reference(reference)
            if found is not None:
                library = read_spec(found[0], found[1], self.report)
                self.libraries[key] = library
                self.libraries_of(library)
        self._open.pop()

    def _open_reference(self, reference: Value) -> tuple[MapValue, str] | None:
        if not isinstance(reference, ScalarValue) or not isinstance(reference.value, str):
            self.report.error("E0203", "this must be the name of a spec file", reference.span)
            return None
        found = find_beside(reference.value, reference.span.file)
        if found is None:
            self.report.error(
                "E0210",
                f"no spec file `{reference.value}`",
                reference.span,
                notes=["looked beside this file, then in the built-in library"],
                help=suggestion(reference.value, library_names()),
            )
            return None
        if found in self._open:
            self.report.error(
                "E0211",
                f"`{reference.value}` leads back to itself",
                reference.span,
                notes=[" -> ".join([*self._open, found])],
            )
            return None
        if len(self.report.texts) >= MAX_FILES:
            self.report.error("E0211", f"more than {MAX_FILES} files", reference.span)
            return None
        data = self.texts[found].encode() if found in self.texts else read_bytes(found)
        if len(data) > self._bytes:
            self.report.error("E0211", f"more than {MAX_BYTES:,} bytes in all files", reference.span)
            return None
        tree = self.tree(data, found)
        return None if tree is None else (tree, found)


def count(value: Value | None) -> int:
    """How many values there are in a value, itself and its keys included."""
    if isinstance(value, ListValue):
        return 1 + sum(map(count, value.items))
    if isinstance(value, MapValue):
        return 1 + sum(1 + count(entry.value) for entry in value.entries)
    return 1


def find_beside(reference: str, path: str) -> str | None:
    """The file that `reference` names: beside the file at `path`, else in the built-in library."""
    name = reference if reference.endswith((".yaml", ".yml")) else reference + ".yaml"
    if name.startswith("/") or ".." in name.replace(os.sep, "/").split("/") or "\0" in name:
        return None
    for folder in (dirname(path), resource_folder("specs")):
        candidate = join(folder, name)
        if isfile(candidate):  # False also for names that no file can have
            return shown(candidate)
    return None


def shown(path: str) -> str:
    """A path as messages show it: relative where it is below the working directory."""
    try:
        here = os.getcwd()
    except FileNotFoundError:  # somebody removed it
        return tidied(path)
    return tidied(path).removeprefix(here.rstrip(os.sep) + os.sep)


def tidied(path: str) -> str:
    """A path without what says nothing, `.` and `//`; `..` stays, for what is before it may be a link."""
    root = os.sep if path.startswith(os.sep) else ""
    return root + os.sep.join(part for part in path.split(os.sep) if part not in ("", ".")) or "."


def library_names() -> list[str]:
    """The names of the built-in library's files, for suggestions."""
    root = resource_folder("specs")
    return [path.removesuffix(".yaml") for path in sorted(glob.iglob("**/*.yaml", root_dir=root, recursive=True))]
