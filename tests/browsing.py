"""A real browser for tests: Chromium, headless, driven by playwright; tests skip and say so where there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def browser_path() -> str:
    """The browser of this machine; skips the test where there is none."""
    path = os.environ.get("ARCHSPEC_BROWSER") or next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no browser: install Chromium (Debian: apt-get install chromium), or set ARCHSPEC_BROWSER to one")
    return path


@contextmanager
def open_browser() -> Iterator[Any]:
    """A browser that is closed in the end."""
    path = browser_path()
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright: it is in the `test` extra")
    with playwright.sync_playwright() as driver:
        # Chromium's own sandbox refuses to run as root, as in a container.
        options = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = driver.chromium.launch(executable_path=path, args=options)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Tab:
    """A page in the browser, with whatever it asked for or complained about."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> Tab:
        """Begin to take down requests, console messages and errors."""
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return self

    def press(self, *keys: str) -> None:
        """Press one key after another."""
        for key in keys:
            self.page.keyboard.press(key)

    def focused(self, name: str) -> str:
        """An attribute of the element that has the focus; "" where it has none."""
        return str(self.page.evaluate("name => document.activeElement.getAttribute(name) || ''", name))

    def visible(self, selector: str) -> list[Any]:
        """What is visible of the elements."""
        return [each for each in self.page.query_selector_all(selector) if each.is_visible()]

    def fact(self, term: str) -> str:
        """What the panel says of a term; "" for nothing."""
        script = "term => [...document.querySelectorAll('#facts dt')].find(d => d.textContent === term)"
        return str(self.page.evaluate(f"term => ({script})(term)?.nextElementSibling.textContent || ''", term))
