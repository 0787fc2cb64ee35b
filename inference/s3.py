"""S3: the one module that imports boto3.

Importing it costs 300 to 500 ms with the first client, so whoever needs S3 imports it where it
is used. Every failure of S3 or of the way to it leaves here as an error of `inference.errors`,
without the request, its signature or its headers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

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


@dataclass(frozen=True, slots=True)
class S3Object:
    """A whole object: its bytes, its tag without quotes, and its version where there is one."""

    data: bytes
    etag: str
    version_id: str | None


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
) -> S3Object:
    """One object, read whole; at most `max_bytes` + 1 bytes ever enter memory.

    `owner` is the account that must own the bucket. Raises `SourceNotFound`,
    `SourceNotAllowed`, `ImageTooLarge` or `SourceUnavailable`.
    """
    where = f"s3://{bucket}/{key}"
    options: dict[str, Any] = {
        "VersionId": version_id,
        "ExpectedBucketOwner": owner,
    }
    with _faults_of_s3(where):
        response = client().get_object(
            Bucket=bucket, Key=key, **{name: value for name, value in options.items() if value}
        )
        with response["Body"] as body:
            if max_bytes is not None and response["ContentLength"] > max_bytes:
                raise _too_large(where, response["ContentLength"], max_bytes)
            data = body.read(max_bytes + 1) if max_bytes is not None else body.read()
    if max_bytes is not None and len(data) > max_bytes:
        raise _too_large(where, len(data), max_bytes)
    if len(data) != response["ContentLength"]:
        raise SourceUnavailable(f"{where} was cut off after {len(data):,} bytes")
    return S3Object(data, response["ETag"].strip('"'), response.get("VersionId"))


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


def keys(bucket: str, prefix: str) -> Iterator[str]:
    """The keys below `prefix`, in S3's order (UTF-8 bytes), page by page."""
    with _faults_of_s3(f"s3://{bucket}/{prefix}"):
        for page in client().get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix
        ):
            for entry in page.get("Contents", []):
                yield entry["Key"]


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
        raise _error_for(status, code, where) from exc
    except BotoCoreError as exc:
        raise SourceUnavailable(f"{where} cannot be reached: {type(exc).__name__}") from exc


def _error_for(
    status: int, code: str, where: str
) -> SourceNotFound | SourceNotAllowed | StoreConflict | SourceUnavailable:
    """What S3's answer means to us; a 403 does not say whether the key exists."""
    match status:
        case 404:
            return SourceNotFound(f"nothing lies at {where}: check the bucket, the key, the version")
        case 403 if code == "InvalidObjectState":
            return SourceNotFound(f"{where} is archived: restore it first")
        case 403:
            return SourceNotAllowed(f"the service may not read {where}")
        case 409 | 412:
            return StoreConflict(f"{where} was changed by somebody else")
        case 400 if code in {"NoSuchVersion", "InvalidArgument"}:
            return SourceNotFound(f"{where} has no such version")
    return SourceUnavailable(f"S3 answered {status} {code} for {where}")
