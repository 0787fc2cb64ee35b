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
    OperatorError,
    SourceNotAllowed,
    SourceNotFound,
    SourceUnavailable,
    UnsupportedImage,
)
from inference.pictures.formats import FORMATS

PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Row:
    """What the caller sees of a class of errors. `detail` stands in for a private message.

    `example` is a message of a class that speaks for itself, for the service's description.
    """

    status: int
    code: str
    title: str
    detail: str = ""
    example: str = ""


class RouteNotFound(CallerError):
    """No such path."""


class MethodNotAllowed(CallerError):
    """The path exists and does not take that method."""


class Unauthorized(CallerError):
    """The request carries no token of this service; `is_wrong` when it carries another."""

    def __init__(self, message: str, *, is_wrong: bool = False) -> None:
        super().__init__(message)
        self.is_wrong = is_wrong


class Busy(OperatorError):
    """Too many requests are under way, or one was not answered in time."""

    def __init__(self, message: str, retry_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


TABLE: dict[type[BaseException], Row] = {
    BadRequest: Row(
        400,
        "bad_request",
        "The request cannot be understood",
        example="there is no parameter 'topk'; /classify takes top_k and min_score",
    ),
    RouteNotFound: Row(
        404,
        "not_found",
        "There is nothing at this address",
        example="GET /clasify is not served; see /docs for what is",
    ),
    MethodNotAllowed: Row(
        405,
        "method_not_allowed",
        "The address does not take this method",
        example="GET /classify is not served; see /docs for what is",
    ),
    Unauthorized: Row(
        401,
        "unauthorized",
        "The service wants a token",
        example="this address wants a token: send it as 'Authorization: Bearer TOKEN'; whoever "
        "runs this service has one",
    ),
    SourceNotAllowed: Row(
        403,
        "source_not_allowed",
        "The picture's address may not be read",
        example="this service does not read from the bucket 'elsewhere'; whoever runs it names the "
        "buckets in MICROLENS_BUCKETS",
    ),
    SourceNotFound: Row(
        404,
        "source_not_found",
        "There is no picture at that address",
        example="nothing lies at s3://photos/no/such.jpg: check the bucket, the key, the version",
    ),
    ImageTooLarge: Row(
        413,
        "image_too_large",
        "The picture is too large",
        example="the picture has 10,000 × 6,000 = 60,000,000 pixels; at most 50,000,000 are "
        "decoded: send a smaller one",
    ),
    UnsupportedImage: Row(
        415,
        "unsupported_image",
        "This is no picture that can be read here",
        example="the 18 bytes are no picture in a format that is read here "
        f"({', '.join(FORMATS)}); they begin with b'hello th'",
    ),
    BadImage: Row(
        422,
        "bad_image",
        "The picture cannot be decoded",
        example="the header of the picture cannot be read: Truncated File Read",
    ),
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
    Busy: Row(
        503,
        "busy",
        "The service has too much to do",
        "More requests came than are answered at once, or this one was not answered in time; try "
        "again in a moment.",
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
    return document(row, str(exc) if isinstance(exc, CallerError) else row.detail)


def document(row: Row, detail: str) -> dict[str, object]:
    """The members of a problem document of this row, in the order in which they are sent."""
    return {
        "type": f"urn:microlens:error:{row.code}",
        "title": row.title,
        "status": row.status,
        "detail": detail,
        "code": row.code,
    }
