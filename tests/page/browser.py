"""A real headless Chromium, and a visit to the page in it that hears of every request."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Route,
    expect,
    sync_playwright,
)

from tests.servers.process import environment

PROJECT = Path(__file__).parents[2]
BROWSER = PROJECT / ".venv" / "browser"
AXE = BROWSER / "axe.min.js"

FLAGS = (
    "--headless",
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
)
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)

DESKTOP: dict[str, Any] = {"viewport": {"width": 1200, "height": 1000}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
}


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser that install.py brought, or the one that the variable CHROMIUM names."""
    program = os.environ.get("CHROMIUM", str(BROWSER / "chromium"))
    assert Path(program).is_file(), f"{program} is missing: make install-dev, or name one: CHROMIUM"
    own = {"LD_LIBRARY_PATH": str(BROWSER / "lib"), "FONTCONFIG_FILE": str(BROWSER / "fonts.conf")}
    # Playwright gives it a user-data-dir of its own, and removes that afterwards.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=list(FLAGS),
            env={**environment(), **({} if "CHROMIUM" in os.environ else own)},
        )
        yield browser
        browser.close()


@dataclass(slots=True)
class Visit:
    """The page in a fresh context: its requests as the DevTools protocol tells them, its errors."""

    page: Page
    url: str
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def cards(self, state: str | None = None) -> Locator:
        """The cards, all or those that are `answered` or `failed`."""
        return self.page.locator(f".card[data-state={state}]" if state else ".card")

    def choose(self, *files: Path) -> None:
        """Choose files, as the dialogue of the button does."""
        self.page.set_input_files("#files", [str(file) for file in files])

    def hold(self, file: Path) -> None:
        """Drag a file from the desktop over the page."""
        self._drag("dragEnter", file)
        self._drag("dragOver", file)

    def drop(self, file: Path) -> None:
        """Let go of it there."""
        self._drag("drop", file)

    def _drag(self, kind: str, file: Path) -> None:
        """As the browser itself hears of it from the desktop."""
        data = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
        event = {"type": kind, "x": 300, "y": 300, "data": data}
        self.page.context.new_cdp_session(self.page).send("Input.dispatchDragEvent", event)

    def keep(self, address: str, count: int = 1) -> list[Route]:
        """Let the next `count` requests there wait for an answer; they are listed as they come."""
        kept: list[Route] = []

        # Playwright's own `times` would switch its hold on all of them off after the last.
        def keep(route: Route) -> None:
            if len(kept) < count:
                kept.append(route)
            else:
                route.fallback()

        self.page.route(address, keep)
        return kept

    def await_kept(self, kept: Sequence[Route], count: int = 1) -> None:
        """Wait until so many requests are kept."""
        while len(kept) < count:
            self.page.evaluate("location.href")  # lets the browser's news in

    def await_cards(self, count: int, state: str = "answered") -> Locator:
        """The cards in that state, once there are `count`."""
        self.cards(state).nth(count - 1).wait_for()
        return self.cards(state)

    def settle(self) -> None:
        """Wait until nothing moves any more."""
        self.page.evaluate(
            "Promise.all(document.getAnimations().map(animation => animation.finished))"
        )

    def text(self, selector: str) -> str:
        """What a person reads there."""
        return self.page.locator(selector).inner_text()

    def note(self) -> str:
        """What the newest card says of how its picture was sent."""
        return self.cards().first.locator(".note").inner_text()

    def others(self) -> set[str]:
        """The hosts, other than the service, that the page has asked for anything."""
        asked = {urlsplit(each) for each in self.requests if each.startswith(("http", "ws"))}
        return {each.netloc for each in asked} - {urlsplit(self.url).netloc}


@contextmanager
def visit(browser: Browser, url: str, **options: Any) -> Iterator[Visit]:
    """Open `url` in a context with Playwright's `options` and wait until the classes are shown."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    try:
        found = _opened(context, url)
        yield found
        assert found.errors == []
    finally:
        context.close()


def _opened(context: BrowserContext, url: str) -> Visit:
    page = context.new_page()
    found = Visit(page, url)
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    # What the policy blocks is told on the console and nowhere else.
    page.on(
        "console",
        lambda said: found.errors.append(said.text) if "Security Policy" in said.text else None,
    )
    # From the beginning: a dialogue that opens before somebody listens is lost.
    page.on("filechooser", lambda _: None)
    devtools = context.new_cdp_session(page)
    devtools.on(
        "Network.requestWillBeSent", lambda sent: found.requests.append(sent["request"]["url"])
    )
    devtools.send("Network.enable")
    page.goto(url)
    return found
