"""Mutated texts: bytes, characters, tokens, lines and values of specs changed, one thing or several."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

from fuzz.case import MAIN
from fuzz.mutate import made

ROOT = Path(__file__).resolve().parent.parent.parent
CORPUS = sorted([*ROOT.glob("specs/**/*.yaml"), *ROOT.glob("tests/errors/*.yaml"), *ROOT.glob("tests/nets/*.yaml")])
TOKEN = re.compile(r"[A-Za-z_$][\w.]*|\d+|[^\w\s]")
STRANGE = [
    "0", "-1", "3", "1.5", "10000000000", "99999999999999999", "true", "none", "x", "i", "s", "N", "H", "C", "off",
    "[]", "[3, 3]", "{}", "{op: relu}", "$shortcut", "$", "relu", "conv2d", "concat", "same", "from", "repeat", "when",
    "1 / 0", "2**999", "'a b'", "größe", "名前", "x" * 300, "[i for i in range(10**6)]", "max(1, 2)", "\"{i}\"",
    "a.b.c", "..", "-", "~", "!!int", "&a", "*a", "1e-5", "3:3", "017", "0x1F", ".nan", "1_000", "yes", "null",
    "<script>", "\\u001b[31m", "__import__('os')", "{{7*7}}", "%s", "../../etc/passwd", "N*C", "ceil(H/0)", "H - H",
]  # fmt: skip
KEYS = [
    "op", "out", "from", "repeat", "when", "first", "names", "same", "tie", "init", "each", "do", "parallel", "join",
    "body", "in", "net", "stem", "input", "output", "outputs", "params", "let", "blocks", "use", "extends", "variants",
    "expect", "require", "weights", "register", "index", "columns", "rows", "section", "mode", "shape", "kernel",
]  # fmt: skip
INDICATORS = ["[", "]", "{", "}", ": ", "- ", "#", "&a ", "*a", "!", "!!str ", "|", ">", "'", '"', "%", "@", "`", ",",
              "? ", "---\n", "...\n", "<<: ", "\t", "\\", "%YAML 1.2\n"]  # fmt: skip
CHARACTERS = ["\x00", "\x1b", "\x7f", "\x85", "\xa0", "\xad", "\u200b", "\u202e", "\u2028", "\ufeff", "\ufffe", "é",
              "名", "\U0001f600", "\U000e0041", "\r", "\r\n", "\n", "\n\n", " ", "  ", "\ue000"]  # fmt: skip


def original(rng: Random) -> str:
    """A text to start from: mostly a small random spec, wrong ones among them, else one of the repository."""
    if rng.random() < 0.8:
        texts = next((t for _ in range(9) if len(t := made(rng).texts()) == 1), None)
        return texts[MAIN] if texts else "archspec: 1\n"
    return rng.choice(CORPUS).read_text(encoding="utf-8", errors="replace")


def mutated(rng: Random) -> bytes:
    """The bytes of a file that somebody, or something, has spoilt."""
    text = original(rng)
    for _ in range(rng.choice((1, 1, 1, 1, 2, 4))):
        text = rng.choice((by_line, by_token, by_token, by_value, by_value, by_value, by_character, by_piece))(
            rng, text
        )
    data = text.encode("utf-8", "surrogatepass")
    return by_byte(rng, data) if rng.random() < 0.04 else data


def by_line(rng: Random, text: str) -> str:
    """A line left out, twice, elsewhere, or indented differently."""
    lines = text.split("\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(6):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[other])
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines[at] = " " * rng.randrange(1, 5) + lines[at]
        case 4:
            lines[at] = lines[at][rng.randrange(1, 4) :]
        case _:
            del lines[min(at, other) : max(at, other)]
    return "\n".join(lines)


def by_token(rng: Random, text: str) -> str:
    """A word, number or sign is another."""
    tokens = list(TOKEN.finditer(text))
    if not tokens:
        return rng.choice(STRANGE)
    token = rng.choice(tokens)
    word = rng.choice([*STRANGE, token[0][::-1], token[0] + "x", rng.choice(tokens)[0], "", rng.choice(KEYS)])
    return text[: token.start()] + word + text[token.end() :]


def by_value(rng: Random, text: str) -> str:
    """What stands behind a key is another, or the key is."""
    places = [match.end() for match in re.finditer(r": ", text)]
    if not places:
        return text
    at = rng.choice(places)
    if rng.random() < 0.3:
        start = max(text.rfind(mark, 0, at - 2) for mark in (" ", "{", "\n")) + 1
        return text[:start] + rng.choice(KEYS) + text[at - 2 :]
    end = re.compile(r"[,}\n]").search(text, at)
    return text[:at] + rng.choice(STRANGE) + text[end.start() if end else len(text) :]


def by_character(rng: Random, text: str) -> str:
    """A sign of YAML or a strange character is put in, or a character taken out."""
    at = rng.randrange(len(text) + 1)
    if rng.random() < 0.3:
        return text[:at] + text[at + rng.choice((1, 1, 5)) :]
    return text[:at] + rng.choice(INDICATORS if rng.random() < 0.7 else CHARACTERS) + text[at:]


def by_piece(rng: Random, text: str) -> str:
    """A piece is repeated, moved, or nested deeply."""
    start = rng.randrange(len(text) + 1)
    end = min(len(text), start + rng.choice((3, 20, 100)))
    match rng.randrange(4):
        case 0:
            return text[:start] + text[start:end] * rng.choice((2, 3, 50)) + text[end:]
        case 1:
            at = rng.randrange(len(text) + 1)
            return text[:at] + text[start:end] + text[at:]
        case 2:
            return text[:start] + rng.choice("[{(") * rng.choice((5, 70, 2000)) + text[end:]
        case _:
            return text[: max(start, 1)]


def by_byte(rng: Random, data: bytes) -> bytes:
    """Bytes that are no UTF-8, or the file in another encoding."""
    if rng.random() < 0.2:
        return data.decode("utf-8", "replace").encode(rng.choice(("utf-16", "latin-1", "utf-32")), "replace")
    at = rng.randrange(len(data) + 1)
    return data[:at] + bytes(rng.randrange(256) for _ in range(rng.choice((1, 2, 8)))) + data[at + rng.choice((0, 1)) :]
