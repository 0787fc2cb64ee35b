"""The length that a request announces is believed as far as it can be read."""

from __future__ import annotations

import asyncio

import pytest
from starlette.requests import Request
from starlette.types import Message

from api.receive import read_body
from inference.errors import ImageTooLarge
from inference.settings import read_settings

SETTINGS = read_settings({"MICROLENS_MAX_BODY_BYTES": "10"})


def body(announced: str, sent: bytes) -> bytes:
    """What is read of a request with that Content-Length, as a gateway may hand it on."""

    async def receive() -> Message:
        return {"type": "http.request", "body": sent, "more_body": False}

    headers = [(b"content-length", announced.encode("latin-1"))]
    request = Request({"type": "http", "headers": headers}, receive)
    return asyncio.run(read_body(request, SETTINGS))


@pytest.mark.parametrize("announced", ["11", "9" * 5_000], ids=["one too many", "5,000 digits"])
def test_a_length_beyond_the_limit_is_refused_before_anything_is_read(announced: str) -> None:
    with pytest.raises(ImageTooLarge, match=r"the body has [\d,]+ bytes; at most 10 are accepted"):
        body(announced, b"")


@pytest.mark.parametrize("announced", ["0" * 5_000 + "3", "", "three", "-3", "³"])
def test_a_length_that_says_nothing_leaves_it_to_the_bytes(announced: str) -> None:
    assert body(announced, b"abc") == b"abc"
    with pytest.raises(ImageTooLarge, match="the body has more than 10 bytes"):
        body(announced, b"abcdefghijk")
