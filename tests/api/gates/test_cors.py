"""Pages of a named origin may call the service, and read its answers; others may not."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from inference.errors import SettingsError
from inference.settings import read_settings
from tests.api.gates.conftest import NEW, ORIGIN, bearer

PREFLIGHT = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
}
OTHERS = ["https://evil.example", f"{ORIGIN}.evil.example", "http://www.example.org", "null", ""]


def cors(reply: httpx.Response) -> dict[str, str]:
    """What an answer says to browsers about other origins."""
    return {name: value for name, value in reply.headers.items() if name.startswith("access-")}


def test_a_preflight_needs_no_token(guarded: httpx.Client) -> None:
    reply = guarded.options("/classify", headers={"origin": ORIGIN, **PREFLIGHT})

    assert (reply.status_code, reply.content) == (204, b"")
    assert cors(reply)["access-control-allow-origin"] == ORIGIN
    assert "authorization" in cors(reply)["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in reply.headers
    assert reply.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", OTHERS)
def test_another_origin_hears_nothing(guarded: httpx.Client, origin: str) -> None:
    headers = {"origin": origin, **PREFLIGHT}
    assert cors(guarded.options("/classify", headers=headers)) == {}
    assert cors(guarded.get("/model", headers={**headers, **bearer(NEW)})) == {}


def test_answers_can_be_read_and_refusals_too(guarded: httpx.Client, chelsea: Path) -> None:
    headers = {"origin": ORIGIN, **bearer(NEW), "content-type": "image/png"}
    answers = [
        guarded.post("/classify", content=chelsea.read_bytes(), headers=headers),
        guarded.get("/nowhere", headers={"origin": ORIGIN, **bearer(NEW)}),
        guarded.get("/model", headers={"origin": ORIGIN}),
        guarded.get("/v2", headers={"origin": ORIGIN}),
    ]
    assert [each.status_code for each in answers] == [200, 404, 401, 401]
    for each in answers:
        assert cors(each)["access-control-allow-origin"] == ORIGIN
        assert "retry-after" in cors(each)["access-control-expose-headers"]


def test_without_origins_nothing_is_said(service: httpx.Client) -> None:
    reply = service.options("/classify", headers={"origin": ORIGIN, **PREFLIGHT})
    assert cors(reply) == {}
    assert cors(service.get("/model", headers={"origin": ORIGIN})) == {}


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ("*", {"*"}),
        (
            "https://a.example, http://localhost:3000,",
            {"https://a.example", "http://localhost:3000"},
        ),
        ("http://[::1]:8080", {"http://[::1]:8080"}),
    ],
)
def test_origins_are_named_one_by_one(value: str, origins: set[str]) -> None:
    assert read_settings({"MICROLENS_CORS_ORIGINS": value}).cors_origins == origins


@pytest.mark.parametrize(
    "value", ["example.org", "https://a.example/", "https://A.example", "https://*.example", "null"]
)
def test_what_no_browser_sends_as_origin_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match="is no origin"):
        read_settings({"MICROLENS_CORS_ORIGINS": value})
