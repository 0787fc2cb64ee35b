"""Which event is old news, and where its result lies: pure functions of plain values.

S3's sequencers order the events of one key. What has none, a task of a job or an item of a list,
means the picture as it is now: it keeps the sequencer of the result that it replaces, so that an
older event stays old.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from api.events import Arrival
from inference.addresses import MAX_KEY_BYTES
from inference.whole import OURS

Result = Mapping[str, Any]
"""The members of a result object; none where there is none, or none of ours."""

_LONGEST_FILE_NAME = 255


def is_done(arrival: Arrival, present: Result, release: str) -> bool:
    """Whether the present result is of this event, or of a later one.

    Without a sequencer: whether it is the answer of the same model, by its `release`, to the
    same picture, by its ETag and, where one is named, its version.
    """
    if arrival.sequencer:
        newest = _text(present.get("sequencer"))
        return bool(newest) and not is_newer(arrival.sequencer, newest)
    model = present.get("model")
    same_model = isinstance(model, dict) and model.get("release") == release
    same_picture = arrival.etag is not None and arrival.etag == present.get("eTag")
    return same_model and same_picture and arrival.version_id in (None, present.get("versionId"))


def is_newer(sequencer: str, other: str) -> bool:
    """Whether S3 gave `sequencer` after `other`: hexadecimal texts, compared from the left, of
    which the shorter is filled with zeros on its right.
    """
    width = max(len(sequencer), len(other))
    return sequencer.upper().ljust(width, "0") > other.upper().ljust(width, "0")


def is_outdated(result: Result, present: Result) -> bool:
    """Whether a new result without a sequencer of its own must not replace the present one.

    S3's time of writing decides, which matters where a version is named. A picture that is gone,
    or has lost that version, is no reason to forget what it showed. An event is never judged by
    time: that of a multipart upload is when it began, which may be before a put that it replaced.
    """
    if not present or result.get("sequencer"):
        return False
    written, before = _text(result.get("lastModified")), _text(present.get("lastModified"))
    if written and before:
        return written < before
    return result.get("code") == "source_not_found"


def result_key(arrival: Arrival, prefix_characters: int, *, is_folder: bool = False) -> str:
    """Where the result of a picture lies: under the picture's own name, if that can be.

    S3 holds no more than 1,024 bytes of key. A `.` or `..` between slashes means something else
    to many programs, and in a folder so do two slashes in a row, and long names cannot be.
    """
    key = f"{arrival.bucket}/{arrival.key}.json"
    digest = hashlib.sha256(arrival.key.encode()).hexdigest()
    if _is_odd(key, is_folder=is_folder):
        return f"{arrival.bucket}/{digest}.json"
    if prefix_characters + len(key.encode()) <= MAX_KEY_BYTES:
        return key
    return f"{arrival.bucket}/{arrival.key[:100]}-{digest}.json"


def _is_odd(key: str, *, is_folder: bool) -> bool:
    parts = key.split("/")
    if is_folder:
        too_long = any(len(part.encode()) > _LONGEST_FILE_NAME for part in parts)
        # A result of ours may be a file by that name already.
        in_a_file = any(part.endswith(".json") for part in parts[:-1])
        taken = "\0" in key or parts[-1].startswith(OURS)
        if too_long or in_a_file or taken or "" in parts:
            return True
    return not {".", ".."}.isdisjoint(parts)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
