"""The model of a command: kept where the settings say, and no release of it but the last."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.models import load_model
from inference.settings import read_settings
from inference.stores import open_store
from tests.inference.registered import NAME, STAGE, point, release


@pytest.fixture
def registry(on_seaweed: None, bucket: str) -> str:
    """A registry in S3."""
    assert on_seaweed is None
    return f"s3://{bucket}/registry"


def test_a_command_keeps_the_release_that_it_asked_where_the_setting_says(
    registry: str, tmp_path: Path
) -> None:
    model = f"{registry}/{NAME}@{STAGE}"
    settings = read_settings({"MICROLENS_MODEL": model, "MICROLENS_CACHE": str(tmp_path)})
    store = open_store(registry)
    digests = []
    for labels in (("red", "green", "blue"), ("rot", "grün", "blau")):
        digests.append(release(store, labels))
        point(store, digests[-1])
        load_model(settings)

    (folder,) = tmp_path.iterdir()
    assert {path.name for path in folder.iterdir()} & {*digests} == {digests[-1]}


def test_a_command_keeps_nothing_where_nothing_is_to_be_kept(
    registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    store = open_store(registry)
    point(store, release(store))

    load_model(
        read_settings({"MICROLENS_MODEL": f"{registry}/{NAME}@{STAGE}", "MICROLENS_CACHE": "off"})
    )

    assert list(tmp_path.iterdir()) == []
