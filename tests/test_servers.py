"""The servers that other tests rely on are real, and behave as AWS does where it matters."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.servers.emulator import Emulator, emulator
from tests.servers.process import (
    ServerError,
    environment,
    free_ports,
    listens,
    running,
    session_members,
)
from tests.servers.seaweed import Seaweed, seaweed
from tests.servers.uvicorn import uvicorn

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

HANDLER = '''
"""A function with one branch for each thing that a test asks of the emulator."""

import os
import time


def handle(event, context):
    print("asked to", event["do"])
    if event["do"] == "raise":
        raise ValueError("not this one")
    if event["do"] == "hang":
        time.sleep(60)
    if event["do"] == "die":
        os._exit(3)
    return {"pid": os.getpid(), "name": context.function_name, "said": os.environ.get("SAID")}
'''

APP = '''
"""The smallest service that is alive."""


async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})
'''

STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork():
    print("up", flush=True)
time.sleep(60)
"""


def status_of(error: pytest.ExceptionInfo[ClientError]) -> int:
    return error.value.response["ResponseMetadata"]["HTTPStatusCode"]


class TestSeaweed:
    def test_it_returns_what_was_put_under_a_key_with_odd_characters(
        self, s3: S3Client, bucket: str
    ) -> None:
        key = "a folder/ä+b&c.jpg"
        s3.put_object(Bucket=bucket, Key=key, Body=b"picture", ContentType="image/jpeg")

        reply = s3.get_object(Bucket=bucket, Key=key)

        assert reply["Body"].read() == b"picture"
        assert reply["ContentType"] == "image/jpeg"

    def test_a_missing_key_is_no_such_key(self, s3: S3Client, bucket: str) -> None:
        with pytest.raises(ClientError) as error:
            s3.get_object(Bucket=bucket, Key="nothing")

        assert error.value.response["Error"]["Code"] == "NoSuchKey"

    def test_get_with_the_etag_that_we_have_is_not_modified(
        self, s3: S3Client, bucket: str
    ) -> None:
        etag = s3.put_object(Bucket=bucket, Key="pointer", Body=b"1")["ETag"]

        with pytest.raises(ClientError) as error:
            s3.get_object(Bucket=bucket, Key="pointer", IfNoneMatch=etag)

        assert status_of(error) == 304

    def test_put_over_another_version_than_expected_is_refused(
        self, s3: S3Client, bucket: str
    ) -> None:
        etag = s3.put_object(Bucket=bucket, Key="pointer", Body=b"1")["ETag"]
        s3.put_object(Bucket=bucket, Key="pointer", Body=b"2", IfMatch=etag)

        with pytest.raises(ClientError) as error:
            s3.put_object(Bucket=bucket, Key="pointer", Body=b"3", IfMatch=etag)

        assert status_of(error) == 412
        assert s3.get_object(Bucket=bucket, Key="pointer")["Body"].read() == b"2"

    def test_put_where_something_already_is_is_refused(self, s3: S3Client, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="release", Body=b"1", IfNoneMatch="*")

        with pytest.raises(ClientError) as error:
            s3.put_object(Bucket=bucket, Key="release", Body=b"2", IfNoneMatch="*")

        assert status_of(error) == 412
        assert s3.get_object(Bucket=bucket, Key="release")["Body"].read() == b"1"

    def test_an_older_version_stays_readable_in_a_versioned_bucket(
        self, s3: S3Client, versioned_bucket: str
    ) -> None:
        first = s3.put_object(Bucket=versioned_bucket, Key="x", Body=b"1")["VersionId"]
        s3.put_object(Bucket=versioned_bucket, Key="x", Body=b"2")

        old = s3.get_object(Bucket=versioned_bucket, Key="x", VersionId=first)
        new = s3.get_object(Bucket=versioned_bucket, Key="x")

        assert (old["Body"].read(), new["Body"].read()) == (b"1", b"2")

    def test_a_presigned_address_works_without_keys(self, s3: S3Client, bucket: str) -> None:
        s3.put_object(Bucket=bucket, Key="x", Body=b"1")
        url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "x"})

        assert httpx.get(url).content == b"1"
        assert httpx.get(url.partition("?")[0]).status_code == 403

    def test_its_environment_is_all_that_another_process_needs(
        self, seaweed: Seaweed, s3: S3Client, bucket: str
    ) -> None:
        s3.put_object(Bucket=bucket, Key="x", Body=b"from outside")
        source = (
            "import boto3, sys;"
            f"sys.stdout.write(boto3.client('s3').get_object(Bucket={bucket!r}, Key='x')"
            "['Body'].read().decode())"
        )

        result = subprocess.run(
            [sys.executable, "-c", source],
            env=environment(seaweed.environment()),
            capture_output=True,
            text=True,
            check=False,
        )

        assert (result.stdout, result.stderr) == ("from outside", "")

    def test_its_secret_is_not_in_its_repr(self, seaweed: Seaweed) -> None:
        assert seaweed.secret_key not in repr(seaweed)

    @pytest.mark.slow
    def test_it_holds_more_buckets_than_its_disk_layout_allows_unasked(self, s3: S3Client) -> None:
        names = [f"one-of-many-{number}" for number in range(20)]
        for name in names:
            s3.create_bucket(Bucket=name)
            s3.put_object(Bucket=name, Key="x", Body=name.encode())

        stored = [s3.get_object(Bucket=name, Key="x")["Body"].read().decode() for name in names]

        assert stored == names

    @pytest.mark.slow
    def test_a_second_one_runs_beside_the_first_and_leaves_nothing(
        self,
        seaweed: Seaweed,
        s3: S3Client,
        bucket: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

        with _another_seaweed() as second:
            client = second.client()
            assert client.list_buckets()["Buckets"] == []
            client.close()
            assert second.endpoint_url != seaweed.endpoint_url

        assert not listens(int(second.endpoint_url.rpartition(":")[2]))
        assert list(tmp_path.iterdir()) == []
        assert bucket in [each["Name"] for each in s3.list_buckets()["Buckets"]]


_another_seaweed = seaweed  # the fixture of this name hides the function inside the class


@pytest.fixture
def function(tmp_path: Path) -> Iterator[Emulator]:
    (tmp_path / "tiny.py").write_text(HANDLER)
    with emulator("tiny.handle", {"SAID": "hello"}, tmp_path, timeout_seconds=3) as running_one:
        yield running_one


class TestEmulator:
    def test_it_answers_with_what_the_handler_returns(self, function: Emulator) -> None:
        reply = function.invoke({"do": "answer"})

        assert reply == {"pid": reply["pid"], "name": "function", "said": "hello"}
        assert "asked to answer" in function.log()

    def test_the_second_invocation_meets_the_same_process(self, function: Emulator) -> None:
        first, second = function.invoke({"do": "answer"}), function.invoke({"do": "answer"})

        assert first["pid"] == second["pid"] != function.server.process.pid

    def test_an_exception_comes_back_as_aws_reports_it(self, function: Emulator) -> None:
        reply = function.invoke({"do": "raise"})

        assert (reply["errorType"], reply["errorMessage"]) == ("ValueError", "not this one")

    def test_it_weighs_the_handlers_process(self, function: Emulator) -> None:
        function.invoke({"do": "answer"})

        assert 5e6 < function.rss_bytes() < 200e6

    def test_a_function_that_hangs_is_reported_with_the_log(self, function: Emulator) -> None:
        with pytest.raises(ServerError, match=r"(?s)timed out.*asked to hang"):
            function.invoke({"do": "hang"})

    def test_a_function_that_dies_is_not_taken_for_an_answer(self, function: Emulator) -> None:
        reply = function.invoke({"do": "die"})

        assert reply["errorType"] == "Runtime.ExitError"

    def test_a_port_that_another_server_has_taken_is_given_up_for_another(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "tiny.py").write_text(HANDLER)
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = other.getsockname()[1]
            choices = iter([[taken, *free_ports(1)], free_ports(2)])
            monkeypatch.setattr("tests.servers.emulator.free_ports", lambda _: next(choices))

            with emulator("tiny.handle", cwd=tmp_path) as function:
                assert function.invoke({"do": "answer"})["name"] == "function"

    def test_nothing_of_it_is_left_when_the_block_ends(self, tmp_path: Path) -> None:
        (tmp_path / "tiny.py").write_text(HANDLER)
        with emulator("tiny.handle", cwd=tmp_path) as function:
            pid = function.invoke({"do": "answer"})["pid"]
            assert pid in session_members(function.server.process.pid)

        assert session_members(function.server.process.pid) == []
        assert not Path(f"/proc/{pid}").exists()


class TestUvicorn:
    def test_it_serves_the_app_on_the_address_that_it_names(self, tmp_path: Path) -> None:
        (tmp_path / "tiny.py").write_text(APP)

        with uvicorn(app="tiny:app", cwd=tmp_path) as service:
            assert httpx.get(f"{service.url}/hello").text == "/hello"
            assert "GET /hello" in service.log()

        assert not listens(int(service.url.rpartition(":")[2]))

    def test_an_app_that_cannot_start_is_an_error_that_carries_its_log(
        self, tmp_path: Path
    ) -> None:
        (tmp_path / "tiny.py").write_text("raise RuntimeError('no model at all')")

        with (
            pytest.raises(ServerError, match=r"(?s)exit code 1 .*no model at all"),
            uvicorn(app="tiny:app", cwd=tmp_path),
        ):
            pytest.fail("the block began though the app did not start")


class TestProcess:
    def test_a_server_that_is_never_ready_is_given_up_at_its_deadline(self, tmp_path: Path) -> None:
        command = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]

        with (
            pytest.raises(ServerError, match=r"not ready within 0\.5 s"),
            running(
                "It", command, env=environment(), cwd=tmp_path, log_path=tmp_path / "log"
            ) as it,
        ):
            it.wait_until(lambda: False, 0.5)

        assert it.process.returncode is not None

    def test_a_server_and_a_child_that_ignore_the_request_to_stop_are_killed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tests.servers.process.STOP_SECONDS", 0.2)
        log_path = tmp_path / "log"
        command = [sys.executable, "-c", STUBBORN]

        with running("It", command, env=environment(), cwd=tmp_path, log_path=log_path) as it:
            it.wait_until(lambda: "up" in it.log(), 10)
            assert len(session_members(it.process.pid)) == 2

        assert it.process.returncode == -signal.SIGKILL
        # The kernel takes a moment to end who was killed.
        end = time.monotonic() + 10
        while session_members(it.process.pid) and time.monotonic() < end:
            pass
        assert session_members(it.process.pid) == []

    def test_the_environment_of_a_server_holds_nothing_of_the_developers_account(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_PROFILE", "production")
        monkeypatch.setenv("MICROLENS_MODEL", "mine")

        variables = environment({"MICROLENS_TOP_K": "3"})

        assert "AWS_PROFILE" not in variables
        assert "MICROLENS_MODEL" not in variables
        assert variables["MICROLENS_TOP_K"] == "3"
        assert variables["AWS_CONFIG_FILE"] == os.devnull

    def test_free_ports_are_all_different_and_nobody_listens_there(self) -> None:
        ports = free_ports(8)

        assert len(set(ports)) == 8
        assert not any(listens(port) for port in ports)


class TestPhotographs:
    def test_every_photograph_is_the_file_that_its_name_says(
        self, chelsea: Path, coffee: Path, flower: Path, china: Path
    ) -> None:
        assert [each.name for each in (chelsea, coffee)] == ["chelsea.png", "coffee.png"]
        assert all(each.read_bytes().startswith(b"\x89PNG") for each in (chelsea, coffee))
        assert [each.name for each in (flower, china)] == ["flower.jpg", "china.jpg"]
        assert all(each.read_bytes().startswith(b"\xff\xd8\xff") for each in (flower, china))
