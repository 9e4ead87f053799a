"""Models from the user's own environment, by explicit request: `module:callable` is imported and called."""

from __future__ import annotations

import sys
from ast import literal_eval
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import nn

from archspec.diagnostics import UsageError

_ARGUMENTS = "arguments are given by --with name=value"
_WORDS = {"true": True, "false": False, "null": None}


def load_model(address: str, arguments: Mapping[str, Any]) -> nn.Module:
    """The module at `package.module:name`, called with the arguments unless it is a module already.

    This runs the code of that module, with the current folder on the path as `python -m` has it. UsageError where it
    is not there, makes no `nn.Module`, or raises anything.
    """
    module_name, colon, name = address.partition(":")
    if not colon or not name or not module_name:
        raise UsageError(f"`{address}` names no model", "write module:callable, such as torchvision.models:resnet50")
    if module_name.endswith(".py"):
        module = module_name.removesuffix(".py").replace("/", ".")
        raise UsageError(f"`{module_name}` is a file, and a module is imported by its name", f"write {module}:{name}")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = import_module(module_name)
    except ModuleNotFoundError as error:
        raise UsageError(f"there is no module `{error.name}` to import", "is it installed beside archspec?") from error
    except Exception as error:  # their code may raise anything
        raise UsageError(f"importing `{module_name}` raises {type(error).__name__}: {error}") from error
    finally:
        sys.path.pop(0)
    for part in name.split("."):
        if not hasattr(found, part):
            raise UsageError(f"`{module_name}` has no `{name}`")
        found = getattr(found, part)
    torch.manual_seed(0)  # the same weights, and so the same report, every time
    try:
        made = found if isinstance(found, nn.Module) else found(**arguments)
    except Exception as error:
        raise UsageError(f"calling `{address}` raises {type(error).__name__}: {error}", _ARGUMENTS) from error
    if not isinstance(made, nn.Module):
        raise UsageError(f"`{address}` gives {type(made).__name__}, not an nn.Module")
    return made


def parse_argument(text: str) -> tuple[str, Any]:
    """`name=value`: a Python literal, or true, false or null as a spec has them, else text."""
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise UsageError(f"`{text}` is no argument", "write --with name=value, such as --with num_classes=10")
    if value in _WORDS:
        return name, _WORDS[value]
    try:
        return name, literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value
