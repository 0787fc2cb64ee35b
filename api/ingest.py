"""Pictures that arrived in a bucket: each is classified and gets one result object.

The result of `s3://BUCKET/KEY` lies under `BUCKET/KEY.json` in the results' store. It is
written on the condition that nobody else wrote it since it was read, and only by the newest
event of its key: the same event twice, or an older one late, changes nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.errors import problem
from api.events import Arrival, Event, Shape, s3
from inference.addresses import S3Address
from inference.classifier import Classifier, Query
from inference.errors import (
    CallerError,
    OperatorError,
    SourceNotAllowed,
    SourceUnavailable,
    StoreConflict,
)
from inference.stores import Blob, Store

log = logging.getLogger(__name__)

SHAPES: Sequence[Shape] = (s3,)

# Two workers on one key settle within a few rounds; whoever still loses is tried again by AWS.
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Ingest:
    """Classifies what events announce. Safe to use from several threads."""

    classifier: Classifier
    results: Store

    def handle(self, event: Event) -> int:
        """Write the results that `event` asks for; how many pictures it announced.

        Every picture is tried. Raises `SourceUnavailable` at the end when one failed for a
        reason that may pass, so that AWS sends the event again.
        """
        arrivals = [arrival for arrival in arrivals_of(event) if not self._wrote(arrival)]
        failed = [str(fault) for arrival in arrivals if (fault := self._attempt(arrival))]
        if failed:
            raise SourceUnavailable(
                f"{len(failed)} of {len(arrivals)} pictures could not be finished: {failed[0]}"
            )
        return len(arrivals)

    def _attempt(self, arrival: Arrival) -> Exception | None:
        """Finish one picture; the fault, if it is one that another try may mend."""
        try:
            self._finish(arrival)
        except (OperatorError, SourceNotAllowed) as exc:
            log.error("s3://%s/%s not finished: %s", arrival.bucket, arrival.key, exc)
            return exc
        return None

    def _finish(self, arrival: Arrival) -> None:
        key = f"{arrival.bucket}/{arrival.key}.json"
        result: bytes | None = None
        for _ in range(_ROUNDS):
            present = self.results.read(key)
            if present and is_done(arrival, _about(present)):
                log.info("s3://%s/%s has its result already", arrival.bucket, arrival.key)
                return
            # Classified once, however often somebody else writes in between.
            result = result or self._result(arrival)
            try:
                self._write(key, result, present)
            except StoreConflict:
                continue
            return
        raise StoreConflict(f"{key} was written by others {_ROUNDS} times in a row")

    def _write(self, key: str, result: bytes, present: Blob | None) -> None:
        if present:
            self.results.replace(key, result, present.etag)
        else:
            self.results.create(key, result)

    def _result(self, arrival: Arrival) -> bytes:
        """The answer, or the problem with the picture, and which picture it is."""
        address = S3Address(arrival.bucket, arrival.key, arrival.version_id)
        try:
            picture = self.classifier.sources.fetch_object(address)
            answer = self.classifier.classify(picture, Query()).model_dump()
        except SourceNotAllowed:
            raise
        except CallerError as exc:
            answer = problem(exc)
        about = {
            "bucket": arrival.bucket,
            "key": arrival.key,
            "versionId": arrival.version_id,
            "eTag": arrival.etag,
            "sequencer": arrival.sequencer,
        }
        return json.dumps(answer | about, ensure_ascii=False).encode()

    def _wrote(self, arrival: Arrival) -> bool:
        """Whether the arrival is a result of ours: it must never trigger another."""
        place = f"s3://{arrival.bucket}/{arrival.key}"
        return place.startswith(f"{self.results.url}/")


def arrivals_of(event: Event) -> list[Arrival]:
    """The pictures that `event` announces, by the first shape that fits it."""
    for shape in SHAPES:
        if shape.is_mine(event):
            return shape.arrivals(event)
    raise ValueError(f"an event of no known shape, with the keys {sorted(event)[:10]}")


def is_done(arrival: Arrival, result: Mapping[str, object]) -> bool:
    """Whether a present result makes the arrival old news.

    S3 orders the events of one key by their sequencers, hexadecimal texts of which the shorter
    is filled with zeros on its right. Stores that send none are judged by the ETag alone.
    """
    newest = str(result.get("sequencer") or "")
    if not arrival.sequencer and not newest:
        return arrival.etag is not None and arrival.etag == result.get("eTag")
    width = max(len(arrival.sequencer), len(newest))
    return arrival.sequencer.upper().ljust(width, "0") <= newest.upper().ljust(width, "0")


def _about(result: Blob) -> Mapping[str, object]:
    """The members of a result; none when it is no result of ours."""
    try:
        found = json.loads(result.data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
