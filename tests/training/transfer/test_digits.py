"""Real handwriting, from a folder of pictures to an answer over HTTP."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.cli.command import invoke
from tests.servers.uvicorn import uvicorn


@pytest.mark.slow(seconds=120)
@pytest.mark.tensorflow
@pytest.mark.no_cover
@pytest.mark.timeout(600)
def test_a_folder_of_handwriting_is_trained_published_served_and_classified(
    digits: Path, tmp_path: Path
) -> None:
    bundle, stage = tmp_path / "digits", f"{tmp_path / 'registry'}/digits@dev"

    trained = invoke("train", digits, "--out", bundle, "--json")
    published = invoke("publish", bundle, "--to", stage, "--json")
    with uvicorn(env={"MICROLENS_MODEL": stage}) as service:
        answers = [
            httpx.post(f"{service.url}/classify", files={"image": path.read_bytes()}, timeout=30)
            for path in (next((digits / str(digit)).iterdir()) for digit in range(10))
        ]

    assert (trained.code, published.code) == (0, 0)
    document = trained.document()
    accuracy = document["manifest"]["accuracy"]
    assert accuracy["pictures"] == 359 or accuracy["pictures"] == 360
    assert accuracy["top1"] >= 0.97
    assert published.document()["release"] == document["release"]
    labels = [answer.json()["predictions"][0]["label"] for answer in answers]
    assert labels == [str(digit) for digit in range(10)]
    assert {answer.json()["model"]["release"] for answer in answers} == {document["release"]}
