"""What AWS asks for an answer: prices as data in `prices.json`, with their date and sources.

Without the free tier, storage, logs and what leaves AWS.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from math import ceil
from pathlib import Path
from statistics import mean
from typing import Literal

from pydantic import BaseModel, ConfigDict

Machine = Literal["x86_64", "arm64"]


class Prices(BaseModel):
    """The content of `prices.json`; amounts in US dollars."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: str
    currency: Literal["USD"]
    read_on: str
    mb_per_vcpu: int
    gb_second: dict[Machine, float]
    million_requests: float
    million_api_requests: float
    api_request_bytes: int
    batch_job: float
    million_batch_objects: float
    million_manifest_objects: float
    million_s3_reads: float
    million_s3_writes: float
    sources: dict[str, str]

    def compute(self, gb_seconds: float, machine: Machine = "x86_64") -> float:
        """The dollars for memory held over time."""
        return gb_seconds * self.gb_second[machine]

    def requests(self, count: int, body_bytes: int | None = None) -> float:
        """The dollars for being asked `count` times.

        With `body_bytes` through an HTTP API, which counts every 512 KB begun; without, by an
        event or a function URL.
        """
        dollars = count * self.million_requests / 1e6
        if body_bytes is None:
            return dollars
        counted = max(1, ceil(body_bytes / self.api_request_bytes))
        return dollars + count * counted * self.million_api_requests / 1e6

    def storage(self, reads: int, writes: int) -> float:
        """The dollars for asking S3 so often."""
        return (reads * self.million_s3_reads + writes * self.million_s3_writes) / 1e6

    def job(self, objects: int) -> float:
        """The dollars for a job of S3 Batch Operations that lists its objects itself."""
        each = self.million_batch_objects + self.million_manifest_objects
        return self.batch_job + objects * each / 1e6


def billed_seconds(milliseconds: Iterable[float]) -> float:
    """What Lambda bills for an answer on average: each is rounded up to a whole millisecond."""
    return mean(ceil(each) for each in milliseconds) / 1e3


@cache
def prices() -> Prices:
    """The prices, read once."""
    return Prices.model_validate_json(Path(__file__).with_name("prices.json").read_bytes())
