"""What a hostile file would do does not happen: it is refused quickly, and Keras is not asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inference.keras_files.attempts import attempted
from tests.inference.keras_files.hostile import CASES, Case

MAX_SECONDS = 2.0
MAX_BYTES = 300_000_000
SHARED_BYTES = 50_000_000
"""More than the interpreter and its libraries take, which the child shares and is not charged."""


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_it_is_refused_before_keras_is_asked_within_two_seconds_and_300_mb(
    tmp_path: Path, case: Case
) -> None:
    folder, canary = tmp_path / "model", tmp_path / "canary"
    folder.mkdir()
    case.write(folder, canary)

    said = attempted(folder)

    assert said["error"] == case.error, said["message"]
    assert case.says in said["message"]
    assert said["asked"] == []
    assert said["seconds"] < MAX_SECONDS
    assert said["bytes"] + SHARED_BYTES < MAX_BYTES
    assert not canary.exists()
    assert str(tmp_path) not in said["message"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]
