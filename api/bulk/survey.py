"""What lies below a prefix, and what it would cost to classify it on Lambda."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from api.events import Arrival
from inference import s3
from inference.prices import prices

# Two requests to S3 for a picture in the function's Region, decoding, the network, the result.
SECONDS_EACH = 0.2


@dataclass(frozen=True, slots=True)
class Selection:
    """The objects of a bucket whose keys begin with `prefix` and end with `suffix`.

    At most `limit` of them, in S3's order; None for all.
    """

    bucket: str
    prefix: str
    suffix: str = ""
    limit: int | None = None

    def __str__(self) -> str:
        ending = f"…{self.suffix}" if self.suffix else ""
        return f"s3://{self.bucket}/{self.prefix}{ending}"

    def objects(self) -> Iterator[s3.S3Entry]:
        """Them, page by page: never more than one page is in memory."""
        found = s3.objects(self.bucket, self.prefix)
        return islice((each for each in found if each.key.endswith(self.suffix)), self.limit)

    def arrivals(self) -> Iterator[Arrival]:
        """Them as pictures to be finished; by its tag one that is done already is known."""
        for entry in self.objects():
            yield Arrival(self.bucket, entry.key, etag=entry.etag or None)


@dataclass(slots=True)
class Survey:
    """How much there is: objects, their bytes, and how many are not called like a picture."""

    objects: int = 0
    bytes: int = 0
    strange: int = 0

    def add(self, entry: s3.S3Entry, endings: tuple[str, ...]) -> None:
        """Count one object."""
        self.objects += 1
        self.bytes += entry.bytes
        self.strange += not entry.key.lower().endswith(endings)


@dataclass(frozen=True, slots=True)
class Estimate:
    """Dollars, as `inference.prices` has them."""

    function: float
    storage: float
    job: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.function + self.storage + self.job


def estimate(objects: int) -> Estimate:
    """What a job over so many objects costs, each a picture, with the memory of one CPU.

    A function reads the picture and the result that there may be, and writes the result.
    """
    table = prices()
    compute = table.compute(objects * SECONDS_EACH * table.mb_per_vcpu / 1024)
    return Estimate(
        compute + table.requests(objects),
        table.storage(reads=2 * objects, writes=objects),
        table.job(objects),
    )
