"""What a plain YAML scalar means: YAML 1.2 core without its surprises, and a refusal with words for each surprise."""

from __future__ import annotations

import math
import re

from archspec.records import Record

Plain = None | bool | int | float | str

_FLOAT = r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_NUMBERLIKE = tuple("-+.0123456789")
_WORDS: dict[str, Plain] = {"true": True, "false": False, "null": None, "": None}
_MAX_DIGITS = 18
_MAX_TRAP = 64


class Refusal(Record):
    """Why a plain scalar is not taken: the trap, what other readers make of it, and the way out."""

    title: str
    note: str
    help: str


_WORDLIKE = {"yes", "no", "on", "off", "true", "false", "null", "~"}
_TRAPS = (
    (
        r"(?i:yes|no|on|off)",
        "`{0}` is a boolean in YAML 1.1 and a string in YAML 1.2",
        "write `true` or `false`, or quote it",
    ),
    (r"True|TRUE|False|FALSE", "booleans are spelt in lower case", "write `{lower}`, or quote it"),
    (r"Null|NULL|~", "the absent value has one spelling", "write `none`, or quote it"),
    (
        r"[-+]?0[0-9_]+",
        "YAML 1.1 reads a leading zero as octal, YAML 1.2 as decimal",
        "write the number without the leading zero, or quote it",
    ),
    (r"[-+]?0[xob][0-9a-fA-F_]+", "numbers are decimal", "write the number in decimal, or quote it"),
    (
        r"(?![-+]?[0-9]{1,3}(?:,[0-9]{3})+$)[-+]?[0-9]+(?:,[0-9]+)+",
        "a comma stands between the values of a list",
        "write `[{0}]`, or quote it",
    ),
    (
        r"[-+]?[0-9][0-9,_]*[_,][0-9,_]*(?:\.[0-9_]*)?",
        "digits are not grouped",
        "write `{digits}`, or quote it",
    ),
    (
        r"[-+]?[0-9]+(?::[0-9]+)+(?:\.[0-9]*)?",
        "YAML 1.1 reads `{0}` as a number to base 60",
        "write a list such as `[3, 3]`, or quote it",
    ),
    (r"(?i:[-+]?\.(?:inf|nan))", "numbers are finite", "write a finite number, or quote it"),
    (
        r"\+(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?",
        "numbers carry no plus sign",
        "write `{unsigned}`, or quote it",
    ),
    (
        r"[-+]?0[0-9]+\.?[0-9]*(?:[eE][-+]?[0-9]+)?",
        "numbers have no leading zero",
        "write the number without the leading zero, or quote it",
    ),
)


def resolve(text: str) -> Plain | Refusal:
    """The value of a plain scalar: null, a boolean, a finite number of at most 18 digits, else the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text.startswith(_NUMBERLIKE):
        digits = text.removeprefix("-")
        if _is_whole(digits):
            return int(text) if len(digits) <= _MAX_DIGITS else _out_of_range(text)
        if re.fullmatch(_FLOAT, text):
            return _float(text)
    return _trap(text)


def is_index(text: str) -> bool:
    """Whether a plain key is a non-negative integer, which counts as the name with these digits."""
    return _is_whole(text)


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and (text[0] != "0" or text == "0")


def _float(text: str) -> float | Refusal:
    value = float(text)
    if math.isinf(value) or sum(c.isdigit() for c in text) > 40:
        return _out_of_range(text)
    return value


def _trap(text: str) -> str | Refusal:
    if len(text) > _MAX_TRAP or " " in text or not (text.startswith(_NUMBERLIKE) or text.lower() in _WORDLIKE):
        return text
    for pattern, note, help_ in _TRAPS:
        if re.fullmatch(pattern, text):
            words = {"lower": text.lower(), "digits": re.sub("[_,]", "", text), "unsigned": text[1:]}
            return Refusal(f"`{text}` is ambiguous", note.format(text), help_.format(text, **words))
    return text


def _out_of_range(text: str) -> Refusal:
    shown = text if len(text) <= 24 else f"{text[:20]}…"
    return Refusal(
        f"the number `{shown}` is out of range",
        f"integers have at most {_MAX_DIGITS} digits, floats are finite",
        "write a smaller number, or quote it",
    )
