"""`make kill-test` (KILLS=200): SIGKILL while models and pictures are worked on, in both stores.

A child begins the work and is killed after a random time, up to a little more than the work takes;
then a restarted process looks: pointers valid, no half bundle served, every event's result there
once, the same bundle trained. What it prints is the figure in docs/reliability.md. It starts
SeaweedFS unless `AWS_ENDPOINT_URL_S3` names one.

Works that take seconds are killed in a twentieth of the cases each, all others alike; with works
named (`python -m tests.killing 4 serve`) it is these alone.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from inference import s3 as our_s3
from tests.killing.children import ChildFailed, ask
from tests.killing.scene import Scene, Work, make_workshop, work_bucket
from tests.killing.works import WORKS
from tests.servers.process import environment
from tests.servers.seaweed import seaweed


def kill_often(doer: Work, scene: Scene, kills: int, chance: random.Random) -> Counter[str]:
    """Kill a work so many times before its end; how often it had come how far.

    Raises `ChildFailed` when something is half.
    """
    found: Counter[str] = Counter()
    seconds = doer.seconds(_numbered(scene, 0))
    for number in range(1, 20 * kills):
        here = _numbered(scene, number)
        ask(partial(doer.prepare, here))
        if doer.kill(here, chance.uniform(0, seconds)):
            found[ask(partial(doer.check, here)).text] += 1
        if found.total() == kills:
            return found
    raise ChildFailed("it ended before it was killed, again and again")


def _numbered(scene: Scene, number: int) -> Scene:
    return Scene(scene.workshop, scene.photos, f"{scene.root}-{number}")


def shares(kills: int, names: Sequence[str]) -> Iterator[tuple[str, str, int]]:
    """Which work is killed in which store, and how often."""
    wanted = {name: WORKS[name] for name in names or WORKS}
    alike = [each for each in wanted.values() if each.is_quick or names]
    places = sum(len(each.stores) for each in alike)
    rest = kills if names else kills - max(1, kills // 20) * (len(wanted) - len(alike))
    for name, work in wanted.items():
        share = -(-rest // places) if work in alike else max(1, kills // 20)
        yield from ((name, store, share) for store in work.stores)


def main() -> int:
    """Kill as often as the first argument says; 1 when something was half."""
    parser = argparse.ArgumentParser(prog="python -m tests.killing", description=__doc__)
    parser.add_argument("kills", nargs="?", type=int, default=200)
    parser.add_argument("works", nargs="*", metavar="WORK", help=", ".join(WORKS))
    given = parser.parse_args()
    if unknown := sorted(set(given.works) - set(WORKS)):
        parser.error(f"no work is called {', '.join(unknown)}; known are {', '.join(WORKS)}")
    seed = secrets.randbits(32)
    chance = random.Random(seed)  # noqa: S311 - moments, not secrets
    total = 0
    with _s3(), tempfile.TemporaryDirectory(prefix="killing-") as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder  # who is killed leaves his files there
        photos = f"photos-{secrets.token_hex(8)}"
        our_s3.client()  # made here, and taken over by each child before a connection is open
        ask(partial(make_workshop, Path(folder), photos))
        for name, store, share in shares(given.kills, given.works):
            place = f"{folder}/registry" if store == "folder" else f"s3://{work_bucket(photos)}"
            scene = Scene(Path(folder), photos, f"{place}/{name}")
            try:
                if store == WORKS[name].stores[0]:
                    ask(partial(WORKS[name].set_up, scene))
                found = kill_often(WORKS[name], scene, share, chance)
            except ChildFailed as error:
                print(f"kill-test: {name} in {store}, seed {seed}:\n{error}", file=sys.stderr)
                return 1
            total += found.total()
            said = ", ".join(f"{words} {count}x" for words, count in sorted(found.items()))
            print(f"kill-test: {name} in {store}: {found.total()} kills; found {said}", flush=True)
    print(f"kill-test: {total} kills, nothing half, nothing twice, nothing lost")
    return 0


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
