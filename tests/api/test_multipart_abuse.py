"""Forms, lengths and ranges from the advisories of other servers: cheap, answered, nothing left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.bodies import Item, Upload, multipart
from inference.errors import BadRequest
from tests.api.conftest import client
from tests.api.talking import statuses, talk
from tests.costs import within
from tests.servers.uvicorn import Uvicorn, uvicorn

TYPE = "multipart/form-data; boundary=B"
NAMED = b'Content-Disposition: form-data; name="image"'
LIMIT = 64
MAX_SECONDS = 1.0
"""Of processor time, for a body of megabytes."""


def part(content: bytes, head: bytes = NAMED) -> bytes:
    return b"--B\r\n" + head + b"\r\n\r\n" + content + b"\r\n"


END = b"--B--\r\n"
ONE = part(b"x")
FILES = "filename*=utf-8''..%2F..%2Fetc%2Fpasswd"

READ: dict[str, tuple[bytes, str]] = {
    "20 MB of line ends before it": (b"\r\n" * 10_000_000 + ONE + END, TYPE),
    "20 MB after the last": (ONE + END + bytes(20_000_000), TYPE),
    "20 MB of line ends after it": (ONE + END + b"\r\n" * 10_000_000, TYPE),
    "a part of almost boundaries": (part(b"\r\n--" * 2_000_000) + END, TYPE),
    "a part of dashes": (part(b"-" * 10_000_000) + END, TYPE),
    "a name of a file that climbs": (
        part(b"x", NAMED + b'; filename="../../../etc/passwd"') + END,
        TYPE,
    ),
    "an absolute name of a file": (part(b"x", NAMED + b'; filename="/etc/passwd"') + END, TYPE),
    "filename* beside filename": (
        part(b"x", NAMED + b'; filename="a.png"; ' + FILES.encode()) + END,
        TYPE,
    ),
    "a name of a file of 1 MB": (
        part(b"x", NAMED + b'; filename="' + b"a" * 4_000 + b'"') + END,
        TYPE,
    ),
    "a type that lies": (part(b"x", NAMED + b"\r\nContent-Type: text/html") + END, TYPE),
    "a length that lies": (part(b"x", NAMED + b"\r\nContent-Length: 99999999999") + END, TYPE),
    "a transfer encoding": (
        part(b"x", NAMED + b"\r\nContent-Transfer-Encoding: base64") + END,
        TYPE,
    ),
}
REFUSED: dict[str, tuple[bytes, str]] = {
    "20 MB before the first part": (bytes(20_000_000) + b"\r\n" + ONE + END, TYPE),
    "a boundary named twice": (ONE + END, f"{TYPE}; boundary=C"),
    "100,000 parts": (ONE * 100_000 + END, TYPE),
    "a boundary of 300 bytes": (
        ONE.replace(b"--B", b"--" + b"b" * 300) + b"--" + b"b" * 300 + b"--",
        f"multipart/form-data; boundary={'b' * 300}",
    ),
    "a boundary of nothing": (ONE + END, 'multipart/form-data; boundary=""'),
    "a boundary with a thousand parameters": (
        ONE + END,
        "multipart/form-data; " + "; ".join(f"b{n}=x" for n in range(1_000)),
    ),
    "a header that never ends": (b"--B\r\n" + b"a" * 10_000_000, TYPE),
    "a million headers": (b"--B\r\n" + b"a: b\r\n" * 1_000_000, TYPE),
    "the name smuggled as name*": (
        part(b"x", b"Content-Disposition: form-data; name*=utf-8''image") + END,
        TYPE,
    ),
    "a disposition of backslashes": (
        part(b"x", b'Content-Disposition: form-data; name="' + b"\\" * 2_000 + b'"') + END,
        TYPE,
    ),
    "no end": (ONE, TYPE),
}


def parsed(body: bytes, kind: str) -> list[Item]:
    """What the form holds; fails when that costs too much."""
    return within(MAX_SECONDS, multipart.parse, body, kind, LIMIT)


@pytest.mark.parametrize("name", READ)
def test_a_form_with_odd_surroundings_holds_its_one_picture_and_is_cheap(name: str) -> None:
    (item,) = parsed(*READ[name])
    assert isinstance(item, Upload)


@pytest.mark.parametrize("name", REFUSED)
def test_a_form_that_would_exhaust_or_mislead_is_refused_and_is_cheap(name: str) -> None:
    with pytest.raises(BadRequest) as error:
        parsed(*REFUSED[name])
    assert len(str(error.value)) < 300


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Uvicorn, Path]]:
    """A service with a folder for temporary files of its own."""
    folder = tmp_path_factory.mktemp("temporary")
    with uvicorn({"TMPDIR": str(folder)}) as running:
        yield running, folder


def test_forms_leave_no_temporary_file_whatever_is_in_them(
    private: tuple[Uvicorn, Path], chelsea: Path
) -> None:
    running, folder = private
    with client(running.url) as service:
        for body, kind in [*READ.values(), *REFUSED.values()]:
            reply = service.post("/classify", content=body, headers={"content-type": kind})
            assert 400 <= reply.status_code < 500
        large = part(chelsea.read_bytes() + bytes(9_000_000)) + END
        reply = service.post("/classify", content=large, headers={"content-type": TYPE})
        assert reply.status_code == 200
    assert list(folder.iterdir()) == []


def test_a_bomb_of_form_fields_is_refused_by_its_type(private: tuple[Uvicorn, Path]) -> None:
    body = b"&".join(b"a=b" for _ in range(1_000_000))
    with client(private[0].url) as service:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        reply = service.post("/classify", content=body, headers=headers)
    assert (reply.status_code, reply.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("length", ["-1", "1e3", "+5", "0x10", "5, 6", "99999999999999999999999"])
def test_a_length_that_lies_is_refused_before_anything_is_read(
    private: tuple[Uvicorn, Path], length: str
) -> None:
    status = _status(private[0], f"Content-Length: {length}\r\n\r\nabc")
    assert status in (400, 413)


def test_two_lengths_that_differ_and_a_length_beside_chunks_are_refused(
    private: tuple[Uvicorn, Path],
) -> None:
    assert _status(private[0], "Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde") == 400
    both = "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert _status(private[0], both) == 400


def test_a_thousand_ranges_of_a_picture_are_not_merged_one_by_one(
    private: tuple[Uvicorn, Path],
) -> None:
    ranges = ",".join(f"{n}-{n + 2}" for n in range(0, 2_000, 2))
    with client(private[0].url) as service:
        reply = service.get("/sample.png", headers={"range": f"bytes={ranges}"})
        whole = service.get("/sample.png")
    assert reply.status_code == 200
    assert reply.content == whole.content


def _status(service: Uvicorn, rest: str) -> int:
    """The status of a request whose head ends with `rest`."""
    head = "POST /classify HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: image/png\r\n"
    return statuses(talk(service.url, (head + rest).encode()))[0]
