"""A checkpoint held against a network: what fits, the tensors in the network's layout, and the file of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from torch import Tensor, equal

from archspec.checked import Checked
from archspec.checkpoints.file import Checkpoint, converted, read, write
from archspec.checkpoints.fit import Fit, Named, Pair, fit
from archspec.checkpoints.keymap import read_key_map, renamed
from archspec.passes.layout import tensors
from archspec.records import Record, replace
from archspec.report import Report
from archspec.spec.load import read_bytes


class Weights(Record):
    """`fit` says what goes where; `state_dict()` loads into the network's module with `strict=True`."""

    network: str
    checkpoint: Checkpoint
    wanted: tuple[Named, ...]
    fit: Fit

    def __repr__(self) -> str:
        found = f"{len(self.fit.sources)} of {len(self.wanted)} tensors"
        return f"<Weights {self.checkpoint.path} -> {self.network}: {found}>"

    def state_dict(self, *, partial: bool = False) -> dict[str, Tensor]:
        """The checkpoint's tensors under the network's keys, in its order; ValueError where it does not fill them.

        With `partial` those that fit, for `load_state_dict(..., strict=False)`: fine-tuning with another head.
        """
        shapes = {one.key: one.shape for one in self.wanted}
        if partial:
            held = self.checkpoint.tensors
            return {key: held[name].reshape(shapes[key]) for key, name in self.fit.sources.items()}
        return converted(self.checkpoint, self.fit, shapes)

    def save(self, path: str | Path, *, partial: bool = False) -> None:
        """Write `state_dict()` as a safetensors file, whole or not at all."""
        write(path, self.state_dict(partial=partial), self.network)


def hold(path: str | Path, checked: Checked, key_map: str | Path | None = None) -> Weights:
    """Read a checkpoint and match it with a checked network; `key_map` is a file of renamings that come first."""
    checkpoint = read(path)
    if key_map is not None:
        report = Report()
        rules = read_key_map(read_bytes(str(key_map)), str(key_map), report)
        given = renamed(checkpoint.names, rules, report)
        held = {new: checkpoint.tensors[old] for new, old in given.items()}
        checkpoint = Checkpoint(checkpoint.path, held, checkpoint.ordered, checkpoint.under)
    entries = tensors(checked.shapes)
    wanted = tuple(Named(entry.key, tuple(map(int, entry.shape))) for entry in entries)
    ties = {entry.key: entry.tied for entry in entries if entry.tied}
    found = fit(wanted, checkpoint.names, ties, ordered=checkpoint.ordered)
    return Weights(checked.name, checkpoint, wanted, replace(found, torn=tuple(_torn(found, ties, checkpoint))))


def _torn(found: Fit, ties: Mapping[str, str], checkpoint: Checkpoint) -> Iterator[Pair]:
    """Tensors that are one in the network, and in the checkpoint two that differ."""
    held = {pair.wanted.key: pair.held for pair in (*found.named, *found.renamed)} if ties else {}
    for key, other in ties.items():
        mine, its = held.get(key), held.get(other)
        if mine is None or its is None or mine == its:
            continue
        one, two = checkpoint.tensors[mine.key], checkpoint.tensors[its.key]
        if one.data_ptr() != two.data_ptr() and not equal(one.flatten(), two.flatten()):
            yield Pair(Named(key, mine.shape), its)
