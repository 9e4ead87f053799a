"""What a campaign has met: features, ops, mutations and codes, by verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from archspec.codes import CODES
from archspec.ops import OPS
from archspec.records import fields_of
from fuzz.case import Case
from fuzz.judge import Verdict
from fuzz.mutate import OF_LANGUAGE, calls

KEYS = {
    "when", "repeat", "first", "names", "each", "index", "columns", "parallel", "same", "tie", "init", "register",
    "body", "outputs", "output", "variants", "extends", "use", "let", "require", "blocks", "stem", "mode", "do",
    "shape", "expect",
}  # fmt: skip
"""Keys of the language that are features by being there."""


def features(case: Case) -> set[str]:
    """The features of the language that a spec uses."""
    found: set[str] = set()
    for tree in case.files.values():
        _walk(tree, found)
        given = tree.get("input")
        if given:
            found.add("several inputs" if isinstance(given, list) else "one input")
            found.add("free sizes" if "=" in str(given) else "fixed sizes")
        for block in tree.get("blocks", {}).values() if isinstance(tree.get("blocks"), dict) else ():
            found.add("alias" if "op" in block else "block")
            found.update(f"{text.split()[0].split('[')[0]} param" for text in block.get("params", {}).values())
            found |= {"block: several outputs"} if "outputs" in block else set()
            found |= {"block: several inputs"} if isinstance(block.get("in"), list) else set()
            found |= {"block: promise"} if "out" in block else set()
        if "open" in str(tree.get("params", "")):
            found.add("open param")
    for call in (call for tree in case.files.values() for call in calls(tree)):
        if call["op"].startswith("$"):
            found.add("$param")
        source = call.get("from")
        if isinstance(source, str):
            found.add("from: a if c else b" if " if " in source else "from: a.b" if "." in source else "from: a")
        elif isinstance(source, list):
            found.add("from: [a, b]")
        if any(isinstance(v, str) and (" " in v or "*" in v) for k, v in call.items() if k not in ("op", "from")):
            found.add("expression")
    return found


def _walk(tree: Any, found: set[str]) -> None:
    if isinstance(tree, dict):
        found |= KEYS & {key for key in tree if isinstance(key, str)}
        for part in tree.values():
            _walk(part, found)
    elif isinstance(tree, list):
        for part in tree:
            _walk(part, found)


class Coverage:
    """Counts by name and verdict; two of them add up."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def see(self, case: Case, verdict: Verdict) -> None:
        word = "accepted" if verdict.accepted else "refused"
        self.counts[f"specs|all|{word}"] += 1
        kind = {0: "as grown", 1: "one mutation"}.get(len(case.mutations), "several mutations")
        self.counts[f"specs|{kind}|{word}"] += 1
        for name in features(case):
            self.counts[f"feature|{name}|{word}"] += 1
        for name in verdict.ops:
            self.counts[f"op|{name}|{word}"] += 1
        for name in verdict.options:
            self.counts[f"option|{name}|{word}"] += 1
        for name in case.mutations if len(case.mutations) == 1 else ():
            self.counts[f"mutation|{name}|{word}"] += 1
        for code in set(verdict.codes):
            self.counts[f"code|{code}|{word}"] += 1
        if verdict.source:
            self.counts["specs|source to the bit|accepted"] += 1

    def share_refused(self) -> float:
        total = self.counts["specs|all|accepted"] + self.counts["specs|all|refused"]
        return self.counts["specs|all|refused"] / max(total, 1)

    def never(self, kind: str, names: Iterable[str], word: str = "") -> list[str]:
        """Those of the names that were not met, or not with this verdict."""
        words = (word,) if word else ("accepted", "refused")
        return [name for name in names if not any(self.counts[f"{kind}|{name}|{w}"] for w in words)]

    def table(self) -> str:
        """All counts, a line each, and what was never met."""
        lines = [f"{'':34}{'accepted':>10}{'refused':>10}"]
        for kind in ("specs", "feature", "op", "mutation"):
            names = sorted({key.split("|")[1] for key in self.counts if key.startswith(f"{kind}|")})
            lines += ["", f"{kind}s" if kind != "specs" else kind]
            for name in names:
                numbers = [self.counts[f"{kind}|{name}|{word}"] for word in ("accepted", "refused")]
                lines.append(f"  {name:32}{numbers[0]:10,}{numbers[1]:10,}")
        codes = sorted((key.split("|")[1], n) for key, n in self.counts.items() if key.startswith("code|"))
        lines += ["", "codes", *(f"  {code}  {CODES[code].title:48}{number:8,}" for code, number in codes)]
        options = [f"{op}.{field}" for op, model in OPS.items() for field in fields_of(model)]
        unmet = self.never("option", options, "accepted")
        lines += [
            "",
            f"ops accepted: {len(OPS) - len(self.never('op', OPS, 'accepted'))} of {len(OPS)}",
            f"options of ops said in accepted specs: {len(options) - len(unmet)} of {len(options)}"
            + (f"; never {', '.join(unmet)}" if unmet else ""),
            f"mutations of the language: {len(OF_LANGUAGE) - len(self.never('mutation', OF_LANGUAGE))}"
            f" of {len(OF_LANGUAGE)}",
            f"refused: {self.share_refused():.1%}",
        ]
        return "\n".join(lines) + "\n"
