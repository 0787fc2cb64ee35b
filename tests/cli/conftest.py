"""Pictures that the command is given."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def broken(tmp_path: Path, flower: Path) -> Path:
    """A JPEG that was cut off in the middle."""
    path = tmp_path / "broken.jpg"
    whole = flower.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """A text file that is called a picture."""
    path = tmp_path / "text.jpg"
    path.write_text("not a picture", encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path, chelsea: Path, coffee: Path, flower: Path) -> Path:
    """Three pictures, one in a folder below, among things that are to be left alone."""
    root = tmp_path / "photos"
    (root / "below").mkdir(parents=True)
    (root / ".hidden").mkdir()
    shutil.copy(coffee, root / "b-coffee.png")
    shutil.copy(chelsea, root / "a-chelsea.PNG")
    shutil.copy(flower, root / "below" / "flower.jpg")
    shutil.copy(flower, root / ".hidden" / "flower.jpg")
    shutil.copy(flower, root / "._flower.jpg")
    (root / "notes.txt").write_text("no picture", encoding="utf-8")
    return root
