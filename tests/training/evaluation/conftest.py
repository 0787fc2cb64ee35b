"""Two small models, pictures that mislead them sometimes, and a registry with both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from inference.recipe import Recipe
from inference.stores.directory import DirectoryStore
from tests.inference.tiny import golden_of, write_tiny
from tests.training.evaluation.answers import noisy_colours
from tests.training.registry.conftest import RIGHT, red
from training.registry.changes import Hand, promote
from training.registry.releases import publish_release, verified_release
from training.registry.stages import move_stage, read_stage

HAND = Hand(by="anna@lab", at=datetime(2026, 11, 21, 9, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that tells red, green and blue apart by the mean of each channel."""
    folder = tmp_path_factory.mktemp("tiny") / "tiny"
    return write_tiny(folder, files=golden_of(red(), RIGHT))


@pytest.fixture(scope="session")
def swapped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same network, to which somebody gives blue for red: mostly wrong."""
    folder = tmp_path_factory.mktemp("swapped") / "swapped"
    return write_tiny(folder, recipe=Recipe(scale=1 / 255, colour="BGR"))


@pytest.fixture(scope="session")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 pictures of three classes, some of which look like another."""
    return noisy_colours(tmp_path_factory.mktemp("noisy") / "colours", 40, 0.12)


@dataclass(frozen=True, slots=True)
class Registry:
    """A store where `prod` has the model that is right and `dev` the one that is wrong."""

    path: Path
    good: str
    bad: str

    @property
    def model(self) -> str:
        """The model's place in it."""
        return f"{self.path}/colours"


@pytest.fixture
def registry(tmp_path: Path, tiny: Path, swapped: Path) -> Registry:
    """A fresh one; `swapped` has no golden answers that could stop it."""
    store = DirectoryStore(tmp_path / "registry")
    good = publish_release(store, tiny, "colours")
    bad = publish_release(store, swapped, "colours")
    for digest in (good, bad):
        release = verified_release(store, "colours", digest)
        stage = read_stage(store, "colours", "dev")
        move_stage(stage, release, action="publish", at=HAND.at, by=HAND.by)
        if digest == good:
            promote(store, "colours", "dev", "prod", HAND)
    return Registry(tmp_path / "registry", good, bad)
