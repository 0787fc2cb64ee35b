"""`microlens classify`: pictures in, labels out, in this process or through a service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from cli.arguments import Model, number
from cli.documents import print_json

if TYPE_CHECKING:
    from cli.outcomes import Outcome
    from inference.answers import Answer
    from inference.classifier import Query
    from inference.settings import Settings
    from inference.sources import Fetched

    Ask = Callable[[Fetched], Answer]

# A service has cores of its own, perhaps many: enough pictures are on their way to use them.
_SENT_AT_ONCE = 8
_TOP_K = 5


def _check_service(url: str | None) -> str | None:
    from cli.service import is_web_address

    if url is not None and not is_web_address(url):
        raise typer.BadParameter(f"{url!r} is no address of a service: http://HOST[:PORT][/PATH]")
    return url


def classify(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH",
            help="Files, folders (searched for pictures) and s3://BUCKET/KEY.",
            show_default=False,
        ),
    ],
    model: Model = None,
    url: Annotated[
        str | None,
        typer.Option(
            metavar="SERVICE",
            callback=_check_service,
            help="Ask the service at this address; the model is then its own.",
            show_default=False,
        ),
    ] = None,
    top_k: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1_000,
            help="How many answers for each picture.",
            show_default="5; 1 in the table of several pictures",
        ),
    ] = None,
    min_score: Annotated[float, number(0, 1, "Leave out answers below this.")] = 0.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON document, as over HTTP.")
    ] = False,
) -> None:
    """Say what pictures show."""
    if url and model:
        raise typer.BadParameter(
            "a service has its own model: leave out --model", param_hint="--url"
        )
    from cli.outcomes import Failure, as_document
    from cli.pictures import find_pictures
    from cli.tables import print_failures, print_outcome, print_overview
    from inference.classifier import Query
    from inference.settings import read_settings

    pictures = find_pictures(paths)
    settings = read_settings()
    if model:
        settings = settings.model_copy(update={"model": model})
    ask, at_once = _asker(settings, Query(top_k or _TOP_K, min_score), url)
    # One file is one picture; a folder is several, even if it holds one.
    alone = paths == pictures and len(paths) == 1
    outcomes = list(_with_progress(_outcomes(pictures, settings, ask, at_once), len(pictures)))
    failures = [each for each in outcomes if isinstance(each, Failure)]
    if as_json:
        print_json(as_document(outcomes, alone=alone))
    else:
        if alone:
            print_outcome(outcomes[0])
        else:
            print_overview(outcomes, answers_each=top_k or 1)
        print_failures(failures)
    if failures:
        raise typer.Exit(1)


def _asker(settings: Settings, query: Query, url: str | None) -> tuple[Ask, int]:
    """What answers for a picture, and how many pictures it is asked about at once."""
    if url:
        from cli.service import Service

        token = settings.token.get_secret_value() if settings.token else None
        service = Service(url.rstrip("/"), token)
        service.greet()
        return lambda picture: service.classify(picture, query), _SENT_AT_ONCE

    from cli.models import load_model
    from inference.classifier import Classifier
    from inference.cores import cores

    classifier, served = Classifier.of(settings), load_model(settings)
    return lambda picture: classifier.classify(picture, query, served), cores()


def _outcomes(
    pictures: Sequence[str], settings: Settings, ask: Ask, at_once: int
) -> Iterator[Outcome]:
    """What becomes of each picture, in order; a picture is read when its turn comes."""
    from cli.outcomes import outcome
    from cli.parallel import in_order
    from cli.pictures import as_text, buckets_of, read_picture
    from inference.sources import Sources

    sources = Sources(buckets_of(pictures), settings.bucket_owner, settings.max_image_bytes)

    def classify_one(path: str) -> Outcome:
        return outcome(lambda: ask(read_picture(path, sources)), as_text(path))

    return in_order(classify_one, pictures, at_once)


def _with_progress(outcomes: Iterable[Outcome], total: int) -> Iterable[Outcome]:
    """The same outcomes, counted on stderr while they come, if there is someone to see it."""
    from rich.console import Console

    console = Console(stderr=True)
    if total == 1 or not console.is_terminal:
        return outcomes
    from rich.progress import track

    return track(outcomes, "Classifying", total=total, console=console, transient=True)
