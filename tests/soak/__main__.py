"""`make soak` (MINUTES=30): all doors at once, bad input, faults of S3, models that are replaced.

What it must find: every request has the one outcome that it should have and the counts of both
sides agree, no 5xx but for injected faults, memory that does not rise, nothing left open. Writes
docs/soak.md and docs/soak.svg (REPORT=folder for another place); 1 when something is wrong.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import monotonic

import httpx

from inference import s3 as our_s3
from inference.stores import open_store
from tests import invariants
from tests.api import events
from tests.api.swapping import STAGE
from tests.servers.emulator import Emulator, emulator
from tests.servers.faults import faulty
from tests.servers.seaweed import Seaweed, seaweed
from tests.servers.uvicorn import Uvicorn, uvicorn
from tests.soak.doors import doors
from tests.soak.ledger import Ledger
from tests.soak.report import Findings, write
from tests.soak.slope import slope
from tests.soak.stage import Stage, beside, command, deliver, knock, photograph, set_up
from tests.soak.watching import Held, held_by, watched

DOCS = Path(__file__).parents[2] / "docs"
CONNECTIONS = 3
SWAP_SECONDS, COMMAND_SECONDS, REFRESH_SECONDS = 4.0, 30.0, 1.0
WARM_UP = 0.25
"""The share of the time after which memory counts: caches and pools fill first."""
JUDGED_MINUTES = 5
"""A shorter run is all warm-up: its memory is told and not judged."""
SETTLE_SECONDS = 30.0
MOST_SOCKETS = 24
"""What S3's client keeps open for the next request, and what listens."""


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
            "MICROLENS_REFRESH_SECONDS": str(REFRESH_SECONDS),
            "TMPDIR": str(temporary),
        }
        with (
            uvicorn(environment) as server,
            emulator("api.event_handler.handler", environment) as function,
        ):
            httpx.get(f"{server.url}/readyz", trust_env=False).raise_for_status()
            function.invoke(events.s3_put(stage.photos, "ok/0.jpg", sequencer="0"))
            stage.is_warm = True
            found = _under_load(minutes, folder, picture, stage, releases, server, function)
            found.wrong += _wrong_counts(_counted(server.url), found)
            # AWS's client writes a traceback for whatever an event function raises.
            told = function.log()
            found.wrong += ["a secret in the function's log"] * (store.secret_key in told)
            log = server.log()
        found.s3_requests = len(proxy.requests)
    found.wrong += list(invariants.wrong_with_log(log, {store.secret_key}))[:10]
    found.wrong += _wrong_results(stage, found.ledger)
    found.wrong += _wrong_leftovers(found, temporary)
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
    """All doors at once until the time is over, and until the service has come to rest."""
    load, pid, ledger = os.getloadavg()[0], server.server.process.pid, Ledger()
    paths = folder / "picture.jpg", folder / "broken.jpg"
    paths[0].write_bytes(picture)
    paths[1].write_bytes(picture[: len(picture) // 2])
    asked = doors(picture, stage.photos)
    start = monotonic()
    clients = [
        partial(knock, server.url, asked, ledger, stage.over, number)
        for number in range(CONNECTIONS)
    ]
    others = [
        partial(deliver, function, stage, ledger),
        partial(stage.swap, releases, SWAP_SECONDS),
        partial(command, *paths, ledger, stage.over, COMMAND_SECONDS),
    ]
    with watched(pid) as course, beside(*clients, *others) as results:
        try:
            stage.over.wait(minutes * 60 * WARM_UP)
            early = held_by(pid)
            stage.over.wait(max(0.0, minutes * 60 - (monotonic() - start)))
        finally:
            stage.over.set()
    seconds, first = monotonic() - start, int(len(course.seconds) * WARM_UP)
    found = Findings(
        seconds=seconds,
        load=load,
        ledger=ledger,
        pictures=sum(each for each in results if isinstance(each, int)),
        swaps=stage.swaps,
        faults=dict(stage.faults),
        course=course,
        first=first,
        slope=slope(course.seconds[first:], course.rss_bytes[first:]),
        early=early,
        late=_settled(pid, early),
        wrong=ledger.reasons_against(),
    )
    if minutes >= JUDGED_MINUTES and not found.slope.is_flat:
        found.wrong.append(f"memory rises by {found.slope.per_minute / 1e6:.2f} MB a minute")
    return found


def _settled(pid: int, early: Held) -> Held:
    """What it holds when nobody asks any more; connections take a moment to close."""
    end = monotonic() + SETTLE_SECONDS
    while monotonic() < end:
        held = held_by(pid)
        if held.sockets <= MOST_SOCKETS and held.threads <= early.threads + CONNECTIONS:
            break
    return held_by(pid)


def _counted(url: str) -> dict[str, float]:
    """The service's own counts."""
    text = httpx.get(f"{url}/metrics", trust_env=False).text
    found = re.findall(r"^(microlens_\w+_total)\{[^}]*\} (\S+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in found}


def _wrong_counts(counted: dict[str, float], found: Findings) -> list[str]:
    """Where the service counted something else than those who asked it."""
    theirs = sum(
        counted[f"microlens_pictures_{what}_total"] for what in ("classified", "refused", "failed")
    )
    errors = sum(
        number
        for (door, outcome), number in found.ledger.outcomes.items()
        if outcome.startswith("5") and not door.startswith("event")
    )
    wrong = []
    if theirs != found.pictures:
        wrong.append(f"{found.pictures} pictures were sent, and the service counted {theirs:.0f}")
    if counted["microlens_classify_errors_total"] != errors:
        told = counted["microlens_classify_errors_total"]
        wrong.append(f"{errors} answers were 5xx, and the service counted {told:.0f}")
    return wrong


def _wrong_results(stage: Stage, ledger: Ledger) -> list[str]:
    """Every picture that an event told of has its one result."""
    keys = sorted(open_store(f"s3://{stage.results}").list("results/"))
    told = ledger.sent["event: S3"] + ledger.sent["event: in a queue"]
    wanted = len([key for key in keys if "/ok/" in key])
    if len(keys) != wanted or not 0 < wanted <= min(told, 20):
        return [f"{len(keys)} results of {told} events: {keys}"]
    return []


def _wrong_leftovers(found: Findings, temporary: Path) -> list[str]:
    """What is still open, and what lies among the temporary files."""
    early, late, wrong = found.early, found.late, []
    if late.sockets > MOST_SOCKETS:
        wrong.append(f"{late.sockets} sockets are open at the end")
    if found.seconds >= JUDGED_MINUTES * 60:  # in less it was not warm when it was looked at
        if late.files > early.files:
            wrong.append(f"{late.files} files are open at the end, {early.files} when it was warm")
        # A pool makes its threads as they are needed: one for each request that waits for S3.
        if late.threads > early.threads + CONNECTIONS:
            wrong.append(f"{late.threads} threads at the end, {early.threads} when it was warm")
    # The cache of releases is meant to stay: a folder, one below it, and whole files by digest.
    left = sorted(str(path.relative_to(temporary)) for path in temporary.rglob("*"))
    strange = [name for name in left if not re.fullmatch(_CACHE, name)]
    if strange:
        wrong.append(f"temporary files were left: {strange[:10]}")
    return wrong


_CACHE = r"microlens-\d+(?:/[0-9a-f]{16}(?:/[0-9a-f]{64})?)?"


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
