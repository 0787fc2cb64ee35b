"""Objects: read whole, written on a condition, listed page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import TextIOWrapper
from typing import Any

from inference.errors import ImageTooLarge
from inference.s3 import clients
from inference.s3.faults import CutOff, NotModified, faults_of_s3


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
    except NotModified:
        return None


def head(bucket: str, key: str) -> S3Head:
    """What lies under the key; raises as `get` does."""
    with faults_of_s3(f"s3://{bucket}/{key}"):
        found = clients.client().head_object(Bucket=bucket, Key=key)
        modified = found["LastModified"].timestamp()
        return S3Head(found["ETag"].strip('"'), found["ContentLength"], modified, _version(found))


def put(
    bucket: str, key: str, data: bytes, *, replacing: str | None, media_type: str | None = None
) -> str:
    """Write an object over the one tagged `replacing`, or where there is none; the new tag.

    Raises `StoreConflict` when somebody else wrote in between, `SourceNotAllowed` or
    `SourceUnavailable` otherwise.
    """
    condition: dict[str, Any] = {"IfMatch": f'"{replacing}"'} if replacing else {"IfNoneMatch": "*"}
    if media_type:
        condition["ContentType"] = media_type
    with faults_of_s3(f"s3://{bucket}/{key}", "write"):
        response = clients.client().put_object(Bucket=bucket, Key=key, Body=data, **condition)
        return response["ETag"].strip('"')


def keys(bucket: str, prefix: str) -> Iterator[str]:
    """The keys below `prefix`, in S3's order (UTF-8 bytes), page by page."""
    return (entry.key for entry in objects(bucket, prefix))


def objects(bucket: str, prefix: str) -> Iterator[S3Entry]:
    """The objects whose keys begin with `prefix`, in S3's order, page by page."""
    with faults_of_s3(f"s3://{bucket}/{prefix}", "list"):
        pages = (
            clients.client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        )
        for page in pages:
            for entry in page.get("Contents", []):
                yield S3Entry(entry["Key"], entry.get("ETag", "").strip('"'), entry["Size"])


def lines(bucket: str, key: str) -> Iterator[str]:
    """The lines of a UTF-8 object with their ends, however many, while they arrive."""
    with faults_of_s3(f"s3://{bucket}/{key}"):
        body: Any = clients.client().get_object(Bucket=bucket, Key=key)["Body"]
        # No newline is changed: a quoted field may hold one.
        with TextIOWrapper(body, "utf-8", "replace", newline="") as text:
            yield from text


def _read(
    bucket: str, key: str, options: Mapping[str, str | None], max_bytes: int | None
) -> S3Object:
    """GET the object under the conditions that are set; once more when its bytes broke off.

    Until an answer begins botocore asks again itself, and after that nobody does.
    """
    try:
        return _read_once(bucket, key, options, max_bytes)
    except CutOff:
        return _read_once(bucket, key, options, max_bytes)


def _read_once(
    bucket: str, key: str, options: Mapping[str, str | None], max_bytes: int | None
) -> S3Object:
    where = f"s3://{bucket}/{key}"
    conditions: dict[str, Any] = {name: value for name, value in options.items() if value}
    with faults_of_s3(where):
        response = clients.client().get_object(Bucket=bucket, Key=key, **conditions)
        body, length = response["Body"], response["ContentLength"]
        with body:  # what `as` would give reads past botocore's own errors
            if max_bytes is not None and length > max_bytes:
                raise _too_large(where, length, max_bytes)
            data = body.read(max_bytes + 1) if max_bytes is not None else body.read()
        if max_bytes is not None and len(data) > max_bytes:
            raise _too_large(where, len(data), max_bytes)
        if len(data) != length:
            raise CutOff(f"{where} was cut off after {len(data):,} bytes")
        modified = response["LastModified"].timestamp()
        return S3Object(data, response["ETag"].strip('"'), _version(response), modified)


def _version(response: Mapping[str, Any]) -> str | None:
    """The version, unless it is the one that is overwritten where versioning was suspended."""
    version = response.get("VersionId")
    return None if version == "null" else version


def _too_large(where: str, size: int, limit: int) -> ImageTooLarge:
    return ImageTooLarge(
        f"{where} has {size:,} bytes or more; at most {limit:,} are accepted: name a smaller one"
    )
