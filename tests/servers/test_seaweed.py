"""The S3 server of the tests is real, and behaves as AWS does where it matters."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.program import printed
from tests.servers.process import listens
from tests.servers.seaweed import Seaweed
from tests.servers.seaweed import seaweed as another_seaweed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def status_of(error: pytest.ExceptionInfo[ClientError]) -> int:
    return error.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_it_returns_what_was_put_under_a_key_with_odd_characters(s3: S3Client, bucket: str) -> None:
    key = "a folder/ä+b&c.jpg"
    s3.put_object(Bucket=bucket, Key=key, Body=b"picture", ContentType="image/jpeg")

    reply = s3.get_object(Bucket=bucket, Key=key)

    assert reply["Body"].read() == b"picture"
    assert reply["ContentType"] == "image/jpeg"


def test_a_missing_key_is_no_such_key(s3: S3Client, bucket: str) -> None:
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="nothing")

    assert error.value.response["Error"]["Code"] == "NoSuchKey"


def test_get_with_the_etag_that_we_have_is_not_modified(s3: S3Client, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="pointer", Body=b"1")["ETag"]

    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="pointer", IfNoneMatch=etag)

    assert status_of(error) == 304


def test_put_over_another_version_than_expected_is_refused(s3: S3Client, bucket: str) -> None:
    etag = s3.put_object(Bucket=bucket, Key="pointer", Body=b"1")["ETag"]
    s3.put_object(Bucket=bucket, Key="pointer", Body=b"2", IfMatch=etag)

    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="pointer", Body=b"3", IfMatch=etag)

    assert status_of(error) == 412
    assert s3.get_object(Bucket=bucket, Key="pointer")["Body"].read() == b"2"


def test_put_where_something_already_is_is_refused(s3: S3Client, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="release", Body=b"1", IfNoneMatch="*")

    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="release", Body=b"2", IfNoneMatch="*")

    assert status_of(error) == 412
    assert s3.get_object(Bucket=bucket, Key="release")["Body"].read() == b"1"


def test_an_older_version_stays_readable_in_a_versioned_bucket(
    s3: S3Client, versioned_bucket: str
) -> None:
    first = s3.put_object(Bucket=versioned_bucket, Key="x", Body=b"1")["VersionId"]
    s3.put_object(Bucket=versioned_bucket, Key="x", Body=b"2")

    old = s3.get_object(Bucket=versioned_bucket, Key="x", VersionId=first)
    new = s3.get_object(Bucket=versioned_bucket, Key="x")

    assert (old["Body"].read(), new["Body"].read()) == (b"1", b"2")


def test_a_presigned_address_works_without_keys(s3: S3Client, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="x", Body=b"1")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "x"})

    assert httpx.get(url).content == b"1"
    assert httpx.get(url.partition("?")[0]).status_code == 403


def test_its_environment_is_all_that_another_process_needs(
    seaweed: Seaweed, s3: S3Client, bucket: str
) -> None:
    s3.put_object(Bucket=bucket, Key="x", Body=b"from outside")
    code = (
        "import boto3;"
        f"print(boto3.client('s3').get_object(Bucket={bucket!r}, Key='x')['Body'].read().decode())"
    )

    assert printed(code, env=seaweed.environment()) == "from outside\n"


def test_its_secret_is_not_in_its_repr(seaweed: Seaweed) -> None:
    assert seaweed.secret_key not in repr(seaweed)


def test_it_holds_more_buckets_than_its_disk_layout_allows_unasked(s3: S3Client) -> None:
    names = [f"one-of-many-{number}" for number in range(20)]

    def fill(name: str) -> None:
        s3.create_bucket(Bucket=name)
        s3.put_object(Bucket=name, Key="x", Body=name.encode())

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(fill, names))

    stored = [s3.get_object(Bucket=name, Key="x")["Body"].read().decode() for name in names]
    assert stored == names


@pytest.mark.slow
def test_a_second_one_runs_beside_the_first_and_leaves_nothing(
    seaweed: Seaweed,
    s3: S3Client,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    with another_seaweed() as second:
        client = second.client()
        assert client.list_buckets()["Buckets"] == []
        client.close()
        assert second.endpoint_url != seaweed.endpoint_url

    assert not listens(int(second.endpoint_url.rpartition(":")[2]))
    assert list(tmp_path.iterdir()) == []
    assert bucket in [each["Name"] for each in s3.list_buckets()["Buckets"]]
