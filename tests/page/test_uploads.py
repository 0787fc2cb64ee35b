"""Pictures that are too large for a request and go by way of a bucket."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.page.browser import visit
from tests.page.gateways import BODY_BYTES, FEW_PIXELS
from tests.servers.seaweed import Seaweed
from tests.servers.uvicorn import uvicorn

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="module")
def inbox(s3: S3Client) -> str:
    """A bucket that pages may post pictures to."""
    name = f"inbox-{secrets.token_hex(8)}"
    s3.create_bucket(Bucket=name)
    rule = {"AllowedMethods": ["POST"], "AllowedOrigins": ["*"]}
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [rule]})  # type: ignore[list-item]  # a plain dict
    return name


@pytest.fixture(scope="module")
def uploads(seaweed: Seaweed, inbox: str) -> dict[str, str]:
    """The variables of a service that takes little in a request, and more by way of a bucket."""
    return {
        **seaweed.environment(),
        **BODY_BYTES,
        "MICROLENS_MAX_IMAGE_BYTES": "300000",
        "MICROLENS_UPLOADS": f"s3://{inbox}/uploads",
        "MICROLENS_RESULTS": f"s3://{inbox}/results",
    }


@pytest.fixture(scope="module")
def uploading(uploads: dict[str, str]) -> Iterator[str]:
    """Such a service."""
    with uvicorn(uploads) as running:
        yield f"{running.url}/"


def test_a_large_picture_goes_by_way_of_the_bucket_with_a_progress_bar(
    browser: Browser, uploading: str, seaweed: Seaweed, flower: Path, s3: S3Client, inbox: str
) -> None:
    with visit(browser, uploading) as seen:
        _slow_network(seen.page)
        seen.choose(flower)
        expect(seen.page.locator(".foot")).to_contain_text("of 144 kB sent")
        bar = seen.page.locator("progress")
        assert 0 < float(bar.get_attribute("value") or 0) < float(bar.get_attribute("max") or 0)
        card = seen.await_cards(1).first

        assert card.locator(".bars b").first.inner_text() == "daisy"
        assert card.locator(".note").count() == 0
        assert seen.others() == {urlsplit(seaweed.endpoint_url).netloc}
    stored = s3.list_objects_v2(Bucket=inbox, Prefix="uploads/")["Contents"]
    assert [each["Size"] for each in stored] == [flower.stat().st_size]


def test_a_result_is_asked_for_again_when_a_gateway_has_too_much_to_do(
    browser: Browser, uploading: str, flower: Path
) -> None:
    with visit(browser, uploading) as seen:
        for address in ("**/uploads", "**/results/*"):
            seen.page.route(address, lambda route: route.fulfill(status=429), times=1)
        seen.choose(flower)
        seen.await_cards(1)

        posted = [each for each in seen.requests if each.endswith(("/uploads", "/classify"))]
        assert len(posted) == 2  # the form alone: it was neither sent anew nor scaled down


def test_a_picture_that_the_bucket_takes_from_nobody_is_scaled_down(
    browser: Browser, uploading: str, coffee: Path, tmp_path: Path
) -> None:
    with visit(browser, uploading) as seen:
        seen.choose(coffee)  # 467 kB, more than an upload may have
        card = seen.await_cards(1).first

        assert card.locator(".bars b").first.inner_text() == "espresso"
        assert "Scaled down" in seen.note()
        assert seen.others() == set()
        Image.new("RGB", (400, 300), "teal").save(tmp_path / "large.tif")
        seen.choose(tmp_path / "large.tif")
        told = seen.await_cards(1, "failed").first.inner_text()
        assert "It has 360 kB; this service takes at most 300 kB" in told


def test_an_uploaded_picture_with_too_many_pixels_is_scaled_down(
    browser: Browser, uploads: dict[str, str], flower: Path
) -> None:
    with uvicorn(uploads | FEW_PIXELS) as running, visit(browser, f"{running.url}/") as seen:
        seen.choose(flower)
        seen.await_cards(1)

        assert "Scaled down in your browser from 640 × 427" in seen.note()
        assert any("/results/" in each for each in seen.requests)


def _slow_network(page: Page) -> None:
    """As a telephone has it: 60 kB a second out."""
    devtools = page.context.new_cdp_session(page)
    speed = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": 60_000}
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", {"offline": False, **speed})
