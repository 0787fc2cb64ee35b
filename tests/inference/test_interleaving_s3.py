"""The same files in a bucket of a real S3 server, with versions and without."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from inference.stores import open_store
from tests.inference.generations import Generation
from tests.inference.interleaving import Checked, Put, Reader, Writer, run, start
from tests.inference.watched import Watched

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@contextmanager
def in_bucket(s3: S3Client, bucket: str) -> Iterator[Put]:
    """Writes by presigned addresses: the reader's client is what is tested, and it costs more."""
    urls = {
        name: urlsplit(
            s3.generate_presigned_url(
                "put_object", Params={"Bucket": bucket, "Key": f"plain/{name}"}, ExpiresIn=3_600
            )
        )
        for name in Generation(0).files()
    }

    def put(name: str, data: bytes, _: bool) -> None:
        connection.request("PUT", f"{urls[name].path}?{urls[name].query}", data)
        reply = connection.getresponse()
        assert reply.status == 200, reply.read()
        reply.read()

    with closing(HTTPConnection(str(urls["labels.txt"].netloc))) as connection:
        yield put


@pytest.mark.slow(seconds=30)
@pytest.mark.no_cover
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("kind", "count"), [("bucket", 700), ("versioned_bucket", 300)])
def test_a_thousand_interleavings_in_s3_never_give_a_mixed_model_and_end_with_the_newest(
    kind: str,
    count: int,
    request: pytest.FixtureRequest,
    s3: S3Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request.getfixturevalue("on_seaweed")
    bucket = request.getfixturevalue(kind)
    chance = random.Random(2)  # noqa: S311 - a schedule is no secret
    store = Watched(open_store(f"s3://{bucket}/plain"))
    start(store)
    reader = Reader(store, monkeypatch)
    reader.look()

    with in_bucket(s3, bucket) as put:
        run(reader, Writer(put, chance), store, chance, count)

    assert len(Checked.built) > count / 2
    assert not any(asked.startswith("list") for asked in store.asked)
