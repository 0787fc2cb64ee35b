"""`microlens ingest` on Lambda: a job of S3 Batch Operations is started, followed, summed up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import sleep
from typing import Any
from uuid import uuid4

import typer
from rich.console import Console

from api.bulk.report import count, read_report
from api.bulk.tally import Tally
from cli.documents import print_json
from cli.progress import bars
from cli.tallies import print_tally, tally_object
from inference.errors import MicrolensError
from inference.s3 import jobs
from inference.s3.jobs import Job, JobFunction, Order

_INTERRUPTED = 130


def start_job(order: Order, *, as_json: bool) -> None:
    """Start a job and follow it; Ctrl-C leaves it running."""
    # boto3 tries again under the same token, so what it sends twice is one job.
    job_id = jobs.create(order, uuid4().hex)
    typer.echo(f"microlens: the job {job_id} runs; it goes on without this command", err=True)
    follow_job(order.function, job_id, as_json=as_json)


def follow_job(function: JobFunction, job_id: str, *, as_json: bool) -> None:
    """Show how far a job is until it is over, and sum it up.

    Ends with 1 unless every task succeeded, with 130 after Ctrl-C.
    """
    try:
        *_, job = watched(_looks(function, job_id), Console(stderr=True))
    except (KeyboardInterrupt, MicrolensError) as exc:
        _hint("to follow it", "--follow", function, job_id)
        _hint("to cancel it", "--cancel", function, job_id)
        if isinstance(exc, KeyboardInterrupt):
            raise typer.Exit(_INTERRUPTED) from exc
        raise
    tally = _sum_up(job)
    _print(job, tally, as_json=as_json)
    if job.status != "Complete" or job.failed:
        raise typer.Exit(1)


def cancel_job(function: JobFunction, job_id: str, *, as_json: bool) -> None:
    """End a job; what its function has begun is finished, results that are there stay."""
    jobs.cancel(function, job_id)
    job = jobs.describe(function, job_id)
    if as_json:
        print_json(_job_object(job))
    else:
        typer.echo(f"{job.status}: {job.succeeded + job.failed:,} of {job.total:,} tasks were done")
        _hint("for its figures", "--follow", function, job_id)


def watched(looks: Iterable[Job], console: Console) -> Iterator[Job]:
    """The same looks at a job; a bar on a terminal, elsewhere a line for each new status."""
    if not console.is_terminal:
        status = ""
        for job in looks:
            if job.status != status:
                status = job.status
                typer.echo(f"microlens: {status}", err=True)
            yield job
        return
    with bars(console) as shown:
        bar = shown.add_task("New", total=None)
        for job in looks:
            done = job.succeeded + job.failed
            shown.update(bar, description=job.status, total=job.total or None, completed=done)
            yield job


def _looks(function: JobFunction, job_id: str) -> Iterator[Job]:
    return jobs.follow(lambda: jobs.describe(function, job_id), sleep)


def _hint(purpose: str, option: str, function: JobFunction, job_id: str) -> None:
    command = f"microlens ingest {option} {job_id} --function {function.arn}"
    typer.echo(f"microlens: {purpose}: {command}", err=True)


def _sum_up(job: Job) -> Tally | None:
    """What the report says; None, and why, where there is none or it may not be read."""
    tally = Tally()
    try:
        for line in read_report(job.report_bucket, job.report_key):
            count(line, tally)
    except MicrolensError as exc:
        typer.echo(f"microlens: no figures of single pictures: {exc}", err=True)
        return None
    return tally


def _print(job: Job, tally: Tally | None, *, as_json: bool) -> None:
    from cli.terminal import clean

    if as_json:
        figures = tally_object(tally) if tally else {}
        print_json({**figures, "job": _job_object(job)})
        return
    typer.echo(
        f"{job.status}: {job.succeeded:,} of {job.total:,} tasks succeeded, {job.failed:,} failed"
    )
    for reason in job.reasons:
        typer.echo(f"microlens: {clean(reason)}", err=True)
    if tally:
        print_tally(tally)


def _job_object(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "status": job.status,
        "total": job.total,
        "succeeded": job.succeeded,
        "failed": job.failed,
        "reasons": list(job.reasons),
        "report": f"s3://{job.report_bucket}/{job.report_key}",
    }
