"""E01xx: the text of a spec and its YAML."""

from __future__ import annotations

from archspec.codes.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "E0101",
        "the file is too large",
        "A spec is read whole and may have at most one mebibyte. Real networks take a page or two, because "
        "repetition is stated with `repeat` and `each`, not written out.",
    ),
    Code(
        "E0102",
        "the file is not UTF-8",
        "A spec is UTF-8 text. The caret shows the first byte that is not; files saved as Latin-1 or UTF-16 "
        "are the usual cause.",
    ),
    Code(
        "E0103",
        "a character that is not allowed",
        "Control characters, zero-width and bidirectional characters and the line breaks U+0085, U+2028 and "
        "U+2029 are refused everywhere, also as escapes in double quotes: two names that look alike must be "
        "alike. A space other than the common one is refused in names and plain values.",
    ),
    Code(
        "E0104",
        "the file is empty",
        "There is nothing in the file but white space and comments.",
    ),
    Code(
        "E0105",
        "nested too deeply, or too many values",
        "Nesting and the number of values are bounded, so that no file can make the reader work without end. "
        "Move inner parts into blocks; state repetition with `repeat` or `each`.",
    ),
    Code(
        "E0106",
        "a tab",
        "YAML indents with spaces. A tab has no defined width, so tabs are refused everywhere; set your editor "
        "to insert spaces in .yaml files.",
    ),
    Code(
        "E0107",
        "a YAML tag",
        "Tags such as `!!int` or `!!python/object` would let a file choose the types of its values, up to "
        "running code. The type of a value comes from the field it stands in.",
    ),
    Code(
        "E0108",
        "a YAML anchor or alias",
        "`&name` and `*name` copy values in YAML. A spec names what it repeats: a param, a block, `repeat` or "
        "`each`. An expression that starts with `*` or `&` must be quoted.",
    ),
    Code(
        "E0109",
        "a YAML merge key",
        "`<<:` copies the fields of one map into another. Use a block with params, which says what may differ.",
    ),
    Code(
        "E0110",
        "a YAML directive",
        "Lines such as `%YAML 1.1` would change how the file is read.",
    ),
    Code(
        "E0111",
        "a second document",
        "A file holds one spec; `---` would start another.",
    ),
    Code(
        "E0112",
        "a key that is given twice",
        "Most YAML readers keep the last of two equal keys and say nothing. Both places are shown; keep the "
        "one you mean.",
    ),
    Code(
        "E0113",
        "a key that is not a name",
        "Keys are names. YAML reads `true`, `null`, `1.5` or a list as something else; quote such a key. "
        "Non-negative integers (`0:`) are the one exception: they are the names of the children of a sequence.",
    ),
    Code(
        "E0114",
        "an ambiguous value",
        "YAML 1.1 and YAML 1.2 read these differently, or readers disagree: `yes`, `no`, `on`, `off`, `True`, "
        "`~`, `012`, `0x1f`, `1_000`, `3:4`, `.nan`, `+5`, numbers of more than 18 digits. Write the plain "
        "spelling of what you mean; quote it where you mean the text.",
    ),
    Code(
        "E0115",
        "an expression that YAML takes apart",
        "Inside `{}` and `[]` the characters `,[]{}` belong to YAML, and a value that starts with `[` or `{` "
        "is a list or a map. So `{out: max(1, C//4)}` is a map of two, and `{out: widths[0]}` is no YAML at "
        "all. Quote the expression, or write the fields on lines of their own.",
    ),
    Code(
        "E0116",
        "a bracket without its partner",
        "Every `[` and `{` needs its `]` or `}`. The caret shows the bracket whose partner is missing.",
    ),
    Code(
        "E0117",
        "a quote that is not closed",
        "The caret shows where the quote opens; no partner follows before the end of the file.",
    ),
    Code(
        "E0118",
        "a line that does not fit its place",
        "Lines of one map or list start in the same column, a map holds `key: value` and a list holds `- item`.",
    ),
    Code(
        "E0119",
        "a space is missing after `:`",
        "YAML reads `width:64` as one word. A colon ends a key only where a space or the end of the line follows.",
    ),
    Code(
        "E0120",
        "not YAML",
        "The text breaks a rule of YAML for which there is no message of our own; the parser's own words are "
        "in the note.",
    ),
    Code(
        "E0121",
        "an unknown escape",
        "In double quotes a backslash starts an escape. Double it, or use single quotes, in which it is itself.",
    ),
    Code(
        "E0122",
        "a value that starts with a reserved sign",
        "A plain value cannot start with `@`, `%`, a backtick, `|` or `>`: YAML keeps these signs for itself.",
    ),
    Code(
        "E0123",
        "a list or map in brackets that does not go on",
        "Between `[` and `]` values are separated by commas, between `{` and `}` entries are; a value is "
        "missing, or a comma is.",
    ),
    Code(
        "E0124",
        "a second `:` on one line",
        "One line holds one `key: value`. Write an inner map in braces, and quote a text that contains `: `.",
    ),
    Code(
        "E0125",
        "text after a closing quote",
        "The quotes must hold the whole value.",
    ),
)
