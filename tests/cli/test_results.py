"""`microlens results`: real results in S3 and in a folder, as CSV and as Parquet."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from api.bulk.rows import Kind, columns
from cli.sheets import csv_sheet, parquet_sheet
from tests.api.bulk.test_rows import REFUSED, RESULT
from tests.api.flood import paint
from tests.cli.command import PROJECT, invoke, microlens
from tests.inference.tiny import write_tiny
from tests.servers.seaweed import Seaweed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def parquet_rows(path: Path) -> list[dict[str, Any]]:
    from pyarrow import parquet

    rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three results, two objects that are none, and a file of another kind."""
    root = tmp_path / "results"
    documents = {
        "b/a.json": RESULT,
        "b/below/formula.json": {**RESULT, "key": "=cmd|' /C calc'!A0,\n\"x\""},
        "b/refused.json": REFUSED,
        "b/other.json": {"hello": "world"},
    }
    for name, document in documents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(json.dumps(document))
    (root / "b" / "half.json").write_text('{"predictions": [')
    (root / "b" / "large.json").write_bytes(b" " * 1_000_001)
    (root / "notes.txt").write_text("{}")
    os.mkfifo(root / "pipe.json")
    return root


def test_results_of_a_folder_are_rows_and_what_is_none_is_named(folder: Path) -> None:
    ran = invoke("results", folder)

    rows = table(ran.stdout)
    assert ran.code == 0
    assert [row["key"] for row in rows] == ["k ü", "k", "'=cmd|' /C calc'!A0,\n\"x\""]
    assert [row["label"] for row in rows] == ["tabby", "", "tabby"]
    assert rows[0]["last_modified"] == "2026-11-22T03:00:00+00:00"
    assert rows[0]["result"] == str(folder / "b" / "a.json")
    lines = ran.stderr.splitlines()
    assert lines[-1] == "microlens: 3 rows, 4 no results of ours"
    assert f"passed over {folder}/b/half.json: it is no JSON" in ran.stderr
    assert f"passed over {folder}/b/large.json: it has more than the 1,000,000 byt" in ran.stderr
    assert f"passed over {folder}/b/other.json: it has neither predictions nor a" in ran.stderr


def test_no_semicolon_parts_a_text_in_two(folder: Path) -> None:
    (folder / "b" / "a.json").write_text(json.dumps({**RESULT, "key": "cup;=1+1.png"}))

    assert ',"cup;=1+1.png",' in invoke("results", folder).stdout


def test_parquet_and_csv_hold_the_same_rows_and_parquet_every_value_as_it_is(
    folder: Path, tmp_path: Path
) -> None:
    sheet, file = tmp_path / "t.csv", tmp_path / "t.parquet"
    file.write_text("the old one")

    ran = invoke("results", folder, "--csv", sheet, "--parquet", file, "--top-k", "2")

    assert (ran.code, ran.stdout) == (0, "")
    with sheet.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    rows = parquet_rows(file)
    assert [row["score"] for row in rows] == [0.75, None, 0.75]
    assert rows[2]["key"] == "=cmd|' /C calc'!A0,\n\"x\""
    assert (rows[0]["label_2"], lines[0]["label_2"]) == ("=1+1", "'=1+1")
    assert rows[0]["last_modified"].isoformat() == lines[0]["last_modified"]
    assert [row["width"] for row in rows] == [6, None, 6]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["results", "t.csv", "t.parquet"]


def test_conditions_must_all_hold(folder: Path) -> None:
    ran = invoke("results", folder, "--where", "label=tabby", "--where", "key=k ü")

    assert len(table(ran.stdout)) == 1
    assert "1 row, 2 left out by --where" in ran.stderr


def test_every_column_is_on_the_page_in_its_order() -> None:
    page = (PROJECT / "docs" / "bulk.md").read_text(encoding="utf-8")
    section = page.partition("| column |")[2].partition("\n\n")[0]

    first_cells = " ".join(re.findall(r"^\| (.*?) \|", section, re.MULTILINE))
    documented = re.findall(r"`([a-z0-9_]+)`", first_cells)
    assert documented == list(columns(2))


@pytest.mark.usefixtures("on_seaweed")
def test_what_ingest_wrote_to_s3_is_read_whole_and_in_order(
    s3: S3Client, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICROLENS_MODEL", str(write_tiny(tmp_path / "model")))
    monkeypatch.setenv("MICROLENS_RESULTS", f"s3://{bucket}/out")
    keys = [f"in/{number:03} ü+%.png" for number in range(60)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: s3.put_object(Bucket=bucket, Key=key, Body=paint("red")), keys))
    invoke("ingest", f"s3://{bucket}/in/", "--local")
    s3.put_object(Bucket=bucket, Key="out/job/manifest.json", Body=b'{"Results": []}')

    ran = invoke("results", f"s3://{bucket}/out/", "--where", "label=red")

    rows = table(ran.stdout)
    assert [row["key"] for row in rows] == keys
    assert {row["model"] for row in rows} == {"colours"}
    assert "60 rows, 1 no results of ours" in ran.stderr


def test_storage_that_does_not_answer_ends_it_and_leaves_no_half_file(
    seaweed: Seaweed, tmp_path: Path
) -> None:
    nobody = {**seaweed.environment(), "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"}

    ran = microlens("results", "s3://photos/", "--csv", tmp_path / "t.csv", env=nobody)

    assert (ran.code, ran.stdout) == (1, "")
    assert "s3://photos/ cannot be reached" in ran.stderr
    assert list(tmp_path.iterdir()) == []


WRONG = {
    "no folder": ["/no/such/folder"],
    "no bucket": ["s3://"],
    "another scheme": ["https://bucket/x"],
    "no column": [".", "--where", "colour=red"],
    "no label": [".", "--top-k", "0"],
}


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_asked_is_wrong_usage(arguments: list[str]) -> None:
    ran = invoke("results", *arguments)

    assert (ran.code, ran.stdout) == (2, "")


def test_parquet_without_its_package_names_the_package(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[2])])
    monkeypatch.delitem(sys.modules, "pyarrow", raising=False)

    ran = invoke("results", folder, "--parquet", tmp_path / "t.parquet")

    assert ran.code == 2
    assert "pip install pyarrow" in ran.stderr


@pytest.mark.parametrize("place", ["no/such/folder/t.csv", ".", "x" * 256])
def test_a_file_that_cannot_be_written_is_named(folder: Path, place: str, tmp_path: Path) -> None:
    ran = invoke("results", folder, "--csv", tmp_path / place)

    assert ran.code == 1
    assert str(tmp_path / place) in ran.stderr


def test_a_hundred_thousand_rows_take_no_more_memory_than_ten_thousand(tmp_path: Path) -> None:
    kinds: dict[str, Kind] = {"key": str, "score": float}

    def peak(rows: int) -> int:
        tracemalloc.start()
        with (
            csv_sheet(str(tmp_path / "t.csv"), kinds) as one,
            parquet_sheet(str(tmp_path / "t.parquet"), kinds) as other,
        ):
            for number in range(rows):
                row = {"key": f"key {number}", "score": number / rows}
                one.add(row)
                other.add(row)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(1)  # what is imported once
    assert peak(100_000) < 1.5 * peak(10_000)
