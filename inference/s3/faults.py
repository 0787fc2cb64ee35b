"""What S3 answers when it does not do what it is asked, and what boto3 raises on the way there.

The one module that knows botocore's exceptions; what they say of requests stays here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    IncompleteReadError,
    ResponseStreamingError,
)

from inference.errors import SourceNotAllowed, SourceNotFound, SourceUnavailable, StoreConflict

# What S3 says to a role whose own keys are wrong: the operator's affair, not the address's.
_BAD_KEYS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed"}

# What S3 calls a key or a version that cannot be: the caller's affair, not the storage's.
_BAD_NAMES = {"NoSuchVersion", "InvalidArgument", "InvalidRequest", "InvalidURI", "KeyTooLongError"}


class CutOff(SourceUnavailable):
    """The connection broke while an object came."""


class NotModified(SourceUnavailable):
    """S3 sends nothing because we have it already."""


@contextmanager
def faults_of_s3(where: str, doing: str = "read") -> Iterator[None]:
    """Map botocore's errors; the status is steadier than the code between GET and HEAD.

    `where` is the object or prefix in words, `doing` what is tried there.
    """
    try:
        yield
    except ClientError as exc:
        status = exc.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = exc.response.get("Error", {}).get("Code", "")
        if status == 304:
            raise NotModified(f"S3 answered 304 for {where}") from exc
        raise _error_for(status, code, where, doing) from exc
    except (IncompleteReadError, ResponseStreamingError) as exc:
        raise CutOff(f"{where} was cut off: {type(exc).__name__}") from exc
    except BotoCoreError as exc:
        raise SourceUnavailable(f"{where} cannot be reached: {type(exc).__name__}") from exc
    except (ValueError, LookupError, RecursionError) as exc:
        # boto3 lets these through for an endpoint that is no URL or an answer that is none of S3's.
        raise SourceUnavailable(f"{where} cannot be reached: {exc}") from exc


@contextmanager
def faults_of_control(what: str) -> Iterator[None]:
    """Map botocore's errors of S3 Control; AWS's own sentence says what is wrong."""
    try:
        yield
    except ClientError as exc:
        error = exc.response.get("Error", {})
        said = f"{error.get('Code', '')} {error.get('Message', '')}".strip()
        raise SourceUnavailable(f"{what}: AWS says {said or 'nothing more'}") from exc
    except (BotoCoreError, ValueError, LookupError) as exc:
        raise SourceUnavailable(f"{what}: {exc}") from exc


def _error_for(
    status: int, code: str, where: str, doing: str
) -> SourceNotFound | SourceNotAllowed | StoreConflict | SourceUnavailable:
    """What S3's answer means to us; to who may not list, a 403 says that there is no such key."""
    match status:
        case 404 if code == "NoSuchBucket":
            return SourceUnavailable(f"the bucket of {where} does not exist")
        case 404 | 405:  # 405 is a version that marks a deletion
            return SourceNotFound(
                f"nothing lies at {where}: check the bucket, the key, the version"
            )
        case 403 if code == "InvalidObjectState":
            return SourceNotFound(f"{where} is archived: restore it first")
        case 403 if code not in _BAD_KEYS:
            hidden = ", or hides that nothing lies there" if doing == "read" else ""
            return SourceNotAllowed(f"the service may not {doing} {where}: S3 refuses it{hidden}")
        case 409 | 412:
            return StoreConflict(f"{where} was changed by somebody else")
        case 400 if code in _BAD_NAMES:
            return SourceNotFound(f"{where} cannot be, or has no such version")
    return SourceUnavailable(f"S3 answered {status} {code} for {where}")
