"""AWS's own services as far as moto answers for them: CloudFormation, S3, SQS, EventBridge …"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from tests.servers.process import Server, environment, running

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

READY_SECONDS = 60.0
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@dataclass(frozen=True, slots=True)
class Aws:
    """A running moto server: one account, empty at first, forgotten at the end."""

    url: str
    region: str = "eu-west-1"

    def environment(self) -> dict[str, str]:
        """The variables with which boto3 in another process finds it, for every service."""
        region = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        return {"AWS_ENDPOINT_URL": self.url, **KEYS, **region}

    def client(self, service: str) -> Any:
        """A boto3 client of one service; Any, for the types of S3's alone are installed."""
        return boto3.client(
            service,  # type: ignore[call-overload]  # typed for S3's name alone
            endpoint_url=self.url,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
            region_name=self.region,
            config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
        )

    def s3(self) -> S3Client:
        """A client of its S3."""
        client: S3Client = self.client("s3")
        return client


@contextmanager
def aws() -> Iterator[Aws]:
    """Run moto's server on a free port; it answers when the block begins."""
    # The system chooses the port while binding and the server logs it, so no other can take it.
    command = [sys.executable, "-m", "moto.server", "--host=127.0.0.1", "--port=0"]
    with tempfile.TemporaryDirectory(prefix="moto-") as folder:
        log_path = Path(folder, "log")
        variables = environment({"PYTHONUNBUFFERED": "1", **KEYS})
        with running("moto", command, env=variables, cwd=Path(folder), log_path=log_path) as server:
            server.wait_until(lambda: _url(server) is not None, READY_SECONDS)
            yield Aws(_url(server) or "")


def _url(server: Server) -> str | None:
    found = re.search(r"Running on (http://127\.0\.0\.1:[1-9]\d*)", server.log())
    return found[1] if found else None
