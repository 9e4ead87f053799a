"""Text to tree: Python's own grammar, cut down to what always ends with a value or a message."""

from __future__ import annotations

import ast
import re
import warnings
from functools import lru_cache
from keyword import iskeyword

from archspec.expressions.errors import ExpressionError
from archspec.expressions.functions import FUNCTIONS
from archspec.expressions.trees import free_names
from archspec.expressions.values import COMPARISONS, MOST_INTEGER, SIGNS
from archspec.lazy import lazy
from archspec.records import Record

difflib = lazy("difflib")

MOST_CHARACTERS = 1000
MOST_NODES = 200
MOST_DEPTH = 40

CONSTANTS = {"true": True, "false": False, "none": None}

_REFUSED: dict[type[ast.AST], tuple[str, str | None]] = {
    ast.Attribute: ("`.` does not reach into values here", None),
    ast.Lambda: ("functions cannot be written here", None),
    ast.JoinedStr: ("f-strings are not part of the language", None),
    ast.NamedExpr: ("`:=` is not part of the language", "use == to compare"),
    ast.Starred: ("`*` before a value is not part of the language", "join lists with +"),
    ast.Dict: ("maps are not part of the language", "expressions are bare: no braces around them"),
    ast.Set: ("braces are not part of the language", "expressions are bare: no braces around them"),
    ast.GeneratorExp: ("a comprehension needs brackets", "write [e for j in range(d)]"),
}
_SIGN_HELP: dict[type[ast.AST], tuple[str, str]] = {
    ast.BitXor: ("^", "use ** for powers"), ast.BitAnd: ("&", "use `and`"), ast.BitOr: ("|", "use `or`"),
    ast.Invert: ("~", "use `not`"), ast.Is: ("is", "use =="), ast.IsNot: ("is not", "use !="),
    ast.MatMult: ("@", "use *"), ast.LShift: ("<<", "multiply by a power: * 2**n"),
    ast.RShift: (">>", "divide by a power: // 2**n"),
}  # fmt: skip
_TYPOS = (
    (r"(?<!\w)\d+[xX]\d+(?!\w)", "this is no number", "write a list of two sizes, such as `[3, 3]`"),
    (r"\d%\s*\Z", "`%` is no part of a number", "write a share as a number: 0.5"),
    (r"&&", "`&&` is not an operator", "use `and`"),
    (r"\|\|", "`||` is not an operator", "use `or`"),
    (r"!(?!=)", "`!` is not an operator", "use `not`"),
    (r"(?<![=!<>*/+\-%:])=(?![=<>])", "`=` is not a comparison", "use == to compare"),
    (r"\?", "`?` is not an operator", "write `a if condition else b`"),
    (r"\$", "`$` has no place in an expression", "a parameter is written without it, except as the value of `op:`"),
    (r"=>", "`=>` is not an operator", "use >="),
    (r"=<", "`=<` is not an operator", "use <="),
)


class Expression(Record):
    """A parsed expression. Positions in `tree` are offsets into `text`; `names` are its free names. Never mutate it."""

    text: str
    tree: ast.expr
    names: frozenset[str]


_BLANKS = str.maketrans("\t\n\r", "   ")


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """The expression of a text; ExpressionError, with the place and the remedy if one is known, where it is none."""
    if len(text) > MOST_CHARACTERS:
        message = f"the expression is too long: {len(text)} characters, at most {MOST_CHARACTERS}"
        raise ExpressionError(message, 0, len(text))
    for place, character in enumerate(text):
        if not (character.isprintable() or character in "\t\n\r"):
            raise ExpressionError(f"the character U+{ord(character):04X} has no place here", place, place + 1)
    if not text.strip():
        raise ExpressionError("an expression is missing", 0, len(text))
    tree = _parsed(text)
    return Expression(text, tree, free_names(tree))


def _parsed(text: str) -> ast.expr:
    shift = len(text) - len(text.lstrip())
    line = text.translate(_BLANKS)[shift:]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(line, mode="eval").body
    except SyntaxError as error:
        raise _syntax_error(text, error, shift) from None
    except (ValueError, MemoryError, RecursionError):
        raise _too_deep(text) from None
    _check_size(text, tree)
    _place(tree, line, shift)
    if (comment := text.find("#", _end(tree))) >= 0:
        raise ExpressionError("a comment has no place in an expression", comment, len(text))
    return _Reader(text).read(tree)


def _check_size(text: str, tree: ast.expr) -> None:
    count, level = 0, list[ast.AST]([tree])
    for _ in range(MOST_DEPTH):
        count += len(level)
        below = (child for node in level for child in ast.iter_child_nodes(node))
        level = [child for child in below if isinstance(child, (ast.expr, ast.comprehension, ast.keyword))]
        if not level and count <= MOST_NODES:
            return
    raise _too_deep(text)


def _too_deep(text: str) -> ExpressionError:
    return ExpressionError(
        "the expression is too deep or too large",
        0,
        len(text),
        f"at most {MOST_NODES} parts, nested at most {MOST_DEPTH} deep; name its parts as params",
    )


def _place(tree: ast.expr, line: str, shift: int) -> None:
    """Turn `ast`'s columns, which count UTF-8 bytes of the line, into offsets into the text."""
    data = line.encode()
    for node in ast.walk(tree):
        if isinstance(node, (ast.expr, ast.keyword)):
            node.col_offset = len(data[: node.col_offset].decode()) + shift
            node.end_col_offset = len(data[: node.end_col_offset].decode()) + shift


def _end(node: ast.expr) -> int:
    return node.end_col_offset or 0


def _syntax_error(text: str, error: SyntaxError, shift: int) -> ExpressionError:
    bare = re.sub(r"\"[^\"]*\"|'[^']*'", lambda m: " " * len(m[0]), text)
    typos = [(m, message, remedy) for pattern, message, remedy in _TYPOS if (m := re.search(pattern, bare))]
    if typos:
        match, message, remedy = min(typos, key=lambda typo: typo[0].start())
        return ExpressionError(message, *match.span(), remedy)
    message = error.msg or "this is not an expression"
    if "nested parentheses" in message:
        return _too_deep(text)
    start = min(max((error.offset or 1) - 1 + shift, 0), len(text) - 1)
    end = min((error.end_offset or 0) - 1 + shift, len(text))
    end = end if end > start else start + 1
    if iskeyword(text[start:end]):
        message = f"`{text[start:end]}` is out of place here: it is a word of the language, not a name"
    elif message.startswith(("invalid syntax", "unexpected EOF", "invalid decimal literal")):
        message = "this is not an expression"
    return ExpressionError(message.removesuffix(" (detected at line 1)"), start, end)


class _Reader:
    """Checks every node against the language, and makes literals of true, false and none."""

    def __init__(self, text: str) -> None:
        self.text = text

    def error(self, node: ast.expr | ast.keyword, message: str, remedy: str | None = None) -> ExpressionError:
        return ExpressionError(message, node.col_offset, node.end_col_offset or node.col_offset, remedy)

    def sign_error(self, sign: ast.AST, left: ast.expr, right: ast.expr) -> ExpressionError:
        spelling, remedy = _SIGN_HELP[type(sign)]
        place = self.text.find(spelling.split()[0], left.end_col_offset or 0, right.col_offset)
        return ExpressionError(f"`{spelling}` is not an operator here", place, place + len(spelling), remedy)

    def read(self, node: ast.expr) -> ast.expr:
        match node:
            case ast.Constant():
                self.check_constant(node)
            case ast.Name():
                return self.name(node)
            case ast.BinOp():
                if type(node.op) not in SIGNS:
                    raise self.sign_error(node.op, node.left, node.right)
                node.left, node.right = self.read(node.left), self.read(node.right)
            case ast.UnaryOp():
                if isinstance(node.op, ast.Invert):
                    raise self.error(node, "`~` is not an operator here", "use `not`")
                node.operand = self.read(node.operand)
            case ast.BoolOp():
                node.values = [self.read(value) for value in node.values]
            case ast.Compare():
                self.compare(node)
            case ast.IfExp():
                node.test, node.body, node.orelse = self.read(node.test), self.read(node.body), self.read(node.orelse)
            case ast.Subscript():
                node.value, node.slice = self.read(node.value), self.read(node.slice)
            case ast.Slice():
                bounds = (node.lower, node.upper, node.step)
                node.lower, node.upper, node.step = (bound and self.read(bound) for bound in bounds)
            case ast.List() | ast.Tuple():
                node.elts = [self.read(item) for item in node.elts]
            case ast.ListComp():
                self.comprehension(node)
            case ast.Call():
                self.call(node)
            case _:
                raise self.error(node, *_REFUSED.get(type(node), ("this is not part of the expression language", None)))
        return node

    def check_constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, int) and abs(node.value) > MOST_INTEGER:
            raise self.error(node, "the number is too large", "integers are at most 2**63")
        if isinstance(node.value, float) and node.value in (float("inf"), float("-inf")):
            raise self.error(node, "the number is too large for a float")
        if not isinstance(node.value, (bool, int, float, str, type(None))):
            raise self.error(
                node,
                "this is not part of the expression language",
                "literals are numbers, strings, true, false and none",
            )

    def name(self, node: ast.Name) -> ast.expr:
        # Python folds look-alikes (`ﬁ` becomes `fi`), so the text is what counts, not the identifier.
        if not self.text[node.col_offset : node.end_col_offset].isascii():
            raise self.error(node, "a name has only ASCII letters, digits and _")
        if node.id in CONSTANTS:
            return ast.copy_location(ast.Constant(CONSTANTS[node.id]), node)
        return node

    def compare(self, node: ast.Compare) -> None:
        operands = [node.left, *node.comparators]
        for op, left, right in zip(node.ops, operands, operands[1:], strict=False):
            if type(op) not in COMPARISONS:
                raise self.sign_error(op, left, right)
        node.left, *node.comparators = map(self.read, operands)

    def comprehension(self, node: ast.ListComp) -> None:
        if len(node.generators) > 1:
            raise self.error(node, "a comprehension has one `for`")
        [loop] = node.generators
        if loop.is_async:
            raise self.error(node, "this is not part of the expression language")
        if not isinstance(loop.target, ast.Name) or not isinstance(self.name(loop.target), ast.Name):
            raise self.error(loop.target, "the variable of a comprehension is one name")
        source = loop.iter
        if isinstance(source, ast.Call) and isinstance(source.func, ast.Name) and source.func.id == "range":
            self.arguments(source, "range")
        else:
            loop.iter = self.read(source)
        loop.ifs = [self.read(condition) for condition in loop.ifs]
        node.elt = self.read(node.elt)

    def call(self, node: ast.Call) -> None:
        if not isinstance(node.func, ast.Name):
            raise self.error(node.func, "only functions can be called", f"functions are {_listed()}")
        name = node.func.id
        if name == "range":
            raise self.error(node, "`range` stands only inside a comprehension", "write [e for j in range(d)]")
        if name not in FUNCTIONS:
            close = difflib.get_close_matches(name, FUNCTIONS, 1)
            remedy = f"did you mean `{close[0]}`? " if close else ""
            raise self.error(node.func, f"unknown function `{name}`", f"{remedy}functions are {_listed()}")
        self.arguments(node, name)

    def arguments(self, node: ast.Call, name: str) -> None:
        function = FUNCTIONS[name]
        for keyword in node.keywords:
            if keyword.arg not in function.keywords:
                raise self.error(keyword, f"`{name}` has no argument `{keyword.arg or '**'}`")
        names = [keyword.arg for keyword in node.keywords]
        given = len(node.args) + len(names)
        taken = function.keywords[: max(0, len(node.args) - function.least)]
        if not (function.least <= len(node.args) and given <= function.most) or set(taken) & set(names):
            wanted = str(function.least) if function.least == function.most else f"{function.least} to {function.most}"
            raise self.error(node, f"`{name}` takes {wanted} argument{'s' * (function.most > 1)}, found {given}")
        node.args = [self.read(argument) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = self.read(keyword.value)


def _listed() -> str:
    return ", ".join(name for name in FUNCTIONS if name != "range")
