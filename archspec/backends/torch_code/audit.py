"""The last look at generated source before anybody gets it: parsed, and held against what it may consist of.

Nothing that a spec says can become code: names are checked, literals are printed by `repr`. This is the check of that
claim, in the product, on every file. A refusal is a bug of ours, not of the user's.
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterator

from archspec.elaborate.reserved import MODULE_ATTRIBUTES

MODULES = {
    "__future__": {"annotations"},
    "collections": {"OrderedDict"},
    "typing": {"NamedTuple"},
    "torch": {"Tensor", "nn"},
}
IMPORTS = {("math", None), ("torch", None), ("torch.nn.functional", "F")}
NODES = (
    ast.Module,
    ast.ImportFrom,
    ast.Import,
    ast.alias,
    ast.ClassDef,
    ast.FunctionDef,
    ast.arguments,
    ast.arg,
    ast.Return,
    ast.Assign,
    ast.AnnAssign,
    ast.AugAssign,
    ast.Expr,
    ast.If,
    ast.For,
    ast.Constant,
    ast.Name,
    ast.Attribute,
    ast.Call,
    ast.keyword,
    ast.Tuple,
    ast.List,
    ast.Subscript,
    ast.Slice,
    ast.Starred,
    ast.GeneratorExp,
    ast.comprehension,
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.Load,
    ast.Store,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.cmpop,
)
BUILTINS = {"super", "range", "isinstance", "type", "int", "float", "bool", "min", "max", "abs", "round", "len", "sum"}
BASES = {"nn.Module", "nn.Sequential", "nn.Conv2d", "nn.ConvTranspose2d", "nn.LayerNorm", "NamedTuple"}
METHODS = {
    "__init__",
    "forward",
    "reset_parameters",
    "modules",
    "add_module",
    "register_parameter",
    "get_submodule",
    "get_parameter",
    "size",
    "expand",
    "permute",
    "reshape",
    "view_as",
    "flatten",
    "normal_",
    "uniform_",
    "split",
    "chunk",
    "unsqueeze",
    "squeeze",
    "mean",
    "transpose",
    "new_ones",
    "triu",
    "view",
    "contiguous",
    "unflatten",
    "sum",
    "narrow",
    "softmax",
    "movedim",
    "append",
    "numel",
    "abs",
    "clamp",
    "exp",
    "log",
    "log2",
    "sigmoid",
    "sign",
    "register_buffer",
    "repeat",
    "roll",
    "to",
    "unbind",
}
FUNCTIONS = {
    "torch": {
        "add", "arange", "bool", "cartesian_prod", "cat", "chunk", "empty", "feature_dropout", "flatten", "full", "mul",
        "ones", "ones_like", "zeros_like", "permute", "reshape", "select", "split", "stack", "zeros",
    },
    "F": {"avg_pool2d", "dropout", "interpolate", "layer_norm", "linear", "max_pool2d", "normalize", "pad", "softmax"},
    "math": {"ceil", "floor", "log", "sqrt"},
}  # fmt: skip
"""What may be read of the modules, called or not; of `nn` its classes, and what `nn.init` does in place."""

ROOTS = {"nn", *FUNCTIONS}


class AuditError(Exception):
    """Generated source contains what it must never contain: an error of archspec, and nothing was written."""


def audit(source: str) -> None:
    """AuditError unless the source is a module of the one kind that we write."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise AuditError(f"the generated source is not Python: {error}") from error
    for problem in _problems(tree):
        raise AuditError(f"the generated source has {problem}")


def _problems(tree: ast.Module) -> Iterator[str]:
    own = {node.name for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))} | {*_given(tree)}
    for node in tree.body:
        if not _belongs(node):
            yield f"a statement at the top that does not belong there: {ast.unparse(node)[:80]}"
    yield from (f"a second meaning of {name}" for name in sorted(own & (ROOTS | BUILTINS)))
    for inner in ast.walk(tree):
        if not isinstance(inner, NODES):
            yield f"a {type(inner).__name__}"
        yield from _names(inner)
        if isinstance(inner, ast.Attribute):
            yield from _read(inner)
        if isinstance(inner, ast.Call):
            yield from _call(inner, own)
        elif isinstance(inner, (ast.Assign, ast.AnnAssign)):
            yield from _assigned(inner)
        elif isinstance(inner, ast.AugAssign) and not isinstance(inner.target, ast.Name):
            yield f"an assignment to {ast.unparse(inner.target)}"
        elif isinstance(inner, ast.ClassDef):
            yield from _class(inner)
        elif isinstance(inner, ast.FunctionDef):
            yield from _function(inner)
        elif isinstance(inner, (ast.Import, ast.ImportFrom)):
            yield from _import(inner)


def _given(tree: ast.Module) -> Iterator[str]:
    """The arguments that are classes of modules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation and ast.unparse(node.annotation) == "type[nn.Module]":
            yield node.arg


def _belongs(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    if isinstance(node, ast.Assign):
        return [ast.unparse(target) for target in node.targets] == ["__all__"]
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef))


def _import(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (f"the import of {a.name}" for a in node.names if (a.name, a.asname) not in IMPORTS)
    else:
        known = MODULES.get(node.module or "", set())
        yield from (f"the import of {a.name}" for a in node.names if node.level or a.asname or a.name not in known)


def _names(node: ast.AST) -> Iterator[str]:
    for name in _identifiers(node):
        if not name.isascii() or not name.isidentifier() or keyword.iskeyword(name):
            yield f"the name {name!r}"
        if name.startswith("__") and name not in ("__init__", "__all__", "__future__"):
            yield f"the name {name}"


def _identifiers(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name) | ast.arg(arg=name) | ast.ClassDef(name=name) | ast.FunctionDef(name=name):
            yield name
        case ast.Attribute(attr=name):
            yield name
        case ast.keyword(arg=str(name)):
            yield name


def _function(node: ast.FunctionDef) -> Iterator[str]:
    """No decorator, and no value called as one of the modules: what is read of them must be theirs."""
    if node.decorator_list:
        yield f"a decorator on {node.name}"
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store) and inner.id in ROOTS:
            yield f"a second meaning of {inner.id}"
        elif isinstance(inner, ast.arg) and inner.arg in ROOTS:
            yield f"a second meaning of {inner.arg}"


def _class(node: ast.ClassDef) -> Iterator[str]:
    bases = [ast.unparse(base) for base in node.bases]
    if len(bases) != 1 or bases[0] not in BASES or node.keywords or node.decorator_list:
        yield f"a class of another kind: {node.name}({', '.join(bases)})"
    for part in node.body:
        if not isinstance(part, (ast.FunctionDef, ast.AnnAssign)) and not (
            isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)
        ):
            yield f"a statement in the class {node.name}: {ast.unparse(part)[:80]}"
        if isinstance(part, ast.FunctionDef) and part.name not in ("__init__", "forward", "reset_parameters"):
            yield f"the method {part.name}"


def _assigned(node: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    """An attribute that shadows one of `nn.Module` breaks the module without a word."""
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        if isinstance(target, ast.Attribute) and target.attr in MODULE_ATTRIBUTES:
            yield f"an assignment to {ast.unparse(target)}"


def _read(node: ast.Attribute) -> Iterator[str]:
    """What is read of a module, whether or not it is called there."""
    path = _path(node)
    if path is None or path[0] not in ROOTS:
        return
    root, *rest = path
    known = rest[0] in FUNCTIONS[root] if root != "nn" else rest[0] == "init" or rest[0][0].isupper()
    deeper = rest[1:]
    if not known or (deeper and (rest[0] != "init" or len(deeper) > 1 or not deeper[0].endswith("_"))):
        yield f"a use of {'.'.join(path)}"


def _call(node: ast.Call, own: set[str]) -> Iterator[str]:
    path = _path(node.func)
    if path is None:
        if not (isinstance(node.func, ast.Attribute) and node.func.attr in METHODS) and not _is_child(node.func):
            yield f"a call of {ast.unparse(node.func)[:60]}"
        return
    root, *rest = path
    allowed = (
        (not rest and (root in BUILTINS or root in own or root in ("OrderedDict", "unit")))
        or (root == "self" and bool(rest) and rest[-1] not in MODULE_ATTRIBUTES)
        or root in ROOTS  # `_read` has seen which of their attributes it is
        or (bool(rest) and rest[-1] in METHODS)
    )
    if not allowed:
        yield f"a call of {'.'.join(path)}"


def _is_child(func: ast.expr) -> bool:
    """`self.convs["0"]` and `self.get_submodule("0")`: a child module, called."""
    if isinstance(func, ast.Subscript):
        path = _path(func.value)
        return path is not None and path[0] == "self" and isinstance(func.slice, ast.Constant)
    return isinstance(func, ast.Call) and _path(func.func) in (["self", "get_submodule"], ["self", "get_parameter"])


def _path(func: ast.expr) -> list[str] | None:
    """`nn.init.zeros_` as its parts; None where the function is no dotted name."""
    parts: list[str] = []
    while isinstance(func, ast.Attribute):
        parts.append(func.attr)
        func = func.value
    return [func.id, *reversed(parts)] if isinstance(func, ast.Name) else None


__all__ = ["AuditError", "audit"]
