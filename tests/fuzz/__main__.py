"""`python -m tests.fuzz specs|yaml|faults|artefacts …`: the campaigns; each says with `--help` what it takes."""

# ruff: noqa: T201
from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # tests import each other by their own names

CAMPAIGNS = {
    "specs": "fuzz.campaign",
    "yaml": "fuzz.yaml_campaign",
    "faults": "fuzz.faults",
    "artefacts": "fuzz.artefacts",
}

if __name__ == "__main__":
    word, *rest = sys.argv[1:] or ["--help"]
    if word == "chunk":
        from fuzz.campaign import chunk

        print(json.dumps(chunk(*map(int, rest))))
    elif word == "texts":
        from fuzz.yaml_campaign import chunk as texts

        print(json.dumps(texts(*map(int, rest))))
    elif word in CAMPAIGNS:
        sys.exit(importlib.import_module(CAMPAIGNS[word]).main(rest))
    else:
        sys.exit(f"{__doc__}\ncampaigns: {', '.join(CAMPAIGNS)}")
