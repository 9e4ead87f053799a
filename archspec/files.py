"""Writing files so that nothing is lost or half-written, whatever goes wrong on the way."""

from __future__ import annotations

import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Literal

from archspec.diagnostics import UsageError
from archspec.seal import authorship
from archspec.stamp import authorship_of

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

FilePath = str | os.PathLike[str]
Standing = Literal["same", "missing", "stale", "edited", "foreign"]

_TEMPORARY = re.compile(r"\.archspec-[0-9a-f]{16}\.tmp")
_WHY_KEPT = {"edited": "was edited by hand", "foreign": "was not written by archspec"}


def write(path: FilePath, text: str | bytes) -> bool:
    """`write_bytes`, a text in UTF-8."""
    return write_bytes(path, text.encode("utf-8") if isinstance(text, str) else text)


def write_bytes(path: FilePath, data: bytes) -> bool:
    """Put `data` into the file, all of it or none; False where the file already held these bytes and was left alone.

    A symlink is followed and stays, a file keeps its mode, a new one gets the umask's. UsageError where the path is no
    regular file, is read-only or cannot be written; the old file is then as it was.
    """
    try:
        mode = _mode_to_keep(os.fspath(path))
        target = Path(os.path.realpath(path))
        if mode is not None and _holds(target, data):
            return False
        _replace(target, data, mode)
    except OSError as error:
        raise _failure("write", path, error) from error
    return True


def write_generated(path: FilePath, text: str | bytes, *, force: bool = False) -> bool:
    """`write`, but a file that was edited by hand or is not ours stays as it is unless `force`; UsageError says so."""
    standing = "stale" if force else compare(path, text)
    if standing in _WHY_KEPT:
        raise UsageError(
            f"{os.fspath(path)} {_WHY_KEPT[standing]}, so it is left as it is",
            help="write to another file with -o, or replace this one with --force",
        )
    return write(path, text)


def compare(path: FilePath, text: str | bytes) -> Standing:
    """How the file stands to the generated `text`; stale: ours and unedited, but of another text."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return "missing"  # no file, so nothing of anybody's is in it; `write` refuses it
        data = Path(path).read_bytes()
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        raise _failure("read", path, error) from error
    held = data if isinstance(text, bytes) else data.decode("utf-8", errors="replace").replace("\r\n", "\n")
    if held == text:
        return "same"
    kind = authorship_of(held) if isinstance(held, bytes) else authorship(held)
    if not data.strip():
        kind = "unedited"  # an empty file has nothing to lose
    return "stale" if kind == "unedited" else kind


def _mode_to_keep(path: str) -> int | None:
    """The mode of the file that is there, None for none. Of the path itself: a pipe in /proc has no real path."""
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        if not path.endswith(os.sep) and Path(os.path.realpath(path)).parent.is_dir():
            return None
        raise UsageError(f"cannot write {path}: its folder does not exist") from None
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise UsageError(f"cannot write {path}: it is {kind}", help="`-o -` writes to standard output")
    # root may write everywhere, but a mode without any write bit was meant.
    if not mode & 0o222 or not os.access(path, os.W_OK):
        raise UsageError(f"cannot write {path}: it is read-only")
    return stat.S_IMODE(mode)


def _holds(target: Path, data: bytes) -> bool:
    with suppress(OSError):
        return target.stat().st_size == len(data) and target.read_bytes() == data
    return False


def _replace(target: Path, data: bytes, mode: int | None) -> None:
    _sweep(target.parent)
    temporary = target.with_name(f".archspec-{secrets.token_hex(8)}.tmp")
    descriptor, named = _open(temporary)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if mode is not None:
                os.fchmod(descriptor, mode)
            os.fsync(descriptor)
            if not named:
                _name(descriptor, temporary)
            os.replace(temporary, target)  # before the lock ends
    except BaseException:  # an interrupt too must leave no litter
        with suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(target.parent)


def _sweep(folder: Path) -> None:
    """Remove what killed processes have left: files of ours that nobody holds any more."""
    with suppress(OSError):  # a folder that cannot be listed
        for entry in os.scandir(folder):
            if _TEMPORARY.fullmatch(entry.name):
                with suppress(OSError):  # it is being written, or is no more
                    _sweep_one(entry.path)


def _sweep_one(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if fcntl is not None and stat.S_ISREG(os.fstat(descriptor).st_mode):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)
    finally:
        os.close(descriptor)


def _open(temporary: Path) -> tuple[int, bool]:
    """A new file, and whether it has a name yet: one without vanishes with its process.

    It is locked, until it is closed or its process ends: what nobody has locked is swept.

    os.open honours the umask; tempfile.mkstemp would leave the file readable by its owner only.
    """
    named, descriptor = False, -1
    if hasattr(os, "O_TMPFILE") and os.path.isdir("/proc/self/fd"):
        with suppress(OSError):  # not on every file system
            descriptor = os.open(temporary.parent, os.O_WRONLY | os.O_TMPFILE, 0o666)
    if descriptor < 0:
        named, descriptor = True, os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    if fcntl is not None:
        with suppress(OSError):  # not on every file system, and there nothing is swept
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    if named and not os.fstat(descriptor).st_nlink:  # swept before it was locked
        os.close(descriptor)
        return _open(temporary)
    return descriptor, named


def _name(descriptor: int, path: Path) -> None:
    """Give a file without a name one. `os.link` follows the link in /proc only if it is told of folders."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.link(f"/proc/self/fd/{descriptor}", path.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself durable, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _failure(verb: str, path: FilePath, error: OSError) -> UsageError:
    return UsageError(f"cannot {verb} {os.fspath(path)}: {error.strerror or error}")
