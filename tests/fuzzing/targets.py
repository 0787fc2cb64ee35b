"""What is fuzzed: each target takes any bytes, and raises for an error that is not in our tree."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace

from PIL import Image

from api.bodies import json as json_body
from api.bodies import multipart
from api.events import warmup
from api.events.recognition import recognise
from inference.addresses import MAX_KEY_BYTES, parse_address
from inference.errors import BadRequest, CallerError, ModelError, SourceNotAllowed
from inference.manifest import Manifest
from inference.pictures.decoding import PictureLimits, decode
from inference.pointers import Pointer, first, moved
from inference.recipe import Recipe
from tests.api import events
from tests.inference.tiny import tiny_files, tiny_manifest

LIMITS = PictureLimits(max_bytes=100_000, max_pixels=1_000_000, max_draft_pixels=4_000_000)
SIZE = (24, 16)
ALLOWED = frozenset({"photos", "a.b.c"})
MAX_PICTURES = 8
_BOUNDARY = b"B"

Fuzzed = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Target:
    """One entry for strangers' bytes, and small inputs from which a fuzzer finds its way."""

    run: Fuzzed
    seeds: Callable[[], list[bytes]]


def _pictures(data: bytes) -> None:
    with suppress(CallerError):
        picture = decode(data, SIZE, Recipe(), LIMITS)
        assert picture.pixels.shape == (SIZE[1], SIZE[0], 3)
        assert picture.width * picture.height <= LIMITS.max_draft_pixels


def _addresses(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    with suppress(SourceNotAllowed):
        address = parse_address(text, ALLOWED)
        assert address.bucket in ALLOWED
        assert 1 <= len(address.key.encode()) <= MAX_KEY_BYTES
        assert not any(ord(each) < 32 for each in address.key)
        # What a caller is told he asked for is what was asked for.
        assert address == parse_address(str(address), ALLOWED) or "?" in address.key


def _multipart(data: bytes) -> None:
    """The first line is the content type."""
    content_type, _, body = data.partition(b"\n")
    with suppress(BadRequest):
        items = multipart.parse(body, content_type.decode("latin-1"), MAX_PICTURES)
        assert len(items) <= MAX_PICTURES


def _json_bodies(data: bytes) -> None:
    with suppress(BadRequest):
        assert len(json_body.parse(data, "application/json", MAX_PICTURES)) <= MAX_PICTURES


def _events(data: bytes) -> None:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        return  # AWS hands over JSON that was read
    warmup.is_ping(event, SimpleNamespace(client_context=None))
    with suppress(BadRequest):
        shape, known = recognise(event)
        for piece in shape.pieces(known):
            assert isinstance(piece.name, str)
            for arrival in piece.arrivals:
                assert str(arrival)


def _documents(data: bytes) -> None:
    """What lies in a bucket of models and may have been written by anybody."""
    for parse in (Manifest.parse, Pointer.parse):
        with suppress(ModelError):
            parse(data)


def _picture_seeds() -> list[bytes]:
    seeds = []
    for file_format in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF"):
        file = io.BytesIO()
        Image.linear_gradient("L").resize((8, 6)).convert("RGB").save(file, file_format)
        seeds.append(file.getvalue())
    return seeds


def _address_seeds() -> list[bytes]:
    return [
        b"s3://photos/a/b.jpg?versionId=abc",
        b"https://photos.s3.eu-west-1.amazonaws.com/a%20b.jpg",
        b"https://s3.amazonaws.com/a.b.c/x",
    ]


def _multipart_seeds() -> list[bytes]:
    def part(name: bytes, content: bytes) -> bytes:
        head = b'Content-Disposition: form-data; name="' + name + b'"; filename="x"\r\n\r\n'
        return b"--" + _BOUNDARY + b"\r\n" + head + content + b"\r\n"

    whole = part(b"image", b"abc") + part(b"url", b"s3://photos/x") + b"--B--\r\n"
    return [b"multipart/form-data; boundary=B\n" + whole]


def _json_seeds() -> list[bytes]:
    return [b'{"url": "s3://photos/x", "images": ["eA==", "data:image/png;base64,eA=="]}']


def _event_seeds() -> list[bytes]:
    put = events.s3_put("photos", "a b.png")
    several = (put, events.sqs(put), events.sns(put), events.task("photos", "x"))
    more = (events.eventbridge("photos", "x"), events.items("photos", "x"))
    return [json.dumps(each).encode() for each in several + more]


def _document_seeds() -> list[bytes]:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    pointer = first("colours", "prod", "0" * 64, at=at, by="a test", action="promote")
    later = moved(pointer, "1" * 64, at=at, by="a test", action="rollback")
    return [tiny_manifest(tiny_files()).serialise(), pointer.serialise(), later.serialise()]


TARGETS: Mapping[str, Target] = {
    "pictures": Target(_pictures, _picture_seeds),
    "addresses": Target(_addresses, _address_seeds),
    "multipart": Target(_multipart, _multipart_seeds),
    "json": Target(_json_bodies, _json_seeds),
    "events": Target(_events, _event_seeds),
    "documents": Target(_documents, _document_seeds),
}
