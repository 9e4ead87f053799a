"""The page as one HTML document: drawings, facts as data, one style sheet, one script, a policy that allows no more.

Nothing is fetched: the Content-Security-Policy lets in the one style sheet and the one script by their hashes. All
words of a spec pass through jinja2's escaping, the SVG writer's, or JSON with `<`, `>` and `&` escaped.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Any

from archspec.backends.escape import clean
from archspec.backends.figure.describe import describe
from archspec.backends.figure.theme import FONTS, LIGHT, PALETTES, THEMES, Theme
from archspec.backends.page.drawing import draw
from archspec.backends.page.facts import Facts, excerpt
from archspec.backends.page.folding import Folded, folded
from archspec.checked import Checked
from archspec.diagnostics import UsageError
from archspec.resources import folder

LEVELS = ("stage", "block", "unit", "layer")
"""What may be unfolded at first: nothing, stages, runs of equal units too, and blocks to all of their layers."""

_SCHEME: Mapping[Theme, str] = {"light": "light", "dark": "dark", "grey": "light"}


def write_page(*checked: Checked, level: str = "block", theme: str = "auto", live: int = 0) -> str:
    """The page of these networks, side by side, unfolded to `level` at first.

    `live` is the number of the page where a server shows one after another. UsageError for another level or theme.
    """
    if level not in LEVELS or theme not in THEMES:
        kind, word, known = ("theme", theme, THEMES) if level in LEVELS else ("level", level, LEVELS)
        raise UsageError(f"there is no {kind} `{word}`", f"the {kind}s are {', '.join(known)}")
    networks = [folded(one) for one in checked]
    drawn, legend = draw(networks)
    style, scripts = _theme() + _source("page.css"), [_source("page.js"), *([_source("watch.js")] if live else [])]
    return str(
        _template().render(
            policy=_policy(scripts, style, bool(live)),
            title=clean(", ".join(network.outline.title for network in networks)) or "archspec",
            description=clean(" ".join(describe(network.outline) for network in networks)),
            networks=drawn,
            legend=legend,
            data=_data(networks, checked),
            style=style,
            scripts=scripts,
            level=level,
            live=live,
            theme="" if theme == "auto" else theme,
        )
    )


def _policy(scripts: Sequence[str], style: str, live: bool) -> str:
    """What the page may load: its own script and style sheet, and from a live server the next state."""
    allowed = {
        "default-src": ["'none'"],
        "script-src": [_hash(script) for script in scripts],
        "style-src": [_hash(style)],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        **({"connect-src": ["'self'"]} if live else {}),
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in allowed.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


def _theme() -> str:
    """The palettes as variables: the reader's scheme, unless the page was told another; paper is always light."""
    schemes = {
        name: "".join(f"--as-{role}:{value};" for role, value in palette.items()) + f"color-scheme:{_SCHEME[name]}"
        for name, palette in PALETTES.items()
    }
    rules = "".join(f".f-{name}{{fill:var(--as-{name})}}.s-{name}{{stroke:var(--as-{name})}}" for name in LIGHT)
    return (
        f":root{{{schemes['light']}}}:root[data-theme=grey]{{{schemes['grey']}}}"
        f"@media screen{{:root[data-theme=dark]{{{schemes['dark']}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme]){{{schemes['dark']}}}}}}}"
        f"{rules}.archspec{{font-family:{FONTS}}}\n"
    )


def _data(networks: Sequence[Folded], checked: Sequence[Checked]) -> str:
    """The facts of all nodes as JSON that cannot end the element it stands in; lines of specs are stored once."""
    lines: dict[tuple[str, int, str], int] = {}
    nodes = [
        {path: _record(facts, lines, one.spec.texts) for path, facts in network.facts.items()}
        for network, one in zip(networks, checked, strict=True)
    ]
    text = json.dumps({"nodes": nodes, "lines": list(lines)}, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _record(facts: Facts, lines: dict[tuple[str, int, str], int], texts: Mapping[str, str]) -> dict[str, object]:
    places = []
    for span in dict.fromkeys(facts.spans):
        key = (PurePath(span.file).name, span.line, excerpt(texts, span))
        places.append(lines.setdefault(key, len(lines)))
    amount = facts.amount
    record: dict[str, object] = {
        "what": clean(facts.what), "out": facts.output, "parameters": amount.parameters, "macs": amount.macs,
        "lines": places,
    }  # fmt: skip
    if facts.symbolic != facts.output:
        record["any"] = facts.symbolic
    if facts.receptive is not None:
        record["field"] = facts.receptive
        record["growth"] = facts.growth
    if facts.count > 1:
        record["names"] = facts.names
    return record


@cache
def _source(name: str) -> str:
    return Path(folder("templates"), "page", name).read_text(encoding="utf-8")


@cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(folder("templates"), "page"), encoding="utf-8")
    environment = Environment(
        loader=loader, undefined=StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template("page.html.jinja")
