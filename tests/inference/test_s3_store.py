"""A bucket as a store: wrong addresses, wrong keys, and more objects than a page holds."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from inference.errors import SettingsError, SourceUnavailable
from inference.stores import open_store
from inference.stores.s3 import S3Store
from tests.servers.seaweed import Seaweed


@pytest.mark.parametrize(
    "url",
    [
        *("s3://", "s3:///x", "s3://UPPER/x", "s3://10.0.0.1/x", "s3://a b/x"),
        *("s3:", "s3:/bucket/x", "S3://bucket/x", "https://bucket/x", "file:///x"),
    ],
)
def test_an_address_that_names_no_bucket_is_a_mistake_and_no_folder(url: str) -> None:
    with pytest.raises(SettingsError, match=r"a store is a folder or s3://BUCKET/PREFIX"):
        open_store(url)


@pytest.mark.usefixtures("on_seaweed")
def test_a_bucket_that_does_not_exist_is_unavailable_storage_and_not_an_empty_store() -> None:
    store = S3Store("no-such-bucket", "x")

    with pytest.raises(SourceUnavailable, match="no-such-bucket"):
        store.read("model.json")
    with pytest.raises(SourceUnavailable, match="no-such-bucket"):
        list(store.list(""))


@pytest.mark.usefixtures("fresh_client")
@pytest.mark.parametrize("wrong", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_wrong_keys_are_unavailable_storage_and_stay_out_of_the_message(
    wrong: str, bucket: str, seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**seaweed.environment(), wrong: "a-wrong-one"}.items():
        monkeypatch.setenv(name, value)
    store = S3Store(bucket, "")
    attempts: list[Callable[[], object]] = [
        lambda: store.read("x"),
        lambda: store.create("x", b"1"),
        lambda: store.replace("x", b"1", "0"),
        lambda: list(store.list("")),
    ]

    for attempt in attempts:
        with pytest.raises(SourceUnavailable) as error:
            attempt()
        for secret in ("a-wrong-one", seaweed.access_key, seaweed.secret_key, "Signature="):
            assert secret not in str(error.value)


@pytest.mark.usefixtures("on_seaweed")
def test_json_is_written_as_json(bucket: str, seaweed: Seaweed) -> None:
    S3Store(bucket, "").create("x.json", b"{}")

    client = seaweed.client()
    assert client.head_object(Bucket=bucket, Key="x.json")["ContentType"] == "application/json"
    client.close()


@pytest.mark.usefixtures("on_seaweed")
def test_keys_come_from_every_page_of_the_listing(bucket: str, seaweed: Seaweed) -> None:
    client = seaweed.client()
    with ThreadPoolExecutor(8) as threads:
        list(
            threads.map(
                lambda number: client.put_object(Bucket=bucket, Key=f"p/{number:04}", Body=b""),
                range(1_001),
            )
        )
    client.close()

    assert len(list(S3Store(bucket, "p").list(""))) == 1_001
