"""`microlens ingest`: a whole bucket through the deployed function, or through this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import check_model, check_store
from cli.documents import Json
from cli.ingest_arguments import function_of, order, refuse, selection

if TYPE_CHECKING:
    from api.bulk.survey import Selection, Survey


def ingest(
    place: Annotated[
        str | None,
        typer.Argument(
            metavar="PICTURES",
            help="s3://BUCKET/PREFIX: every object whose key begins so.",
            show_default=False,
        ),
    ] = None,
    local: Annotated[
        bool, typer.Option("--local", help="Classify on this machine instead of on Lambda.")
    ] = False,
    function: Annotated[
        str | None,
        typer.Option(
            metavar="ARN",
            help="The deployed function: the stack's output IngestFunctionArn.",
            show_default=False,
        ),
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(
            metavar="ARN",
            help="The role that the job takes: the stack's output BulkRoleArn.",
            show_default=False,
        ),
    ] = None,
    report: Annotated[
        str | None,
        typer.Option(
            metavar="s3://BUCKET/PREFIX",
            help="Where S3 puts the job's report.",
            show_default=False,
        ),
    ] = None,
    suffix: Annotated[
        str,
        typer.Option(
            metavar="TEXT", help="Only keys that end so, letter by letter.", show_default="all"
        ),
    ] = "",
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="With --local: the first so many objects.", show_default=False),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            callback=check_model,
            help="With --local: what answers.",
            show_default="MICROLENS_MODEL",
        ),
    ] = None,
    results: Annotated[
        str | None,
        typer.Option(
            metavar="STORE",
            callback=check_store,
            help="With --local: where results are written, a folder or s3://BUCKET/PREFIX.",
            show_default="MICROLENS_RESULTS",
        ),
    ] = None,
    follow: Annotated[
        str | None,
        typer.Option(
            metavar="JOB", help="With --function: follow a job that runs.", show_default=False
        ),
    ] = None,
    cancel: Annotated[
        str | None,
        typer.Option(metavar="JOB", help="With --function: cancel a job.", show_default=False),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say how much there is and what it costs.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Classify every picture below a prefix of a bucket.

    Each gets the result that its event would give it, from the deployed function (--function,
    --role, --report) or from this machine (--local, --results).
    """
    if follow or cancel:
        without_meaning = {
            "PICTURES": place,
            "--local": local,
            "--dry-run": dry_run,
            "--limit": limit,
            "--role": role,
            "--report": report,
            "--suffix": suffix or None,
            "--model": model,
            "--results": results,
        }
        refuse(without_meaning, "--follow or --cancel")
        if follow and cancel:
            raise typer.BadParameter("one or the other", param_hint="--follow, --cancel")
        from cli.ingest_job import cancel_job, follow_job

        known = function_of(function)
        if cancel:
            cancel_job(known, cancel, as_json=as_json)
        else:
            follow_job(known, str(follow), as_json=as_json)
        return
    chosen = selection(place, suffix, limit)
    if local:
        refuse({"--function": function, "--role": role, "--report": report}, "--local")
        job = None
    else:
        refuse({"--limit": limit, "--model": model, "--results": results}, "a job: add --local")
        job = None if dry_run else order(chosen, function, role, report)
    survey = _survey(chosen)
    if dry_run:
        _print_survey(survey, as_json=as_json)
        return
    _announce(chosen, survey)
    if job is None:
        from cli.ingest_local import ingest_here

        ingest_here(chosen, survey, model, results, as_json=as_json)
    else:
        from cli.ingest_job import start_job

        start_job(job, as_json=as_json)


def _survey(selection: Selection) -> Survey:
    """Count what there is, page by page; raises `SourceUnavailable` when there is nothing."""
    from rich.console import Console

    from api.bulk.survey import Survey
    from cli.pictures import SUFFIXES
    from cli.progress import counted
    from inference.errors import SourceUnavailable

    survey, console = Survey(), Console(stderr=True)
    found = selection.objects()
    for entry in counted(found, "Counting", console) if console.is_terminal else found:
        survey.add(entry, SUFFIXES)
    if not survey.objects:
        raise SourceUnavailable(f"nothing lies below {selection}: check the bucket and the prefix")
    return survey


def _print_survey(survey: Survey, *, as_json: bool) -> None:
    from cli.documents import print_json
    from cli.surveys import cost, cost_lines

    if as_json:
        print_json(cost(survey))
        return
    for line in cost_lines(survey):
        typer.echo(line)


def _announce(selection: Selection, survey: Survey) -> None:
    from cli.surveys import cost_lines

    for line in (str(selection), *cost_lines(survey)):
        typer.echo(f"microlens: {line}", err=True)
