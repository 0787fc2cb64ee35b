"""A writer replaces the files of a model one after the other; a reader looks at any moment.

Nothing is left to the clock: before each thing that the reader asks of the store, a seeded
scheduler lets the writer do none, one or several of its steps.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from inference.answers import ModelIdentity
from inference.bundle import Bundle
from inference.references import BundleReference
from inference.serving import Serving
from inference.stores import Store, open_store
from tests.inference.clocks import Clock
from tests.inference.generations import LABELS_FILE, RECIPE, Generation, numbers_in
from tests.inference.registered import write
from tests.inference.watched import Watched

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Step = Callable[[], None]
Put = Callable[[str, bytes, bool], None]
"""Writes a file; the last says whether what is written is only the beginning of it."""


FOLDER_COUNT = 1_000


class Checked:
    """What the reader builds: nothing but the knowledge of which generation it was given."""

    built: list[set[int]]

    def __init__(self, bundle: Bundle, stage: str | None) -> None:
        self.bundle = bundle
        self.identity = ModelIdentity(name="checked", release=bundle.release, stage=stage)
        try:
            self.numbers = numbers_in(bundle)
        except AssertionError:
            self.numbers = {-1, -2}
        self.built.append(self.numbers)


def _keep(*, has_cycles: bool) -> None:
    assert has_cycles, "plain Keras files are served by TensorFlow"


class Reader:
    """A service whose models are only checked, and whose looks are made by hand."""

    def __init__(self, store: Store, patch: pytest.MonkeyPatch) -> None:
        Checked.built = []
        patch.setattr("inference.serving.Model", Checked)
        # There is no network in memory that the collector could free.
        patch.setattr("inference.serving.give_back", _keep)
        self._clock = Clock()
        reference = BundleReference(store)
        self.serving = Serving(reference, 1.0, self._clock, lambda work: work())

    def look(self) -> None:
        """Let a refresh come due and be done."""
        self._clock.now += 1.0
        self.serving.start()

    @property
    def number(self) -> int:
        """The generation that is served."""
        model: Any = self.serving.current()
        [number] = model.numbers
        return int(number)


class Writer:
    """Replaces one generation after the other; `step` does the next small thing."""

    def __init__(self, put: Put, chance: random.Random) -> None:
        self._put = put
        self._chance = chance
        self._steps: Iterator[Step] = iter(())
        self.busy = False

    def begin(self, generations: list[Generation]) -> None:
        """Write these; all but the last may be given up half-way."""
        self._steps = self._plan(generations)
        self.busy = True

    def step(self) -> None:
        """One step, if there is one left."""
        step = next(self._steps, None)
        if step is None:
            self.busy = False
        else:
            step()

    def _plan(self, generations: list[Generation]) -> Iterator[Step]:
        for generation in generations:
            files = list(generation.files().items())
            self._chance.shuffle(files)
            aborted = generation is not generations[-1]
            kept = self._chance.randint(0, 2) if aborted else 3
            for name, data in files[:kept]:
                if self._chance.random() < 0.4:  # slow, or cut off and sent again
                    # A list of labels that is cut between two lines may have the right length.
                    end = data.index(b"\n") if name == LABELS_FILE else len(data)
                    cut = data[: self._chance.randrange(end)]
                    yield partial(self._put, name, cut, True)
                yield partial(self._put, name, data, False)


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


def run(reader: Reader, writer: Writer, store: Watched, chance: random.Random, count: int) -> None:
    """So many interleavings of the two, each ending with a whole new generation."""
    number = 0
    eagerness = 0.0

    def let_writer(_: str) -> None:
        while chance.random() < eagerness:
            writer.step()

    for _ in range(count):
        aborted = chance.choice([0, 0, 1, 2])
        generations = [Generation(number + 1 + each) for each in range(aborted + 1)]
        number = generations[-1].number
        writer.begin(generations)
        eagerness = chance.choice([0.1, 0.3, 0.6])
        store.before = let_writer
        while writer.busy:
            if chance.random() < 0.3:
                writer.step()
            reader.look()
        store.before = lambda _: None
        reader.look()
        reader.look()
        assert reader.number == number, reader.serving.history.waiting_for
    assert all(len(numbers) == 1 for numbers in Checked.built)


def start(store: Store) -> None:
    for name, data in {**Generation(0).files(), "recipe.json": RECIPE}.items():
        write(store, name, data)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_thousand_interleavings_in_a_folder_never_give_a_mixed_model_and_end_with_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(1)  # noqa: S311 - a schedule is no secret
    store = Watched(open_store(str(tmp_path)))
    start(store)
    reader = Reader(store, monkeypatch)
    reader.look()

    run(reader, Writer(in_folder(tmp_path, chance), chance), store, chance, FOLDER_COUNT)

    assert len(Checked.built) > FOLDER_COUNT


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("kind", "count"), [("bucket", 700), ("versioned_bucket", 300)])
def test_a_thousand_interleavings_in_s3_never_give_a_mixed_model_and_end_with_the_newest(
    kind: str,
    count: int,
    request: pytest.FixtureRequest,
    s3: S3Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request.getfixturevalue("on_seaweed")
    bucket = request.getfixturevalue(kind)
    chance = random.Random(2)  # noqa: S311 - a schedule is no secret
    store = Watched(open_store(f"s3://{bucket}/plain"))
    start(store)
    reader = Reader(store, monkeypatch)
    reader.look()

    def put(name: str, data: bytes, _: bool) -> None:
        s3.put_object(Bucket=bucket, Key=f"plain/{name}", Body=data)

    run(reader, Writer(put, chance), store, chance, count)

    assert len(Checked.built) > count
    assert not any(asked.startswith("list") for asked in store.asked)


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
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New labels for the same network are no half of anything."""
    store = open_store(str(tmp_path))
    start(store)
    reader = Reader(store, monkeypatch)
    reader.look()
    before = reader.serving.current().identity.release

    (tmp_path / "labels.txt").write_text("0-b\n0-a\n")
    reader.look()
    assert reader.serving.current().identity.release == before
    assert "come to rest" in str(reader.serving.history.waiting_for)
    reader.look()

    assert reader.serving.current().identity.release != before
    assert reader.serving.history.waiting_for is None


def test_a_file_that_went_and_came_back_leaves_nothing_to_wait_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(str(tmp_path))
    start(store)
    reader = Reader(store, monkeypatch)
    reader.look()

    (tmp_path / "labels.txt").rename(tmp_path / "away.txt")
    reader.look()
    assert "come to rest" in str(reader.serving.history.waiting_for)
    (tmp_path / "away.txt").rename(tmp_path / "labels.txt")
    reader.look()

    assert reader.serving.history.waiting_for is None
    assert reader.serving.history.swaps == 1


def test_the_same_files_written_again_load_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(str(tmp_path))
    start(store)
    reader = Reader(store, monkeypatch)
    reader.look()

    for name, data in Generation(0).files().items():
        (tmp_path / name).write_bytes(data)
    for _ in range(3):
        reader.look()

    assert reader.serving.history.waiting_for is None
    assert reader.serving.history.swaps == 1
