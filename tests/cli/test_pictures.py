"""What goes wrong while a file is read is an error that names the file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli.pictures import find_pictures, read_picture
from inference.errors import CallerError, OperatorError, SourceNotFound, SourceUnavailable
from inference.sources import Sources

SOURCES = Sources(buckets=frozenset(), owner=None, max_bytes=1_000_000)


def test_a_file_that_went_after_it_was_found_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match=r"gone\.jpg does not exist any more"):
        read_picture(str(tmp_path / "gone.jpg"), SOURCES)


def test_a_file_that_became_a_folder_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="cannot be read: Is a directory"):
        read_picture(str(tmp_path), SOURCES)


# Root may read everything, so what the system refuses is provoked where it refuses root too.
@pytest.mark.parametrize("path", ["/proc/self/mem", "/proc/1/mem"])
def test_a_file_that_the_system_does_not_let_read_is_named(path: str) -> None:
    with pytest.raises((CallerError, OperatorError), match=path):
        read_picture(path, SOURCES)


def test_a_pipe_in_a_folder_is_not_waited_for(folder: Path) -> None:
    before = find_pictures([str(folder)])
    os.mkfifo(folder / "pipe.jpg")
    (folder / "device.jpg").symlink_to("/dev/tty")

    assert find_pictures([str(folder)]) == before


def test_a_link_back_to_its_own_folder_ends_the_search(folder: Path) -> None:
    (folder / "below" / "again").symlink_to(folder, target_is_directory=True)

    assert len(find_pictures([str(folder)])) == 3


def test_a_broken_link_is_a_path_that_does_not_exist(tmp_path: Path, folder: Path) -> None:
    (folder / "broken.jpg").symlink_to(tmp_path / "nowhere.jpg")

    broken = find_pictures([str(folder)])[2]

    assert Path(broken).name == "broken.jpg"
    with pytest.raises(SourceNotFound, match=r"broken\.jpg"):
        read_picture(broken, SOURCES)
