"""Pictures that arrived in a bucket: each is classified and gets one result object.

The result of `s3://BUCKET/KEY` lies under `BUCKET/KEY.json` in the results' store. It is
written on the condition that nobody else wrote it since it was read, and only by the newest
event of its key: the same event twice, or an older one late, changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.errors import problem
from api.events import Arrival, Event, Malformed, Shape, s3
from inference.addresses import MAX_KEY_BYTES, S3Address
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
        arrivals = [arrival for arrival in arrivals_of(event) if not self._is_passed_over(arrival)]
        failed = [fault for arrival in arrivals if (fault := self._attempt(arrival))]
        if failed:
            raise SourceUnavailable(
                f"{len(failed)} of {len(arrivals)} pictures could not be finished: {failed[0]}"
            )
        return len(arrivals)

    def _attempt(self, arrival: Arrival | Malformed) -> str | None:
        """Finish one picture; why not, if another try may mend it. Nothing stops the others."""
        if isinstance(arrival, Malformed):
            log.error("%s", arrival.reason)
            return arrival.reason
        try:
            self._finish(arrival)
        except Exception as exc:  # the outermost edge of one record: told, and raised for all
            expected = isinstance(exc, OperatorError | SourceNotAllowed)
            where = f"s3://{arrival.bucket}/{arrival.key}"
            log.error("%r not finished: %s", where, exc, exc_info=None if expected else exc)
            return str(exc) if expected else type(exc).__name__
        return None

    def _finish(self, arrival: Arrival) -> None:
        key = result_key(arrival, len(self.results.url))
        result: bytes | None = None
        for _ in range(_ROUNDS):
            present = self.results.read(key)
            if present and is_done(arrival, _about(present)):
                log.info("%r in %s has its result already", arrival.key, arrival.bucket)
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

    def _is_passed_over(self, arrival: Arrival | Malformed) -> bool:
        """Whether it is a result of ours, which must never trigger another, or a folder's mark."""
        if isinstance(arrival, Malformed):
            return False
        place = f"s3://{arrival.bucket}/{arrival.key}"
        is_result = place.startswith(f"{self.results.url}/") and place.endswith(".json")
        passed_over = is_result or place.endswith("/")
        if passed_over:
            log.info("%r is no picture that was put there: passed over", place)
        return passed_over


def arrivals_of(event: object) -> list[Arrival | Malformed]:
    """The pictures that `event` announces, by the first shape that fits it."""
    if not isinstance(event, dict):
        raise ValueError(f"an event is a JSON object, and this is {type(event).__name__}")
    for shape in SHAPES:
        if shape.is_mine(event):
            return shape.arrivals(event)
    raise ValueError(f"an event of no known shape, with the keys {sorted(event)[:10]}")


def result_key(arrival: Arrival, prefix_characters: int) -> str:
    """Where the result of a picture lies: under the picture's own name, if S3 can hold that."""
    key = f"{arrival.bucket}/{arrival.key}.json"
    if prefix_characters + len(key.encode()) <= MAX_KEY_BYTES:
        return key
    digest = hashlib.sha256(arrival.key.encode()).hexdigest()
    return f"{arrival.bucket}/{arrival.key[:100]}-{digest}.json"


def is_done(arrival: Arrival, result: Mapping[str, object]) -> bool:
    """Whether a present result makes the arrival old news.

    S3 orders the events of one key by their sequencers, hexadecimal texts of which the shorter
    is filled with zeros on its right. Without one on either side the ETag alone decides.
    """
    newest = str(result.get("sequencer") or "")
    if not arrival.sequencer or not newest:
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
