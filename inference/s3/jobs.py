"""Jobs of S3 Batch Operations: one invocation of a function for each object below a prefix."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from inference.errors import BadRequest
from inference.s3 import clients
from inference.s3.faults import faults_of_control

_FUNCTION = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):function:"
    r"[A-Za-z0-9_-]+(?::[A-Za-z0-9$_-]+)?"
)
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+")
_OVER = frozenset({"Complete", "Failed", "Cancelled"})

# Priorities are compared within an account; this leaves room on both sides.
_PRIORITY = 10
# The first look comes soon, because a short job is over soon; a long one is looked at rarely.
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class JobFunction:
    """A deployed function, by its ARN: it says in which account and Region its jobs are."""

    arn: str
    partition: str
    region: str
    account: str

    @classmethod
    def of(cls, arn: str) -> Self:
        """Take the ARN apart; raises `BadRequest` for any other text."""
        found = _FUNCTION.fullmatch(arn)
        if found is None:
            raise BadRequest(
                f"{arn[:200]!r} is no ARN of a function: "
                "arn:aws:lambda:REGION:ACCOUNT:function:NAME:ALIAS"
            )
        return cls(arn, found["partition"], found["region"], found["account"])


def is_role(arn: str) -> bool:
    """Whether the text is the ARN of a role."""
    return _ROLE.fullmatch(arn) is not None


@dataclass(frozen=True, slots=True)
class Order:
    """What a job is to do: every object below a prefix, and where its report goes.

    `suffix` is what the keys must end with, letter by letter; empty for all of them.
    """

    function: JobFunction
    role: str
    bucket: str
    prefix: str
    suffix: str
    report_bucket: str
    report_prefix: str


@dataclass(frozen=True, slots=True)
class Job:
    """How far a job is. The report is complete when the job is over."""

    id: str
    status: str
    total: int
    succeeded: int
    failed: int
    report_bucket: str
    report_prefix: str
    reasons: tuple[str, ...]

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in _OVER

    @property
    def report_key(self) -> str:
        """Where the list of its reports lies in the report's bucket."""
        folder = f"{self.report_prefix}/" if self.report_prefix else ""
        return f"{folder}job-{self.id}/manifest.json"


def create(order: Order, token: str) -> str:
    """Start a job; its id. The same `token` again starts no second one.

    Raises `SourceUnavailable` with AWS's own sentence.
    """
    function = order.function
    with faults_of_control("the job was not started"):
        made = clients.control_client(function.region).create_job(
            AccountId=function.account,
            ConfirmationRequired=False,
            ClientRequestToken=token,
            Description=f"microlens ingest s3://{order.bucket}/{order.prefix}"[:256],
            Operation={
                "LambdaInvoke": {"FunctionArn": function.arn, "InvocationSchemaVersion": "2.0"}
            },
            ManifestGenerator={"S3JobManifestGenerator": _manifest(order)},
            Report={
                "Enabled": True,
                "Bucket": f"arn:{function.partition}:s3:::{order.report_bucket}",
                **({"Prefix": order.report_prefix} if order.report_prefix else {}),
                "Format": "Report_CSV_20180820",
                "ReportScope": "AllTasks",
            },
            Priority=_PRIORITY,
            RoleArn=order.role,
        )
        return str(made["JobId"])


def describe(function: JobFunction, job_id: str) -> Job:
    """How far a job is; raises `SourceUnavailable`."""
    with faults_of_control(f"the job {job_id[:80]} cannot be looked at"):
        found = clients.control_client(function.region).describe_job(
            AccountId=function.account, JobId=job_id
        )["Job"]
        return _job(found)


def cancel(function: JobFunction, job_id: str) -> None:
    """End a job; tasks that are at work are finished. Raises `SourceUnavailable`."""
    with faults_of_control(f"the job {job_id[:80]} was not cancelled"):
        clients.control_client(function.region).update_job_status(
            AccountId=function.account, JobId=job_id, RequestedJobStatus="Cancelled"
        )


def follow(look: Callable[[], Job], pause: Callable[[float], object]) -> Iterator[Job]:
    """The job at each look, until it is over; the pauses in between grow."""
    seconds = FIRST_PAUSE_SECONDS
    while True:
        job = look()
        yield job
        if job.is_over:
            return
        pause(seconds)
        seconds = min(seconds * 1.5, LONGEST_PAUSE_SECONDS)


def _manifest(order: Order) -> dict[str, Any]:
    """S3 lists the objects itself, so nobody writes a manifest."""
    names = {
        # Each takes one string, and all that are given must hold.
        **({"MatchAnyPrefix": [order.prefix]} if order.prefix else {}),
        **({"MatchAnySuffix": [order.suffix]} if order.suffix else {}),
    }
    return {
        "SourceBucket": f"arn:{order.function.partition}:s3:::{order.bucket}",
        "EnableManifestOutput": False,
        **({"Filter": {"KeyNameConstraint": names}} if names else {}),
    }


def _job(found: dict[str, Any]) -> Job:
    progress, report = found.get("ProgressSummary", {}), found.get("Report", {})
    return Job(
        found["JobId"],
        found["Status"],
        progress.get("TotalNumberOfTasks", 0),
        progress.get("NumberOfTasksSucceeded", 0),
        progress.get("NumberOfTasksFailed", 0),
        report.get("Bucket", "").rpartition(":")[2],
        report.get("Prefix", ""),
        tuple(
            f"{each.get('FailureCode', '')}: {each.get('FailureReason', '')}"
            for each in found.get("FailureReasons", [])
        ),
    )
