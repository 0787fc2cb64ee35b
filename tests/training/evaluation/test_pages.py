"""The pages are one file each: opened in Chromium, they ask nobody for anything, and anybody
can read them in light, dark and on paper."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.cli.command import invoke
from tests.inference.tiny import write_tiny
from tests.page.browser import AXE, chromium, visit
from tests.training.evaluation.answers import noisy_colours
from training.evaluation.figures import Confusion
from training.evaluation.plots import confusion_plot

HOSTILE = "<img src=x onerror=alert(1)>&$x_1$"
SCHEMES = ("light", "dark")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, swapped: Path) -> dict[str, Path]:
    """Both pages about a model with hostile labels and files with hostile names."""
    root = tmp_path_factory.mktemp("pages")
    labels = f"{HOSTILE}\ngreen\n日本語\n".encode()
    model = write_tiny(root / "hostile", files={"labels.txt": labels})
    folder = noisy_colours(root / "colours", 30, 0.12)
    for index, colour in enumerate(("red", "green", "blue")):
        (folder / colour).rename(folder / str(index))
    shutil.copy(folder / "1" / "000.png", folder / "0" / "<b>bold & 'quoted'.png")
    (folder / "0" / "<i>.jpg").write_text("no picture")
    evaluated, compared = root / "evaluation.html", root / "comparison.html"
    for arguments in (
        ("evaluate", model, folder, "--html", evaluated),
        ("compare", model, swapped, folder, "--html", compared),
    ):
        ran = invoke(*arguments)
        assert ran.code == 0, ran.stderr
    return {"evaluation": evaluated, "comparison": compared}


@pytest.mark.parametrize("page", ["evaluation", "comparison"])
def test_a_page_holds_all_it_needs_and_nothing_that_runs(pages: dict[str, Path], page: str) -> None:
    text = pages[page].read_text(encoding="utf-8")

    addresses = set(re.findall(r"https?://[^\s\"'<)]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "<script" not in text
    assert "<img src=x" not in text
    assert "<b>bold" not in text
    assert "<i>.jpg" not in text
    assert "&lt;i&gt;.jpg" in text
    assert len(text) < 600_000
    assert {each[:16] for each in re.findall(r'src="([^"]*)"', text)} == {"data:image/jpeg;"}


@pytest.mark.parametrize("page", ["evaluation", "comparison"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_everybody_can_read_a_page(
    browser: Browser, pages: dict[str, Path], page: str, scheme: str
) -> None:
    with visit(browser, pages[page].as_uri(), color_scheme=scheme, bypass_csp=True) as seen:
        seen.page.add_script_tag(path=AXE)
        violations = [
            (fault["id"], [node["html"][:200] for node in fault["nodes"]])
            for fault in seen.page.evaluate("axe.run()")["violations"]
        ]
        wide = seen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        shot = Image.open(io.BytesIO(seen.page.screenshot())).convert("L")
        broken = seen.page.evaluate("[...document.images].filter(i => !i.naturalWidth).length")

        assert violations == []
        assert {each for each in seen.requests if not each.startswith(("file:", "data:"))} == set()
        assert wide <= 0
        assert broken == 0
    corner = np.asarray(shot)[5, 5]
    assert corner < 40 if scheme == "dark" else corner > 215


def test_labels_stand_in_the_plots_as_they_are(browser: Browser, pages: dict[str, Path]) -> None:
    with visit(browser, pages["evaluation"].as_uri()) as seen:
        drawn = seen.page.locator("svg.confusion text").all_text_contents()
        titles = seen.page.locator("h2").all_inner_texts()

    assert "日本語" in drawn
    assert any(each.startswith("<img src=x") for each in drawn)
    assert "The surest mistakes" in titles


def test_long_labels_that_differ_at_their_end_stay_apart_in_the_plot() -> None:
    labels = ["a very long name of a plant, leaf 1", "a very long name of a plant, leaf 2"]

    drawn = confusion_plot([Confusion(0, 1, 3), Confusion(1, 1, 4)], labels)

    assert "a very long n…, leaf 1" in drawn
    assert "a very long n…, leaf 2" in drawn


def test_a_page_prints_dark_on_white(browser: Browser, pages: dict[str, Path]) -> None:
    with visit(browser, pages["evaluation"].as_uri(), color_scheme="dark") as seen:
        seen.page.emulate_media(media="print", color_scheme="dark")
        paper = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        ink = seen.page.evaluate("getComputedStyle(document.body).color")
        printed = seen.page.pdf(format="A4")

    assert paper == "rgb(255, 255, 255)"
    assert ink == "rgb(27, 34, 32)"
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 6


def test_a_page_fits_a_phone(browser: Browser, pages: dict[str, Path]) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True}
    for page in pages.values():
        with visit(browser, page.as_uri(), **phone) as seen:
            wide = seen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
