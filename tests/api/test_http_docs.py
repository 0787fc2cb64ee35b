"""docs/http.md: its program is run against a service with uploads, its error is one of ours."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.errors import TABLE, document
from inference.errors import ImageTooLarge
from tests.servers.seaweed import Seaweed
from tests.servers.uvicorn import uvicorn

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PAGE = Path(__file__).parents[2] / "docs" / "http.md"
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def block(language: str) -> str:
    """The one block in that language."""
    (found,) = [text for name, text in BLOCKS if name == language]
    return str(found)


def test_every_block_on_the_page_is_tried() -> None:
    assert {name for name, _ in BLOCKS} == {"python", "json"}


def test_a_large_picture_is_answered_as_the_page_says(
    seaweed: Seaweed,
    s3: S3Client,
    flower: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bucket = f"incoming-{secrets.token_hex(8)}"
    s3.create_bucket(Bucket=bucket)
    variables = {
        "MICROLENS_UPLOADS": f"s3://{bucket}/uploads",
        "MICROLENS_RESULTS": f"s3://{bucket}/results",
    }
    shutil.copy(flower, tmp_path / "x.jpg")
    monkeypatch.chdir(tmp_path)
    with uvicorn({**seaweed.environment(), **variables}) as service:
        program = block("python").replace("http://127.0.0.1:8000", service.url)
        exec(compile(program, str(PAGE), "exec"), {})  # noqa: S102 - our own page

    assert capsys.readouterr().out == "daisy\n"
    assert s3.list_objects_v2(Bucket=bucket, Prefix="uploads/")["KeyCount"] == 1


def test_the_error_on_the_page_is_one_that_the_service_sends() -> None:
    row = TABLE[ImageTooLarge]
    assert json.loads(block("json")) == document(row, row.example)
