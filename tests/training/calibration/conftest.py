"""A bundle that tells digits apart, digits that it has not seen, and pictures that are none."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

from tests.cli.command import Ran, invoke
from tests.training.calibration.digits import write_digits

PHOTOGRAPHS = (
    *("astronaut.png", "camera.png", "chelsea.png", "coffee.png", "coins.png", "grass.png"),
    *("gravel.png", "brick.png", "hubble_deep_field.jpg", "ihc.png", "microaneurysms.png"),
    *("moon.png", "motorcycle_left.png", "retina.jpg", "rocket.jpg", "cell.png", "page.png"),
    *("text.png", "color.png", "clock_motion.png"),
)


@pytest.fixture(scope="session")
def handwriting(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The bundle, not calibrated, and a labelled folder of 1,000 pictures that are new to it."""
    place = tmp_path_factory.mktemp("handwriting")
    write_digits(place / "digits", place / "fresh")
    return place / "digits", place / "fresh"


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of scikit-image's photographs and scans, none of which is a digit."""
    spec = importlib.util.find_spec("skimage")
    assert spec is not None, "scikit-image is not installed; see CONTRIBUTING.md"
    assert spec.origin is not None, "scikit-image has no folder"
    folder = tmp_path_factory.mktemp("photographs")
    for name in PHOTOGRAPHS:
        shutil.copy(Path(spec.origin).parent / "data" / name, folder)
    return folder


@pytest.fixture(scope="session")
def calibrated(
    handwriting: tuple[Path, Path], photographs: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Ran]:
    """The bundle, calibrated by the command, and what that printed."""
    bundle, fresh = handwriting
    out = tmp_path_factory.mktemp("calibrated") / "digits"
    ran = invoke("calibrate", bundle, fresh, "--outside", photographs, "--out", out, "--json")
    return out, ran
