"""A writer that replaces the files of a model one after the other, and a reader at any moment.

Nothing is left to the clock: before each thing that the reader asks of the store, a seeded
scheduler lets the writer do none, one or several of its steps. No network is built: what is
served is told from the files themselves, which is all that the promise is about.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from inference.answers import ModelIdentity
from inference.bundle import Bundle
from inference.references import BundleReference
from inference.serving import Serving
from inference.stores import Store
from tests.inference.clocks import Clock
from tests.inference.generations import LABELS_FILE, RECIPE, Generation, numbers_in
from tests.inference.registered import write
from tests.inference.watched import Watched

Step = Callable[[], None]
Put = Callable[[str, bytes, bool], None]
"""Writes a file; the last says whether what is written is only the beginning of it."""

EAGERNESS = (0.2, 0.3, 0.5, 0.6, 0.7, 0.8)
"""How likely the writer does a step before a question, and then another: a patient one leaves
whole looks between two of its files, a hasty one replaces several within one."""


class Checked:
    """What the reader builds: nothing but the knowledge of which generation it was given."""

    built: list[set[int]]

    def __init__(self, bundle: Bundle, stage: str | None, *, alone: bool = False) -> None:  # noqa: ARG002 - as Model takes it
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


def run(reader: Reader, writer: Writer, store: Watched, chance: random.Random, count: int) -> None:
    """So many replacements of the files, of which those that are not given up are served."""
    number = 0
    eagerness = 0.0

    def let_writer(_: str) -> None:
        while chance.random() < eagerness:
            writer.step()

    while number < count:
        aborted = chance.choice([0, 0, 1, 2])
        generations = [Generation(number + 1 + each) for each in range(aborted + 1)]
        number = generations[-1].number
        writer.begin(generations)
        eagerness = chance.choice(EAGERNESS)
        store.before = let_writer
        while writer.busy:
            if chance.random() < 0.3:
                writer.step()
            reader.look()
        store.before = lambda _: None
        for _ in range(2):
            if reader.number != number:
                reader.look()
        assert reader.number == number, reader.serving.history.waiting_for
    assert all(len(numbers) == 1 for numbers in Checked.built)


def start(store: Store) -> None:
    """Generation 0, and the recipe that all of them share."""
    for name, data in {**Generation(0).files(), "recipe.json": RECIPE}.items():
        write(store, name, data)
