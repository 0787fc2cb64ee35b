"""A stand-in for S3 Batch Operations: S3 Control's requests and replies, and real work behind them.

moto's S3 Control has no jobs. This answers CreateJob, DescribeJob and UpdateJobStatus in the XML
that botocore's model of the service prescribes, refuses what the model or the documentation does
not allow, invokes a function with events of schema 2.0 for what really lies in S3, and writes the
completion report as AWS's examples show it: keys percent-encoded, the status before the error
code, result strings of successes alone.
"""

from __future__ import annotations

import csv
import io
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NAMESPACE = "http://awss3control.amazonaws.com/doc/2018-08-20/"
HOST = "s3-control.test"
JOBS = "/v20180820/jobs"

Invoke = Callable[[dict[str, Any]], dict[str, Any]]


class Refused(Exception):
    """What AWS answers with 400."""


@dataclass(slots=True)
class Job:
    """A job: what was asked for, and how far it is."""

    id: str
    account: str
    token: str
    function: str
    bucket: str
    prefix: str
    suffix: str
    report_bucket: str
    report_prefix: str
    status: str = "New"
    total: int = 0
    succeeded: int = 0
    failed: int = 0
    reason: str = ""


@dataclass(slots=True)
class Jobs:
    """The jobs of all accounts. They advance by one step whenever they are looked at.

    `stands_still` keeps a job that is active from ending; `looked_at` is set by a look at it.
    """

    s3: S3Client
    invoke: Invoke
    url: str = ""
    stands_still: bool = False
    made: dict[str, Job] = field(default_factory=dict)
    looked_at: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)

    def environment(self) -> dict[str, str]:
        """The variables with which boto3 finds it: as a proxy, because accounts are host names."""
        return {
            "AWS_ENDPOINT_URL_S3_CONTROL": f"http://{HOST}",
            "HTTP_PROXY": self.url,
            "http_proxy": self.url,
        }

    def create(self, account: str, body: bytes) -> str:
        """CreateJob; the same token again is the same job."""
        asked = ET.fromstring(body)  # noqa: S314 - our own client's
        job = _parse(asked, account)
        for known in self.made.values():
            if known.token == job.token:
                return _reply("CreateJobResult", f"<JobId>{known.id}</JobId>")
        self.made[job.id] = job
        return _reply("CreateJobResult", f"<JobId>{job.id}</JobId>")

    def describe(self, job: Job) -> str:
        """DescribeJob."""
        said = _reply("DescribeJobResult", _xml(job))
        if job.status == "Active":
            self.looked_at.set()
        self._advance(job)
        return said

    def cancel(self, job: Job, query: dict[str, list[str]]) -> str:
        """UpdateJobStatus."""
        if query.get("requestedJobStatus") != ["Cancelled"] or job.status in ("Complete", "Failed"):
            raise Refused("JobStatusException")
        job.status = "Cancelled"
        return _reply("UpdateJobStatusResult", f"<JobId>{job.id}</JobId><Status>Cancelled</Status>")

    def _advance(self, job: Job) -> None:
        match job.status:
            case "New":
                job.status, job.total = "Active", len(self._keys(job))
                if job.total == 0:
                    job.status, job.reason = "Failed", "the manifest has no entries"
            case "Active" if not self.stands_still:
                self._run(job)
                job.status = "Complete"

    def _keys(self, job: Job) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=job.bucket, Prefix=job.prefix
        )
        found = [each["Key"] for page in pages for each in page.get("Contents", [])]
        return [key for key in found if key.endswith(job.suffix)]

    def _run(self, job: Job) -> None:
        """A task for each object, and the report."""
        rows: dict[str, list[list[str]]] = {"succeeded": [], "failed": []}
        for key in self._keys(job):
            result = self.invoke(_event(job, key))["results"][0]
            if result["resultCode"] == "Succeeded":
                end = ["succeeded", "200", "", result["resultString"]]
            else:
                end = ["failed", "200", result["resultCode"], "the function says so"]
            rows[end[0]].append([job.bucket, quote(key), "", *end])
        job.succeeded, job.failed = len(rows["succeeded"]), len(rows["failed"])
        self._report(job, rows)

    def _report(self, job: Job, rows: dict[str, list[list[str]]]) -> None:
        folder = f"{job.report_prefix}/" if job.report_prefix else ""
        results = []
        for status, lines in rows.items():
            if lines:
                text = io.StringIO()
                csv.writer(text, lineterminator="\n").writerows(lines)
                key = f"{folder}job-{job.id}/results/{secrets.token_hex(20)}.csv"
                self._put(job, key, text.getvalue())
                about = {"TaskExecutionStatus": status, "Bucket": job.report_bucket, "Key": key}
                results.append(about)
        manifest = {"Format": "Report_CSV_20180820", "Results": results}
        self._put(job, f"{folder}job-{job.id}/manifest.json", json.dumps(manifest))

    def _put(self, job: Job, key: str, text: str) -> None:
        self.s3.put_object(Bucket=job.report_bucket, Key=key, Body=text.encode())


@contextmanager
def jobs(s3: S3Client, invoke: Invoke) -> Iterator[Jobs]:
    """Run the stand-in on a free port while the block lasts."""
    known = Jobs(s3, invoke)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("content-length", 0))))

        def _answer(self, body: bytes) -> None:
            with known.lock:
                status, text = _respond(known, self.command, self.path, dict(self.headers), body)
            data = text.encode()
            self.send_response(status)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        known.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield known
        finally:
            server.shutdown()
            thread.join()


def _respond(
    known: Jobs, method: str, url: str, headers: dict[str, str], body: bytes
) -> tuple[int, str]:
    parts = urlsplit(url)
    account = headers.get("x-amz-account-id", "")
    if parts.hostname != f"{account}.{HOST}" or "AWS4-HMAC-SHA256" not in headers["Authorization"]:
        return _error(403, "AccessDenied", f"{parts.hostname} is not of the account {account}")
    job_id, _, rest = parts.path.removeprefix(JOBS).strip("/").partition("/")
    job = known.made.get(job_id)
    try:
        if method == "POST" and not job_id:
            return 200, known.create(account, body)
        if job is None or job.account != account:
            return _error(404, "NoSuchJob", "The specified job does not exist.")
        if method == "GET" and not rest:
            return 200, known.describe(job)
        return 200, known.cancel(job, parse_qs(parts.query))
    except Refused as exc:
        return _error(400, "InvalidRequest", str(exc))


def _parse(asked: ET.Element, account: str) -> Job:
    def text(path: str, pattern: str | None = None) -> str:
        found = asked.find("/".join(f"{{{NAMESPACE}}}{name}" for name in path.split("/")))
        value = (found.text or "") if found is not None else ""
        if pattern is not None and value != pattern:
            raise Refused(f"{path} is {value!r}")
        return value

    text("ConfirmationRequired", "false")
    text("Operation/LambdaInvoke/InvocationSchemaVersion", "2.0")
    text("Report/Enabled", "true")
    text("Report/Format", "Report_CSV_20180820")
    text("Report/ReportScope", "AllTasks")
    generator = "ManifestGenerator/S3JobManifestGenerator"
    text(f"{generator}/EnableManifestOutput", "false")
    names = f"{generator}/Filter/KeyNameConstraint"
    if not text("RoleArn").startswith("arn:aws:iam::"):
        raise Refused("Invalid role ARN")
    return Job(
        id=f"{secrets.token_hex(4)}-{secrets.token_hex(12)}",
        account=account,
        token=text("ClientRequestToken"),
        function=text("Operation/LambdaInvoke/FunctionArn"),
        bucket=text(f"{generator}/SourceBucket").removeprefix("arn:aws:s3:::"),
        prefix=text(f"{names}/MatchAnyPrefix/member"),
        suffix=text(f"{names}/MatchAnySuffix/member"),
        report_bucket=text("Report/Bucket").removeprefix("arn:aws:s3:::"),
        report_prefix=text("Report/Prefix"),
    )


def _event(job: Job, key: str) -> dict[str, Any]:
    task = {
        "taskId": secrets.token_hex(8),
        "s3Key": quote(key),
        "s3VersionId": None,
        "s3Bucket": job.bucket,
    }
    return {
        "invocationSchemaVersion": "2.0",
        "invocationId": secrets.token_hex(8),
        "job": {"id": job.id, "userArguments": {}},
        "tasks": [task],
    }


def _xml(job: Job) -> str:
    reason = (
        "<member><FailureCode>ManifestEmpty</FailureCode>"
        f"<FailureReason>{escape(job.reason)}</FailureReason></member>"
    )
    return (
        f"<Job><JobId>{job.id}</JobId><Status>{job.status}</Status><Priority>10</Priority>"
        f"<FailureReasons>{reason if job.reason else ''}</FailureReasons>"
        f"<ProgressSummary><TotalNumberOfTasks>{job.total}</TotalNumberOfTasks>"
        f"<NumberOfTasksSucceeded>{job.succeeded}</NumberOfTasksSucceeded>"
        f"<NumberOfTasksFailed>{job.failed}</NumberOfTasksFailed></ProgressSummary>"
        f"<Report><Bucket>arn:aws:s3:::{job.report_bucket}</Bucket><Enabled>true</Enabled>"
        f"<Prefix>{escape(job.report_prefix)}</Prefix></Report></Job>"
    )


def _reply(name: str, content: str) -> str:
    return f'<?xml version="1.0"?><{name} xmlns="{NAMESPACE}">{content}</{name}>'


def _error(status: int, code: str, message: str) -> tuple[int, str]:
    said = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return status, f"<ErrorResponse>{said}</ErrorResponse>"
