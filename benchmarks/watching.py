"""(w) From a save to the redrawn page, in a running `archspec watch`, against a whole `archspec draw` process."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from benchmarks.compare import compare_times
from benchmarks.processes import SPEC, process
from benchmarks.result import Result, result

NARROW, WIDE = "num_classes: open int = 1000", "num_classes: open int = 1010"


class Reader:
    """What a browser does with the preview: hears of each new page, and fetches it."""

    def __init__(self, address: str) -> None:
        self.parts = urlsplit(address)
        self._pages, self._heard = self._connect(), self._connect()
        self._heard.request("GET", self.parts.path + "events")
        self._events = self._heard.getresponse()

    def next_page(self) -> str:
        """The page of the next event that has one."""
        while not (line := self._events.readline()).startswith(b"data: "):
            if not line:
                raise RuntimeError("the preview has ended")
        if json.loads(line[6:])["failed"]:
            raise RuntimeError("the spec is wrong")
        self._pages.request("GET", self.parts.path)
        return self._pages.getresponse().read().decode()

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.parts.hostname or "", self.parts.port, timeout=60)


@contextmanager
def watched(spec: Path) -> Iterator[Reader]:
    """A running preview of the spec, its first page drawn."""
    command = [sys.executable, "-m", "archspec", "watch", str(spec)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8") as running:
        try:
            assert running.stdout is not None
            reader = Reader(re.findall(r"http://\S+", running.stdout.readline())[0])
            while 'class="node"' not in reader.next_page():
                pass
            yield reader
        finally:
            running.terminate()


def redrawing(rounds: int) -> Iterator[Result]:
    """(w) ResNet-152, saved with another number of classes each time."""
    text, promise, _ = Path(SPEC).read_text(encoding="utf-8").partition("\nexpect:")  # which holds for one number only
    if NARROW not in text or not promise:
        raise RuntimeError(f"{SPEC} is not as it was")
    texts = cycle([text.replace(NARROW, WIDE), text])
    with TemporaryDirectory() as folder:
        spec, target = Path(folder) / "net.yaml", Path(folder) / "net.html"
        spec.write_text(text, encoding="utf-8")
        draw = process("-m", "archspec", "draw", str(spec), "-o", str(target), "--force")
        with watched(spec) as reader:

            def save() -> None:
                changed = next(texts)
                spec.write_text(changed, encoding="utf-8")
                page = reader.next_page()
                if ("fc 1010" in page) != (changed is not text):
                    raise RuntimeError("the preview shows another text than was saved")

            found = compare_times({"save to page in archspec watch": save, "archspec draw": draw}, rounds)
    yield result("w", found, "save to page in archspec watch", "archspec draw", ("<=", 0.5))
