"""Text before YAML: bytes to lines of admissible characters, and offsets to spans."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from archspec.diagnostics import Diagnostic
from archspec.lazy import lazy
from archspec.records import Record, field
from archspec.text.span import Span

unicodedata = lazy("unicodedata")

MAX_BYTES = 1 << 20
MAX_FORBIDDEN = 20
MAX_QUOTED = 80

# Controls, and what a reader cannot see or what reorders what he sees: soft hyphen, zero-width and bidi characters,
# line breaks that only YAML 1.1 counts, surrogates, private use (free for our own marks), tags, non-characters.
_FORBIDDEN = (
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\uf8ff\ufeff"
    "\ufff0-\ufffb\ufffe\uffff\U000e0000-\U0010ffff]"
)
_ODD_SPACE = "[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"


def listed(words: str | Sequence[str]) -> list[str]:
    """Several words: a list, or one text with commas between, as on the command line: `layer1, layer4`."""
    return [word.strip() for word in (words.split(",") if isinstance(words, str) else words)]


def normalise(text: str) -> str:
    """The text without byte order mark and with `\\n` for every line end: what spans count in."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


class Text(Record):
    """A file's normalised content, and where its lines start."""

    content: str
    name: str
    starts: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        starts = (0, *accumulate(len(line) + 1 for line in self.content.split("\n")[:-1]))
        object.__setattr__(self, "starts", starts)

    def span(self, start: int, end: int) -> Span:
        """The span between two offsets, both brought inside the text."""
        start = max(0, min(start, len(self.content)))
        end = max(start, min(end, len(self.content)))
        return Span(self.name, *self._place(start), *self._place(end))

    def line_at(self, offset: int) -> str:
        """The whole line that holds `offset`."""
        start = self.line_start(offset)
        return self.content[start:].split("\n", 1)[0]

    def line_start(self, offset: int) -> int:
        """The offset at which the line holding `offset` starts."""
        return self.starts[bisect_right(self.starts, offset) - 1]

    def trimmed(self, start: int, end: int) -> int:
        """`end` without the white space before it, but not below `start`."""
        while end > start and self.content[end - 1] in " \n":
            end -= 1
        return end

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1


def decode(text: str | bytes, name: str) -> tuple[Text | None, tuple[Diagnostic, ...]]:
    """The text of a file, or None and what is wrong with its characters."""
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        return None, (_too_large(size, name),)
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            return None, (_not_utf8(error, name),)
    source = Text(normalise(text), name)
    found = forbidden(source)
    return (None if found else source), found


def forbidden(source: Text) -> tuple[Diagnostic, ...]:
    """One diagnostic per forbidden character, the first few of them."""
    found = []
    for match in () if _is_plain(source.content) else re.finditer(_FORBIDDEN, source.content):
        found.append(_forbidden(match[0], source.span(*match.span())))
        if len(found) == MAX_FORBIDDEN:
            break
    return tuple(found)


def brief(text: str) -> str:
    """A piece of the user's text for a message: on one line and of bounded length."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_QUOTED else f"{line[: MAX_QUOTED - 1]}…"


def invisible_in(text: str) -> str | None:
    """The first character of a name or plain value that looks like another or like nothing; line ends are fine."""
    if _is_plain(text):
        return None
    match = re.search(_FORBIDDEN, text.replace("\t", "")) or re.search(_ODD_SPACE, text)
    return match[0] if match else None


def _is_plain(text: str) -> bool:
    """Whether nothing can be wrong with the characters, found without compiling an expression over all of Unicode."""
    return text.isascii() and text.replace("\n", "").isprintable()


def describe(character: str) -> str:
    """`U+200B ZERO WIDTH SPACE`."""
    return f"U+{ord(character):04X} {unicodedata.name(character, 'control character')}".replace("<", "").strip()


def _forbidden(character: str, span: Span) -> Diagnostic:
    if character == "\t":
        return Diagnostic(
            "E0106",
            "a tab",
            span,
            "here",
            notes=("YAML indents with spaces; a tab has no defined width",),
            help="replace it by spaces",
        )
    return Diagnostic(
        "E0103",
        f"the character {describe(character)} is not allowed",
        span,
        "here",
        notes=("it cannot be seen, or it changes how the text around it is read",),
        help="delete it",
    )


def _too_large(size: int, name: str) -> Diagnostic:
    return Diagnostic(
        "E0101",
        "the file is too large",
        Span(name, 1, 1, 1, 1),
        notes=(f"expected at most {MAX_BYTES} bytes, found {size}",),
        help="a network is a page or two: state repetition with `repeat` or `each`",
    )


def _not_utf8(error: UnicodeDecodeError, name: str) -> Diagnostic:
    before = normalise(error.object[: error.start].decode("utf-8"))
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    return Diagnostic(
        "E0102",
        "the file is not UTF-8",
        Span(name, line, column, line, column + 1),
        f"the byte 0x{error.object[error.start]:02X}",
        notes=("expected UTF-8",),
        help="save the file as UTF-8",
    )
