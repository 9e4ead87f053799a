"""Opening a spec's files: their blocks made visible, their params filled in, libraries handed their arguments."""

from __future__ import annotations

from archspec.diagnostics import Label
from archspec.elaborate.env import Env, name_of
from archspec.elaborate.params import bind, is_handed_open, with_lets, with_param
from archspec.elaborate.requires import check_requires
from archspec.elaborate.scope import BlockRef, Given, Scope
from archspec.report import Report, suggestion
from archspec.spec.choice import refuse_unknown_choice
from archspec.spec.fields import listed
from archspec.spec.model import Spec, SpecFile
from archspec.text.source import Value
from archspec.text.span import Span


def open_scope(spec: Spec, report: Report) -> Scope:
    """The scope of a spec's file, its params at their defaults, the variant's and the settings over them."""
    scope = _declare(spec.file, spec, report)
    _fill(scope, _settings(spec, scope, report), scope, report, None)
    return scope


def filled(scope: Scope) -> bool:
    """Whether every param of the file and of the files it uses has a value."""
    own = all(param.name in scope.env.values for param in scope.file.params)
    return own and all(filled(used) for used, _, _ in scope.uses)


def _declare(file: SpecFile, spec: Spec, report: Report) -> Scope:
    """Scopes with their blocks but no values yet: a param's default may name a block of a library.

    A file sees its own blocks and those that the files it uses define; its own win over theirs.
    """
    scope = Scope(file)
    scope.blocks.update({name: BlockRef(block, scope) for name, block in file.blocks.items()})
    for reference, arguments in file.uses:
        library = spec.library(reference)
        used = _declare(library, spec, report)
        scope.uses.append((used, reference, arguments.entries if arguments is not None else ()))
        for name in library.blocks:
            block, other = used.blocks[name], scope.blocks.get(name)
            if name in file.blocks:
                continue
            if other is not None:
                report.error(
                    "E0212",
                    f"two blocks are named `{name}`",
                    reference.span,
                    label=f"brings `{name}` a second time",
                    labels=[Label(other.block.span, "the other one"), Label(block.block.span, "this one")],
                    help="rename one of them, or define a block of this name in your own file, which wins",
                )
            scope.blocks[name] = block
    return scope


def _settings(spec: Spec, scope: Scope, report: Report) -> Given:
    given: dict[str, tuple[Value, Env]] = {}
    names = [param.name for param in spec.file.params]
    for variant, table in spec.file.variants:
        for entry in table.entries:
            name = str(entry.key.value)
            if name not in names:
                report.error(
                    "E0213",
                    f"variant `{variant.value}` sets `{name}`, which is no param",
                    entry.key.span,
                    notes=[f"params: {listed(names) or 'none'}"],
                    help=suggestion(name, names),
                )
            elif variant.value == spec.variant:
                given[name] = (entry.value, scope.env)
    refuse_unknown_choice(spec)
    for name, value in spec.settings.items():
        given[name] = (value, scope.env)
    return given


def _fill(used: Scope, given: Given, user: Scope, report: Report, place: Span | None) -> None:
    """Give a file's params their values. Arguments are evaluated in the user's file, defaults in the file's own.

    `place` is where the file is used; None for the network's own.
    """
    root = place is None
    used.env = used.env.child({}, bound=(used.file, given, 0, None))
    for param in used.file.params:
        owner = user if param.name in given else used
        option = bind(param, given, used.env, owner, report, f"`{used.file.path}`", place)
        if option is None:
            used.env = used.env.unknown(param.name)
            continue
        opened = param.open if root else is_handed_open(param.name, given)
        standing = name_of(param.name) if root and param.open else option.expr
        used.env = with_param(used.env, param, option, standing, opened)
    if not all(param.name in used.env.values for param in used.file.params):
        return
    used.env, _ = with_lets(used.file.lets, used.env, report, named=False)
    check_requires(used.file.requires, used.env, report)
    for deeper, reference, entries in used.uses:
        names = [param.name for param in deeper.file.params]
        for entry in entries:
            if entry.key.value not in names:
                report.error(
                    "E0213",
                    f"`{reference.value}` has no param `{entry.key.value}`",
                    entry.key.span,
                    notes=[f"its params: {listed(names) or 'none'}"],
                    help=suggestion(str(entry.key.value), names),
                )
        deeper.env = Env({}, {})
        _fill(deeper, {str(e.key.value): (e.value, used.env) for e in entries}, used, report, reference.span)
