"""`microlens ingest` as a job: S3 Control's protocol by a stand-in, all else real."""

from __future__ import annotations

import io
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from api.ingest.finishing import Finisher
from api.ingest.ingest import Ingest
from cli.ingest_job import watched
from inference.s3.clients import control_client
from inference.s3.jobs import Job
from inference.stores.directory import DirectoryStore
from tests.api.flood import classifier, paint
from tests.cli.command import COMMAND, PROJECT, Ran, invoke
from tests.servers.jobs import Jobs, jobs
from tests.servers.process import environment
from tests.servers.seaweed import Seaweed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("on_seaweed")

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:ingest:live"
ROLE = "arn:aws:iam::123456789012:role/bulk"


@pytest.fixture(name="there")
def _there(s3: S3Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    """S3 Batch Operations in an account whose function knows red from green from blue."""
    results = DirectoryStore(tmp_path / "results")
    ingest = Ingest(Finisher(classifier(tmp_path / "model"), results))
    with jobs(s3, ingest.handle) as found:
        for name, value in found.environment().items():
            monkeypatch.setenv(name, value)
        yield found
    ingest.crew.close()


@pytest.fixture
def reports(s3: S3Client, bucket: str) -> str:
    """The name of a bucket for reports."""
    s3.create_bucket(Bucket=f"{bucket}-reports")
    return f"{bucket}-reports"


def start(bucket: str, reports: str, *more: str, function: str = FUNCTION) -> Ran:
    job = ["--function", function, "--role", ROLE, "--report", f"s3://{reports}/of jobs/"]
    return invoke("ingest", f"s3://{bucket}/in/", *job, *more)


def test_a_job_is_started_followed_and_summed_up_from_its_report(
    there: Jobs, s3: S3Client, bucket: str, reports: str, tmp_path: Path
) -> None:
    for key, colour in {"in/a, b+ü%20.png": "red", "in/b": "red", "in/c": "blue"}.items():
        s3.put_object(Bucket=bucket, Key=key, Body=paint(colour))
    s3.put_object(Bucket=bucket, Key='in/no "picture".txt', Body=b"none")
    s3.put_object(Bucket=bucket, Key="out.png", Body=paint("red"))

    ran = start(bucket, reports, "--json")

    [job] = there.made.values()
    found = ran.document()
    assert ran.code == 1
    assert (job.function, job.account) == (FUNCTION, "123456789012")
    assert (job.bucket, job.prefix, job.report_prefix) == (bucket, "in/", "of jobs")
    assert found["job"] == {
        "id": job.id,
        "status": "Complete",
        "total": 4,
        "succeeded": 3,
        "failed": 1,
        "reasons": [],
        "report": f"s3://{reports}/of jobs/job-{job.id}/manifest.json",
    }
    assert found["labels"] == [
        {"label": "red", "pictures": 2},
        {"label": "blue", "pictures": 1},
    ]
    assert found["reasons"] == [{"reason": "PermanentFailure", "pictures": 1}]
    assert found["examples"][0]["source"] == f's3://{bucket}/in/no "picture".txt'
    assert (tmp_path / "results" / bucket / "in" / "a, b+ü%20.png.json").is_file()
    assert f"the job {job.id} runs; it goes on without this command" in ran.stderr
    assert "microlens: Active" in ran.stderr


def test_a_suffix_is_asked_of_s3_and_all_that_succeed_end_with_0(
    there: Jobs, s3: S3Client, bucket: str, reports: str
) -> None:
    for key in ("in/a.png", "in/b.txt"):
        s3.put_object(Bucket=bucket, Key=key, Body=paint("lime"))

    ran = start(bucket, reports, "--suffix", ".png")

    [job] = there.made.values()
    assert (ran.code, job.suffix) == (0, ".png")
    assert "Complete: 1 of 1 tasks succeeded, 0 failed" in ran.stdout
    assert "green" in ran.stdout


def test_a_job_that_fails_says_why_and_that_it_left_no_report(
    there: Jobs, s3: S3Client, bucket: str, reports: str
) -> None:
    s3.put_object(Bucket=bucket, Key="in/a.png", Body=paint("red"))
    ran = start(bucket, reports, "--suffix", ".gif")
    assert (ran.code, there.made) == (1, {})
    s3.put_object(Bucket=bucket, Key="in/a.gif", Body=paint("red"))
    there.stands_still = True
    [job_id] = started(there, bucket, reports)
    s3.delete_object(Bucket=bucket, Key="in/a.gif")
    there.made[job_id].status = "New"

    ran = invoke("ingest", "--follow", job_id, "--function", FUNCTION)

    assert ran.code == 1
    assert "Failed: 0 of 0 tasks succeeded, 0 failed" in ran.stdout
    assert "ManifestEmpty: the manifest has no entries" in ran.stderr
    assert "no figures of single pictures: nothing lies at s3://" in ran.stderr


def started(there: Jobs, bucket: str, reports: str) -> list[str]:
    """Start a job as the command does, without following it."""
    from inference.s3 import jobs as s3_jobs

    order = s3_jobs.Order(
        s3_jobs.JobFunction.of(FUNCTION), ROLE, bucket, "in/", ".gif", reports, ""
    )
    first, again = (s3_jobs.create(order, "the same token") for _ in range(2))
    assert first == again
    return list(there.made)


def test_ctrl_c_leaves_the_job_running_and_says_how_to_follow_and_cancel_it(
    there: Jobs, seaweed: Seaweed, s3: S3Client, bucket: str, reports: str
) -> None:
    s3.put_object(Bucket=bucket, Key="in/a.png", Body=paint("red"))
    there.stands_still = True
    options = ["--function", FUNCTION, "--role", ROLE, "--report", f"s3://{reports}"]
    known = {**seaweed.environment(), **there.environment(), "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(
        [*COMMAND, "ingest", f"s3://{bucket}/in/", *options],
        env=environment(known),
        stderr=subprocess.PIPE,
    ) as process:
        assert there.looked_at.wait(60)
        process.send_signal(signal.SIGINT)
        _, talk = process.communicate(timeout=60)

    [job] = there.made.values()
    assert process.returncode == 130
    assert job.status == "Active"
    hint = f"microlens ingest --follow {job.id} --function {FUNCTION}"
    assert hint in talk.decode()

    ran = invoke("ingest", "--cancel", job.id, "--function", FUNCTION)
    assert (ran.code, ran.stdout) == (0, "Cancelled: 0 of 1 tasks were done\n")
    assert hint in ran.stderr
    again = invoke("ingest", "--cancel", job.id, "--function", FUNCTION, "--json")
    assert again.document()["status"] == "Cancelled"
    over = invoke("ingest", *hint.split()[2:])
    assert (over.code, over.stdout[:9]) == (1, "Cancelled")


def test_what_aws_refuses_is_said_in_its_own_words(there: Jobs) -> None:
    ran = invoke("ingest", "--follow", "no-such-job", "--function", FUNCTION)

    assert (ran.code, ran.stdout) == (1, "")
    assert "the job no-such-job cannot be looked at: AWS says NoSuchJob The specified" in ran.stderr
    assert there.made == {}


def test_a_name_that_no_job_can_have_is_refused_without_asking(there: Jobs) -> None:
    ran = invoke("ingest", "--cancel", "x", "--function", FUNCTION)

    assert ran.code == 1
    assert "the job x was not cancelled: Parameter validation failed" in ran.stderr
    assert there.made == {}


WRONG = {
    "no role": ["--report", "s3://reports/"],
    "role that is none": ["--report", "s3://reports/", "--role", "bulk"],
    "no report": ["--role", ROLE],
    "report among the pictures": ["--role", ROLE, "--report", "s3://photos/in/reports"],
    "report in their folder": ["--role", ROLE, "--report", "s3://photos/in"],
}


@pytest.mark.parametrize("options", WRONG.values(), ids=WRONG.keys())
def test_a_job_that_cannot_be_is_wrong_usage_before_anything_is_listed(options: list[str]) -> None:
    ran = invoke("ingest", "s3://photos/in/", "--function", FUNCTION, *options)

    assert (ran.code, ran.stdout) == (2, "")


def test_the_stand_in_refuses_what_the_real_one_would(there: Jobs) -> None:
    client = control_client("eu-west-1")
    report = {"Enabled": False}
    invoked = {"LambdaInvoke": {"FunctionArn": FUNCTION}}
    with pytest.raises(ClientError, match="ConfirmationRequired is"):
        client.create_job(
            AccountId="123456789012",
            Operation=invoked,
            Report=report,
            ClientRequestToken="t",
            Priority=1,
            RoleArn=ROLE,
        )
    assert there.made == {}


def test_on_a_terminal_a_bar_says_status_and_how_many_are_done() -> None:
    seen = io.StringIO()
    console = Console(file=seen, force_terminal=True, width=100)
    steps = [("New", 0, 0), ("Active", 4, 1), ("Complete", 4, 4)]
    looks = [Job("12345", status, total, done, 0, "r", "", ()) for status, total, done in steps]

    assert list(watched(looks, console)) == looks
    assert "Complete" in seen.getvalue()
    assert "4/4" in seen.getvalue()
