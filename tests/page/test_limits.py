"""Services that take less, want more, or lie elsewhere: what the page makes of them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Browser, Locator, expect

from inference.stores import open_store
from tests.inference.registered import point, release
from tests.page.browser import Visit, visit
from tests.page.gateways import BODY_BYTES, BUSY_TIMES, FEW_PIXELS, TOKEN
from tests.servers.uvicorn import uvicorn

ROTATED = 6  # EXIF's word for a picture that was taken with the camera on its side


@pytest.fixture(scope="module")
def small() -> Iterator[str]:
    """A service that takes little: few bytes, as a gateway does, and few pixels."""
    with uvicorn(BODY_BYTES | FEW_PIXELS, app="tests.page.gateways:gateways") as running:
        yield f"{running.url}/"


def test_a_picture_with_too_many_bytes_is_scaled_down_and_says_so(
    browser: Browser, small: str, flower: Path
) -> None:
    assert flower.stat().st_size > 60_000
    with visit(browser, small) as seen:
        expect(seen.page.locator("#limits")).to_contain_text("up to 60 kB; larger ones are scaled")
        seen.choose(flower)
        card = seen.await_cards(1).first

        assert "Scaled down in your browser from 640 × 427 to" in seen.note()
        assert card.locator(".bars b").first.inner_text() == "daisy"


def test_a_picture_with_too_many_pixels_is_scaled_down_once_the_service_says_so(
    browser: Browser, small: str, tmp_path: Path
) -> None:
    picture = tmp_path / "wide.png"
    Image.new("RGB", (1200, 300), "teal").save(picture)
    refused = httpx.post(f"{small}classify", files={"image": picture.read_bytes()})
    assert refused.json()["code"] == "image_too_large"
    with visit(browser, small) as seen:
        seen.choose(picture)
        seen.await_cards(1)

        assert "from 1200 × 300 to 894 × 223" in seen.note()


def test_a_small_picture_with_much_beside_it_is_saved_anew(
    browser: Browser, small: str, tmp_path: Path
) -> None:
    told = PngInfo()
    told.add_text("Comment", secrets.token_hex(50_000))
    Image.new("RGB", (40, 30), "teal").save(tmp_path / "icon.png", pnginfo=told)
    with visit(browser, small) as seen:
        seen.choose(tmp_path / "icon.png")
        seen.await_cards(1)

        assert "Saved anew" in seen.note()


def test_too_many_pixels_that_no_browser_reads_are_told_as_pixels(
    browser: Browser, small: str, tmp_path: Path
) -> None:
    Image.new("RGB", (1200, 300), "teal").save(tmp_path / "wide.tif", compression="tiff_lzw")
    assert (tmp_path / "wide.tif").stat().st_size < 60_000
    with visit(browser, small) as seen:
        seen.page.evaluate("void (createImageBitmap = () => (document.title = 'All was read'))")
        seen.choose(tmp_path / "wide.tif")
        told = seen.await_cards(1, "failed").first.inner_text()
        expect(seen.page).to_have_title("Microlens")

    assert "has more pixels than this service takes" in told
    assert "at most 60 kB" not in told


def test_a_picture_that_is_scaled_down_stays_upright(
    browser: Browser, small: str, tmp_path: Path
) -> None:
    noise = np.random.default_rng(7).integers(0, 255, (300, 500, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = ROTATED
    Image.fromarray(noise).save(tmp_path / "turned.jpg", quality=95, exif=exif)
    with visit(browser, small) as seen:
        seen.choose(tmp_path / "turned.jpg")
        foot = seen.await_cards(1).first.locator(".foot").inner_text()

    width, height = map(int, foot.partition(" · ")[0].split(" × "))
    assert width < height


def test_a_large_file_that_no_browser_can_read_is_refused_before_it_is_sent(
    browser: Browser, small: str, tmp_path: Path
) -> None:
    (tmp_path / "film.mov").write_bytes(bytes(100_000))
    with visit(browser, small) as seen:
        seen.choose(tmp_path / "film.mov")

        assert "100 kB" in seen.await_cards(1, "failed").first.inner_text()
        assert not any(each.endswith("classify") for each in seen.requests)


def test_a_large_file_that_is_no_picture_is_told_as_what_it_is(
    browser: Browser, small: str, tmp_path: Path
) -> None:
    (tmp_path / "film.mov").write_bytes(b"\0\0\0\x14ftypqt  " + bytes(100_000))
    with visit(browser, small) as seen:
        seen.choose(tmp_path / "film.mov")

        card = seen.await_cards(1, "failed").first
        assert "This is a film, not a picture" in card.inner_text()
        expect(card.get_by_text("What the service said")).to_have_count(0)
        assert not any(each.endswith("classify") for each in seen.requests)


def test_a_picture_is_halved_until_it_passes_a_gateway(
    browser: Browser, small: str, flower: Path
) -> None:
    with visit(browser, f"{small}narrow/") as seen:
        seen.choose(flower)
        seen.await_cards(1)

        assert "Scaled down" in seen.note()
        tries = [each for each in seen.requests if each.endswith("/classify")]
        assert len(tries) == 2  # what was refused is not sent again as it was


def test_a_service_that_wants_a_token_is_given_one(
    browser: Browser, small: str, chelsea: Path, coffee: Path
) -> None:
    with visit(browser, f"{small}closed/") as seen:
        field = _choose_without_a_token(seen, chelsea, coffee)
        seen.page.get_by_role("button", name="Use it").click()  # required: nothing happens
        field.fill("wrong")
        field.press("Enter")
        expect(seen.page.locator("#token")).to_contain_text("the token is not known")
        field.fill(TOKEN)
        field.press("Enter")

        seen.await_cards(2)
        expect(seen.page.locator("#token")).to_be_hidden()
        expect(seen.page.locator("#facts")).to_contain_text("imagenet-lite0")
        curl = seen.text("#curl")
        assert '-H "authorization: Bearer $TOKEN"' in curl
        assert TOKEN not in seen.page.content()
        stored = "[JSON.stringify(sessionStorage), JSON.stringify(localStorage), document.cookie]"
        session, local, cookies = seen.page.evaluate(stored)
        assert TOKEN in session
        assert (local, cookies) == ("{}", "")
        seen.page.reload()
        expect(seen.page.locator("#facts")).to_contain_text("imagenet-lite0")


@pytest.mark.parametrize(("held", "count"), [("classify", 2), ("model", 1)])
def test_a_refusal_that_comes_after_a_better_token_changes_nothing(
    browser: Browser, small: str, chelsea: Path, coffee: Path, held: str, count: int
) -> None:
    with visit(browser, f"{small}closed/") as seen:
        field = _choose_without_a_token(seen, chelsea, coffee)
        late = seen.keep(f"**/closed/{held}", count)
        field.fill("wrong")
        field.press("Enter")
        seen.await_kept(late, count)
        # What is not kept is refused, and asks.
        expect(seen.page.locator("#token")).to_contain_text("the token is not known")
        field.fill(TOKEN)
        field.press("Enter")
        expect(seen.page.locator("#facts")).to_contain_text("imagenet-lite0")
        for route in late:
            with seen.page.expect_response(route.request.url):
                route.continue_()

        seen.await_cards(2)
        expect(seen.page.locator("#token")).to_be_hidden()
        expect(seen.page.locator("#facts")).to_contain_text("imagenet-lite0")


def _choose_without_a_token(seen: Visit, *files: Path) -> Locator:
    """The field that asks for the token, once all of `files` were refused for want of it."""
    field = seen.page.get_by_label("Token", exact=True)
    expect(field).to_be_focused()
    seen.choose(*files)
    seen.await_cards(len(files), "failed")
    return field


def test_a_token_that_no_header_can_carry_is_not_kept(browser: Browser, small: str) -> None:
    with visit(browser, f"{small}closed/") as seen:
        field = seen.page.get_by_label("Token", exact=True)
        field.fill("“open-sesame”")
        field.press("Enter")

        expect(seen.page.locator("#token")).to_be_visible()
        assert seen.page.evaluate("sessionStorage.length") == 0


@pytest.mark.parametrize("path", ["prod", "prod/"])
def test_the_page_works_behind_a_gateways_stage(browser: Browser, small: str, path: str) -> None:
    with visit(browser, f"{small}{path}") as seen:
        seen.page.get_by_role("button", name="Try with our cat").click()
        seen.await_cards(1)
        assert f"{small}prod/classify" in seen.text("#curl")
        seen.page.get_by_role("link", name="For developers").click()
        expect(seen.page.locator("#get--model")).to_be_visible()
        beside = [each for each in seen.requests if not each.startswith((f"{small}prod", "blob:"))]
        assert all(each.startswith("data:") for each in beside)


def test_a_busy_service_is_asked_again_when_it_says_so(browser: Browser, small: str) -> None:
    with visit(browser, f"{small}busy/") as seen:
        seen.page.get_by_role("button", name="Try with our cat").click()
        seen.await_cards(1)

        tries = [each for each in seen.requests if each.endswith("/classify")]
        assert len(tries) == BUSY_TIMES + 1


def test_the_page_tells_of_the_model_that_took_over(
    browser: Browser, chelsea: Path, tmp_path: Path
) -> None:
    store = open_store(str(tmp_path))
    releases = [release(store, labels) for labels in (("ant", "bee", "fly"), ("oak", "elm", "fir"))]
    point(store, releases[0])
    variables = {"MICROLENS_MODEL": f"{tmp_path}/colours@prod", "MICROLENS_REFRESH_SECONDS": "0.1"}
    with uvicorn(variables) as running, visit(browser, running.url) as seen:
        expect(seen.page.locator("#labels")).to_contain_text("bee")
        expect(seen.page.locator("#chip")).to_have_text("colours · prod")
        point(store, releases[1])
        while "elm" not in seen.text("#labels"):
            answered = seen.cards("answered").count()
            seen.choose(chelsea)
            seen.await_cards(answered + 1)

        assert releases[1][:12] in seen.text("#facts")


def test_a_service_that_has_gone_can_be_tried_again(
    browser: Browser, small: str, chelsea: Path
) -> None:
    with visit(browser, small) as seen:
        seen.page.locator("#labels li").first.wait_for()
        seen.page.context.set_offline(True)
        seen.choose(chelsea)
        failed = seen.await_cards(1, "failed").first
        assert "The service did not answer" in failed.inner_text()
        seen.page.context.set_offline(False)
        failed.get_by_role("button", name="Try again").press("Enter")

        expect(seen.page.get_by_role("button", name="Remove chelsea.png")).to_be_focused()
        seen.await_cards(1)
