"""The surroundings of a soak: buckets, a registry whose stage moves, and faults of S3."""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from PIL import Image

from inference import layout
from inference.stores import Store
from tests.api.swapping import NAME, STAGE, point, two_releases
from tests.servers.faults import Answer, CutReply, Delay, Fault, Garble, Request
from tests.soak.doors import FAULTS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REFRESH_FAULTS: tuple[Fault, ...] = (Answer(503), CutReply(50), Garble(100), Answer(404))
"""What meets every seventh request for the registry, one after another."""

KEYS = 20
"""Pictures that events tell of, again and again."""

SLOW = "slow"
"""The folder whose pictures S3 hands out late."""


@dataclass
class Stage:
    """Where the soak takes place: `photos` is read, `results` written, the registry moves."""

    photos: str
    results: str
    registry: Store
    over: threading.Event = field(default_factory=threading.Event)
    is_warm: bool = False
    """Whether both services have a model: without a first one there is nothing to go on with."""
    swaps: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    events: Iterator[int] = field(default_factory=lambda: count(1))
    """The number of the next event: a later one is never older."""

    @property
    def model(self) -> str:
        """The stage, as a setting names it."""
        return f"{self.registry.url}/{NAME}@{STAGE}"

    @property
    def uploads(self) -> str:
        """Where callers put large pictures, as a setting names it."""
        return f"s3://{self.photos}/uploads"

    def plan(self, request: Request) -> Fault | None:
        """The fault of a request to S3: by the key of a picture, by turns in the registry."""
        for name, (fault, _) in FAULTS.items():
            if f"/{name}/" in request.path:
                self.faults[name] += 1
                return fault
        if f"/{SLOW}/" in request.path:
            return Delay(1.0)
        if self.is_warm and "/registry/" in request.path and request.number % 7 == 0:
            self.faults["registry"] += 1
            return REFRESH_FAULTS[request.number // 7 % len(REFRESH_FAULTS)]
        return None

    def swap(self, releases: Sequence[str], every_seconds: float) -> None:
        """Move the stage to and fro; each third time to a release that is refused."""
        while not self.over.wait(every_seconds):
            self.swaps += 1
            number = self.swaps
            point(self.registry, releases[2] if number % 3 == 2 else releases[number // 2 % 2])


def set_up(s3: S3Client, photos: str, results: str, picture: bytes, registry: Store) -> list[str]:
    """Buckets with what the doors ask for; two good releases, and one whose network is damaged."""
    for bucket in (photos, results):
        s3.create_bucket(Bucket=bucket)
    for folder in ("ok", SLOW, *FAULTS):
        s3.put_object(Bucket=photos, Key=f"{folder}/0.jpg", Body=picture)
    for number in range(1, KEYS):
        s3.put_object(Bucket=photos, Key=f"ok/{number}.jpg", Body=picture)
    good = two_releases(registry)
    broken = "0" * 63 + "1"
    for key in list(registry.list(layout.release(NAME, good[0]))):
        blob = registry.read(key)
        assert blob is not None
        registry.create(key.replace(good[0], broken), blob.data)
    point(registry, good[0])
    return [*good, broken]


def photograph() -> bytes:
    """A JPEG of 800x600 with something in every part of it."""
    file = io.BytesIO()
    noise = Image.effect_noise((800, 600), 60).convert("RGB")
    Image.blend(noise, Image.linear_gradient("L").resize((800, 600)).convert("RGB"), 0.6).save(
        file, "JPEG", quality=85
    )
    return file.getvalue()
