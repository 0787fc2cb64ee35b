"""What a calibrated model decided is counted, and told where it is measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from inference.answers import Verdict
from inference.calibration import Calibration
from inference.manifest import CALIBRATION
from tests.cli.command import invoke
from tests.inference.tiny import write_tiny
from tests.training.evaluation.answers import answered
from training.evaluation.decided import Decided, decided

LABELS = ("red", "green", "blue")


def verdict(decision: str, *labels: str) -> Verdict:
    return Verdict.model_validate({"decision": decision, "labels": labels, "coverage": 0.9})


def test_decisions_are_counted_and_held_against_the_truth() -> None:
    pictures = [
        replace(answered(0, (0, 0.9)), verdict=verdict("accept", "red")),
        replace(answered(1, (0, 0.9)), verdict=verdict("accept", "red")),
        replace(answered(2, (0, 0.5)), verdict=verdict("review", "red", "blue")),
        replace(answered(2, (1, 0.5)), verdict=verdict("review")),
        replace(answered(0, (0, 0.9)), verdict=verdict("unknown", "red")),
    ]

    found = decided(pictures, LABELS)

    assert found == Decided(
        pictures=5, accept=2, review=2, unknown=1, accepted_wrong=1, covered=3, coverage=0.9
    )


def test_without_a_calibration_nothing_is_decided() -> None:
    assert decided([answered(0, (0, 0.9))], LABELS) is None


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with a calibration that accepts what it is sure of."""
    calibration = Calibration(temperature=1.0, error=0.1, thresholds=[0.4])
    folder = tmp_path_factory.mktemp("careful") / "careful"
    return write_tiny(folder, files={CALIBRATION: calibration.serialise()})


def test_a_report_tells_the_decisions_of_a_calibrated_model(
    careful: Path, tiny: Path, colours: Path, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"

    document = invoke("evaluate", careful, colours, "--json").document()
    said = invoke("evaluate", careful, colours, "--html", page)
    plain = invoke("evaluate", tiny, colours, "--json").document()

    found = document["decisions"]
    assert found["accept"] + found["review"] == found["pictures"] == 120
    assert (found["unknown"], found["coverage"]) == (0, 0.9)
    assert 0 < found["covered"] < 120
    assert found["accepted_wrong"] <= len(document["mistakes"])
    assert plain["decisions"] is None
    words = " ".join(said.stdout.split())
    assert f"{found['accept']:,} accepted, {found['accepted_wrong']} of them wrong" in words
    assert "90.0% promised" in words
    assert "Coverage of its sets" in page.read_text(encoding="utf-8")
