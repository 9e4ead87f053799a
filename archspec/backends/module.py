"""The torch door: generated source as a live module, and the proof that it does what the graph says."""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import zip_longest
from threading import RLock, get_ident
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from archspec.backends.interpreter import Interpreter
from archspec.backends.torch_code import arguments_of, class_name_of, generate
from archspec.hashes import sha256_hex
from archspec.ir.graph import Graph, operations
from archspec.ops.embedding import Embedding
from archspec.shapes import Size

MOST_MODULES = 256
"""Generated modules that are kept for pickle to find their classes in."""

_modules: dict[str, ModuleType] = {}
_one_at_a_time = RLock()


def compile_source(source: str, class_name: str, filename: str) -> type[nn.Module]:
    """The class of a generated module, the same for the same source, so that pickle finds it.

    Tracebacks and debuggers show the source under `filename`.
    """
    key = f"archspec_generated_{class_name}_{sha256_hex(f'{filename} {source}'.encode())[:16]}"
    with _one_at_a_time:
        module = _modules.pop(key, None) or _module(source, key, filename)
        _modules[key] = module
        for old in list(_modules)[:-MOST_MODULES]:
            sys.modules.pop(_modules.pop(old).__name__, None)
    found: type[nn.Module] | None = getattr(module, class_name, None)
    if found is None:
        raise Mismatch(f"the source has no class `{class_name}`")
    return found


def _module(source: str, key: str, filename: str) -> ModuleType:
    name = f"<archspec {filename}>"
    if name in linecache.cache and linecache.getlines(name) != source.splitlines(keepends=True):
        name = f"<archspec {filename} {key[-16:]}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    module = ModuleType(key)
    module.__file__ = name
    exec(compile(ast.parse(source, name), name, "exec"), module.__dict__)
    sys.modules[key] = module
    return module


def instantiate(graph: Graph, source: str | None = None, *, init: bool = True, **open_params: Any) -> nn.Module:
    """The network as a module: the generated source, run in memory.

    `open_params` are the constructor's arguments (`num_classes=10`). With `init=False` weights hold whatever was in
    memory, for a checkpoint to fill; statistics of batch norms start as always. ValueError for an unknown argument.
    """
    known = [name for name, _, _ in graph.open_params]
    unknown = sorted(set(open_params) - set(known))
    if unknown:
        raise ValueError(f"{graph.name} has no open parameter {unknown[0]!r}; open are: {', '.join(known) or 'none'}")
    made = compile_source(source if source is not None else generate(graph), class_name_of(graph), f"{graph.name}.py")
    arguments = arguments_of(graph, open_params)
    if init:
        return made(**arguments)
    with uninitialised():
        return made(**arguments)


@contextmanager
def uninitialised() -> Iterator[None]:
    """Modules made inside do not fill their weights; those that other threads make at that time do."""
    with _one_at_a_time, _Unfilled():
        functions = {name: getattr(nn.init, name) for name in _FILLING}
        here = get_ident()
        try:
            for name, function in functions.items():
                setattr(nn.init, name, partial(_unchanged, here, function))
            yield
        finally:
            for name, function in functions.items():
                setattr(nn.init, name, function)


_FILLING = tuple(sorted(name for name in vars(nn.init) if name.endswith("_") and not name.startswith("_")))


def _unchanged(thread: int, fill: Callable[..., Tensor], tensor: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    return tensor if get_ident() == thread else fill(tensor, *args, **kwargs)


class _Unfilled(TorchFunctionMode):
    """Random fills do nothing; zeros and ones of buffers are no random fills and stay."""

    _SKIPPED = frozenset({"normal_", "uniform_", "trunc_normal_", "bernoulli_"})

    def __torch_function__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        if getattr(func, "__name__", "") in self._SKIPPED:
            return args[0]
        return func(*args, **(kwargs or {}))


class Mismatch(AssertionError):
    """The generated module and the reference differ: a bug of ours, never the user's."""


def verify(graph: Graph, source: str | None = None) -> None:
    """Run the generated source against the reference interpreter; Mismatch says where they differ.

    Compared to the bit: keys, order and shapes of the state_dict; after loading the same weights the outputs in train
    mode (batch 2) and eval mode (batch 1 and 2), all gradients, and the batch norms' statistics.
    """
    text = source if source is not None else generate(graph)
    state = torch.random.get_rng_state()
    try:
        _compare(graph, text)
    finally:
        torch.random.set_rng_state(state)


def _compare(graph: Graph, source: str) -> None:
    generated = instantiate(graph, source, init=False)
    with uninitialised():
        reference = Interpreter(graph)
    _fill(generated)
    _same_keys("the state_dicts", generated.state_dict(), reference.state_dict())
    reference.load_state_dict(generated.state_dict())
    sizes = small_sizes(graph, reference)
    for training, batch in ((True, 2), (False, 1), (False, 2)):
        inputs = example(graph, batch, sizes)
        ours = _outputs(graph, generated.train(training), inputs)
        theirs = _outputs(graph, reference.train(training), inputs)
        _equal(f"the outputs in {'train' if training else 'eval'} mode at batch {batch}", ours, theirs)
        if training:
            _equal("the gradients", _gradients(generated, ours), _gradients(reference, theirs))
            _equal("the statistics", generated.state_dict(), reference.state_dict())


@torch.no_grad()
def _fill(net: nn.Module) -> None:
    """Weights of a sensible size, faster than by their initialisation: one piece of noise over and over."""
    noise = torch.randn(1 << 16, generator=torch.Generator().manual_seed(0))
    for place, parameter in enumerate(net.parameters()):
        count = parameter.numel()
        values = noise.roll(place).repeat(count // noise.numel() + 1)[:count].view_as(parameter)
        fan_in = count // parameter.shape[0] if parameter.dim() > 1 else 0
        parameter.copy_(values * (2 / fan_in) ** 0.5 if fan_in else 1 + values / 10)


def example(graph: Graph, batch: int, sizes: Mapping[str, int] | None = None) -> list[Tensor]:
    """Random inputs of a network, ids that every embedding knows; free sizes as in `sizes`, else nominal, else 64."""
    inputs = []
    vocabulary = min((op.vocabulary for op in operations(graph.body) if isinstance(op, Embedding)), default=1)
    generator = torch.Generator().manual_seed(batch)
    for entry in graph.inputs:
        dims = [batch, *(_size(dim, sizes or {}) for dim in entry.shape.dims[1:])]
        if entry.shape.holds_ids:
            inputs.append(torch.randint(vocabulary, dims, generator=generator))
        else:
            inputs.append(torch.randn(dims, generator=generator))
    return inputs


def _size(dim: int | Size, sizes: Mapping[str, int]) -> int:
    if isinstance(dim, int):
        return int(dim)
    known = dim.at(sizes)
    return known if known is not None else 64


_SIDES = (32, 48, 64, 96, 128)


def small_sizes(graph: Graph, reference: nn.Module) -> dict[str, int]:
    """The smallest of some sizes at which the network runs in train mode: a check need not take the nominal one."""
    names = sorted(
        {
            s.name
            for entry in graph.inputs
            for dim in entry.shape.dims[1:]
            if isinstance(dim, Size)
            for s in dim.symbols()
        }
    )
    was = {name: value.clone() for name, value in reference.state_dict().items()}
    for side in _SIDES if names else ():
        sizes = dict.fromkeys(names, side)
        try:
            with torch.no_grad():
                reference.train()(*example(graph, 2, sizes))
        except (RuntimeError, ValueError):
            continue
        finally:
            reference.load_state_dict(was)
        return sizes
    return {}


def _outputs(graph: Graph, net: nn.Module, inputs: list[Tensor]) -> dict[str, Tensor]:
    """What a network gives, by output; both get the same random numbers."""
    wanted = [output.name for output in graph.outputs if output.mode == "always" or net.training]
    torch.manual_seed(1)
    # Inputs take part in the gradients: torch 2.13's group norm on a channels-last map crashes where they do not.
    result = net(*(x.clone().requires_grad_().clone() if x.is_floating_point() else x for x in inputs))
    if isinstance(net, Interpreter):
        known = {output.name: value for output, value in zip(graph.outputs, result, strict=True)}
    else:
        known = {wanted[0]: result} if isinstance(result, Tensor) else result._asdict()
    return {name: known[name] for name in wanted}


def _gradients(net: nn.Module, outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    net.zero_grad()
    squares = [(value * value).mean() for value in outputs.values() if value.requires_grad]
    if not squares:
        return {}
    torch.stack(squares).sum().backward()  # type: ignore[no-untyped-call]
    return {name: p.grad for name, p in net.named_parameters() if p.grad is not None}


def _same_keys(what: str, ours: Mapping[str, Tensor], reference: Mapping[str, Tensor]) -> None:
    pairs = [[(name, tuple(value.shape)) for name, value in state.items()] for state in (ours, reference)]
    for mine, other in zip_longest(*pairs):
        if mine != other:
            raise Mismatch(f"{what} differ: the generated module has {mine}, the reference {other}")


def _equal(what: str, ours: Mapping[str, Tensor], reference: Mapping[str, Tensor]) -> None:
    _same_keys(what, ours, reference)
    for name, value in ours.items():
        other = reference[name]
        if not torch.equal(torch.nan_to_num(value), torch.nan_to_num(other)):
            raise Mismatch(f"{what} differ: `{name}` by up to {(value - other).abs().max().item():.3g}")


__all__ = ["Mismatch", "compile_source", "example", "instantiate", "uninitialised", "verify"]
