"""A registry with two releases of the default model, and a steady load that watches both."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import perf_counter

import httpx

from inference import layout, pointers
from inference.manifest import LABELS, MANIFEST, FileDigest, Manifest, release_digest
from inference.settings import DEFAULT_MODEL
from inference.stores import Store

NAME, STAGE = "imagenet-lite0", "prod"
MARK = "other "
"""Begins every label of the second release, and none of the first."""


def two_releases(store: Store) -> tuple[str, str]:
    """Publish the default model, and the same with marked labels; their digests."""
    files = {
        path.relative_to(DEFAULT_MODEL).as_posix(): path.read_bytes()
        for path in Path(DEFAULT_MODEL).rglob("*")
        if path.is_file()
    }
    manifest = Manifest.parse(files.pop(MANIFEST))
    labels = files[LABELS].decode().splitlines()
    marked = "".join(f"{MARK}{label}\n" for label in labels).encode()
    return _publish(store, manifest, files), _publish(store, manifest, {**files, LABELS: marked})


def _publish(store: Store, manifest: Manifest, files: dict[str, bytes]) -> str:
    digests = {
        name: FileDigest(bytes=len(data), sha256=sha256(data).hexdigest())
        for name, data in files.items()
    }
    content = manifest.model_copy(update={"files": digests}).serialise()
    release = release_digest(content)
    for name, data in {**files, MANIFEST: content}.items():
        store.create(layout.release(NAME, release) + name, data)
    return release


def point(store: Store, release: str) -> None:
    """Move the stage to `release`."""
    key = layout.pointer(NAME, STAGE)
    pointer = pointers.first(
        NAME, STAGE, release, at=datetime.now(UTC), by="a test", action="promote"
    ).serialise()
    present = store.read(key)
    if present:
        store.replace(key, pointer, present.etag)
    else:
        store.create(key, pointer)


@dataclass
class Load:
    """What came back of a steady load: seconds of every answer, and every answer that was wrong."""

    plain: str
    """The digest of the release whose labels are not marked."""
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    releases: set[str] = field(default_factory=set)

    def check(self, response: httpx.Response) -> None:
        """Note an answer that failed, or that mixes two releases."""
        if response.status_code != 200:
            self.wrong.append(f"{response.status_code} {response.text}")
            return
        answer = response.json()
        release = answer["model"]["release"]
        self.releases.add(release)
        marked = {each["label"].startswith(MARK) for each in answer["predictions"]}
        if marked != {release != self.plain}:
            self.wrong.append(response.text)

    def p(self, percent: float, since: int = 0, until: int | None = None) -> float:
        """A percentile of the answers number `since` to `until`, in milliseconds."""
        ordered = sorted(self.seconds[since:until])
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1e3


@contextmanager
def steady_load(url: str, picture: bytes, plain: str, connections: int = 8) -> Iterator[Load]:
    """Classify `picture` on so many connections, one request after the other on each."""
    load = Load(plain)
    over = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
            while not over.is_set():
                start = perf_counter()
                try:
                    response = client.post(
                        "/classify", content=picture, headers={"content-type": "image/png"}
                    )
                except httpx.HTTPError as exc:
                    load.wrong.append(repr(exc))
                    continue
                load.seconds.append(perf_counter() - start)
                load.check(response)

    with ThreadPoolExecutor(connections) as pool:
        asking = [pool.submit(ask) for _ in range(connections)]
        try:
            yield load
        finally:
            over.set()
    for each in asking:
        each.result()


def swap_to(service: httpx.Client, store: Store, release: str) -> None:
    """Move the stage, and ask for the model until it is the one."""
    point(store, release)
    while service.get("/model").json()["model"]["release"] != release:
        pass


def rss_bytes(pid: int) -> int:
    """The resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"process {pid} has no memory")
