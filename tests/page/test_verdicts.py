"""A calibrated model on the page: what it decides is read, heard and taken away as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.inference.test_calibration import calibration, pixels_view, write
from tests.page.browser import AXE, Visit, visit
from tests.servers.uvicorn import uvicorn

# To the tiny bundle, which has a class for each colour: one, two, none, and unlike all others.
PICTURES = {
    "red.png": (255, 40, 0),
    "yellow.png": (220, 215, 0),
    "dim.png": (90, 60, 70),
    "white.png": (255, 255, 255),
}
LIKE = 300.0
"""No picture of one colour is farther from the pixels calibrated on, but for one without colour."""
DECISIONS = {
    "red.png": ("accept", "Clear", "Only red is likely enough."),
    "yellow.png": ("review", "Look for yourself", "Likely enough are red and green."),
    "dim.png": ("review", "Look for yourself", "No answer is likely enough."),
    "white.png": ("unknown", "Unlike anything it knows", "do not go by the bars"),
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A picture for each decision, and for each way of being undecided."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, colour in PICTURES.items():
        Image.new("RGB", (60, 40), colour).save(folder / name)
    return [folder / name for name in PICTURES]


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service with a small calibrated bundle."""
    document = calibration(outside=pixels_view(LIKE))
    folder = write(tmp_path_factory.mktemp("bundle"), document)
    with uvicorn({"MICROLENS_MODEL": str(folder)}) as running:
        yield f"{running.url}/"


@pytest.fixture(scope="module", params=["light", "dark"])
def answered(
    request: pytest.FixtureRequest, browser: Browser, calibrated: str, pictures: list[Path]
) -> Iterator[Visit]:
    """The page with an answer to each picture."""
    with visit(browser, calibrated, color_scheme=request.param, bypass_csp=True) as seen:
        seen.choose(*pictures)
        seen.await_cards(len(pictures))
        yield seen


def test_each_card_says_in_words_what_to_make_of_the_answer(answered: Visit) -> None:
    for number, (decision, title, words) in enumerate(DECISIONS.values()):
        box = answered.cards().nth(number).locator(".verdict")
        told = box.inner_text()
        assert box.get_attribute("data-decision") == decision
        assert title in told
        assert words in told
        promised = "In at least 90\u202f% of pictures like those it was tested on, the right answer"
        assert (promised in told) == (number < 2)  # else there is no choice to speak of
    assert "3 to look at yourself" in answered.text("#summary")


def test_nobody_needs_colours_to_tell_the_decisions_apart(answered: Visit) -> None:
    signs = answered.page.locator(".verdict .sign").all_inner_texts()
    assert signs == ["✓", "?", "?", "≠"]
    answered.settle()
    answered.page.add_script_tag(path=AXE)
    faults = answered.page.evaluate("axe.run()")["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in faults] == []


def test_a_screen_reader_hears_the_decision(
    browser: Browser, calibrated: str, pictures: list[Path]
) -> None:
    with visit(browser, calibrated) as seen:
        seen.choose(pictures[0])
        expect(seen.page.locator("#status")).to_contain_text("red.png: red, ")
        expect(seen.page.locator("#status")).to_contain_text("; Clear")


def test_the_table_has_the_decision_its_labels_and_their_coverage(answered: Visit) -> None:
    with answered.page.expect_download() as download:
        answered.page.get_by_role("button", name="Download as CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    rows = {row["file"]: row for row in csv.DictReader(io.StringIO(text))}

    for name, (decision, _, _) in DECISIONS.items():
        assert rows[name]["decision"] == decision
        assert rows[name]["coverage"] == "0.9"
    assert rows["red.png"]["labels"] == "red"
    assert rows["yellow.png"]["labels"] == "red; green"
    assert rows["dim.png"]["labels"] == ""
