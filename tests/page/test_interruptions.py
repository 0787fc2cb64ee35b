"""What comes between a picture and its answer: silence, strangers, a new model, second thoughts."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import APIResponse, Browser, Route, expect

from inference.stores import open_store
from tests.inference.registered import point, release
from tests.page.browser import Visit, visit
from tests.servers.uvicorn import uvicorn

ODD_LABELS = (
    "<img src=x onerror=alert(1)>",
    '=HYPERLINK("//evil"), “x”; -1',
    "قطة (بيت) " + "w" * 300,
)


def test_what_is_taken_away_is_not_waited_for(seen: Visit, chelsea: Path, coffee: Path) -> None:
    ended: list[str] = []
    seen.page.on("requestfailed", lambda request: ended.append(request.url))
    kept = seen.keep("**/classify", 3)
    seen.choose(coffee, coffee, coffee)
    expect(seen.page.locator("#status")).to_have_text("Looking at 3 pictures")
    seen.await_kept(kept, 3)
    seen.page.get_by_role("button", name="Remove").first.click()
    seen.page.get_by_role("button", name="Clear").click()
    seen.choose(chelsea)

    seen.await_cards(1)
    assert len(ended) == 3
    expect(seen.page.locator("#status")).to_contain_text("chelsea.png: tiger cat")


def test_a_service_that_falls_silent_is_given_up(seen: Visit, chelsea: Path) -> None:
    seen.page.clock.install()
    kept = seen.keep("**/classify")
    seen.choose(chelsea)
    seen.await_kept(kept)
    seen.page.clock.fast_forward(95_000)

    failed = seen.await_cards(1, "failed").first
    assert "The service did not answer" in failed.inner_text()
    failed.get_by_role("button", name="Try again").click()
    seen.await_cards(1)


def test_a_page_to_sign_in_is_no_answer(seen: Visit, chelsea: Path) -> None:
    stranger = {"status": 200, "content_type": "text/html", "body": "<h1>Who are you?</h1>"}
    seen.page.route("**/classify", lambda route: route.fulfill(**stranger), times=1)
    seen.choose(chelsea)

    failed = seen.await_cards(1, "failed").first
    assert "Something else answered" in failed.inner_text()
    failed.get_by_role("button", name="Try again").click()
    seen.await_cards(1)


def test_what_the_network_lost_is_tried_again_together(
    seen: Visit, chelsea: Path, coffee: Path, flower: Path
) -> None:
    seen.page.context.set_offline(True)
    seen.choose(chelsea, coffee, flower)
    seen.await_cards(3, "failed")
    together = seen.page.get_by_role("button", name="Try 3 again")
    expect(together).to_be_visible()
    assert "3 without an answer" in seen.text("#summary")
    seen.page.context.set_offline(False)
    seen.keep("**/classify")
    together.press("Enter")

    expect(seen.page.get_by_role("heading", name="Answers")).to_be_focused()
    seen.await_cards(2)
    expect(seen.page.locator("#again")).to_be_hidden()
    assert "3 pictures · 1 to go" in seen.text("#summary")
    assert "without an answer" not in seen.text("#summary")
    with seen.page.expect_download() as download:
        seen.page.get_by_role("button", name="Download as CSV").click()
    assert "Not answered yet" in Path(download.value.path()).read_text(encoding="utf-8")


def test_a_file_that_has_changed_since_it_was_chosen_is_to_be_chosen_again(
    seen: Visit, tmp_path: Path, chelsea: Path
) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(chelsea.read_bytes())
    kept = seen.keep("**/classify")
    seen.choose(picture)
    seen.await_kept(kept)
    picture.write_bytes(b"something else, and shorter")
    kept[0].abort("failed")

    failed = seen.await_cards(1, "failed").first
    assert "was changed or moved since you chose it" in failed.inner_text()


def test_a_card_that_goes_from_under_what_is_dragged_leaves_nothing_behind(
    seen: Visit, chelsea: Path
) -> None:
    seen.hold(chelsea)
    expect(seen.page.locator("body")).to_have_class("over")
    seen.page.evaluate("document.elementFromPoint(300, 300).remove()")
    seen.hold(chelsea)
    # DevTools have no word for taking it off the page; this is what the page hears of it.
    seen.page.evaluate(
        """() => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File(["?"], "cat.png"));
            const leaving = new DragEvent("dragleave", { bubbles: true, dataTransfer });
            document.elementFromPoint(300, 300).dispatchEvent(leaving);
        }"""
    )

    expect(seen.page.locator("body")).not_to_have_class("over")


def test_of_two_models_that_took_over_the_later_is_shown(
    browser: Browser, chelsea: Path, tmp_path: Path
) -> None:
    store = open_store(str(tmp_path))
    classes = (("ant", "bee", "fly"), ("oak", "elm", "fir"), ("cod", "eel", "ray"))
    releases = [release(store, labels) for labels in classes]
    point(store, releases[0])
    variables = {"MICROLENS_MODEL": f"{tmp_path}/colours@prod", "MICROLENS_REFRESH_SECONDS": "0.1"}
    late: list[tuple[Route, APIResponse]] = []
    with uvicorn(variables) as running, visit(browser, running.url) as seen:
        expect(seen.page.locator("#labels")).to_contain_text("bee")
        point(store, releases[1])
        seen.page.route("**/labels", lambda route: late.append((route, route.fetch())), times=1)
        _classify_until(seen, chelsea, lambda: bool(late))
        point(store, releases[2])
        _classify_until(seen, chelsea, lambda: "eel" in seen.text("#labels"))
        ((route, second),) = late
        assert "elm" in second.text()
        with seen.page.expect_response("**/labels"):
            route.fulfill(response=second)
        _classify_until(seen, chelsea, lambda: True)

        assert "eel" in seen.text("#labels")
        assert releases[2][:12] in seen.text("#facts")


def _classify_until(seen: Visit, picture: Path, is_done: Callable[[], bool]) -> None:
    """Give it the picture once, and again until it is."""
    while True:
        answered = seen.cards("answered").count()
        seen.choose(picture)
        seen.await_cards(answered + 1)
        if is_done():
            return


def test_labels_are_text_whatever_they_say(browser: Browser, chelsea: Path, tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    point(store, release(store, ODD_LABELS))
    narrow = {"viewport": {"width": 320, "height": 600}}  # 1280 pixels, four times as large
    with (
        uvicorn({"MICROLENS_MODEL": f"{tmp_path}/colours@prod"}) as running,
        visit(browser, running.url, **narrow) as seen,
    ):
        expect(seen.page.locator("#labels li")).to_have_text(list(ODD_LABELS))
        assert (
            seen.page.locator("#labels").evaluate("list => list.scrollWidth - list.clientWidth")
            == 0
        )
        seen.choose(chelsea)
        told = seen.await_cards(1).locator(".bars b").all_inner_texts()
        assert seen.page.evaluate("document.documentElement.scrollWidth") == 320
        with seen.page.expect_download() as download:
            seen.page.get_by_role("button", name="Download as CSV").click()
        text = Path(download.value.path()).read_text(encoding="utf-8-sig")

    assert set(told) == set(ODD_LABELS)
    (row,) = csv.DictReader(io.StringIO(text))
    assert {row[f"label_{place}"].removeprefix("'") for place in (1, 2, 3)} == set(ODD_LABELS)
    assert sum(row[f"label_{place}"].startswith("'=") for place in (1, 2, 3)) == 1
