"""What each entry imports: nobody pays at start for what he does not use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.process import environment

PROJECT = Path(__file__).parents[2]
TENSORFLOW = {"tensorflow", "keras", "tf_keras"}
HTTP = {"fastapi", "starlette", "mangum", "uvicorn", "python_multipart"}
S3 = {"boto3", "botocore"}
COMMAND = {"typer", "rich"}


@pytest.mark.parametrize(
    ("entry", "forbidden"),
    [
        ("api.event_handler", TENSORFLOW | HTTP | S3 | COMMAND),
        ("api.http_handler", TENSORFLOW | S3 | COMMAND | {"uvicorn"}),
        ("api.app", TENSORFLOW | S3 | COMMAND | {"uvicorn", "mangum", "ai_edge_litert"}),
        ("inference.classifier", TENSORFLOW | HTTP | S3 | COMMAND),
    ],
)
def test_an_entry_loads_the_default_model_without(
    entry: str, forbidden: set[str], tmp_path: Path
) -> None:
    code = f"import {entry}, sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env=environment({"MICROLENS_RESULTS": str(tmp_path)}),
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert "inference" in loaded
    assert forbidden.isdisjoint(loaded), sorted(forbidden.intersection(loaded))
