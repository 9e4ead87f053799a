"""E02xx: the schema of a spec, its names, parameters and expressions."""

from __future__ import annotations

from archspec.codes.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "E0201",
        "an unknown key",
        "The keys of each part of a spec are fixed, and a key that is not known is a typing error until proven "
        "otherwise. The nearest known key is offered.",
    ),
    Code(
        "E0202",
        "not a network of this language",
        "A spec file says `archspec: 1`, the version of the language; a network has an `input:` and either `net:` "
        "or `stem:`, `stages:` and `head:`. A file with blocks alone is a library, for `use:`.",
    ),
    Code(
        "E0203",
        "a value of the wrong kind",
        "The field takes another kind of value: a map where a text stands, a number where a list stands. The title "
        "says what it must be.",
    ),
    Code(
        "E0204",
        "two ways to say the same",
        "A network is written as `net:`, or as `stem:`, `stages:` and `head:`, not as both.",
    ),
    Code(
        "E0205",
        "not a name",
        "Names become Python attributes and state_dict keys, so they are ASCII identifiers (or numbers, for the "
        "children of a sequence), not Python keywords, not attributes of `torch.nn.Module` such as `forward` or "
        "`training`, and no two of them are equal, also when case is ignored.",
    ),
    Code(
        "E0206",
        "not a signature",
        'A block says what it takes: `in: x[N, C, H, W]`, a name and its axes; with several inputs `in: ["x[N, C, '
        'H, W]", "f[N, C]"]`.',
    ),
    Code(
        "E0207",
        "not a parameter",
        "A parameter is `name: type = default`, such as `stride: int = 1` or `act: enum[relu, silu] = relu`; the "
        "default may be left out.",
    ),
    Code(
        "E0208",
        "not an item",
        "An item of a body is `name: {op: ...}`, an op without a name `{op: ...}`, a container `name: [items]`, or "
        "one of `section`, `each`, `repeat` with `do`, `parallel`, `do`.",
    ),
    Code(
        "E0209",
        "the parent lacks this key",
        "`extends:` merges maps and replaces lists; a key that the parent does not have would be silently new, so "
        "it is refused.",
    ),
    Code(
        "E0210",
        "a spec file that is not there",
        "`use:` and `extends:` look beside the file, then in the built-in library.",
    ),
    Code(
        "E0211",
        "spec files that lead back to themselves",
        "Files that extend or use each other must not form a ring, and there is a bound on how many are read.",
    ),
    Code(
        "E0212",
        "two blocks of one name",
        "Blocks of the file and of all libraries that it uses share one space of names.",
    ),
    Code(
        "E0213", "an unknown parameter", "A variant, `--set` or `use:` sets a parameter that the file does not declare."
    ),
    Code(
        "E0214",
        "a name that is taken",
        "Shadowing is an error: a name in scope keeps its meaning. Choose another name, or `index:` for the counter"
        " of `each`.",
    ),
    Code("E0215", "a parameter without a value", "It has no default, and the call gives none."),
    Code("E0216", "a parameter of the wrong type", "The value does not fit the declared type."),
    Code(
        "E0217",
        "an unknown op or block",
        "An op is one of the vocabulary, a block of the file or of a library it uses, or "
        "`$param` for a parameter of type `block`.",
    ),
    Code("E0218", "a block that calls itself", "Blocks are not recursive; use `repeat` for depth."),
    Code(
        "E0219",
        "too many layers, inputs, variants or open params",
        "The number of layers and of what else a check's work grows with is bounded, so that no spec can make it work "
        "without end. Real networks stay far below; `repeat` says many equal layers as one.",
    ),
    Code(
        "E0220",
        "an expression that cannot be read or has no value",
        "Expressions are arithmetic, comparisons, `and`, `or`, `not`, `a if c else b`, indexing, bounded "
        "comprehensions and a fixed list of functions. `/` on integers must be exact: write `//` or "
        "`ceil(H/stride)`.",
    ),
    Code(
        "E0221",
        "a count or flag of the wrong kind",
        "`repeat` is a whole number of at least 1 and bounded; `when` is true or false.",
    ),
    Code(
        "E0222",
        "an unknown option",
        "The op or block has no such option; in-channels are never written, they come from the input. The options "
        "it has are listed.",
    ),
    Code("E0223", "a missing option", "The op cannot do without it."),
    Code(
        "E0224",
        "an option that does not fit",
        "The value is of the wrong type or outside the range that the op allows.",
    ),
    Code(
        "E0225",
        "an unknown input",
        "`from:` names nodes that stand before in the same body or around it; the first item of a body needs an "
        "input of its own where there is none.",
    ),
    Code(
        "E0226",
        "a container that does not hold together",
        "A container needs at least one item, and `register:` names children of the body it stands beside.",
    ),
    Code(
        "E0227",
        "a node that is left out is read",
        "A false `when` on a branch leaves no value to read, and a unit of a repeat cannot be left out.",
    ),
    Code(
        "E0228",
        "a table that is not rectangular",
        "The columns of `each` have one length, and each row has a cell for each column.",
    ),
    Code(
        "E0229",
        "not an initialisation",
        "`init:` maps an op or tensor to a scheme such as `zeros` or `{kaiming_normal: fan_out}`. Its number may read "
        "params that are not open, as in `{normal: 0.02/sqrt(depth)}`, and for a convolution or linear the fans, as "
        "in `{uniform: 1/sqrt(fan_out)}`.",
    ),
    Code(
        "E0230",
        "not a size for an input",
        "Shapes are [N, C, H, W] with the channels a number; in `input:` a number is fixed, a name is any size, "
        "`H=224` any size stated at 224.",
    ),
    Code(
        "E0231",
        "structure that depends on an open parameter",
        "An `open` parameter becomes an argument of the generated network's constructor. Which layers there are, and "
        "how often, is decided once, when the spec is checked, so it cannot depend on one. Drop `open`; `--set` still "
        "changes the parameter.",
    ),
    Code(
        "E0232",
        "a tie that does not hold",
        "`tie: {weight: embed.weight}` makes one tensor of two: the op's own, and that of an item "
        "before it in the same "
        "body. Both must be there and have one shape.",
    ),
)
