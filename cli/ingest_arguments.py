"""What `microlens ingest` is told to do, checked before anything is asked or listed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from api.bulk.survey import Selection
    from inference.s3.jobs import JobFunction, Order


def refuse(given: Mapping[str, object], beside: str) -> None:
    """Wrong usage for what means nothing beside something else."""
    for name, value in given.items():
        if value not in (None, False):
            raise typer.BadParameter(f"means nothing with {beside}", param_hint=name)


def selection(place: str | None, suffix: str, limit: int | None) -> Selection:
    """The objects that are meant."""
    from api.bulk.survey import Selection
    from cli.prefixes import parse_prefix

    if place is None:
        raise typer.BadParameter("name s3://BUCKET/PREFIX", param_hint="PICTURES")
    return Selection(*parse_prefix(place, "PICTURES"), suffix, limit)


def function_of(arn: str | None) -> JobFunction:
    """The deployed function."""
    from inference.errors import BadRequest
    from inference.s3.jobs import JobFunction

    if arn is None:
        raise typer.BadParameter(
            "is needed without --local: the stack's output IngestFunctionArn",
            param_hint="--function",
        )
    try:
        return JobFunction.of(arn)
    except BadRequest as exc:
        raise typer.BadParameter(str(exc), param_hint="--function") from exc


def order(chosen: Selection, arn: str | None, role: str | None, report: str | None) -> Order:
    """What the job is to do; everything that can be wrong is found before anything is asked."""
    from cli.prefixes import parse_prefix
    from inference.s3.jobs import Order, is_role

    function = function_of(arn)
    if role is None or not is_role(role):
        raise typer.BadParameter(
            f"{role!r} is no ARN of a role, which a job needs: docs/bulk.md says what it may do",
            param_hint="--role",
        )
    if report is None:
        raise typer.BadParameter(
            "a job writes a report, from which this command sums up: name s3://BUCKET/PREFIX",
            param_hint="--report",
        )
    bucket, typed = parse_prefix(report, "--report")
    prefix = typed.strip("/")
    first_key = f"{prefix}/job-" if prefix else "job-"
    if bucket == chosen.bucket and first_key.startswith(chosen.prefix):
        raise typer.BadParameter(
            f"{report!r} lies among the pictures, and would be classified", param_hint="--report"
        )
    return Order(
        function,
        role,
        chosen.bucket,
        chosen.prefix,
        chosen.suffix,
        bucket,
        prefix,
    )
