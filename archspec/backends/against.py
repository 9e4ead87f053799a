"""A spec held against a live model: layout, cost, outputs, and the first layer where these part. A torch door."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archspec.backends.module import example, instantiate
from archspec.checked import Checked
from archspec.checkpoints.fit import Fit, Named, fit
from archspec.diagnostics import UsageError
from archspec.passes.places import place_of
from archspec.records import Record
from archspec.text.span import Span

_PART = "differ"


class Finding(Record):
    """One thing compared: whether it agrees, in words, and more words where it does not."""

    what: str
    agrees: bool
    said: str
    details: tuple[str, ...] = ()


class Parting(Record):
    """The first layer whose output differs: its path on either side, its place in the spec, and what is known of it."""

    ours: str
    theirs: str
    span: Span | None
    said: tuple[str, ...]


class Agreement(Record):
    """What was compared, in order; `parting` where outputs differ and a layer could be named."""

    findings: tuple[Finding, ...]
    parting: Parting | None = None

    @property
    def holds(self) -> bool:
        """Whether everything agrees."""
        return all(finding.agrees for finding in self.findings)


def compare(checked: Checked, theirs: nn.Module, tolerance: float = 0.0) -> Agreement:
    """Hold a checked network against a module that should be the same.

    Outputs are compared at the nominal size, in eval mode at batch 1 and in train mode at batch 2 with one seed, the
    weights being theirs; `tolerance` is relative to the largest value, 0 means to the bit. Their module is not changed.
    """
    if not isinstance(theirs, nn.Module):
        made = "a class, not what it makes" if isinstance(theirs, type) else type(theirs).__name__
        raise UsageError(f"there is no module to compare with, but {made}", "give a torch.nn.Module")
    theirs = deepcopy(theirs)
    ours = instantiate(checked.graph, init=False)
    matched = fit(_named(ours), _named(theirs))
    findings = [_layout(ours, theirs, matched), *_costs(checked, theirs)]
    if not matched.complete:
        return Agreement(
            (*findings, Finding("outputs", False, "not compared: the weights of one do not fit the other"))
        )
    state = theirs.state_dict()
    held = {
        key: state[matched.sources[key]].reshape(value.shape) if key in matched.sources else value
        for key, value in ours.state_dict().items()
    }
    ours.load_state_dict(held)
    evaluated = _outputs(checked, ours, theirs, tolerance, training=False)
    parting = _parting(checked, ours, theirs, matched) if evaluated.said.startswith(_PART) else None
    return Agreement((*findings, evaluated, _outputs(checked, ours, theirs, tolerance, training=True)), parting)


def _named(net: nn.Module) -> list[Named]:
    return [Named(key, tuple(value.shape)) for key, value in net.state_dict().items()]


def _layout(ours: nn.Module, theirs: nn.Module, matched: Fit) -> Finding:
    mine, other = list(ours.state_dict()), list(theirs.state_dict())
    if matched.exact:
        said = "equal keys, shapes and order" if mine == other else "equal keys and shapes, in another order"
        return Finding("state_dict", mine == other, f"{said} ({len(mine)} tensors)")
    details = [
        *(f"{p.wanted.key} is {list(p.wanted.shape)} here, {list(p.held.shape)} there" for p in matched.reshaped),
        *(f"{one.key} {list(one.shape)} is only here" for one in (*matched.missing, *matched.counters)),
        *(f"{one.key} {list(one.shape)} is only there" for one in matched.unexpected),
        *matched.why_not,
    ]
    if matched.complete and not details:
        return Finding("state_dict", True, f"other names, {matched.how} ({len(mine)} tensors)")
    return Finding("state_dict", False, "differs", tuple(details))


def _costs(checked: Checked, theirs: nn.Module) -> Iterator[Finding]:
    yield _number("parameters", checked.cost.parameters, sum(p.numel() for p in theirs.parameters()))
    try:
        counter = FlopCounterMode(display=False)
        with counter, torch.no_grad():
            deepcopy(theirs).to("meta").eval()(*(x.to("meta") for x in example(checked.graph, 1)))
    except Exception as error:  # it is their code: whatever it raises is worth telling, and no reason to stop
        yield Finding("MACs", False, f"could not be counted: {_first_line(error)}")
        return
    yield _number("MACs", checked.cost.macs, counter.get_total_flops() // 2)


def _number(what: str, ours: int, theirs: int) -> Finding:
    if ours == theirs:
        return Finding(what, True, f"equal ({ours:,})")
    return Finding(what, False, f"{ours:,} here, {theirs:,} there ({ours - theirs:+,})")


def _outputs(checked: Checked, ours: nn.Module, theirs: nn.Module, tolerance: float, *, training: bool) -> Finding:
    what = f"outputs, {'train' if training else 'eval'} mode"
    inputs = example(checked.graph, 2 if training else 1)
    nets = (ours.train(training), theirs.train(training))
    try:
        with torch.no_grad():
            mine, other = (_run(net, inputs) for net in nets)
    except Exception as error:  # theirs may not run at this size; ours is verified against its graph elsewhere
        return Finding(what, False, f"could not be run: {_first_line(error)}")
    if [tuple(x.shape) for x in mine] != [tuple(x.shape) for x in other]:
        shapes = (", ".join(str(list(x.shape)) for x in side) for side in (mine, other))
        return Finding(what, False, "{} here, {} there".format(*shapes))
    if all(map(_equal, mine, other)):
        return Finding(what, True, f"equal to the bit, {', '.join(str(list(x.shape)) for x in mine)}")
    worst = max(map(_difference, mine, other))
    if worst <= tolerance:
        return Finding(what, True, f"equal within {worst:.2g} of the largest value")
    return Finding(what, False, f"{_PART} by up to {worst:.2g} of the largest value")


def _run(net: nn.Module, inputs: Sequence[Tensor]) -> list[Tensor]:
    torch.manual_seed(0)
    return list(_tensors(net(*(x.clone() for x in inputs))))


def _tensors(value: Any) -> Iterator[Tensor]:
    """The tensors of an output, whatever they are wrapped in."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        yield from (tensor for inner in value.values() for tensor in _tensors(inner))
    elif isinstance(value, (list, tuple)):
        yield from (tensor for inner in value for tensor in _tensors(inner))


def _equal(ours: Tensor, theirs: Tensor) -> bool:
    return ours.shape == theirs.shape and torch.equal(torch.nan_to_num(ours), torch.nan_to_num(theirs))


def _difference(ours: Tensor, theirs: Tensor) -> float:
    largest = float(theirs.abs().max()) if theirs.numel() else 0.0
    return float((ours - theirs).abs().max()) / (largest or 1.0) if theirs.numel() else 0.0


class _Seen(Record, eq=False):
    """What went through a layer."""

    inputs: tuple[Tensor, ...]
    output: Tensor


def _parting(checked: Checked, ours: nn.Module, theirs: nn.Module, matched: Fit) -> Parting | None:
    """The first layer with weights whose output differs, in the order in which ours runs."""
    inputs = example(checked.graph, 1)
    with torch.no_grad(), _watched(ours.eval()) as mine, _watched(theirs.eval()) as other:
        _run(ours, inputs)
        _run(theirs, inputs)
    partners = {key.rpartition(".")[0]: held.rpartition(".")[0] for key, held in matched.sources.items()}
    before = "the input"
    for path, seen in mine.items():
        partner = partners.get(path)
        if partner is None or partner not in other:
            continue
        if _equal(seen.output, other[partner].output):
            before = f"`{path}`"
            continue
        same = len(seen.inputs) == len(other[partner].inputs) and all(map(_equal, seen.inputs, other[partner].inputs))
        said = _settings(ours.get_submodule(path), theirs.get_submodule(partner))
        where = (
            "its input is equal to the bit"
            if same
            else f"its input differs already, and {before} was still equal: look at what runs between"
        )
        return Parting(path, partner, place_of(checked.graph, path), (where, *said))
    return Parting("", "", None, (f"every layer with weights agrees; what runs after {before} does not",))


@contextmanager
def _watched(net: nn.Module) -> Iterator[dict[str, _Seen]]:
    """What goes through the layers without layers inside, by path, in the order of their first run."""
    seen: dict[str, _Seen] = {}

    def hook(path: str) -> Any:
        def keep(_module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            found = list(_tensors(output))
            if path not in seen and found:
                # In-place activations overwrite what they are given.
                seen[path] = _Seen(before.pop(path, ()), found[0].clone())

        return keep

    def hook_before(path: str) -> Any:
        def keep(_module: nn.Module, inputs: tuple[Any, ...]) -> None:
            if path not in seen:
                before[path] = tuple(x.clone() for x in _tensors(inputs))

        return keep

    before: dict[str, tuple[Tensor, ...]] = {}
    leaves = [(path, module) for path, module in net.named_modules() if not list(module.children())]
    handles = [module.register_forward_hook(hook(path)) for path, module in leaves]
    handles += [module.register_forward_pre_hook(hook_before(path)) for path, module in leaves]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _settings(ours: nn.Module, theirs: nn.Module) -> Iterator[str]:
    """How two layers say that they are made, where they say it differently."""
    mine, other = (f"{type(module).__name__}({module.extra_repr()})" for module in (ours, theirs))
    if mine != other:
        yield f"here  {mine}"
        yield f"there {other}"


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0]}"
