"""The mark inside a generated PNG or PDF, by which we know our own files from edited and foreign ones (see `seal`)."""

from __future__ import annotations

import re
import zlib
from hashlib import sha256

from archspec.seal import Authorship, mark_words

_PNG = b"\x89PNG\r\n\x1a\n"
_END = 12
"""Bytes of PNG's last chunk, before which ours stands."""

_IN_PNG = re.compile(rb"(?s)\A(.*).{4}tEXtSoftware\x00([ -~]*body ([0-9a-f]{16})).{4}(.{12})\Z")
_IN_PDF = re.compile(rb"(?s)\A(.*)\n% ([ -~]*body ([0-9a-f]{16}))\n\Z")


def stamp(data: bytes, source: str, digest: str) -> bytes:
    """A picture with what made it from which network, and the hashes of the spec and of the picture, out of sight.

    `source` names the network, `digest` is the hash of its spec in hex; both are reduced to harmless characters.
    """
    words = mark_words(source, digest, _hash(data)).encode("ascii")
    if data.startswith(_PNG):
        return data[:-_END] + _chunk(b"tEXt", b"Software\x00" + words) + data[-_END:]
    return data + b"\n% " + words + b"\n"


def authorship_of(data: bytes) -> Authorship:
    """Whether a picture is ours as written, ours and edited since, or somebody else's."""
    found = (_IN_PNG if data.startswith(_PNG) else _IN_PDF).match(data)
    if found is None:
        return "foreign"
    picture = found[1] + (found[4] if data.startswith(_PNG) else b"")
    return "unedited" if _hash(picture).encode() == found[3] else "edited"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()[:16]
