"""README.md: every line of shell in it does what the page says, as a newcomer would type it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.command import microlens
from tests.servers.process import environment
from tests.servers.seaweed import Seaweed
from tests.servers.uvicorn import Uvicorn, uvicorn
from tests.training.publishing.colours import colour_network, colour_pictures, write_labels

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
LINES = [
    line.partition(" #")[0].strip()
    for block in re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
CURLS = [line for line in LINES if line.startswith("curl ")]
COMMANDS = [
    line.removeprefix(".venv/bin/microlens ")
    for line in LINES
    if line.startswith(".venv/bin/microlens ")
]
MAKES = [line for line in LINES if re.match(r"(?:MODEL=\S+ )?make ", line)]
# It needs an AWS account; tests/infra checks the template that it deploys.
NOT_RUN = ["cd infra && sam build && sam deploy --guided"]
# Where benchmarks/RESULTS.md has what a row says: the words before its table, and the column.
MEASURED = {
    "a photo of 12 megapixels, ms": ("**12MP, 1 connection**", "p50, ms"),
    "a picture of 640×480, ms": ("**640x480, 1 connection**", "p50, ms"),
    "pictures of 640×480 a second, 8 at a time": ("**640x480, 8 connections**", "pictures/s"),
    "first answer of a cold Lambda, s": ("## Cold starts", "first answer, s"),
}
ALIKE = 0.05
"""The page rounds to two or three digits."""
[REPLY] = re.findall(r"^```json\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, chelsea: Path, flower: Path) -> Path:
    """A folder with the project's models and the pictures that the page speaks of."""
    folder = tmp_path_factory.mktemp("newcomer")
    (folder / "models").symlink_to(PROJECT / "models")
    (folder / "holiday").mkdir()
    shutil.copy(chelsea, folder / "b.png")
    for name in ("x.jpg", "a.jpg", "holiday/flower.jpg"):
        shutil.copy(flower, folder / name)
    return folder


@pytest.fixture(scope="module")
def service(seaweed: Seaweed, s3: S3Client, place: Path) -> Iterator[Uvicorn]:
    """The service that the page starts, allowed to read the bucket that it names."""
    s3.create_bucket(Bucket="photos")
    s3.put_object(Bucket="photos", Key="x.jpg", Body=(place / "x.jpg").read_bytes())
    with uvicorn({**seaweed.environment(), "MICROLENS_BUCKETS": "photos"}) as running:
        yield running


def said(line: str, service: Uvicorn, place: Path) -> Any:
    """What a line with curl prints, sent to the test's own service."""
    line = line.replace("localhost:8000", service.url.removeprefix("http://"))
    command = ["sh", "-c", f"{line} --silent --fail"]
    done = subprocess.run(command, cwd=place, env=environment(), capture_output=True, check=True)
    return json.loads(done.stdout)


def without_measures(reply: Any) -> Any:
    """A reply without what differs from run to run; digests as far as the page writes them."""
    reply["image"]["sha256"] = reply["image"]["sha256"][:12]
    reply["model"]["release"] = reply["model"]["release"][:12]
    return reply | {"timing_ms": None}


def test_every_line_is_of_a_kind_that_is_tried() -> None:
    assert len(CURLS) >= 4
    assert len(COMMANDS) >= 4
    assert sorted(CURLS + NOT_RUN + MAKES) == sorted(
        line for line in LINES if not line.startswith(".venv/")
    )


def test_the_first_reply_is_the_one_on_the_page(service: Uvicorn, place: Path) -> None:
    assert without_measures(said(CURLS[0], service, place)) == without_measures(json.loads(REPLY))


@pytest.mark.parametrize("line", CURLS[1:])
def test_every_other_way_in_finds_the_flower(line: str, service: Uvicorn, place: Path) -> None:
    answer = said(line, service, place)

    first = answer["results"][0] if "results" in answer else answer
    assert first["predictions"][0]["label"] == "daisy"


@pytest.mark.parametrize("line", MAKES)
def test_make_knows_what_the_page_asks_of_it(line: str) -> None:
    # A service that was asked for would not end: make says what it would do.
    words = line.replace("make ", "make --dry-run ")
    command = ["sh", "-c", f"{words} PYTHON={sys.executable}"]
    done = subprocess.run(command, cwd=PROJECT, env=os.environ, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.slow
@pytest.mark.tensorflow
def test_a_model_of_ones_own_goes_from_its_files_to_production(place: Path) -> None:
    import tf_keras

    (place / "my-model").mkdir()
    network = colour_network(tf_keras)
    (place / "my-model" / "architecture.json").write_text(network.to_json())
    network.save_weights(place / "my-model" / "weights.h5")
    write_labels(place / "my-model")
    colour_pictures(place / "labelled")

    for line in COMMANDS:
        ran = microlens(*line.replace("s3://bucket/models", "registry").split(), cwd=place)
        assert ran.code == 0, ran.stderr
    assert (place / "registry" / "pets" / "stages" / "prod.json").is_file()


def table_after(heading: str, text: str) -> dict[str, dict[str, str]]:
    """The first table after a heading, by the first cell of each row and the name of the column."""
    lines = dropwhile(lambda line: not is_row(line), text.partition(heading)[2].splitlines())
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in takewhile(is_row, lines)]
    return {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[2:]}


def is_row(line: str) -> bool:
    """Whether the line is part of a table."""
    return line.startswith("|")


def test_the_comparison_is_that_of_the_run_that_is_kept() -> None:
    results = (PROJECT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    shown = table_after("## How it compares", README)
    memory = dict(re.findall(r"(\w[\w+ ]*?) (\d+) MB", results.partition("Memory of all")[2]))
    measured = {"memory, MB": memory}
    for what, (words, column) in MEASURED.items():
        rows = table_after(words, results)
        measured[what] = {name.removesuffix(", HTTP"): row[column] for name, row in rows.items()}
    assert shown.keys() == measured.keys()
    for what, figures in shown.items():
        for server in figures.keys() - {""}:
            median = measured[what].get(server, "").split(" ")[0].replace(",", "")
            told = figures[server] and float(figures[server])
            assert told == (median and pytest.approx(float(median), rel=ALIKE)), (what, server)


def test_every_page_is_found_from_here() -> None:
    pages = {f"docs/{page.name}" for page in (PROJECT / "docs").glob("*.md")}
    assert pages - set(re.findall(r"\]\((docs/\w[\w-]*\.md)\)", README)) == set()
