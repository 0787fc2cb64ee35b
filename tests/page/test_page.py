"""What people do on the page, done in a real browser against the running service."""

from __future__ import annotations

import csv
import io
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pillow_heif
import pytest
from PIL import Image
from playwright.sync_api import Browser, Request, expect

from inference.pictures.formats import FORMATS, formats_read
from tests.page.browser import PHONE, Visit, visit

CATS = {"tiger cat", "Egyptian cat", "tabby"}
RAW = {"content-type": "application/octet-stream"}


def labels_of(seen: Visit, card: int = 0) -> list[str]:
    return seen.cards().nth(card).locator(".bars b").all_inner_texts()


def names_of(seen: Visit) -> list[str]:
    return seen.page.locator(".card .name").all_inner_texts()


def test_a_dropped_picture_becomes_a_card_with_bars_and_the_time_it_took(
    seen: Visit, chelsea: Path
) -> None:
    seen.hold(chelsea)
    expect(seen.page.locator("body")).to_have_class("over")
    seen.drop(chelsea)

    card = seen.await_cards(1).first
    assert set(labels_of(seen)[:3]) == CATS
    assert len(labels_of(seen)) == 5
    widths = [
        bar.evaluate("bar => parseFloat(bar.style.getPropertyValue('--score'))")
        for bar in card.locator(".bars i").all()
    ]
    assert widths == sorted(widths, reverse=True)
    assert "451 × 300 · PNG · answered in" in card.inner_text()
    assert card.locator("img").evaluate("picture => picture.naturalWidth") == 451
    expect(seen.page.locator("body")).not_to_have_class("over")


def test_a_picture_in_the_clipboard_is_pasted(browser: Browser, service: str) -> None:
    with visit(browser, service, permissions=["clipboard-read", "clipboard-write"]) as seen:
        seen.page.evaluate(
            """async () => {
                const picture = await (await fetch("sample.png")).blob();
                await navigator.clipboard.write([new ClipboardItem({"image/png": picture})]);
            }"""
        )
        seen.page.keyboard.press("Control+V")

        seen.await_cards(1)
        assert set(labels_of(seen)[:3]) == CATS


def test_several_pictures_are_answered_in_the_order_chosen(
    seen: Visit, chelsea: Path, coffee: Path, flower: Path
) -> None:
    seen.choose(coffee)
    seen.await_cards(1)
    seen.choose(chelsea, flower)
    seen.await_cards(3)

    assert names_of(seen) == ["chelsea.png", "flower.jpg", "coffee.png"]
    assert labels_of(seen, 2)[0] == "espresso"
    assert seen.text("#summary").startswith("3 pictures")


def test_many_pictures_are_sent_a_few_at_a_time(seen: Visit, flower: Path, tmp_path: Path) -> None:
    copies = [Path(shutil.copy(flower, tmp_path / f"{number}.jpg")) for number in range(10)]
    under_way = [0]

    def changed(by: int) -> Callable[[Request], None]:
        def count(request: Request) -> None:
            if request.method == "POST":
                under_way.append(under_way[-1] + by)

        return count

    seen.page.on("request", changed(+1))
    seen.page.on("requestfinished", changed(-1))
    seen.choose(*copies)
    seen.await_cards(10)

    assert max(under_way) == 3


def test_a_broken_file_says_what_is_wrong_and_spoils_no_other(
    seen: Visit, notes: Path, torn: Path, chelsea: Path, service: str
) -> None:
    seen.choose(notes, chelsea, torn)
    seen.await_cards(1)
    failed = seen.await_cards(2, "failed")

    assert "This is text, not a picture" in failed.nth(0).inner_text()
    assert "This picture is damaged" in failed.nth(1).inner_text()
    for number, file in enumerate((notes, torn)):
        problem = httpx.post(f"{service}classify", content=file.read_bytes(), headers=RAW).json()
        assert problem["detail"][1:] not in failed.nth(number).inner_text()
        failed.nth(number).get_by_text("What the service said").click()
        assert problem["detail"][1:] in failed.nth(number).inner_text()
    assert "2 without an answer" in seen.text("#summary")
    assert failed.first.get_by_role("button", name="Try again").count() == 0


STRANGERS = {
    "report.pdf": (b"%PDF-1.7\n\0", "This is a PDF document, not a picture", "save what it shows"),
    "slides.jpg": (b"PK\3\4\0\0", "This is an archive or an Office document", "save what it shows"),
    "film.mov": (b"\0\0\0\x14ftypqt  \0", "This is a film, not a picture", "save what it shows"),
    "scan.dcm": (bytes(128) + b"DICM", "This is a DICOM picture", "save what it shows"),
    "cells.czi": (b"ZISRAWFILE\0", "This is a microscope's own file", "save what it shows"),
    "logo.svg": (b'<?xml version="1.0"?><svg/>', "This is a drawing", "save what it shows"),
    "x.jpg": (b"<!doctype html><p>404", "This is a web page", "choose the picture itself"),
    "y.jpg": (b"\1\2\3", "This is no picture that can be read here", "save what it shows"),
    "z.jpg": (b"", "This file is empty", "Copy it again"),
}


def test_what_is_no_picture_is_told_in_plain_words_with_what_to_do(
    seen: Visit, tmp_path: Path
) -> None:
    for name, (content, _, _) in STRANGERS.items():
        (tmp_path / name).write_bytes(content)
    seen.choose(*[tmp_path / name for name in STRANGERS])
    failed = seen.await_cards(len(STRANGERS), "failed")

    for number, (_, title, advice) in enumerate(STRANGERS.values()):
        told = failed.nth(number).inner_text()
        assert title in told
        assert advice in told


def test_the_formats_that_may_be_chosen_are_those_that_the_service_reads(
    seen: Visit, chelsea: Path, tmp_path: Path
) -> None:
    pillow_heif.from_pillow(Image.open(chelsea)).save(tmp_path / "IMG_0001.HEIC")
    read = [name for name in formats_read() if name != "MPO"]
    assert seen.text("#limits").startswith(", ".join(read))
    assert "HEIC" in read
    accepted = (seen.page.locator("#files").get_attribute("accept") or "").split(",")
    assert accepted[::2] == [f"image/{name.lower()}" for name in read]
    assert accepted[1::2] == [f".{name.lower()}" for name in read]
    seen.choose(tmp_path / "IMG_0001.HEIC")

    card = seen.await_cards(1).first
    assert "451 × 300 · HEIF" in card.inner_text()
    assert set(labels_of(seen)[:3]) == CATS
    assert card.locator(".shot").inner_text() == "HEIC"  # Chromium cannot show it


def test_heic_is_offered_by_who_reads_it_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    assert formats_read() == (*FORMATS, "HEIC")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert formats_read() == FORMATS


def test_a_card_can_be_taken_away_and_the_focus_goes_to_the_next(
    seen: Visit, chelsea: Path, coffee: Path
) -> None:
    seen.choose(chelsea, coffee)
    seen.await_cards(2)
    seen.page.get_by_role("button", name="Remove chelsea.png").click()

    assert names_of(seen) == ["coffee.png"]
    expect(seen.page.get_by_role("button", name="Remove coffee.png")).to_be_focused()
    seen.page.get_by_role("button", name="Clear").click()
    expect(seen.page.locator("#answers")).to_be_hidden()
    expect(seen.page.get_by_role("button", name="Choose pictures")).to_be_focused()
    expect(seen.page.locator("#status")).to_have_text("All pictures were removed")


def test_the_sample_is_there_for_who_has_no_picture(seen: Visit) -> None:
    seen.page.get_by_role("button", name="Try with our cat").click()

    seen.await_cards(1)
    assert labels_of(seen)[0] == "tiger cat"


def test_the_model_is_told_and_its_classes_are_searched(seen: Visit, service: str) -> None:
    report = httpx.get(f"{service}model").json()
    told = seen.text("#facts")
    for value in (report["model"]["name"], report["model"]["release"][:12], "1,000", "Apache-2.0"):
        assert value in told
    assert report["model"]["name"] in seen.text("#chip")

    seen.page.fill("#search", "cat e")
    labels = [each.lower() for each in seen.page.locator("#labels li").all_inner_texts()]
    assert "egyptian cat" in labels
    assert all("cat" in label and "e" in label for label in labels)
    assert seen.text("#found") == f"{len(labels)} of 1,000"
    seen.page.fill("#search", "no such thing")
    assert seen.text("#labels") == "No, nothing of that name"
    seen.page.fill("#search", "")
    seen.page.click("#more")
    assert seen.page.locator("#labels li").count() == 1000


def test_the_answers_are_downloaded_as_a_table(
    seen: Visit, chelsea: Path, notes: Path, tmp_path: Path, service: str
) -> None:
    odd, parted = tmp_path / '=1+1, "cup".png', tmp_path / "cup;=1+1.png"
    for path in (odd, parted):
        shutil.copy(chelsea, path)
    seen.choose(chelsea, notes, odd, parted)
    seen.await_cards(3)
    seen.await_cards(1, "failed")
    with seen.page.expect_download() as download:
        seen.page.get_by_role("button", name="Download as CSV").click()

    content = Path(download.value.path()).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    answer = httpx.post(f"{service}classify", content=chelsea.read_bytes(), headers=RAW).json()
    names = ["chelsea.png", "notes.jpg", "'" + odd.name, parted.name]
    assert [row["file"] for row in rows] == names
    assert f'"{parted.name}",' in content.decode()  # else a cell where semicolons part them
    assert rows[0]["label_1"] == answer["predictions"][0]["label"]
    assert float(rows[0]["score_5"]) == answer["predictions"][4]["score"]
    assert rows[0]["sha256"] == answer["image"]["sha256"]
    assert rows[0]["release"] == answer["model"]["release"]
    assert "This is text, not a picture" in rows[1]["error"]
    assert [rows[0][name] for name in ("decision", "labels", "coverage")] == [""] * 3
    assert rows[1]["label_1"] == ""


def test_the_curl_line_asks_the_same(
    browser: Browser, service: str, chelsea: Path, tmp_path: Path
) -> None:
    odd = tmp_path / "mother's $HOME cat.png"
    shutil.copy(chelsea, odd)
    with visit(browser, service, permissions=["clipboard-read", "clipboard-write"]) as seen:
        seen.choose(odd)
        seen.await_cards(1)
        seen.page.get_by_role("button", name="Copy").click()
        expect(seen.page.get_by_role("button", name="Copied")).to_be_visible()
        line: str = seen.page.evaluate("navigator.clipboard.readText()")
        shown = labels_of(seen)

    answers = [_as_curl_would(line, tmp_path)]
    if shutil.which("curl"):
        ran = subprocess.run(["bash", "-c", line], cwd=tmp_path, check=True, capture_output=True)
        answers.append(json.loads(ran.stdout))
    for answer in answers:
        assert [each["label"] for each in answer["predictions"]] == shown


def _as_curl_would(line: str, folder: Path) -> dict[str, Any]:
    """What the line says, done without curl, which not every machine has."""
    program, option, data, header, content_type, address = shlex.split(line.replace("\\\n", ""))
    assert (program, option, header) == ("curl", "--data-binary", "-H")
    name, _, value = content_type.partition(": ")
    content = (folder / data.removeprefix("@")).read_bytes()
    answer: dict[str, Any] = httpx.post(address, content=content, headers={name: value}).json()
    return answer


def test_everything_is_reached_with_the_keyboard_alone(seen: Visit, chelsea: Path) -> None:
    reached = []
    for _ in range(12):
        seen.page.keyboard.press("Tab")
        reached.append(seen.page.evaluate("document.activeElement.id"))
        if reached[-1] == "choose":
            with seen.page.expect_file_chooser() as chooser:
                seen.page.keyboard.press("Enter")
            chooser.value.set_files(str(chelsea))
            seen.await_cards(1)
        if reached[-1] == "search":
            seen.page.keyboard.type("tabby")
    assert [each for each in reached if each] == [
        *("chip", "choose", "sample", "csv", "clear", "search", "labels", "copy"),
    ]
    assert seen.text("#labels") == "tabby"
    assert seen.page.locator("#status").inner_text().startswith("chelsea.png: tiger cat")


def test_a_phone_offers_its_camera(browser: Browser, service: str, flower: Path) -> None:
    with visit(browser, service, **PHONE) as seen:
        with seen.page.expect_file_chooser() as chooser:
            seen.page.get_by_role("button", name="Take a picture").tap()
        assert chooser.value.element.get_attribute("capture") == "environment"
        chooser.value.set_files(str(flower))
        seen.await_cards(1)
        assert seen.page.evaluate("document.documentElement.scrollWidth") == 390
    with visit(browser, service) as seen:
        expect(seen.page.get_by_role("button", name="Take a picture")).to_be_hidden()


def test_a_folder_is_no_picture(seen: Visit, tmp_path: Path) -> None:
    seen.hold(tmp_path)
    seen.drop(tmp_path)

    assert "is a folder" in seen.await_cards(1, "failed").first.inner_text()
