"""`archspec completion`: shell completion, derived from the parser itself so that it cannot lag behind."""

from __future__ import annotations

from argparse import SUPPRESS, Action, ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Callable, Iterator

from archspec.cli.command import FINE, Command
from archspec.cli.terminal import Terminal
from archspec.codes import CODES
from archspec.ops import OPS
from archspec.records import Record


class Flag(Record):
    """An option: its spellings, the words it may be followed by, whether it takes a value, and its help."""

    names: tuple[str, ...]
    choices: tuple[str, ...]
    takes_value: bool
    help: str


class Verb(Record):
    """A command as a shell sees it; `choices` are the words its positional argument may be."""

    name: str
    summary: str
    flags: tuple[Flag, ...]
    choices: tuple[str, ...]


WORDS = {"explain": (*CODES, *OPS), "list": ("networks", "blocks", "ops")}
"""What a positional argument may be, where the parser leaves it open."""


def verbs_of(parser: ArgumentParser) -> tuple[Verb, ...]:
    """The commands of a parser with subcommands."""
    (commands,) = (a for a in parser._actions if isinstance(a, _SubParsersAction))
    summaries = {choice.dest: choice.help or "" for choice in commands._choices_actions}
    return tuple(
        Verb(name, summaries.get(name, ""), tuple(_flags(sub)), WORDS.get(name) or tuple(_positional_choices(sub)))
        for name, sub in commands.choices.items()
    )


def _flags(parser: ArgumentParser) -> Iterator[Flag]:
    for action in parser._actions:
        if action.option_strings and action.help != SUPPRESS:
            yield Flag(tuple(action.option_strings), _choices(action), action.nargs != 0, action.help or "")


def _positional_choices(parser: ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if not action.option_strings:
            yield from _choices(action)


def _choices(action: Action) -> tuple[str, ...]:
    return tuple(str(choice) for choice in action.choices or ())


def bash(parser: ArgumentParser) -> str:
    """A completion script for bash."""
    verbs = verbs_of(parser)
    names = " ".join(verb.name for verb in verbs)
    lines = [
        "_archspec() {",
        '    local line="${COMP_LINE:0:$COMP_POINT}" verb="" words="" word lead="" cur prev',
        '    cur="${line##* }"  # bash takes words apart at @ and =',
        '    prev="${line%"$cur"}"; prev="${prev%"${prev##*[! ]}"}"; prev="${prev##* }"',
        '    case "$cur" in --*=*) prev="${cur%%=*}"; lead="$prev="; cur="${cur#*=}" ;; esac',
        '    for word in "${COMP_WORDS[@]:1:$((COMP_CWORD-1))}"; do',
        f'        case "$word" in {names.replace(" ", "|")}) verb="$word"; break ;; esac',
        "    done",
        f'    [ -n "$verb" ] || {{ COMPREPLY=($(compgen -W "{names} --help --version" -- "$cur")); return; }}',
        '    case "$verb:$prev" in',
        '        *:-o|*:--output) COMPREPLY=($(compgen -f -- "$cur")); return ;;',
        *_bash_choices(verbs),
        "    esac",
        '    [ -n "$words" ] || case "$verb:$cur" in',
        *(f'        {v.name}:-*) words="{" ".join(n for f in v.flags for n in f.names)}" ;;' for v in verbs),
        *(f'        {v.name}:*) words="{" ".join(v.choices)}" ;;' for v in verbs if v.choices),
        '        *) words="$(archspec list --quiet 2>/dev/null)"; COMPREPLY=($(compgen -f -- "$cur")) ;;',
        "    esac",
        "    # Variants of a file, which is a stranger's: compgen -W would run what they say.",
        '    [ "$cur" = "${cur%@*}" ] || [ ! -f "${cur%@*}" ] || while IFS= read -r word; do',
        '        case "$word" in "$cur"*) COMPREPLY+=("$word") ;; esac',
        '    done < <(archspec list --quiet -- "${cur%@*}" 2>/dev/null)',
        '    COMPREPLY+=($(compgen -W "$words" -- "$cur"))',
        "    # A variant by its own name, where nothing else begins so.",
        '    [ ${#COMPREPLY[@]} -gt 0 ] || words="$(printf "%s\\n" "$words" | sed -n "s/.*@//p")"',
        '    [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -W "$words" -- "$cur"))',
        '    case "$COMP_WORDBREAKS" in *=*) ;; *) COMPREPLY=("${COMPREPLY[@]/#/$lead}") ;; esac',
        '    case "$COMP_WORDBREAKS:$cur" in *@*:*@*)',
        '        COMPREPLY=("${COMPREPLY[@]#"${cur%@*}"}"); compopt +o filenames 2>/dev/null ;;',  # no @ is escaped
        "    esac",
        "}",
        "complete -o filenames -F _archspec archspec",
    ]
    return "\n".join(lines) + "\n"


def _bash_choices(verbs: tuple[Verb, ...]) -> Iterator[str]:
    """The words behind each option that has a choice of them; options of one meaning share a line."""
    places: dict[tuple[str, ...], list[str]] = {}
    for verb in verbs:
        for flag in verb.flags:
            if flag.choices:
                places.setdefault(flag.choices, []).extend(f"{verb.name}:{name}" for name in flag.names)
    return (f'        {"|".join(where)}) words="{" ".join(choices)}" ;;' for choices, where in places.items())


def zsh(parser: ArgumentParser) -> str:
    """A completion script for zsh, which can run bash's."""
    return "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" + bash(parser)


_FISH_SPECS = (
    "function __archspec_specs",
    "    archspec list --quiet 2>/dev/null",
    "    set -l file (string replace -r '@[^@]*$' '' -- (commandline -ct))",
    '    test -f "$file"; and archspec list --quiet -- $file 2>/dev/null',
    "end",
)


def fish(parser: ArgumentParser) -> str:
    """A completion script for fish."""
    verbs = verbs_of(parser)
    lines = list(_FISH_SPECS)
    lines += [f"complete -c archspec -n __fish_use_subcommand -f -a {v.name} -d {_quoted(v.summary)}" for v in verbs]
    for verb in verbs:
        seen = f"complete -c archspec -n '__fish_seen_subcommand_from {verb.name}'"
        lines += [f"{seen} {_fish_flag(flag)}" for flag in verb.flags]
        words = " ".join(verb.choices)
        lines.append(f"{seen} -f -a {_quoted(words)}" if words else f"{seen} -a '(__archspec_specs)'")
    return "\n".join(lines) + "\n"


def _fish_flag(flag: Flag) -> str:
    names = " ".join(f"-l {n[2:]}" if n.startswith("--") else f"-s {n[1:]}" for n in flag.names)
    value = f" -x -a {_quoted(' '.join(flag.choices))}" if flag.choices else " -r" if flag.takes_value else ""
    return f"{names}{value} -d {_quoted(flag.help)}"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


SHELLS: dict[str, Callable[[ArgumentParser], str]] = {"bash": bash, "zsh": zsh, "fish": fish}


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("shell", choices=tuple(SHELLS), help="your shell")


def _run(args: Namespace, terminal: Terminal) -> int:
    terminal.write(SHELLS[args.shell](args.root))
    return FINE


COMMAND = Command(
    "print a completion script for your shell",
    "archspec completion bash > ~/.local/share/bash-completion/completions/archspec", _arguments, _run,
)  # fmt: skip
