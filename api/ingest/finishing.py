"""One picture to its one result: classified, and written on a condition.

The result of `s3://BUCKET/KEY` lies under `BUCKET/KEY.json` in the results' store. It is
written on the condition that nobody else wrote it since it was read, and only by the newest
event of its key: the same event twice, or an older one late, changes nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from api.errors import problem
from api.events import Arrival
from api.events.settling import Outcome, Verdict
from api.ingest.order import Result, is_done, is_outdated, result_key
from inference.addresses import S3Address
from inference.classifier import Classifier, Query
from inference.errors import CallerError, SourceNotAllowed, SourceNotFound, StoreConflict
from inference.sources import Fetched
from inference.stores import Blob, Store

log = logging.getLogger(__name__)

# Two workers on one key settle within a few rounds; whoever still loses is tried again by AWS.
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Finisher:
    """Gives pictures their results. Safe to use from several threads and processes."""

    classifier: Classifier
    results: Store

    def finish(self, arrival: Arrival) -> Outcome:
        """Write the result of the picture, unless there is one as new, and say which it is.

        Raises an `OperatorError` or `SourceNotAllowed` when another try may help.
        """
        try:
            return self._finish(arrival)
        except SourceNotFound:  # let through only while there are other spellings of the key
            for key in arrival.also:
                other = replace(arrival, key=key, also=())
                if self._is_there(other):
                    log.info("%s lies under the key %r, as the event spells it", arrival, key)
                    return self._finish(other)
            return self._finish(replace(arrival, also=()))

    def key_of(self, arrival: Arrival) -> str:
        """Where in the store the picture's result lies."""
        store = self.results
        return result_key(arrival, len(store.url), is_folder=store.is_local)

    def _finish(self, arrival: Arrival) -> Outcome:
        key = self.key_of(arrival)
        result: dict[str, Any] | None = None
        for _ in range(_ROUNDS):
            present = self.results.read(key)
            known = members(present)
            if is_done(arrival, known, self.classifier.serving.current().identity.release):
                log.info("%r has its result already", str(arrival))
                return replace(self._outcome(arrival, key, known), was_there=True)
            # Without a sequencer the picture is read after the result that it replaces, so what
            # is written is never older. With one it is classified once, whoever writes between.
            if result is None or not arrival.sequencer:
                result = self._result(arrival)
            if is_outdated(result, known):
                log.info("%r has a newer result", str(arrival))
                return replace(self._outcome(arrival, key, known), was_there=True)
            try:
                self._write(key, result, known, present)
            except StoreConflict:
                continue
            return self._outcome(arrival, key, result)
        raise StoreConflict(f"{key} was written by others {_ROUNDS} times in a row")

    def _write(self, key: str, result: Result, known: Result, present: Blob | None) -> None:
        sequencer = result["sequencer"] or known.get("sequencer")
        data = json.dumps({**result, "sequencer": sequencer}, ensure_ascii=False).encode()
        if present:
            self.results.replace(key, data, present.etag)
        else:
            self.results.create(key, data)

    def _result(self, arrival: Arrival) -> dict[str, Any]:
        """The answer, or the problem with the picture, and which picture it is."""
        picture = None
        try:
            picture = self._fetch(arrival)
            answer = self.classifier.classify(picture, Query()).model_dump()
        except SourceNotAllowed:
            raise
        except CallerError as exc:
            if isinstance(exc, SourceNotFound) and arrival.also:
                raise
            answer = problem(exc)
        return answer | _about(arrival, picture)

    def _fetch(self, arrival: Arrival) -> Fetched:
        address = S3Address(arrival.bucket, arrival.key, arrival.version_id)
        return self.classifier.sources.fetch_object(address)

    def _is_there(self, arrival: Arrival) -> bool:
        """Whether the very picture that the event tells of lies under that key."""
        try:
            found = self._fetch(arrival)
        except CallerError:
            return False
        return arrival.etag in (None, found.etag)

    def _outcome(self, arrival: Arrival, key: str, result: Result) -> Outcome:
        """What a result says, in a line."""
        url = f"{self.results.url}/{key}"
        if "code" in result:
            summary = f"{result['code']}: {result.get('detail', '')}"
            return Outcome(Verdict.REFUSED, arrival, summary, url, result)
        predictions = result.get("predictions") or []
        best = predictions[0] if predictions else {"label": "nothing", "score": 0.0}
        summary = f"{best['label']} {best['score']:.2f}"
        return Outcome(Verdict.DONE, arrival, summary, url, result)


def members(result: Blob | None) -> Mapping[str, Any]:
    """The members of a stored result; none when it is no result of ours."""
    if result is None:
        return {}
    try:
        found = json.loads(result.data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _about(arrival: Arrival, picture: Fetched | None) -> dict[str, Any]:
    """Which picture it is: as it was read, and otherwise as the event says."""
    modified = picture.modified if picture else None
    return {
        "bucket": arrival.bucket,
        "key": arrival.key,
        "versionId": arrival.version_id,
        "eTag": (picture.etag if picture else None) or arrival.etag,
        "sequencer": arrival.sequencer or None,
        "lastModified": (
            datetime.fromtimestamp(modified, UTC).isoformat(timespec="seconds")
            if modified is not None
            else None
        ),
    }
