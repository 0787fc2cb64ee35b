"""AWS's own services as far as moto answers for them: CloudFormation, S3, SQS, EventBridge …"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
from botocore.config import Config

from tests.servers.process import Server, environment, running

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Keys:
    """Whose requests they are; moto takes any until it is told to ask for permission."""

    access_key: str = "testing"
    secret_key: str = field(default="testing", repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Aws:
    """A running moto server: one account, empty at first, forgotten at the end."""

    url: str
    region: str = "eu-west-1"
    keys: Keys = Keys()

    def environment(self) -> dict[str, str]:
        """The variables with which boto3 in another process finds it, for every service."""
        token = self.keys.session_token
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.keys.access_key,
            "AWS_SECRET_ACCESS_KEY": self.keys.secret_key,
            **({"AWS_SESSION_TOKEN": token} if token else {}),
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }

    def by(self, keys: Keys) -> Aws:
        """The same account, asked by somebody else."""
        return replace(self, keys=keys)

    def ask_for_permission(self) -> Aws:
        """From now on refuse what no policy allows, as AWS does; the account's administrator."""
        iam = self.client("iam")
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
        iam.create_user(UserName="administrator")
        iam.put_user_policy(UserName="administrator", PolicyName="all", PolicyDocument=policy)
        made = iam.create_access_key(UserName="administrator")["AccessKey"]
        httpx.post(f"{self.url}/moto-api/reset-auth", content="0", trust_env=False)
        return self.by(Keys(made["AccessKeyId"], made["SecretAccessKey"]))

    def client(self, service: str) -> Any:
        """A boto3 client of one service; Any, for the types of S3's alone are installed."""
        return boto3.client(
            service,  # type: ignore[call-overload]  # typed for S3's name alone
            endpoint_url=self.url,
            aws_access_key_id=self.keys.access_key,
            aws_secret_access_key=self.keys.secret_key,
            aws_session_token=self.keys.session_token,
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
        variables = environment({"PYTHONUNBUFFERED": "1"})
        with running("moto", command, env=variables, cwd=Path(folder), log_path=log_path) as server:
            server.wait_until(lambda: _url(server) is not None, READY_SECONDS)
            yield Aws(_url(server) or "")


def _url(server: Server) -> str | None:
    found = re.search(r"Running on (http://127\.0\.0\.1:[1-9]\d*)", server.log())
    return found[1] if found else None
