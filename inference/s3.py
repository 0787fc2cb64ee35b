"""S3, its objects and the client for its jobs: the one module that imports boto3.

Importing it costs 300 to 500 ms with the first client, so whoever needs S3 imports it where it
is used. Every failure of S3 or of the way to it leaves here as an error of `inference.errors`,
without the request, its signature or its headers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    IncompleteReadError,
    ResponseStreamingError,
)

from inference.errors import (
    ImageTooLarge,
    SourceNotAllowed,
    SourceNotFound,
    SourceUnavailable,
    StoreConflict,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 3},
    signature_version="s3v4",
    # S3-compatible stores do not all know the newer checksums.
    request_checksum_calculation="when_required",
    max_pool_connections=32,
)

_BAD_KEYS = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "RequestTimeTooSkewed"}


@dataclass(frozen=True, slots=True)
class S3Object:
    """A whole object: its bytes, its tag without quotes, and its version where there is one.

    `modified` is when it was written, in seconds since 1970.
    """

    data: bytes
    etag: str
    version_id: str | None
    modified: float


@dataclass(frozen=True, slots=True)
class S3Head:
    """What S3 says of an object without sending it; `modified` in seconds since 1970."""

    etag: str
    bytes: int
    modified: float
    version_id: str | None


@dataclass(frozen=True, slots=True)
class S3Entry:
    """What a list says of an object."""

    key: str
    etag: str
    bytes: int


@dataclass(frozen=True, slots=True)
class S3Form:
    """What a browser or `curl -F` sends to S3: the address, and the fields before the file.

    The fields are a permission: whoever has them may write this one object.
    """

    url: str
    fields: Mapping[str, str] = field(repr=False)


class _CutOff(SourceUnavailable):
    """The connection broke while an object came."""


class _NotModified(SourceUnavailable):
    """S3 sends nothing because we have it already."""


@cache
def client() -> S3Client:
    """The process's one S3 client; boto3's own variables say where and as whom."""
    return boto3.session.Session().client("s3", config=_CONFIG)


def get(
    bucket: str,
    key: str,
    *,
    version_id: str | None = None,
    owner: str | None = None,
    max_bytes: int | None = None,
    only: str | None = None,
) -> S3Object:
    """One object, read whole; at most `max_bytes` + 1 bytes ever enter memory.

    `owner` is the account that must own the bucket, `only` the tag that the object must have.
    Raises `SourceNotFound`, `SourceNotAllowed`, `ImageTooLarge`, `StoreConflict` or
    `SourceUnavailable`.
    """
    options = {
        "VersionId": version_id,
        "ExpectedBucketOwner": owner,
        "IfMatch": f'"{only}"' if only else None,
    }
    return _read(bucket, key, options, max_bytes)


def get_changed(bucket: str, key: str, etag: str | None) -> S3Object | None:
    """One object, or None while it is still the one tagged `etag`; raises as `get` does."""
    try:
        return _read(bucket, key, {"IfNoneMatch": f'"{etag}"' if etag else None}, None)
    except _NotModified:
        return None


def head(bucket: str, key: str) -> S3Head:
    """What lies under the key; raises as `get` does."""
    with _faults_of_s3(f"s3://{bucket}/{key}"):
        found = client().head_object(Bucket=bucket, Key=key)
        modified = found["LastModified"].timestamp()
        return S3Head(found["ETag"].strip('"'), found["ContentLength"], modified, _version(found))


def _read(
    bucket: str, key: str, options: Mapping[str, str | None], max_bytes: int | None
) -> S3Object:
    """GET the object under the conditions that are set; once more when its bytes broke off.

    Until an answer begins botocore asks again itself, and after that nobody does.
    """
    try:
        return _read_once(bucket, key, options, max_bytes)
    except _CutOff:
        return _read_once(bucket, key, options, max_bytes)


def _read_once(
    bucket: str, key: str, options: Mapping[str, str | None], max_bytes: int | None
) -> S3Object:
    where = f"s3://{bucket}/{key}"
    conditions: dict[str, Any] = {name: value for name, value in options.items() if value}
    with _faults_of_s3(where):
        response = client().get_object(Bucket=bucket, Key=key, **conditions)
        body, length = response["Body"], response["ContentLength"]
        with body:  # what `as` would give reads past botocore's own errors
            if max_bytes is not None and length > max_bytes:
                raise _too_large(where, length, max_bytes)
            try:
                data = body.read(max_bytes + 1) if max_bytes is not None else body.read()
            except (IncompleteReadError, ResponseStreamingError) as exc:
                raise _CutOff(f"{where} was cut off: {type(exc).__name__}") from exc
        if max_bytes is not None and len(data) > max_bytes:
            raise _too_large(where, len(data), max_bytes)
        if len(data) != length:
            raise _CutOff(f"{where} was cut off after {len(data):,} bytes")
        modified = response["LastModified"].timestamp()
        return S3Object(data, response["ETag"].strip('"'), _version(response), modified)


def _version(response: Mapping[str, Any]) -> str | None:
    """The version, unless it is the one that is overwritten where versioning was suspended."""
    version = response.get("VersionId")
    return None if version == "null" else version


def put(
    bucket: str, key: str, data: bytes, *, replacing: str | None, media_type: str | None = None
) -> str:
    """Write an object over the one tagged `replacing`, or where there is none; the new tag.

    Raises `StoreConflict` when somebody else wrote in between, `SourceUnavailable` otherwise.
    """
    condition: dict[str, Any] = {"IfMatch": f'"{replacing}"'} if replacing else {"IfNoneMatch": "*"}
    if media_type:
        condition["ContentType"] = media_type
    with _faults_of_s3(f"s3://{bucket}/{key}"):
        response = client().put_object(Bucket=bucket, Key=key, Body=data, **condition)
    return response["ETag"].strip('"')


def upload_form(bucket: str, key: str, max_bytes: int, seconds: int) -> S3Form:
    """A form with which anybody may write this one object for so long, and no larger one.

    Nobody is asked: it is signed here. Raises `SourceUnavailable` without credentials.
    """
    sizes = ["content-length-range", 1, max_bytes]
    with _faults_of_s3(f"s3://{bucket}/{key}"):
        try:
            made = client().generate_presigned_post(
                bucket, key, Conditions=[sizes], ExpiresIn=seconds
            )
        except AttributeError as exc:  # boto3 asks nobody for the name of his key
            raise SourceUnavailable("there are no AWS credentials to sign a form with") from exc
    url = made["url"]
    if url == f"https://{bucket}.s3.amazonaws.com/":
        # The host of all Regions answers a new bucket's requests with a redirect, which browsers
        # do not follow with a form; the Region's own does not.
        url = client().meta.endpoint_url.replace("https://", f"https://{bucket}.") + "/"
    return S3Form(url, made["fields"])


def keys(bucket: str, prefix: str) -> Iterator[str]:
    """The keys below `prefix`, in S3's order (UTF-8 bytes), page by page."""
    return (entry.key for entry in objects(bucket, prefix))


def objects(bucket: str, prefix: str) -> Iterator[S3Entry]:
    """The objects whose keys begin with `prefix`, in S3's order, page by page."""
    with _faults_of_s3(f"s3://{bucket}/{prefix}"):
        for page in (
            client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        ):
            for entry in page.get("Contents", []):
                yield S3Entry(entry["Key"], entry.get("ETag", "").strip('"'), entry["Size"])


def lines(bucket: str, key: str) -> Iterator[str]:
    """The lines of a UTF-8 object with their ends, however many, while they arrive."""
    with _faults_of_s3(f"s3://{bucket}/{key}"):
        body: Any = client().get_object(Bucket=bucket, Key=key)["Body"]
        # No newline is changed: a quoted field may hold one.
        with TextIOWrapper(body, "utf-8", "replace", newline="") as text:
            yield from text


def control_client(region: str) -> Any:
    """A client of S3 Control, which keeps the jobs of S3 Batch Operations. Any: it has no types."""
    config = _CONFIG.merge(Config(read_timeout=30))
    return boto3.session.Session().client("s3control", region_name=region, config=config)


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


def _too_large(where: str, size: int, limit: int) -> ImageTooLarge:
    return ImageTooLarge(f"{where} has {size:,} bytes or more; at most {limit:,} are accepted")


@contextmanager
def _faults_of_s3(where: str) -> Iterator[None]:
    """Map botocore's errors; the status is steadier than the code between GET and HEAD."""
    try:
        yield
    except ClientError as exc:
        status = exc.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = exc.response.get("Error", {}).get("Code", "")
        if status == 304:
            raise _NotModified(f"S3 answered 304 for {where}") from exc
        raise _error_for(status, code, where) from exc
    except BotoCoreError as exc:
        raise SourceUnavailable(f"{where} cannot be reached: {type(exc).__name__}") from exc
    except (ValueError, LookupError, RecursionError) as exc:
        # boto3 lets these through for an endpoint that is no URL or an answer that is none of S3's.
        raise SourceUnavailable(f"{where} cannot be reached: {exc}") from exc


# What S3 calls a key or a version that cannot be: the caller's affair, not the storage's.
_BAD_NAMES = {"NoSuchVersion", "InvalidArgument", "InvalidRequest", "InvalidURI", "KeyTooLongError"}


def _error_for(
    status: int, code: str, where: str
) -> SourceNotFound | SourceNotAllowed | StoreConflict | SourceUnavailable:
    """What S3's answer means to us; a 403 does not say whether the key exists."""
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
            return SourceNotAllowed(f"the service may not read {where}")
        case 409 | 412:
            return StoreConflict(f"{where} was changed by somebody else")
        case 400 if code in _BAD_NAMES:
            return SourceNotFound(f"{where} cannot be, or has no such version")
    return SourceUnavailable(f"S3 answered {status} {code} for {where}")
