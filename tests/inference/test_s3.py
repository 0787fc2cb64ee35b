"""S3: whatever it answers, and whatever stands in its place, one of our errors comes of it."""

from __future__ import annotations

import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from inference import s3 as our_s3
from inference.addresses import S3Address
from inference.errors import (
    ImageTooLarge,
    MicrolensError,
    SourceNotAllowed,
    SourceNotFound,
    SourceUnavailable,
)
from inference.s3.clients import Once
from inference.sources import Sources
from tests.inference.lying_s3 import lying
from tests.servers.seaweed import Seaweed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CONTENT = bytes(range(256)) * 40


@pytest.mark.usefixtures("on_seaweed")
class TestGet:
    def test_an_object_comes_whole_with_its_tag(self, s3: S3Client, bucket: str) -> None:
        etag = s3.put_object(Bucket=bucket, Key="a/ä+b&c.jpg", Body=CONTENT)["ETag"]

        found = our_s3.get(bucket, "a/ä+b&c.jpg")

        assert (found.data, found.etag, found.version_id) == (CONTENT, etag.strip('"'), None)

    def test_each_version_is_read_by_its_name(self, s3: S3Client, versioned_bucket: str) -> None:
        first = s3.put_object(Bucket=versioned_bucket, Key="x", Body=b"1")["VersionId"]
        second = s3.put_object(Bucket=versioned_bucket, Key="x", Body=b"2")["VersionId"]

        old = our_s3.get(versioned_bucket, "x", version_id=first)
        new = our_s3.get(versioned_bucket, "x")

        assert (old.data, old.version_id) == (b"1", first)
        assert (new.data, new.version_id) == (b"2", second)

    def test_a_key_that_does_not_exist_is_not_found(self, bucket: str) -> None:
        with pytest.raises(SourceNotFound, match=f"nothing lies at s3://{bucket}/no.jpg"):
            our_s3.get(bucket, "no.jpg")

    def test_a_version_that_does_not_exist_is_not_found(
        self, s3: S3Client, versioned_bucket: str
    ) -> None:
        s3.put_object(Bucket=versioned_bucket, Key="x", Body=b"1")

        with pytest.raises(SourceNotFound):
            our_s3.get(versioned_bucket, "x", version_id="f" * 32)

    def test_what_was_deleted_is_not_found_and_neither_is_the_mark_of_its_deletion(
        self, s3: S3Client, versioned_bucket: str
    ) -> None:
        s3.put_object(Bucket=versioned_bucket, Key="x", Body=b"1")
        marker = s3.delete_object(Bucket=versioned_bucket, Key="x")["VersionId"]

        with pytest.raises(SourceNotFound):
            our_s3.get(versioned_bucket, "x")
        with pytest.raises(SourceNotFound):
            our_s3.get(versioned_bucket, "x", version_id=marker)

    def test_a_bucket_that_does_not_exist_is_for_the_operator_to_mend(self) -> None:
        with pytest.raises(SourceUnavailable, match=r"bucket of s3://no-such-bucket/x does not"):
            our_s3.get("no-such-bucket", "x")

    def test_the_last_byte_that_is_accepted_is_read_and_the_next_is_not(
        self, s3: S3Client, bucket: str
    ) -> None:
        s3.put_object(Bucket=bucket, Key="x", Body=CONTENT)

        assert our_s3.get(bucket, "x", max_bytes=len(CONTENT)).data == CONTENT
        with pytest.raises(ImageTooLarge, match="10,240 bytes or more; at most 10,239"):
            our_s3.get(bucket, "x", max_bytes=len(CONTENT) - 1)

    def test_a_source_that_is_allowed_is_fetched_with_its_address_and_time(
        self, s3: S3Client, bucket: str
    ) -> None:
        s3.put_object(Bucket=bucket, Key="a b.jpg", Body=CONTENT)
        sources = Sources({bucket}, None, 20_000)

        fetched = sources.fetch(f"s3://{bucket}/a b.jpg")

        assert (fetched.data, fetched.source) == (CONTENT, f"s3://{bucket}/a b.jpg")
        assert fetched.fetch_ms > 0
        assert sources.fetch_object(S3Address(bucket, "a b.jpg")).data == CONTENT

    def test_a_plus_in_an_https_address_is_a_space_where_no_plus_lies(
        self, s3: S3Client, bucket: str
    ) -> None:
        s3.put_object(Bucket=bucket, Key="the cat+dog.jpg", Body=CONTENT)
        s3.put_object(Bucket=bucket, Key="a b", Body=b"a space")
        s3.put_object(Bucket=bucket, Key="a+b", Body=b"a plus")
        sources, host = Sources({bucket}, None, 20_000), f"https://{bucket}.s3.amazonaws.com"

        fetched = sources.fetch(f"{host}/the+cat%2Bdog.jpg")

        assert (fetched.data, fetched.source) == (CONTENT, f"s3://{bucket}/the cat+dog.jpg")
        assert sources.fetch(f"{host}/a+b").data == b"a plus"
        for nowhere in (f"{host}/the+dog", f"s3://{bucket}/the+cat+dog.jpg"):
            with pytest.raises(SourceNotFound, match=r"/the\+"):
                sources.fetch(nowhere)

    def test_a_source_that_is_not_allowed_is_not_asked_for(
        self, bucket: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr(socket, "socket")

        with pytest.raises(SourceNotAllowed):
            Sources({"another-bucket"}, None, 20_000).fetch(f"s3://{bucket}/x")


def test_threads_that_ask_at_the_same_time_get_one_client() -> None:
    """To make one takes 70 ms of a core, and more of the import lock."""
    at_once, made = 8, []
    start = Barrier(at_once)

    def make() -> object:
        made.append(sum(range(100_000)))  # long enough for all the others to ask
        return object()

    once, interval = Once(make), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(at_once) as pool:
            got = list(pool.map(lambda _: (start.wait(), once())[1], range(at_once)))
    finally:
        sys.setswitchinterval(interval)

    assert (len(made), len(set(got))) == (1, 1)
    once.cache_clear()
    assert once() not in got


def http(status: str, body: bytes = b"", **headers: str) -> bytes:
    """An HTTP answer with these headers and no others."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{lines}Connection: close\r\n\r\n".encode() + body


def refusal(status: str, code: str) -> bytes:
    """An error as S3 words it."""
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
    return http(status, body, Content_Length=str(len(body)))


ANSWERS: dict[str, tuple[bytes, type[MicrolensError]]] = {
    "cut-off": (http("200 OK", b"abc", Content_Length="100", ETag='"x"'), SourceUnavailable),
    "cut-off-at-once": (http("200 OK", Content_Length="5", ETag='"x"'), SourceUnavailable),
    "no-length": (http("200 OK", b"abc", ETag='"x"'), SourceUnavailable),
    "no-tag": (http("200 OK", b"abc", Content_Length="3"), SourceUnavailable),
    "length-no-number": (http("200 OK", b"abc", Content_Length="x", ETag='"x"'), SourceUnavailable),
    "negative-length": (http("200 OK", b"abc", Content_Length="-5", ETag='"x"'), SourceUnavailable),
    "no-date": (
        http("200 OK", b"abc", Content_Length="3", ETag='"x"', Last_Modified="yesterday"),
        SourceUnavailable,
    ),
    "not-http": (b"hello\r\n\r\n", SourceUnavailable),
    "nothing": (b"", SourceUnavailable),
    "web-page": (http("200 OK", b"<html>"), SourceUnavailable),
    "web-page-403": (http("403 No", b"<html>", Content_Length="6"), SourceNotAllowed),
    "moved-to-metadata": (
        http("302 Found", Location="http://169.254.169.254/", Content_Length="0"),
        SourceUnavailable,
    ),
    "access-denied": (refusal("403 Forbidden", "AccessDenied"), SourceNotAllowed),
    "archived": (refusal("403 Forbidden", "InvalidObjectState"), SourceNotFound),
    "wrong-clock": (refusal("403 Forbidden", "RequestTimeTooSkewed"), SourceUnavailable),
    "expired-token": (refusal("400 Bad Request", "ExpiredToken"), SourceUnavailable),
    "no-such-version": (refusal("400 Bad Request", "InvalidArgument"), SourceNotFound),
    "mark-of-a-deletion": (refusal("405 Method Not Allowed", "MethodNotAllowed"), SourceNotFound),
    "not-modified": (http("304 Not Modified"), SourceUnavailable),
    "internal": (refusal("500 Internal Server Error", "InternalError"), SourceUnavailable),
    "slow-down": (refusal("503 Slow Down", "SlowDown"), SourceUnavailable),
}


@pytest.mark.usefixtures("fresh_client")
class TestInItsPlace:
    @pytest.fixture(autouse=True)
    def _keys(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATESTTESTTEST")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-of-the-test")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_RETRY_MODE", "standard")

    @pytest.mark.parametrize(("answer", "error"), ANSWERS.values(), ids=ANSWERS)
    def test_every_answer_is_one_of_our_errors_without_a_secret(
        self, answer: bytes, error: type[MicrolensError], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with lying(answer) as liar:
            monkeypatch.setenv("AWS_ENDPOINT_URL_S3", liar.url)
            with pytest.raises(error) as raised:
                our_s3.get("photos", "cat.jpg", max_bytes=1_000)

        assert liar.requests[0].startswith("GET /photos/cat.jpg")
        for secret in ("AKIATESTTESTTEST", "a-secret-of-the-test", "Signature", "127.0.0.1"):
            assert secret not in str(raised.value)

    def test_an_object_that_says_it_is_too_large_is_not_read(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Had it been read, it would have been found cut off instead.
        with lying(http("200 OK", b"abc", Content_Length="99999999999", ETag='"x"')) as liar:
            monkeypatch.setenv("AWS_ENDPOINT_URL_S3", liar.url)
            with pytest.raises(ImageTooLarge, match="99,999,999,999 bytes"):
                our_s3.get("photos", "cat.jpg", max_bytes=1_000)

        assert len(liar.requests) == 1

    def test_the_account_that_must_own_the_bucket_is_named_to_s3(
        self, seaweed: Seaweed, bucket: str, s3: S3Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent: list[str] = []
        for name, value in seaweed.environment().items():
            monkeypatch.setenv(name, value)
        s3.put_object(Bucket=bucket, Key="x", Body=b"1")
        our_s3.client().meta.events.register(
            "before-send.s3.GetObject",
            lambda request, **_: sent.append(
                request.headers["x-amz-expected-bucket-owner"].decode()
            ),
        )

        Sources({bucket}, "012345678901", 10).fetch(f"s3://{bucket}/x")

        assert sent == ["012345678901"]

    @pytest.mark.parametrize("url", ["nonsense", "http://[bad", "http://127.0.0.1:1"])
    def test_an_endpoint_that_is_none_is_unavailable(
        self, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)

        with pytest.raises(SourceUnavailable, match=r"s3://photos/cat\.jpg cannot be reached"):
            our_s3.get("photos", "cat.jpg")

    def test_no_keys_at_all_are_unavailable(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

        with pytest.raises(SourceUnavailable, match="NoCredentialsError"):
            our_s3.get("photos", "cat.jpg")
