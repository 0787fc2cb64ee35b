"""`microlens ingest --local`: the pictures of a bucket on the cores of this machine."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import closing
from time import perf_counter
from typing import TYPE_CHECKING

import typer

from api.bulk.local import at_once, open_ingest
from api.bulk.tally import Tally
from api.events.settling import Outcome, Verdict
from cli.parallel import in_order
from inference.errors import MicrolensError
from inference.settings import read_settings

if TYPE_CHECKING:
    from api.bulk.survey import Selection, Survey
    from api.ingest.ingest import Ingest

# Of that many in a row that failed for a reason that may pass, the next would fail as well.
_FAILED_IN_A_ROW = 100
_INTERRUPTED = 130
_BY_HAND = "stopped by Ctrl-C"


def ingest_here(
    selection: Selection, survey: Survey, model: str | None, results: str | None, *, as_json: bool
) -> None:
    """Give every picture its result, and print what became of them.

    Ends with 1 when a picture has no answer, with 130 after Ctrl-C.
    """
    from cli.terminal import libraries_are_quiet

    given = {"model": model, "results": results}
    settings = read_settings().model_copy(update={k: v for k, v in given.items() if v})
    with libraries_are_quiet():
        ingest = open_ingest(settings)
    # Failures are counted and named here; a line of the log for each would tear the bar.
    logging.getLogger("api").addHandler(logging.NullHandler())
    start = perf_counter()
    tally, stopped = _run(ingest, selection, survey.objects)
    seconds = perf_counter() - start
    _print(tally, seconds, stopped, as_json=as_json)
    if stopped == _BY_HAND:
        raise typer.Exit(_INTERRUPTED)
    if tally.has_bad or stopped:
        raise typer.Exit(1)


def _run(ingest: Ingest, selection: Selection, total: int) -> tuple[Tally, str | None]:
    """What became of them, and why it ended early, if it did."""
    tally, in_a_row = Tally(), 0
    # Closing waits for the pictures that are on their way: their results are whole.
    with closing(_outcomes(ingest, selection, total)) as outcomes:
        try:
            for outcome in outcomes:
                tally.add(outcome)
                in_a_row = in_a_row + 1 if outcome.verdict is Verdict.FAILED else 0
                if in_a_row >= _FAILED_IN_A_ROW:
                    return tally, f"stopped after {in_a_row} failures in a row: {outcome.summary}"
        except KeyboardInterrupt:
            return tally, _BY_HAND
        except MicrolensError as exc:  # of the list; a picture's own is an outcome
            return tally, f"stopped: {exc}"
    return tally, None


def _outcomes(ingest: Ingest, selection: Selection, total: int) -> Generator[Outcome]:
    from rich.console import Console

    from cli.progress import counted

    console = Console(stderr=True)
    with closing(in_order(ingest.take, selection.arrivals(), at_once())) as outcomes:
        if console.is_terminal:
            yield from counted(outcomes, "Classifying", console, total)
        else:
            yield from outcomes


def _print(tally: Tally, seconds: float, stopped: str | None, *, as_json: bool) -> None:
    from cli.documents import print_json
    from cli.tallies import print_tally, tally_object

    rate = tally.pictures / seconds
    if as_json:
        figures = {"seconds": round(seconds, 3), "pictures_per_second": round(rate, 2)}
        print_json({**tally_object(tally), **figures, "stopped": stopped})
    else:
        print_tally(tally)
        typer.echo(f"{seconds:,.1f} s, {rate:,.1f} a second")
    if stopped:
        typer.echo(f"microlens: {stopped}; the same command goes on from here", err=True)
