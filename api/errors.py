"""Every error as RFC 9457 `application/problem+json`, from one table.

Which class means which status is decided here and nowhere else; a class that is not listed
takes the row of the nearest of its ancestors. Nothing here needs FastAPI.
"""

from __future__ import annotations

from dataclasses import dataclass

from inference.errors import (
    BadImage,
    BadRequest,
    CallerError,
    ImageTooLarge,
    ModelNotReady,
    SourceNotAllowed,
    SourceNotFound,
    SourceUnavailable,
    UnsupportedImage,
)

PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Row:
    """What the caller sees of a class of errors. `detail` stands in for a private message."""

    status: int
    code: str
    title: str
    detail: str = ""


class RouteNotFound(CallerError):
    """No such path."""


class MethodNotAllowed(CallerError):
    """The path exists and does not take that method."""


TABLE: dict[type[BaseException], Row] = {
    BadRequest: Row(400, "bad_request", "The request cannot be understood"),
    RouteNotFound: Row(404, "not_found", "There is nothing at this address"),
    MethodNotAllowed: Row(405, "method_not_allowed", "The address does not take this method"),
    SourceNotAllowed: Row(403, "source_not_allowed", "The picture's address may not be read"),
    SourceNotFound: Row(404, "source_not_found", "There is no picture at that address"),
    ImageTooLarge: Row(413, "image_too_large", "The picture is too large"),
    UnsupportedImage: Row(415, "unsupported_image", "This is no picture that can be read here"),
    BadImage: Row(422, "bad_image", "The picture cannot be decoded"),
    CallerError: Row(400, "bad_request", "The request cannot be understood"),
    SourceUnavailable: Row(
        502,
        "source_unavailable",
        "The storage does not answer",
        "The picture's storage did not answer in time, or not as it should; try again.",
    ),
    ModelNotReady: Row(
        503,
        "model_not_ready",
        "No model has been loaded yet",
        "No model answers yet; try again in a moment. GET /model says what happened.",
    ),
    BaseException: Row(
        500,
        "internal",
        "Something went wrong on our side",
        "The request failed for a reason that lies with the service; it has been logged.",
    ),
}


def row_for(exc: BaseException) -> Row:
    """The row of the nearest ancestor of the exception's class."""
    return next(TABLE[kind] for kind in type(exc).__mro__ if kind in TABLE)


def problem(exc: BaseException) -> dict[str, object]:
    """The members of the problem document for `exc`.

    Only a `CallerError` speaks for itself: what is wrong with the service is not told.
    """
    row = row_for(exc)
    detail = str(exc) if isinstance(exc, CallerError) else row.detail
    return {
        "type": f"urn:microlens:error:{row.code}",
        "title": row.title,
        "status": row.status,
        "detail": detail,
        "code": row.code,
    }
