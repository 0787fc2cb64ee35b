"""One browser and one service for each module of these tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.page.browser import Visit, chromium, visit
from tests.servers.uvicorn import uvicorn


# Not for the session: while Playwright's loop runs, no other test of the process can run its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """The address of a service with the default model."""
    with uvicorn() as running:
        yield f"{running.url}/"


@pytest.fixture
def seen(browser: Browser, service: str) -> Iterator[Visit]:
    """The page, just opened."""
    with visit(browser, service) as found:
        found.page.locator("#labels li").first.wait_for()
        yield found


@pytest.fixture(scope="session")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text that somebody named .jpg."""
    path = tmp_path_factory.mktemp("broken") / "notes.jpg"
    path.write_text("hello, this is no picture", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def torn(tmp_path_factory: pytest.TempPathFactory, flower: Path) -> Path:
    """The first few kilobytes of a photograph."""
    path = tmp_path_factory.mktemp("broken") / "torn.jpg"
    path.write_bytes(flower.read_bytes()[:9_000])
    return path
