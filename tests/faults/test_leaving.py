"""Callers who leave, and a service that is told to: what has begun is finished."""

from __future__ import annotations

import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from tests.servers.faults import Delay, faulty
from tests.servers.seaweed import Seaweed
from tests.servers.uvicorn import Uvicorn, uvicorn

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def connected(service: Uvicorn) -> socket.socket:
    parts = urlsplit(service.url)
    return socket.create_connection((parts.hostname, parts.port), timeout=30)


PATHS = ("/classify", "/v1/models/imagenet-lite0:predict", "/models/imagenet-lite0")


def test_a_caller_who_leaves_in_the_middle_of_his_body_is_no_failure_of_ours() -> None:
    with uvicorn() as service:
        for path in PATHS:
            with connected(service) as leaving:
                head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
                leaving.sendall(f"{head}Content-Length: 2000\r\n\r\n".encode() + bytes(1_000))
        service.server.wait_until(lambda: service.log().count(" 400 ") == len(PATHS), 30)
        told = httpx.get(f"{service.url}/metrics", trust_env=False).text
        log = service.log()
    assert 'microlens_classify_errors_total{service="classify"} 0' in told
    assert "ERROR" not in log
    assert "Traceback" not in log


def test_a_service_that_is_told_to_end_finishes_what_it_has_begun_and_takes_no_more(
    seaweed: Seaweed, s3: S3Client, bucket: str, chelsea: Path
) -> None:
    s3.put_object(Bucket=bucket, Key="cat.png", Body=chelsea.read_bytes())
    with faulty(seaweed.endpoint_url) as proxy:
        proxy.spoil(Delay(1.5), lasting=True)
        environment = {
            **seaweed.environment(),
            "AWS_ENDPOINT_URL_S3": proxy.url,
            "MICROLENS_BUCKETS": bucket,
        }
        with uvicorn(environment) as service, ThreadPoolExecutor(4) as pool:
            asked = [
                pool.submit(
                    httpx.post,
                    f"{service.url}/classify",
                    json={"url": f"s3://{bucket}/cat.png"},
                    timeout=60,
                    trust_env=False,
                )
                for _ in range(4)
            ]
            service.server.wait_until(lambda: len(proxy.requests) >= 4, 30)
            service.server.process.send_signal(signal.SIGTERM)
            service.server.wait_until(lambda: not is_open(service), 10)
            answers = [each.result() for each in asked]
            code = service.server.process.wait(30)
    assert [answer.status_code for answer in answers] == [200] * 4
    # uvicorn ends by the very signal that it was sent, once it has finished.
    assert code in (0, -signal.SIGTERM)


def is_open(service: Uvicorn) -> bool:
    """Are new connections taken?"""
    try:
        connected(service).close()
    except OSError:
        return False
    return True
