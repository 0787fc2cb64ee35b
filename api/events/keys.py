"""Keys and buckets as events spell them, checked as far as that needs no asking."""

from __future__ import annotations

from urllib.parse import unquote, unquote_plus

from api.events import Arrival, Malformed
from inference.addresses import BUCKET_NAME


def form_encoded(key: str) -> tuple[str, ...]:
    """The key of an S3 notification: a space is "+", a plus "%2B". Some stores send it raw."""
    return _distinct(unquote_plus(key), key)


def manifest_encoded(key: str) -> tuple[str, ...]:
    """The key of a manifest's line, where AWS's own examples disagree about the plus."""
    return _distinct(unquote_plus(key), unquote(key), key)


def arrival(
    bucket: object,
    spellings: tuple[str, ...],
    *,
    version_id: object = None,
    etag: object = None,
    sequencer: object = None,
) -> Arrival | Malformed:
    """The picture under the first of `spellings`, or why that can be no picture in a bucket."""
    if not isinstance(bucket, str) or not BUCKET_NAME.fullmatch(bucket):
        return Malformed(f"{str(bucket)[:80]!r} is no name of a bucket")
    if not spellings[0] or not all(map(_can_be_sent, spellings)):
        return Malformed(f"a key of {bucket} is empty or holds half of a character")
    return Arrival(
        bucket=bucket,
        key=spellings[0],
        version_id=_text(version_id),
        # Lists of objects quote the ETag, events do not.
        etag=(_text(etag) or "").strip('"') or None,
        sequencer=_text(sequencer) or "",
        also=spellings[1:],
    )


def _distinct(*spellings: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(spellings))


def _text(value: object) -> str | None:
    """A member that is text or is not there; the version "null" is that of no versions."""
    return value if isinstance(value, str) and value not in ("", "null") else None


def _can_be_sent(key: str) -> bool:
    """Whether the text is one that UTF-8 can hold."""
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True
