"""Pictures and a backbone that are made once for the whole run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.training.publishing.colours import colour_network, colour_pictures


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scikit-learn's handwriting as a labelled folder: 1,797 PNGs of 8 × 8 pixels, ten classes."""
    from sklearn.datasets import load_digits

    folder = tmp_path_factory.mktemp("digits") / "digits"
    found = load_digits()
    for number, (image, label) in enumerate(zip(found.images, found.target, strict=True)):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        pixels = (image * 255 / 16).round().astype(np.uint8)
        Image.fromarray(pixels).save(folder / str(label) / f"{number:04}.png")
    return folder


@pytest.fixture(scope="session")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A labelled folder of four colours, ten pictures each."""
    return colour_pictures(tmp_path_factory.mktemp("colours") / "pictures", each=10)


@pytest.fixture(scope="session")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Keras network of 16 × 16 pixels that tells these colours apart: learned on in seconds."""
    import keras

    file = tmp_path_factory.mktemp("backbone") / "colours.keras"
    colour_network(keras).save(file)
    return file
