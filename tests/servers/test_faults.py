"""The proxy passes on what it is not told to spoil, and spoils exactly what it is told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.servers.faults import (
    Answer,
    CutReply,
    CutRequest,
    Delay,
    Fault,
    Garble,
    Hang,
    Proxy,
    faulty,
)
from tests.servers.seaweed import Seaweed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def proxy(seaweed: Seaweed) -> Iterator[Proxy]:
    with faulty(seaweed.endpoint_url) as running:
        yield running


@pytest.fixture
def through(seaweed: Seaweed, proxy: Proxy) -> Iterator[S3Client]:
    """A client that reaches the S3 server through the proxy, and does not try again."""
    there = Seaweed(proxy.url, seaweed.access_key, seaweed.secret_key)
    client = there.client()
    yield client
    client.close()


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


def test_what_is_not_to_be_spoiled_passes_with_its_signature_and_conditions(
    through: S3Client, s3: S3Client, bucket: str, proxy: Proxy
) -> None:
    large = CONTENT * 200  # botocore asks before it sends this much
    etag = through.put_object(Bucket=bucket, Key="a b/ä+c", Body=large, IfNoneMatch="*")["ETag"]

    assert through.get_object(Bucket=bucket, Key="a b/ä+c")["Body"].read() == large
    assert s3.get_object(Bucket=bucket, Key="a b/ä+c")["Body"].read() == large
    assert through.head_object(Bucket=bucket, Key="a b/ä+c")["ContentLength"] == len(large)
    listed = through.list_objects_v2(Bucket=bucket)["Contents"]
    assert [entry["Key"] for entry in listed] == ["a b/ä+c"]
    with pytest.raises(ClientError) as error:
        through.get_object(Bucket=bucket, Key="a b/ä+c", IfNoneMatch=etag)
    assert code_of(error) == "304"
    through.delete_object(Bucket=bucket, Key="a b/ä+c")
    methods = [each.method for each in proxy.requests]
    assert methods == ["PUT", "GET", "HEAD", "GET", "GET", "DELETE"]


@pytest.mark.parametrize(("status", "code"), [(500, "InternalError"), (503, "SlowDown")])
def test_an_answer_is_given_in_place_of_the_servers(
    through: S3Client, s3: S3Client, bucket: str, proxy: Proxy, status: int, code: str
) -> None:
    proxy.spoil(Answer(status))

    with pytest.raises(ClientError) as error:
        through.put_object(Bucket=bucket, Key="x", Body=CONTENT)

    assert code_of(error) == code
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    through.put_object(Bucket=bucket, Key="x", Body=CONTENT)
    assert s3.get_object(Bucket=bucket, Key="x")["Body"].read() == CONTENT


@pytest.mark.parametrize("after", [None, 0, 1, len(CONTENT) - 1])
def test_a_request_that_is_cut_changes_nothing(
    through: S3Client, s3: S3Client, bucket: str, proxy: Proxy, after: int | None
) -> None:
    proxy.spoil(CutRequest(after))

    with pytest.raises(BotoCoreError):
        through.put_object(Bucket=bucket, Key="x", Body=CONTENT)

    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_work_whose_reply_is_lost_is_done_all_the_same(
    through: S3Client, s3: S3Client, bucket: str, proxy: Proxy
) -> None:
    proxy.spoil(CutReply())

    with pytest.raises(BotoCoreError):
        through.put_object(Bucket=bucket, Key="x", Body=CONTENT)

    assert s3.get_object(Bucket=bucket, Key="x")["Body"].read() == CONTENT


def test_a_reply_that_is_shorter_than_the_cut_is_whole(
    through: S3Client, bucket: str, proxy: Proxy
) -> None:
    proxy.spoil(CutReply(len(CONTENT)), lasting=True)

    for _ in range(3):
        through.put_object(Bucket=bucket, Key="x", Body=CONTENT)
        assert through.get_object(Bucket=bucket, Key="x")["Body"].read() == CONTENT


@pytest.mark.parametrize("after", [0, 1, len(CONTENT) - 1])
def test_a_reply_that_is_cut_ends_after_that_many_bytes(
    through: S3Client, bucket: str, proxy: Proxy, after: int
) -> None:
    through.put_object(Bucket=bucket, Key="x", Body=CONTENT)
    proxy.spoil(CutReply(after))

    body = through.get_object(Bucket=bucket, Key="x")["Body"]

    assert body.read(after) == CONTENT[:after]
    with pytest.raises(BotoCoreError):
        body.read()


def test_one_bit_of_a_garbled_reply_differs(through: S3Client, bucket: str, proxy: Proxy) -> None:
    through.put_object(Bucket=bucket, Key="x", Body=CONTENT, ChecksumAlgorithm="CRC32")
    proxy.spoil(Garble(at=77))

    spoiled = through.get_object(Bucket=bucket, Key="x")["Body"].read()

    assert len(spoiled) == len(CONTENT)
    assert [at for at, byte in enumerate(spoiled) if byte != CONTENT[at]] == [77]
    assert through.get_object(Bucket=bucket, Key="x")["Body"].read() == CONTENT


def test_a_delayed_reply_is_whole(through: S3Client, bucket: str, proxy: Proxy) -> None:
    through.put_object(Bucket=bucket, Key="x", Body=CONTENT)
    proxy.spoil(Delay(0.3))

    reply = through.get_object(Bucket=bucket, Key="x")

    assert reply["Body"].read() == CONTENT


@pytest.mark.parametrize("fault", [Hang(), Hang(10), Delay(3600)], ids=str)
def test_a_client_that_gives_up_is_not_kept(
    seaweed: Seaweed, s3: S3Client, bucket: str, fault: Fault
) -> None:
    s3.put_object(Bucket=bucket, Key="x", Body=CONTENT)
    address = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "x"})
    with faulty(seaweed.endpoint_url) as proxy:
        proxy.spoil(fault)
        address = address.replace(seaweed.endpoint_url, proxy.url)
        with pytest.raises(httpx.ReadTimeout):
            # The proxy's port is not the one that was signed for; that it hangs is the point.
            httpx.get(address, timeout=0.3, trust_env=False)

    assert not any("process_request_thread" in each.name for each in threading.enumerate())


def test_a_lasting_fault_meets_all_from_there_on_until_it_is_healed(
    through: S3Client, bucket: str, proxy: Proxy
) -> None:
    def is_put() -> bool:
        try:
            through.put_object(Bucket=bucket, Key="x", Body=CONTENT)
        except ClientError:
            return False
        return True

    assert is_put()
    proxy.spoil(Answer(503), at=2, lasting=True)
    assert [is_put() for _ in range(4)] == [True, False, False, False]
    proxy.heal()
    assert is_put()


def test_a_plan_chooses_by_what_is_asked_for(through: S3Client, bucket: str, proxy: Proxy) -> None:
    proxy.plan = lambda request: Answer(503) if request.path.endswith("/secret") else None

    through.put_object(Bucket=bucket, Key="open", Body=CONTENT)
    with pytest.raises(ClientError):
        through.put_object(Bucket=bucket, Key="secret", Body=CONTENT)

    assert [each.path for each in proxy.requests] == [f"/{bucket}/open", f"/{bucket}/secret"]
