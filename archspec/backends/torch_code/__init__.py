"""PyTorch source from a checked network: one readable file that imports only torch. Nothing here imports torch."""

from __future__ import annotations

from archspec.backends.torch_code.generate import arguments_of, class_name_of, generate

__all__ = ["arguments_of", "class_name_of", "generate"]
