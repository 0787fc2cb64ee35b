"""`make kill-test` (KILLS=200): SIGKILL during publish, promote, swap and ingest, in both stores.

A child begins the work and is killed after a random time, up to a little more than the work takes;
then a restarted process looks: pointers valid, no half bundle served, every event's result there
once. What it prints is the figure in docs/reliability.md. It starts SeaweedFS unless
`AWS_ENDPOINT_URL_S3` names one.
"""

from __future__ import annotations

import os
import random
import secrets
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.killing import works
from tests.killing.children import ChildFailed, ask, kill_in
from tests.killing.works import WORKS, Scene
from tests.servers.process import environment
from tests.servers.seaweed import seaweed

MANY = 3.0
"""A work without an end is killed within so many times what its preparation took."""


def kill_often(
    work: str, store: str, kills: int, scene: Scene, chance: random.Random
) -> Counter[str]:
    """Kill `work` so many times before its end; how often it had come how far.

    Raises `ChildFailed` when something is half.
    """
    found: Counter[str] = Counter()
    doer = WORKS[work]
    seconds = 0.0
    for number in range(20 * kills):
        if found.total() == kills:
            break
        here = Scene(scene.workshop, scene.photos, f"{scene.root}/{work}-{number}")
        prepared = ask(partial(doer.prepare, here)).seconds
        if not seconds:
            endless = work in ("promote", "swap")
            seconds = MANY * prepared if endless else ask(partial(doer.do, here)).seconds
            if not endless:
                continue  # the first is let through, to learn how long it takes
        if kill_in(partial(doer.do, here), chance.uniform(0, seconds)):
            found[ask(partial(doer.check, here)).text] += 1
    if found.total() < kills:
        raise ChildFailed(f"{work} in {store} ended before it was killed, again and again")
    return found


def main() -> int:
    """Kill as often as the first argument says; 1 when something was half."""
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    share = -(-kills // (2 * len(WORKS)))
    seed = secrets.randbits(32)
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    total = 0
    with _s3(), tempfile.TemporaryDirectory(prefix="killing-") as folder:
        photos = f"photos-{secrets.token_hex(8)}"
        works.warm()
        ask(partial(_make_buckets, photos))
        ask(partial(works.make_workshop, Path(folder), photos))
        for work in WORKS:
            for store in ("folder", "s3"):
                root = f"{folder}/registry" if store == "folder" else f"s3://{photos}-work/here"
                scene = Scene(Path(folder), photos, root)
                try:
                    found = kill_often(work, store, share, scene, chance)
                except ChildFailed as error:
                    print(f"kill-test: {work} in {store}, seed {seed}:\n{error}", file=sys.stderr)
                    return 1
                total += found.total()
                said = ", ".join(f"{words} {count}x" for words, count in sorted(found.items()))
                print(
                    f"kill-test: {work} in {store}: {found.total()} kills; found {said}", flush=True
                )
    print(f"kill-test: {total} kills, nothing half, nothing twice, nothing lost")
    return 0


def _make_buckets(photos: str) -> str:
    from inference import s3

    for bucket in (photos, f"{photos}-work"):
        s3.client().create_bucket(Bucket=bucket)
    return ""


@contextmanager
def _s3() -> Iterator[None]:
    """S3 for this process and its children: the one in the environment, or one of our own."""
    if "AWS_ENDPOINT_URL_S3" in os.environ:
        yield
        return
    with seaweed() as server:
        os.environ.update(environment(server.environment()))
        yield


if __name__ == "__main__":
    sys.exit(main())
