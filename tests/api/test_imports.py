"""What each entry imports: nobody pays at start for what he does not use."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.program import printed

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
    loaded = printed(code, env={"MICROLENS_RESULTS": str(tmp_path)}).split()
    assert "inference" in loaded
    assert forbidden.isdisjoint(loaded), sorted(forbidden.intersection(loaded))


def test_the_client_of_s3_is_made_beside_the_model_where_pictures_lie_in_buckets(
    tmp_path: Path,
) -> None:
    code = (
        "import api.event_handler\nfrom inference import s3\n"
        "s3.client.__wrapped__ = lambda: exit('a client is made when a picture comes')\n"
        "print(s3.client().meta.service_model.service_name)"
    )
    environment = {"MICROLENS_RESULTS": str(tmp_path), "MICROLENS_BUCKETS": "photos"}

    assert printed(code, env=environment).split() == ["s3"]
