"""The files of a model in a folder are replaced one by one, while a service follows them."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from inference.stores import open_store
from tests.inference.generations import RECIPE, Generation
from tests.inference.interleaving import Checked, Put, Reader, Writer, run, start
from tests.inference.registered import write
from tests.inference.watched import Watched

COUNT = 1_000
REPLACEMENTS = 1_850
"""Almost every second one is given up half-way."""


def in_folder(root: Path, chance: random.Random) -> Put:
    """Writes over a file where it lies, as `cp` does, or renames a new one, as `rsync` does."""

    def put(name: str, data: bytes, partly: bool) -> None:
        if partly or chance.random() < 0.5:
            (root / name).write_bytes(data)
        else:
            new = root / f".{name}.new"
            new.write_bytes(data)
            new.replace(root / name)

    return put


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """A service of generation 0, in this folder."""
    store = open_store(str(tmp_path))
    start(store)
    reader = Reader(store, monkeypatch)
    reader.look()
    return reader


@pytest.mark.slow(seconds=20)
@pytest.mark.no_cover
@pytest.mark.timeout(600)
def test_a_thousand_interleavings_in_a_folder_never_give_a_mixed_model_and_end_with_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(1)  # noqa: S311 - a schedule is no secret
    store = Watched(open_store(str(tmp_path)))
    start(store)
    reader = Reader(store, monkeypatch)
    reader.look()

    run(reader, Writer(in_folder(tmp_path, chance), chance), store, chance, REPLACEMENTS)

    assert len(Checked.built) > COUNT


def test_files_that_fit_by_chance_are_not_taken_while_they_are_being_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shapes cannot tell these apart; that another look finds something else again, can."""
    chance = random.Random(3)  # noqa: S311 - a schedule is no secret
    store = Watched(open_store(str(tmp_path)))
    for name, data in {**Generation(0, alike=True).files(), "recipe.json": RECIPE}.items():
        write(store, name, data)
    reader = Reader(store, monkeypatch)
    reader.look()
    writer = Writer(in_folder(tmp_path, chance), chance)

    for number in range(1, 101):
        writer.begin([Generation(number, alike=True)])
        while writer.busy:
            writer.step()
            reader.look()
        reader.look()
        reader.look()
        assert reader.number == number

    assert all(len(numbers) == 1 for numbers in Checked.built)


def test_a_file_that_is_replaced_alone_is_taken_when_it_has_come_to_rest(
    reader: Reader, tmp_path: Path
) -> None:
    """New labels for the same network are no half of anything."""
    before = reader.serving.current().identity.release

    (tmp_path / "labels.txt").write_text("0-b\n0-a\n")
    reader.look()
    assert reader.serving.current().identity.release == before
    assert "come to rest" in str(reader.serving.history.waiting_for)
    reader.look()

    assert reader.serving.current().identity.release != before
    assert reader.serving.history.waiting_for is None


def test_a_file_that_went_and_came_back_leaves_nothing_to_wait_for(
    reader: Reader, tmp_path: Path
) -> None:
    (tmp_path / "labels.txt").rename(tmp_path / "away.txt")
    reader.look()
    assert "come to rest" in str(reader.serving.history.waiting_for)
    (tmp_path / "away.txt").rename(tmp_path / "labels.txt")
    reader.look()

    assert reader.serving.history.waiting_for is None
    assert reader.serving.history.swaps == 1


def test_the_same_files_written_again_load_nothing(reader: Reader, tmp_path: Path) -> None:
    for name, data in Generation(0).files().items():
        (tmp_path / name).write_bytes(data)
    for _ in range(3):
        reader.look()

    assert reader.serving.history.waiting_for is None
    assert reader.serving.history.swaps == 1
