"""Features that are kept: found again, and never those that nothing can be learned from."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.errors import ModelError
from tests.training.transfer.courses import Quiet
from training.labelled import LabelledPicture
from training.transfer.features import extract
from training.transfer.fingerprints import Fingerprint, fingerprint
from training.transfer.heads import Features
from training.transfer.survey import Sample
from training.transfer.work import Work, installed


@dataclass
class Brightness:
    """Sees how bright a picture is, and counts how often it looks."""

    key: str = "brightness"
    looked: list[str] = field(default_factory=list)

    def features(self, sample: Sample) -> Features:
        self.looked.append(sample.picture.name)
        return np.array([sample.print.grey.mean(), 1.0], np.float32)


@dataclass
class Damaged(Brightness):
    """Gives what a network with a damaged weight gives for dark pictures."""

    key: str = "damaged"

    def features(self, sample: Sample) -> Features:
        seen = super().features(sample)
        return np.where(seen < 100, np.nan, seen).astype(np.float32)


@pytest.fixture
def samples(tmp_path: Path) -> list[Sample]:
    """A dark picture and a bright one."""
    found = []
    for index, grey in enumerate((40, 200)):
        path = tmp_path / f"{grey}.png"
        Image.new("L", (8, 8), grey).save(path)
        picture = LabelledPicture(path.name, path, index)
        seen = fingerprint(picture)
        assert isinstance(seen, Fingerprint)
        found.append(Sample(picture, seen, index))
    return found


def test_what_was_computed_once_is_found_again(samples: list[Sample], tmp_path: Path) -> None:
    work, first, second = Work(tmp_path / "work"), Brightness(), Brightness()

    features, there = extract(first, samples, work, Quiet())
    again, _ = extract(second, samples, work, Quiet())

    assert there.all()
    assert features[:, 0].tolist() == [40.0, 200.0]
    assert np.array_equal(features, again)
    assert (sorted(first.looked), second.looked) == (["200.png", "40.png"], [])


def test_features_that_are_no_numbers_are_told_and_not_kept(
    samples: list[Sample], tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=r"features of 40\.png are no finite numbers"):
        extract(Damaged(), samples, Work(tmp_path / "work"), Quiet())

    assert not list((tmp_path / "work").rglob("*.npz"))


def test_a_key_may_hold_the_versions_of_what_is_installed() -> None:
    assert installed("numpy", "no-such-package") == [f"numpy {version('numpy')}"]
