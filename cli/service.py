"""A running Microlens service, asked over HTTP."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request

from pydantic import ValidationError

from cli.connection import CutOff, opener
from cli.outcomes import Declined
from inference.answers import Answer, ModelIdentity
from inference.classifier import Query
from inference.errors import BadImage, OperatorError, SourceUnavailable
from inference.sources import Fetched

# A cold start with a large model, and then a large picture.
_PATIENCE_SECONDS = 60

# Labels of a hundred thousand classes have a few megabytes; what sends more is no service of ours.
_MOST_BYTES = 50_000_000


def is_web_address(text: str) -> bool:
    """Whether `text` can be the address of a service."""
    try:
        parts = urlsplit(text)
    except ValueError:  # half a pair of brackets, say
        return False
    more = parts.query or parts.fragment
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not more


@dataclass(frozen=True, slots=True)
class Service:
    """The service at `url`, which ends without a slash. Safe to use from several threads.

    `token` is the bearer token that it wants, if it wants one.
    """

    url: str
    token: str | None = field(default=None, repr=False)

    def greet(self) -> None:
        """Raise `OperatorError` if nobody answers there: better known before the first picture."""
        try:
            self._send("/livez")
        except SourceUnavailable as exc:
            raise OperatorError(f"{exc}; is the address of the service right?") from exc

    def identity(self) -> ModelIdentity:
        """The model that answers there now; `OperatorError` where none does."""
        document = self._read("/model")
        try:
            return ModelIdentity.model_validate(document["model"])
        except (KeyError, TypeError, ValidationError) as exc:
            raise OperatorError(f"no model answers at {self.url}: see its GET /model") from exc

    def labels(self) -> tuple[str, ...]:
        """The classes that its model knows, in the order of their indices."""
        labels = self._read("/model/labels")
        if not isinstance(labels, list) or not all(isinstance(each, str) for each in labels):
            raise self._stranger(200)
        return tuple(labels)

    def _read(self, path: str) -> Any:
        """The JSON at `path`; raises `OperatorError` with the service's own words where not."""
        status, body = self._send(path)
        if status != 200:
            raise OperatorError(f"{self.url}{path}: {self._problem(status, body).get('detail')}")
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as exc:
            raise self._stranger(status) from exc

    def classify(self, picture: Fetched, query: Query) -> Answer:
        """What the service says about `picture`; the answer's source is the picture's own.

        Raises `Declined` with the service's problem document, `SourceUnavailable`, or `BadImage`
        for an empty file, which over HTTP would be a request without a picture.
        """
        if not picture.data:
            raise BadImage("the picture is empty: 0 bytes arrived")
        asked = urlencode({"top_k": query.top_k, "min_score": query.min_score})
        status, body = self._send(f"/classify?{asked}", picture.data)
        if status != 200:
            raise Declined(self._problem(status, body))
        try:
            answer = Answer.model_validate_json(body)
        except ValidationError as exc:
            raise self._stranger(status) from exc
        image = answer.image.model_copy(update={"source": picture.source})
        return answer.model_copy(update={"image": image})

    def _send(self, path: str, data: bytes | None = None) -> tuple[int, bytes]:
        """GET, or POST `data`: the status and the body of the reply, whatever the status."""
        headers = {"Content-Type": "application/octet-stream"} if data is not None else {}
        # `is_web_address` has let http and https through and no other scheme.
        request = Request(f"{self.url}{path}", data, headers)  # noqa: S310
        if self.token:  # which another host, to which this one redirects, is not told
            request.add_unredirected_header("Authorization", f"Bearer {self.token}")
        try:
            with _reply(request) as reply:
                status, body = reply.status or 0, _body(reply)
        except ValueError:
            # Python's own message would repeat the header, and so the token.
            raise OperatorError(
                f"{self.url} cannot be asked: its address or the token holds what HTTP cannot carry"
            ) from None
        except (OSError, http.client.HTTPException) as exc:
            if isinstance(exc, CutOff) and data:
                raise SourceUnavailable(
                    f"{self.url} did not take the {len(data):,} bytes of the picture: {exc}; "
                    "send a smaller one, or raise MICROLENS_MAX_BODY_BYTES there"
                ) from exc
            reason = getattr(exc, "reason", exc)
            words = getattr(reason, "strerror", None) or reason or type(reason).__name__
            raise SourceUnavailable(f"{self.url} does not answer: {words}") from exc
        if len(body) > _MOST_BYTES:
            raise self._stranger(status)
        return status, body

    def _problem(self, status: int, body: bytes) -> dict[str, Any]:
        try:
            document = json.loads(body)
        except (ValueError, RecursionError) as exc:
            raise self._stranger(status) from exc
        if not isinstance(document, dict) or "code" not in document:
            raise self._stranger(status)
        return document

    def _stranger(self, status: int) -> SourceUnavailable:
        return SourceUnavailable(
            f"{self.url} answered {status}, but not as Microlens does: is the address right?"
        )


def _reply(request: Request) -> http.client.HTTPResponse | HTTPError:
    """The reply to `request`; one with an error's status is a reply as well."""
    try:
        reply: http.client.HTTPResponse = opener().open(request, timeout=_PATIENCE_SECONDS)
    except HTTPError as exc:
        return exc
    return reply


def _body(reply: http.client.HTTPResponse | HTTPError) -> bytes:
    """The body, or so much of it that it is seen to be too long; raises when it breaks off."""
    body = reply.read(_MOST_BYTES + 1)
    missing = getattr(reply, "length", None)
    if missing and len(body) <= _MOST_BYTES:  # which `read` with a number does not mind
        raise http.client.IncompleteRead(body, missing)
    return body
