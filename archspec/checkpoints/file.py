"""Checkpoint files: safetensors, and torch's own with `weights_only=True`, which runs no code of theirs.

The torch door of this room: importing it imports torch.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import torch
from torch import Tensor

from archspec.checkpoints.fit import COUNTER, Fit, Named
from archspec.diagnostics import UsageError
from archspec.extras import remedy
from archspec.files import write_bytes
from archspec.records import Record
from archspec.rendering.cells import printable

WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network")
"""Names under which training scripts keep the network's state_dict, beside the optimiser's."""

SAFETENSORS = ".safetensors"
MOST_HEADER = 10 << 20
"""Bytes of the list of a safetensors file's tensors; a list of 20,000 takes 1.6 MB."""

_ZIP = b"PK"
_PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
_GLOBAL = re.compile(r"GLOBAL ([\w.]+)")


class Checkpoint(Record):
    """The tensors of a file. `ordered`: they stand in the order in which modules registered them."""

    path: str
    tensors: Mapping[str, Tensor]
    ordered: bool
    under: str = ""

    @property
    def names(self) -> tuple[Named, ...]:
        """Keys and shapes."""
        return tuple(Named(key, tuple(tensor.shape)) for key, tensor in self.tensors.items())


def read(path: str | Path) -> Checkpoint:
    """The tensors of a checkpoint file, mapped and not copied where its format allows; UsageError where it has none."""
    path = Path(path)
    if not path.is_file():
        raise UsageError(f"there is no file `{path}`" if not path.exists() else f"`{path}` is not a file")
    return _read_safetensors(path) if path.suffix == SAFETENSORS else _read_torch(path)


def _read_safetensors(path: Path) -> Checkpoint:
    library = _safetensors(f"`{path}` is a safetensors file")
    _check_header(path)
    try:
        tensors = library.load_file(path)
    except Exception as error:  # its own SafetensorError, and others for headers that lie
        raise UsageError(f"`{path}` cannot be read as safetensors: {_first_line(error)}") from error
    return Checkpoint(str(path), tensors, ordered=False)


def _check_header(path: Path) -> None:
    """UsageError where the list of tensors is too long: its length is what a safetensors file begins with."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
    except OSError as error:
        raise UsageError(f"`{path}` cannot be read: {error.strerror or error}") from error
    if length > MOST_HEADER:
        raise UsageError(
            f"`{path}` cannot be read as safetensors: its header is too long",
            f"a header has at most {MOST_HEADER:,} bytes, found {length:,}",
        )


def _read_torch(path: Path) -> Checkpoint:
    try:
        with path.open("rb") as file:
            start = file.read(2)
        if start not in (_ZIP, *_PICKLES):
            raise ValueError("it is neither a zip archive nor a pickle")
        held = _load(path)
    except pickle.UnpicklingError as error:
        named = _GLOBAL.search(str(error))
        raise UsageError(
            f"`{path}` holds more than tensors{f' ({named[1]})' if named else ''}, and loading that could run code",
            "save the state_dict alone: torch.save(model.state_dict(), path)",
        ) from error
    except (OSError, RuntimeError, ValueError, EOFError, KeyError, TypeError, BadZipFile) as error:
        raise UsageError(f"`{path}` is no checkpoint of torch's: {_first_line(error)}") from error
    under = next((name for name in WRAPPERS if isinstance(held, Mapping) and isinstance(held.get(name), Mapping)), "")
    inside = held[under] if under else held
    if not isinstance(inside, Mapping):
        raise UsageError(f"`{path}` holds {type(inside).__name__}, not a state_dict")
    tensors = {key: value for key, value in inside.items() if isinstance(key, str) and isinstance(value, Tensor)}
    if not tensors:
        raise UsageError(f"`{path}` holds no tensors" + (f" under `{under}`" if under else ""))
    return Checkpoint(str(path), tensors, ordered=True, under=under)


def _load(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except RuntimeError as error:
        if "mmap" not in str(error):
            raise
    return torch.load(path, map_location="cpu", weights_only=True)  # the format before torch 1.6 cannot be mapped


def converted(checkpoint: Checkpoint, fit: Fit, wanted: Mapping[str, tuple[int, ...]]) -> dict[str, Tensor]:
    """The state_dict in the network's own keys and order; counters that the checkpoint lacks start at zero.

    ValueError where the fit is not complete.
    """
    if not fit.complete:
        lacking = [*(pair.wanted.key for pair in (*fit.reshaped, *fit.torn)), *(one.key for one in fit.missing)]
        raise ValueError(
            f"{checkpoint.path} does not fill {len(lacking)} of {len(wanted)} tensors, `{lacking[0]}` for one; "
            f"state_dict(partial=True) has the {len(fit.sources)} that fit"
        )
    sources = fit.sources
    return {
        key: checkpoint.tensors[sources[key]].reshape(shape) if key in sources else _counter(key, shape)
        for key, shape in wanted.items()
    }


def _counter(key: str, shape: tuple[int, ...]) -> Tensor:
    if key.rpartition(".")[2] != COUNTER:
        raise ValueError(f"nothing fills {key}")
    return torch.zeros(shape, dtype=torch.int64)


def write(path: str | Path, tensors: Mapping[str, Tensor], network: str) -> None:
    """A safetensors file, whole or not at all; the metadata names the network."""
    library = _safetensors("weights are written as safetensors")
    own = {key: tensor.contiguous().clone() for key, tensor in tensors.items()}  # tied tensors must not share memory
    write_bytes(path, library.save(own, {"format": "pt", "archspec": network}))


def _safetensors(why: str) -> Any:
    try:
        return import_module("safetensors.torch")
    except ModuleNotFoundError:
        raise UsageError(f"{why}, and its library is not installed", remedy("weights")) from None


def _first_line(error: Exception) -> str:
    return printable((str(error).strip().splitlines() or [type(error).__name__])[0])
