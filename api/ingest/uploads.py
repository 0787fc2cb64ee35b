"""Large pictures: a form with which a caller puts one into S3, and what became of it.

An id is the time of its making and 144 random bits. It names one object below the uploads'
prefix and its result, and nothing else; nothing is stored until the picture comes.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from api.errors import RouteNotFound
from api.events import Arrival
from api.events.settling import Outcome
from api.ingest.finishing import Finisher, members
from inference.classifier import Classifier
from inference.errors import SourceNotAllowed, SourceNotFound, SourceUnavailable
from inference.settings import Settings
from inference.stores import open_store

_ID = re.compile(r"([0-9a-f]{8})-[A-Za-z0-9_-]{24}")
_RANDOM_BYTES = 18

# An upload that began in time may end later, and clocks differ.
_GRACE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Form:
    """What a caller needs to send one picture: POST `fields`, then the file, to `url`."""

    id: str
    url: str
    fields: Mapping[str, str]
    max_bytes: int
    expires_in: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """An uploaded picture for which no event came, and the size of its file."""

    picture: Arrival
    bytes: int


class Uploads:
    """Hands out forms and finds results. Safe to use from several threads.

    `clock` gives seconds since 1970.
    """

    def __init__(
        self, settings: Settings, classifier: Classifier, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._classifier = classifier
        self._clock = clock

    @property
    def are_on(self) -> bool:
        """Whether the service is set up for them."""
        return self._settings.uploads is not None

    def form(self) -> Form:
        """A new form; raises `RouteNotFound` where uploads are off, `SourceUnavailable` where
        the service has no credentials to sign it with.
        """
        from inference import s3  # boto3 is imported when the first form is asked for

        settings = self._settings
        name = f"{int(self._clock()):08x}-{secrets.token_urlsafe(_RANDOM_BYTES)}"
        place = self._arrival(name)
        max_bytes, seconds = settings.max_image_bytes, settings.upload_seconds
        made = s3.upload_form(place.bucket, place.key, max_bytes, seconds)
        return Form(name, made.url, made.fields, max_bytes, seconds)

    def stored(self, name: str) -> Mapping[str, Any] | None:
        """The result that there is; None while there is none.

        Raises `RouteNotFound` for what is no id.
        """
        place = self._arrival(name)
        issued = _ID.fullmatch(name)
        if issued is None or int(issued[1], 16) > self._clock() + _GRACE_SECONDS:
            raise RouteNotFound("that is no id of a result; POST /uploads gives one")
        found = members(self._finisher.results.read(self._finisher.key_of(place)))
        return found if "code" in found or "predictions" in found else None

    def waiting(self, name: str) -> Waiting | None:
        """The picture, once it is there and has waited so long that no event is expected.

        None while one still is. Raises `RouteNotFound` when no picture came in time.
        """
        from inference import s3

        place = self._arrival(name)
        try:
            found = s3.head(place.bucket, place.key)
        except SourceNotFound:
            if self._clock() < self._over(name):
                return None
            raise RouteNotFound(
                f"no picture was uploaded for this id within {self._settings.upload_seconds:,} "
                "seconds, or it and its result have been deleted; POST /uploads gives a new one"
            ) from None
        except SourceNotAllowed as exc:  # the place is the operator's, and so is its policy
            raise SourceUnavailable(str(exc)) from exc
        if self._clock() - found.modified < self._settings.upload_wait_seconds:
            return None
        return Waiting(Arrival(place.bucket, place.key, etag=found.etag), found.bytes)

    def finish(self, upload: Waiting) -> Outcome:
        """What became of a picture for which no event came, and is given its result here."""
        return self._finisher.finish(upload.picture)

    @cached_property
    def _finisher(self) -> Finisher:
        # Made when it is first needed: a store in S3 imports boto3.
        return Finisher(self._classifier, open_store(self._settings.results or ""))

    def _arrival(self, name: str) -> Arrival:
        if self._settings.uploads is None:
            raise RouteNotFound(
                "uploads are not switched on: whoever runs this service sets "
                "MICROLENS_UPLOADS=s3://BUCKET/PREFIX and MICROLENS_RESULTS"
            )
        bucket, _, prefix = self._settings.uploads.removeprefix("s3://").partition("/")
        return Arrival(bucket, f"{prefix}/{name}")

    def _over(self, name: str) -> float:
        """When the upload of an id must have come, in seconds since 1970."""
        issued = int(name[:8], 16)
        return issued + self._settings.upload_seconds + _GRACE_SECONDS
