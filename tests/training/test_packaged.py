"""Files of installed packages are found without importing the package."""

from __future__ import annotations

import sys

import pytest

from inference.errors import ModelError
from training.free_photos import CREDITS, free_photos
from training.packaged import read_packaged


def test_the_free_photos_are_pictures_and_each_has_its_credit() -> None:
    loaded = set(sys.modules)
    signatures = {name: data[:4] for name, data in free_photos().items()}
    assert signatures == {
        "chelsea.png": b"\x89PNG",
        "coffee.png": b"\x89PNG",
        "flower.jpg": b"\xff\xd8\xff\xe0",
        "china.jpg": b"\xff\xd8\xff\xe0",
    }
    assert all(name in CREDITS for name in signatures)
    assert {"skimage", "sklearn"}.isdisjoint(set(sys.modules) - loaded)


@pytest.mark.parametrize(
    ("package", "path"),
    [("no-such-package", "a.bin"), ("numpy", "numpy/no-such-file.bin")],
    ids=["no package", "no file"],
)
def test_what_is_missing_names_the_package_to_install(package: str, path: str) -> None:
    with pytest.raises(ModelError, match=f"{path} is needed: install the package '{package}'"):
        read_packaged(package, path)
