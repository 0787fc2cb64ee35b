"""`microlens ingest --local` against a real S3 server; killed and started again."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.bulk.local import at_once
from cli import ingest_local
from tests.api.flood import paint
from tests.cli.command import COMMAND, PROJECT, invoke
from tests.inference.tiny import write_tiny
from tests.servers.process import environment
from tests.servers.seaweed import Seaweed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("on_seaweed")


@pytest.fixture(autouse=True)
def _colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that tells red from green from blue, and a folder for the results."""
    monkeypatch.setenv("MICROLENS_MODEL", str(write_tiny(tmp_path / "model")))
    monkeypatch.setenv("MICROLENS_RESULTS", str(tmp_path / "results"))


def put(s3: S3Client, bucket: str, colours: dict[str, str]) -> None:
    """Pictures by their keys."""
    for key, colour in colours.items():
        s3.put_object(Bucket=bucket, Key=key, Body=paint(colour))


def versions(s3: S3Client, bucket: str) -> list[str]:
    """The key of every version of every object."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
    return [each["Key"] for page in pages for each in page.get("Versions", [])]


def test_every_object_below_the_prefix_gets_the_result_that_its_event_would_give(
    s3: S3Client, bucket: str, tmp_path: Path
) -> None:
    put(s3, bucket, {"in/a b+ü.png": "red", "in/c%20.png": "blue", "inn.png": "red", "out": "red"})
    s3.put_object(Bucket=bucket, Key="in/", Body=b"")
    s3.put_object(Bucket=bucket, Key="in/no.txt", Body=b"no picture")

    ran = invoke("ingest", f"s3://{bucket}/in", "--local", "--json")

    found = ran.document()
    assert ran.code == 1
    assert {key: found[key] for key in ("pictures", "classified", "refused", "passed_over")} == {
        "pictures": 5,
        "classified": 3,
        "refused": 1,
        "passed_over": 1,
    }
    assert found["labels"] == [
        {"label": "red", "pictures": 2},
        {"label": "blue", "pictures": 1},
    ]
    assert found["reasons"] == [{"reason": "unsupported_image", "pictures": 1}]
    assert found["examples"][0]["source"] == f"s3://{bucket}/in/no.txt"
    result = json.loads((tmp_path / "results" / bucket / "in" / "a b+ü.png.json").read_bytes())
    assert (result["key"], result["predictions"][0]["label"]) == ("in/a b+ü.png", "red")
    assert "2 of them are not called like a picture" not in ran.stdout


def test_what_has_its_result_is_passed_over_until_the_picture_changes(
    s3: S3Client, bucket: str
) -> None:
    put(s3, bucket, {"a.png": "red", "b.png": "lime"})
    invoke("ingest", f"s3://{bucket}/", "--local")
    put(s3, bucket, {"b.png": "blue"})

    ran = invoke("ingest", f"s3://{bucket}", "--local")

    assert ran.code == 0
    assert "2 objects: 1 classified, 1 had their result" in ran.stdout
    assert "a second" in ran.stdout


def test_a_limit_and_a_suffix_choose(s3: S3Client, bucket: str, tmp_path: Path) -> None:
    put(s3, bucket, {"a.png": "red", "b.jpg": "red", "c.png": "red", "d.png": "red"})

    where = ["--results", str(tmp_path / "other")]
    ran = invoke("ingest", f"s3://{bucket}/", "--local", "--suffix", ".png", "--limit", "2", *where)

    assert ran.code == 0
    written = sorted(each.name for each in (tmp_path / "other").rglob("*.json"))
    assert written == ["a.png.json", "c.png.json"]


def test_a_dry_run_says_how_much_there_is_and_what_it_costs_and_writes_nothing(
    s3: S3Client, bucket: str, tmp_path: Path
) -> None:
    put(s3, bucket, {"a.png": "red", "b": "red"})
    size = len(paint("red"))

    in_words = invoke("ingest", f"s3://{bucket}/", "--dry-run")
    found = invoke("ingest", f"s3://{bucket}/", "--dry-run", "--json").document()

    assert (found["objects"], found["bytes"], found["not_called_like_a_picture"]) == (
        2,
        2 * size,
        1,
    )
    dollars = found["dollars"]
    assert dollars["total"] == pytest.approx(dollars["function"] + dollars["storage"] + 0.25, 1e-3)
    assert "2 objects" in in_words.stdout
    assert "1 of them are not called like a picture" in in_words.stdout
    assert not (tmp_path / "results").exists()


def test_an_empty_prefix_and_a_model_that_is_none_are_told_before_any_work(
    s3: S3Client, bucket: str, tmp_path: Path
) -> None:
    nothing = invoke("ingest", f"s3://{bucket}/x", "--local")
    put(s3, bucket, {"a.png": "red"})
    no_model = invoke("ingest", f"s3://{bucket}/", "--local", "--model", str(tmp_path / "none"))

    assert (nothing.code, no_model.code) == (1, 1)
    assert f"nothing lies below s3://{bucket}/x" in nothing.stderr
    assert str(tmp_path / "none") in no_model.stderr


def test_results_must_have_a_place(
    s3: S3Client, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(s3, bucket, {"a.png": "red"})
    monkeypatch.delenv("MICROLENS_RESULTS")

    ran = invoke("ingest", f"s3://{bucket}/", "--local")

    assert ran.code == 1
    assert "MICROLENS_RESULTS" in ran.stderr


def test_an_outage_ends_the_run_after_some_failures_and_not_after_all(
    s3: S3Client, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(s3, bucket, {f"{number:02}.png": "red" for number in range(40)})
    (tmp_path / "results").write_text("a file, where a folder is needed")
    monkeypatch.setattr(ingest_local, "_FAILED_IN_A_ROW", 5)

    ran = invoke("ingest", f"s3://{bucket}/", "--local", "--json")

    found = ran.document()
    assert (ran.code, found["failed"]) == (1, 5)
    assert "5 failures in a row" in found["stopped"]
    assert "the same command goes on" in ran.stderr


WRONG = {
    "no place": ["--local"],
    "no bucket": ["s3://", "--local"],
    "no S3": ["/tmp", "--local"],  # noqa: S108 - nothing is written there
    "job without function": ["s3://photos/"],
    "no ARN": ["s3://photos/", "--function", "ingest"],
    "local with a role": ["s3://photos/", "--local", "--role", "x"],
    "job with a limit": ["s3://photos/", "--limit", "3"],
    "results without a name": ["s3://photos/", "--local", "--results", ""],
    "results on the web": ["s3://photos/", "--local", "--results", "https://photos/out"],
    "follow and cancel": ["--follow", "abcde", "--cancel", "abcde"],
    "follow a place": ["s3://photos/", "--follow", "abcde"],
    "follow with a suffix": ["--follow", "abcde", "--suffix", ".png"],
}


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG.keys())
def test_what_fits_not_together_is_wrong_usage(arguments: list[str]) -> None:
    ran = invoke("ingest", *arguments)

    assert (ran.code, ran.stdout) == (2, "")
    assert "Invalid value" in ran.stderr


@pytest.mark.slow(seconds=20)
@pytest.mark.no_cover
def test_a_thousand_pictures_whose_run_is_killed_and_started_again_have_one_result_each(
    seaweed: Seaweed, s3: S3Client, versioned_bucket: str, tmp_path: Path
) -> None:
    results, bucket = versioned_bucket, f"{versioned_bucket}-pictures"
    s3.create_bucket(Bucket=bucket)
    keys = [f"album/ä {number:04}.png" for number in range(1000)]
    done = [f"all/{bucket}/{key}.json" for key in keys]
    data = paint("red")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=bucket, Key=key, Body=data), keys))
    command = [*COMMAND, "ingest", f"s3://{bucket}/album/", "--local", "--json"]
    env = environment(
        {
            **seaweed.environment(),
            "PYTHONPATH": str(PROJECT),
            "MICROLENS_MODEL": str(tmp_path / "model"),
            "MICROLENS_RESULTS": f"s3://{results}/all",
        }
    )

    # The quick are this far ahead of the slow, in each run; see cli/parallel.py.
    ahead = 4 * at_once()
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as one:
        until(one, lambda: len(versions(s3, results)) >= 100)
        one.send_signal(signal.SIGKILL)
    before = len(versions(s3, results))
    # So many more that the second run has come past all that the first one left.
    more = 2 * ahead + 1
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as two:
        until(two, lambda: len(versions(s3, results)) > before + more)
        two.send_signal(signal.SIGINT)
        said, talk = two.communicate(timeout=60)
    interrupted = json.loads(said)
    after = len(versions(s3, results))
    last = subprocess.run(command, env=env, capture_output=True, check=True)
    found = json.loads(last.stdout)

    assert one.returncode == -signal.SIGKILL
    assert (two.returncode, interrupted["stopped"]) == (130, "stopped by Ctrl-C")
    assert b"the same command goes on from here" in talk
    assert 100 <= before < before + more < after < 1000
    # What the first had sent when it was killed may have been written after it was counted.
    assert before <= interrupted["had_their_result"] <= before + at_once()
    # Those that were on their way when Ctrl-C came have their results, and are not counted.
    assert before + more - ahead <= interrupted["pictures"] <= after
    assert (found["pictures"], found["failed"], found["refused"]) == (1000, 0, 0)
    assert (found["had_their_result"], found["classified"]) == (after, 1000 - after)
    assert sorted(versions(s3, results)) == done


def until(process: subprocess.Popen[bytes], holds: Callable[[], object]) -> None:
    """Return once it holds; the pause between two looks is a wait for the process's end."""
    deadline = time.monotonic() + 100
    while not holds():
        assert time.monotonic() < deadline
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
            pytest.fail(f"ended with {process.returncode} too early")
