"""What a spec says, in one number: what is made of it tells by that whether the spec has changed since."""

from __future__ import annotations

import json
from functools import lru_cache

from archspec.hashes import sha256_hex
from archspec.spec.model import Spec, SpecFile
from archspec.text.source import plain


def digest(spec: Spec) -> str:
    """The sha256 of what a spec says, whatever its layout on the page: keys sorted, files it uses included."""
    libraries = [_said(spec.libraries[key]) for key in sorted(spec.libraries, key=lambda k: k.rsplit("/", 1)[-1])]
    said = {
        "spec": _said(spec.file),
        "variant": json.dumps(spec.variant),
        "settings": json.dumps({name: plain(value) for name, value in spec.settings.items()}, sort_keys=True),
        "uses": f"[{', '.join(libraries)}]",
    }
    if spec.features:
        said["features"] = json.dumps(spec.features)
    text = ", ".join(f'"{key}": {said[key]}' for key in sorted(said))
    return sha256_hex(f"{{{text}}}".encode())


@lru_cache(maxsize=64)
def _said(file: SpecFile) -> str:
    """A file as JSON, once for all its variants."""
    return json.dumps(plain(file.tree), sort_keys=True)
