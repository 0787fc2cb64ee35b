"""What the fuzzers start from, and all that they ever found, goes through their targets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.costs import within
from tests.fuzzing.targets import TARGETS, Target

# Damaged metadata makes Pillow warn; the service leaves such warnings out of its log.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

KEPT = Path(__file__).parent / "corpus"
FILES = sorted(KEPT.glob("*/*"))
MAX_SECONDS = 1.0


def inputs() -> Iterator[tuple[Target, bytes]]:
    """Every seed of every target."""
    for target in TARGETS.values():
        for seed in target.seeds():
            yield target, seed


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name[:12]}")
def test_what_a_fuzzer_kept_ends_as_it_should_within_a_second(path: Path) -> None:
    within(MAX_SECONDS, TARGETS[path.parent.name].run, path.read_bytes())


def test_each_target_has_seeds_that_pass_and_a_corpus() -> None:
    for target, seed in inputs():
        target.run(seed)
    assert {path.parent.name for path in FILES} == set(TARGETS)


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=60, derandomize=True)
@given(
    place=st.floats(0, 1), piece=st.binary(max_size=12), cut=st.integers(0, 12), seed=st.integers(0)
)
def test_a_seed_with_a_piece_replaced_ends_as_it_should(
    name: str, place: float, piece: bytes, cut: int, seed: int
) -> None:
    target = TARGETS[name]
    seeds = target.seeds()
    data = seeds[seed % len(seeds)]
    at = int(place * len(data))
    within(MAX_SECONDS, target.run, data[:at] + piece + data[at + cut :])
