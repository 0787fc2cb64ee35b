"""`make soak` (MINUTES=30): all doors at once, bad input, faults of S3, models that are replaced.

What it must find: every request has the one outcome that it should have and the counts of both
sides agree, no 5xx but for injected faults, memory that does not rise, nothing left open. Writes
docs/soak.md and docs/soak.svg (REPORT=folder for another place); 1 when something is wrong.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import monotonic

import httpx

from inference import s3 as our_s3
from inference.stores import open_store
from tests.api import events
from tests.api.swapping import STAGE
from tests.servers.emulator import Emulator, emulator
from tests.servers.faults import faulty
from tests.servers.seaweed import Seaweed, seaweed
from tests.servers.uvicorn import Uvicorn, uvicorn
from tests.soak.clients import beside, command, deliver, fill_pools, knock
from tests.soak.doors import Door, doors
from tests.soak.judging import (
    LIMIT,
    wrong_counts,
    wrong_leftovers,
    wrong_memory,
    wrong_results,
)
from tests.soak.ledger import Ledger
from tests.soak.report import Findings, write
from tests.soak.slope import slope
from tests.soak.stage import Stage, photograph, set_up
from tests.soak.watching import at_rest, watched

DOCS = Path(__file__).parents[2] / "docs"
CONNECTIONS = 3
SWAP_SECONDS, COMMAND_SECONDS, REFRESH_SECONDS = 4.0, 30.0, 1.0
WARM_UP = 0.25
"""The share of the time after which memory counts: caches and pools fill first."""


def soak(minutes: float, folder: Path, store: Seaweed) -> Findings:
    """Run for so long, and what was found."""
    os.environ.update(store.environment())
    our_s3.client.cache_clear()
    name, picture, s3 = secrets.token_hex(6), photograph(), store.client()
    stage = Stage(f"photos-{name}", f"results-{name}", open_store(f"s3://models-{name}/registry"))
    s3.create_bucket(Bucket=f"models-{name}")
    releases = set_up(s3, stage.photos, stage.results, picture, stage.registry)
    temporary = folder / "temporary"
    temporary.mkdir()
    with faulty(store.endpoint_url) as proxy:
        proxy.plan = stage.plan
        environment = {
            **store.environment(),
            "AWS_ENDPOINT_URL_S3": proxy.url,
            "MICROLENS_MODEL": stage.model,
            "MICROLENS_BUCKETS": stage.photos,
            "MICROLENS_RESULTS": f"s3://{stage.results}/results",
            "MICROLENS_UPLOADS": stage.uploads,
            "MICROLENS_REFRESH_SECONDS": str(REFRESH_SECONDS),
            "TMPDIR": str(temporary),
        }
        found: Findings | None = None
        try:
            with (
                uvicorn(environment) as server,
                emulator("api.event_handler.handler", environment) as function,
            ):
                httpx.get(f"{server.url}/readyz", trust_env=False).raise_for_status()
                function.invoke(events.s3_put(stage.photos, "ok/0.jpg", sequencer="0"))
                stage.is_warm = True
                found = _under_load(minutes, folder, picture, stage, releases, server, function)
                found.wrong += wrong_counts(server.url, found.ledger, found.pictures)
        except AssertionError as exc:
            if found is None:
                raise
            found.wrong.append(str(exc))  # of what they had in their logs when they ended
        found.s3_requests = len(proxy.requests)
    found.wrong += wrong_results(stage, found.ledger)
    found.wrong += wrong_leftovers(found, temporary)
    return found


def _under_load(
    minutes: float,
    folder: Path,
    picture: bytes,
    stage: Stage,
    releases: Sequence[str],
    server: Uvicorn,
    function: Emulator,
) -> Findings:
    """All doors at once, twice: until all is warm, and then for as long as counts."""
    load, pid, ledger = os.getloadavg()[0], server.server.process.pid, Ledger()
    asked = doors(picture, stage.photos)
    paths = folder / "picture.jpg", folder / "broken.jpg"
    paths[0].write_bytes(picture)
    paths[1].write_bytes(picture[: len(picture) // 2])
    works = [
        partial(deliver, function, stage, ledger),
        partial(stage.swap, releases, SWAP_SECONDS),
        partial(command, *paths, ledger, stage.over, COMMAND_SECONDS),
    ]
    start = monotonic()
    with watched(pid) as course:
        pictures = fill_pools(server.url, stage, ledger, 2 * CONNECTIONS)
        pictures += _for(minutes * WARM_UP, server.url, asked, stage, ledger, works)
        early = at_rest(pid)
        first = len(course.seconds)
        pictures += _for(minutes * (1 - WARM_UP), server.url, asked, stage, ledger, works)
    found = Findings(
        seconds=monotonic() - start,
        load=load,
        ledger=ledger,
        pictures=pictures,
        swaps=stage.swaps,
        faults=dict(stage.faults),
        course=course,
        first=first,
        slope=slope(course.seconds[first:], course.rss_bytes[first:]),
        limit=LIMIT,
        early=early,
        late=at_rest(pid),
        wrong=ledger.reasons_against(),
    )
    found.wrong += wrong_memory(found)
    return found


def _for(
    minutes: float,
    url: str,
    asked: Sequence[Door],
    stage: Stage,
    ledger: Ledger,
    others: Sequence[Callable[[], object]],
) -> int:
    """Callers at every door, and `others` beside them, for so long; how many pictures were sent."""
    stage.over.clear()
    callers = [
        partial(knock, url, asked, ledger, stage.over, ledger.sent.total() + number)
        for number in range(CONNECTIONS)
    ]
    with beside(stage.over, *callers, *others) as results:
        stage.over.wait(minutes * 60)
        stage.over.set()
    return sum(each for each in results if isinstance(each, int))


def main() -> int:
    """Soak for as many minutes as the first argument says."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    where = Path(os.environ.get("REPORT") or DOCS)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, seaweed() as store:
        found = soak(minutes, Path(folder), store)
    write(found, where)
    for reason in found.wrong:
        print(f"soak: wrong: {reason}", file=sys.stderr)
    total = found.ledger.sent.total()
    print(
        f"soak: {total:,} sent in {found.seconds / 60:.1f} minutes, stage {STAGE!r} moved "
        f"{found.swaps} times; report in {where / 'soak.md'}"
    )
    return 1 if found.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
