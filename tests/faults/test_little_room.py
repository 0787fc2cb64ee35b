"""A disk that is full: nothing half is left, the message says where and what to do."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from inference import layout
from inference.settings import DEFAULT_MODEL
from inference.stores import open_store
from tests.api.flood import paint
from tests.api.swapping import MARK, NAME, STAGE, point, swap_to, two_releases
from tests.cli.command import microlens
from tests.faults import little_room
from tests.faults.little_room import Room
from tests.inference.tiny import write_tiny
from tests.killing.registry import unfinished
from tests.servers.seaweed import Seaweed
from tests.servers.uvicorn import uvicorn
from tests.training.publishing.colours import colour_network, colour_pictures

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WAYS = little_room.ways()


def files_in(folder: Path) -> Iterator[Path]:
    """All but the empty ones that writers lock."""
    for path in folder.rglob("*"):
        if path.is_file() and path.name != ".microlens-lock":
            yield path


@pytest.mark.parametrize("way", WAYS)
def test_publishing_to_a_full_disk_moves_no_stage_and_is_completed_once_there_is_room(
    way: str, tmp_path: Path
) -> None:
    store = tmp_path / "registry"
    arguments = ("publish", DEFAULT_MODEL, "--to", f"{store}/{NAME}@dev")

    ran = little_room.microlens(way, store, Room(disk=1_000_000, file=1_000_000), *arguments)

    assert ran.code == 1
    assert ran.stdout == ""
    (line,) = [each for each in ran.stderr.splitlines() if each.startswith("microlens: ")]
    assert f"{store}/{NAME}/releases/" in line
    assert "make room there and try again, nothing half was left" in line
    begun = list(files_in(store))
    assert begun
    for path in begun:
        name = path.relative_to(next((store / NAME / "releases").iterdir()))
        assert path.read_bytes() == (Path(DEFAULT_MODEL) / name).read_bytes()
    assert not (store / layout.pointer(NAME, "dev")).exists()

    assert microlens(*arguments).code == 0
    assert (store / layout.pointer(NAME, "dev")).is_file()


def test_taking_in_pictures_on_a_full_disk_writes_whole_results_and_later_the_rest(
    seaweed: Seaweed, s3: S3Client, bucket: str, tmp_path: Path
) -> None:
    for number in range(4):
        s3.put_object(Bucket=bucket, Key=f"in/{number}.png", Body=paint("red"))
    results = tmp_path / "results"
    arguments = ("ingest", f"s3://{bucket}/in", "--local", "--results", results)
    env = {**seaweed.environment(), "MICROLENS_MODEL": str(write_tiny(tmp_path / "model"))}

    ran = little_room.microlens(WAYS[-1], results, Room(disk=8_192, file=512), *arguments, env=env)

    assert ran.code == 1
    assert f"{results}/{bucket}/in/" in ran.stderr
    assert "make room there and try again" in ran.stderr
    written = list(files_in(results))
    assert len(written) < 4
    for path in written:
        assert json.loads(path.read_text())["predictions"][0]["label"] == "red"

    assert microlens(*arguments, env=env).code == 0
    assert len(list(files_in(results))) == 4


@pytest.mark.usefixtures("on_seaweed")
def test_a_cache_on_a_full_disk_costs_the_saving_and_nothing_else(
    seaweed: Seaweed, bucket: str, chelsea: Path, tmp_path: Path
) -> None:
    registry = open_store(f"s3://{bucket}/registry")
    point(registry, two_releases(registry)[0])
    cache = tmp_path / "cache"
    env = {
        **seaweed.environment(),
        "MICROLENS_MODEL": f"{registry.url}/{NAME}@{STAGE}",
        "MICROLENS_CACHE": str(cache),
    }

    room = Room(disk=1_000_000, file=1_000_000)
    ran = little_room.microlens(WAYS[-1], cache, room, "classify", chelsea, "--json", env=env)

    assert ran.code == 0
    assert "cat" in ran.document()["predictions"][0]["label"]
    assert unfinished(cache) == 0
    assert 0 < len(list(files_in(cache))) < len(list(registry.list(""))) // 2


@pytest.mark.usefixtures("on_seaweed")
def test_a_service_whose_disk_fills_up_swaps_all_the_same(
    seaweed: Seaweed, bucket: str, chelsea: Path, tmp_path: Path
) -> None:
    registry = open_store(f"s3://{bucket}/registry")
    releases = two_releases(registry)
    point(registry, releases[0])
    env = {
        **seaweed.environment(),
        "MICROLENS_MODEL": f"{registry.url}/{NAME}@{STAGE}",
        "MICROLENS_CACHE": str(tmp_path),
        "MICROLENS_REFRESH_SECONDS": "0.1",
    }
    with uvicorn(env) as service, httpx.Client(base_url=service.url, trust_env=False) as client:
        before = len(list(files_in(tmp_path)))
        pid = service.server.process.pid
        hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (8_192, hard))
        swap_to(client, registry, releases[1])
        answer = client.post("/classify", files={"image": chelsea.read_bytes()}).json()
        log = service.log()
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))  # coverage writes at the end
    assert before > 0
    assert answer["predictions"][0]["label"].startswith(MARK)
    assert f"served from memory alone: {tmp_path}" in log
    assert unfinished(tmp_path) == 0


@pytest.mark.slow
@pytest.mark.tensorflow
def test_training_on_a_full_disk_keeps_what_was_computed_and_names_what_was_not(
    tmp_path: Path,
) -> None:
    import keras

    pictures, work = colour_pictures(tmp_path / "pictures", each=10), tmp_path / "work"
    backbone = tmp_path / "backbone.keras"
    colour_network(keras).save(backbone)
    learn = ("train", pictures, "--out", tmp_path / "colours", "--work", work)
    learn_on = ("--backbone", backbone, "--recipe", "0-1")

    room = Room(disk=12_288, file=8_192)
    ran = little_room.microlens(WAYS[-1], work, room, *learn, *learn_on)

    assert ran.code == 1
    (line,) = [each for each in ran.stderr.splitlines() if each.startswith("microlens: ")]
    assert "make room there and try again, nothing half was left" in line
    if WAYS[-1] == "disk":  # the limit is that of every folder, and another file is the first
        assert f"training ended at {work}/features-" in line
        assert "kept for --resume" in line
        assert [path.name.partition("-")[0] for path in files_in(work)] == ["backbone"]
    assert not (tmp_path / "colours").exists()
