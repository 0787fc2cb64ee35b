"""`microlens classify s3://…` against a real S3 server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inference.settings import DEFAULT_MODEL
from tests.cli.command import microlens
from tests.servers.seaweed import Seaweed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def test_a_picture_in_s3_needs_no_permission_but_the_operators_own(
    seaweed: Seaweed, s3: S3Client, bucket: str, chelsea: Path
) -> None:
    s3.put_object(Bucket=bucket, Key="my cats/ä+b.png", Body=chelsea.read_bytes())
    address = f"s3://{bucket}/my cats/ä+b.png"

    ran = microlens("classify", address, "--json", env=seaweed.environment())

    assert (ran.code, ran.stderr) == (0, "")
    assert ran.document()["image"]["source"] == address
    assert ran.document()["timing_ms"]["fetch"] > 0
    on_disk = microlens("classify", chelsea, "--json").document()
    assert ran.document()["predictions"] == on_disk["predictions"]


def test_files_and_addresses_mix_and_a_missing_one_spoils_no_other(
    seaweed: Seaweed, s3: S3Client, bucket: str, coffee: Path
) -> None:
    s3.put_object(Bucket=bucket, Key="coffee.png", Body=coffee.read_bytes())
    paths = [f"s3://{bucket}/coffee.png", str(coffee), f"s3://{bucket}/tea.png"]

    ran = microlens("classify", *paths, "--json", env=seaweed.environment())

    there, here, missing = ran.document()["results"]
    assert ran.code == 1
    assert there["predictions"] == here["predictions"]
    assert (missing["code"], missing["status"], missing["source"]) == (
        "source_not_found",
        404,
        paths[2],
    )


def test_storage_that_does_not_answer_is_named_to_the_operator(seaweed: Seaweed) -> None:
    nobody = {**seaweed.environment(), "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"}

    ran = microlens("classify", "s3://photos/a.jpg", env=nobody)

    assert (ran.code, ran.stdout) == (1, "")
    assert "s3://photos/a.jpg cannot be reached" in ran.stderr


def test_a_model_in_s3_answers_as_the_one_on_disk(
    seaweed: Seaweed, s3: S3Client, bucket: str, chelsea: Path
) -> None:
    bundle = Path(DEFAULT_MODEL)
    for file in (each for each in bundle.rglob("*") if each.is_file()):
        s3.upload_file(str(file), bucket, f"models/it/{file.relative_to(bundle).as_posix()}")

    model = f"s3://{bucket}/models/it"
    ran = microlens("classify", chelsea, "--model", model, "--json", env=seaweed.environment())

    on_disk = microlens("classify", chelsea, "--json").document()
    assert ran.document()["predictions"] == on_disk["predictions"]
    assert ran.document()["model"] == on_disk["model"]
