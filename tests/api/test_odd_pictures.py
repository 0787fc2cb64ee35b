"""Odd pictures by the thousand through `POST /classify`: answered or refused, and forgotten.

With `ODD_PICTURES=FOLDER` the files of a folder are sent instead of those made here; `pytest -s`
prints the figures of docs/reliability.md.
"""

from __future__ import annotations

import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import httpx
import pytest

from tests.api.conftest import client
from tests.api.swapping import rss_bytes
from tests.inference.mutating import mutated, whole
from tests.servers.uvicorn import Uvicorn, uvicorn

COUNT = 1_000
MOST_GROWTH = 50_000_000
MAX_SECONDS = 2.0
"""Of any one refusal, on a busy machine too; the promise is about the 99th percentile."""

CODES = {200: "", 413: "image_too_large", 415: "unsupported_image", 422: "bad_image"}


def pictures() -> list[bytes]:
    """Those of the folder that was named, or damaged ones of every format and mode."""
    folder = os.environ.get("ODD_PICTURES")
    if folder:
        return [path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file()]
    chance = random.Random(5)  # noqa: S311 - the same each time
    return [each for each in mutated(whole(), COUNT, chance) if each]


@pytest.fixture(scope="module")
def alone() -> Iterator[Uvicorn]:
    """A service that nobody else asks, so that its memory is what this test made of it."""
    with uvicorn() as running:
        yield running


def post(service: httpx.Client, picture: bytes) -> httpx.Response:
    headers = {"content-type": "application/octet-stream"}
    return service.post("/classify", content=picture, headers=headers)


@pytest.mark.slow
def test_odd_pictures_are_answered_or_refused_and_leave_no_memory_behind(alone: Uvicorn) -> None:
    sent = pictures()
    chance = random.Random(6)  # noqa: S311 - the same order each time
    answers: Counter[int] = Counter()
    refusals: list[float] = []
    verdicts: dict[int, object] = {}
    pid = alone.server.process.pid
    with client(alone.url) as service:
        for picture in sent[:100]:
            post(service, picture)
        before = rss_bytes(pid)
        for number, picture in enumerate(sent):
            started = perf_counter()
            reply = post(service, picture)
            assert reply.json().get("code", "") == CODES[reply.status_code], reply.text
            if reply.status_code != 200:
                refusals.append(perf_counter() - started)
            answers[reply.status_code] += 1
            verdicts[number] = verdict(reply)
        again = list(enumerate(sent))
        chance.shuffle(again)
        for number, picture in again[:200]:
            assert verdict(post(service, picture)) == verdicts[number]
        grown = rss_bytes(pid) - before
    p99 = sorted(refusals)[int(len(refusals) * 0.99)] * 1e3 if refusals else 0.0
    sys.stdout.write(
        f"\n{len(sent):,} pictures: {dict(answers)}; refusals p99 {p99:.0f} ms, "
        f"longest {max(refusals, default=0) * 1e3:.0f} ms; memory {grown / 1e6:+.0f} MB\n"
    )
    assert max(refusals, default=0) < MAX_SECONDS
    assert grown < MOST_GROWTH


def verdict(reply: httpx.Response) -> object:
    """What must be the same each time: the scores, or the code."""
    said = reply.json()
    return said.get("predictions") or said["code"]
