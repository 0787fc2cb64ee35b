"""S3 addresses that callers send: parsed strictly, never fetched as they are.

What is accepted is `s3://BUCKET/KEY[?versionId=…]` and the https addresses of S3 itself. The
text is matched whole, character by character, because URL parsers disagree about control
characters, backslashes and user names, and every such disagreement is a door.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import unquote

from inference.errors import SourceNotAllowed

MAX_ADDRESS_CHARACTERS = 4_096
MAX_KEY_BYTES = 1_024

BUCKET_NAME = re.compile(
    r"(?!\d+\.\d+\.\d+\.\d+\Z)[a-z0-9](?:[a-z0-9-]|\.(?=[a-z0-9])){1,61}[a-z0-9]"
)
"""A general-purpose bucket's name, to be matched whole."""

# Access points, directory buckets, Object Lambda and the like are not buckets of pictures.
_RESERVED = re.compile(
    r"(?:xn--|sthree-|amzn-s3-demo-).*|.*(?:-s3alias|--ol-s3|--x-s3|\.mrap|--table-s3)"
)
_UNSPEAKABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_VERSION = re.compile(r"(?P<path>.*)\?versionId=(?P<version>[A-Za-z0-9._~/+=-]{1,1024})", re.DOTALL)
_SIGNED = re.compile(r"[?&](?:X-Amz-|AWSAccessKeyId=|Signature=)", re.IGNORECASE)
_REGION = r"(?:[.-](?:dualstack\.)?[a-z]{2}(?:-[a-z]+)+-\d)?"
_HOST = rf"s3{_REGION}\.amazonaws\.com(?:\.cn)?"
_VIRTUAL = re.compile(rf"https://(?P<bucket>[a-z0-9.-]+?)\.{_HOST}/(?P<key>[^?#]+)", re.ASCII)
_PATH = re.compile(rf"https://{_HOST}/(?P<bucket>[a-z0-9.-]+)/(?P<key>[^?#]+)", re.ASCII)
_NATIVE = re.compile(r"s3://(?P<bucket>[^/]*)/(?P<key>.+)", re.DOTALL)

_ACCEPTED = "send s3://BUCKET/KEY or the https address of an object in S3"


@dataclass(frozen=True, slots=True)
class S3Address:
    """One object, or one version of it.

    `also` is the key in which a plus of an https address is a space, as S3 and its console have it;
    empty where there is none.
    """

    bucket: str
    key: str
    version_id: str | None = None
    also: str = field(default="", compare=False)

    def __str__(self) -> str:
        version = f"?versionId={self.version_id}" if self.version_id else ""
        return f"s3://{self.bucket}/{self.key}{version}"


def parse_address(text: str, allowed_buckets: Collection[str]) -> S3Address:
    """The object that `text` means, if it lies in one of `allowed_buckets`.

    Raises `SourceNotAllowed` for every other text, without asking anybody.
    """
    if len(text) > MAX_ADDRESS_CHARACTERS:
        raise SourceNotAllowed(
            f"the address has {len(text):,} characters; at most {MAX_ADDRESS_CHARACTERS:,} are read"
        )
    address = _match(text)
    for part in (text, address.key):
        if _UNSPEAKABLE.search(part):
            raise SourceNotAllowed("the address holds control characters or half of a character")
    _check_bucket(address.bucket, allowed_buckets)
    if len(address.key.encode()) > MAX_KEY_BYTES:
        raise SourceNotAllowed(f"the key is longer than the {MAX_KEY_BYTES:,} bytes S3 allows")
    return address


def _match(text: str) -> S3Address:
    """Bucket, key and version, by the first form that matches the whole text."""
    versioned = _VERSION.fullmatch(text)
    path, version = (versioned["path"], versioned["version"]) if versioned else (text, None)
    if _SIGNED.search(text):
        raise SourceNotAllowed(f"presigned addresses are not read: {_ACCEPTED}, unsigned")
    if "?versionId=" in path:
        raise SourceNotAllowed("the versionId of the address is no version's name")
    if native := _NATIVE.fullmatch(path):
        return S3Address(native["bucket"], native["key"], version)
    if https := _PATH.fullmatch(path) or _VIRTUAL.fullmatch(path):
        # A key is percent-encoded once in https; what is left after one decoding is the key.
        key = _percent_decoded(https["key"])
        also = _percent_decoded(https["key"].replace("+", " "))
        return S3Address(https["bucket"], key, version, also if also != key else "")
    raise SourceNotAllowed(
        f"only pictures in S3 are read, and this is no such address: {_ACCEPTED}"
    )


def _percent_decoded(key: str) -> str:
    try:
        return unquote(key, errors="strict")
    except UnicodeDecodeError as exc:
        raise SourceNotAllowed("the address is not percent-encoded UTF-8") from exc


def _check_bucket(bucket: str, allowed: Collection[str]) -> None:
    if not BUCKET_NAME.fullmatch(bucket) or _RESERVED.fullmatch(bucket):
        raise SourceNotAllowed(f"{bucket!r} is no name of a general-purpose bucket")
    if bucket not in allowed:
        raise SourceNotAllowed(
            f"this service does not read from the bucket {bucket!r}; whoever runs it names the "
            "buckets in MICROLENS_BUCKETS"
        )
