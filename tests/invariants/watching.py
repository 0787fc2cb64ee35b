"""Lets the rules see every answer that a test gets, whatever the test is about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.invariants.answers import Answer, wrong_with, wrong_with_reply
from tests.invariants.forbidden import parsed
from tests.servers.emulator import INVOKE

_services: set[str] = set()
"""Addresses of services of ours, whose every answer counts."""


@contextmanager
def service(url: str) -> Iterator[None]:
    """Whatever comes from `url` while the block lasts is an answer of ours."""
    _services.add(url)
    try:
        yield
    finally:
        _services.discard(url)


@contextmanager
def watched() -> Iterator[None]:
    """Check each answer that httpx gets while the block lasts: AssertionError at the request."""
    send, send_async = httpx.Client.send, httpx.AsyncClient.send

    def checked(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        response = send(self, request, **options)
        if not options.get("stream"):
            check(response)
        return response

    async def checked_async(
        self: httpx.AsyncClient, request: httpx.Request, **options: Any
    ) -> httpx.Response:
        response = await send_async(self, request, **options)
        if not options.get("stream"):
            check(response)
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.Client, "send", checked)
        patch.setattr(httpx.AsyncClient, "send", checked_async)
        yield


def check(response: httpx.Response) -> None:
    """AssertionError when an answer says what it must not; S3 and others are not judged."""
    url = response.request.url
    if url.path == INVOKE:
        wrong = list(_wrong_with_invocation(response))
    elif _is_ours(response):
        wrong = list(wrong_with(Answer.over_http(response)))
    else:
        return
    assert not wrong, wrong


def _is_ours(response: httpx.Response) -> bool:
    url = response.request.url
    is_known = f"{url.scheme}://{url.netloc.decode()}" in _services
    return is_known or "x-request-id" in response.headers


def _wrong_with_invocation(response: httpx.Response) -> Iterator[str]:
    try:
        event, reply = json.loads(response.request.content), json.loads(response.text)
    except ValueError:
        return  # the emulator's own words: `Emulator.invoke` raises for them
    try:
        parsed(response.text)
    except ValueError as exc:  # AWS's runtime writes NaN as NaN
        yield f"a function returned JSON that is none: {exc}"
    yield from wrong_with_reply(event, reply)
