"""Promotions move a pointer after the release was proved, or leave it alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from inference import layout
from inference.errors import (
    BundleDamaged,
    GoldenMismatch,
    ModelError,
    OperatorError,
)
from inference.manifest import MODEL_FILE
from inference.pointers import first
from inference.recipe import Recipe
from inference.stores import Store
from tests.inference.tiny import write_tiny
from tests.training.registry.steps import (
    NAME,
    everything,
    hand,
    pointer_bytes,
    publish,
    release_at,
)
from training.registry.changes import Change, promote, rollback
from training.registry.releases import publish_release
from training.registry.report import Report
from training.registry.stages import read_stage


def test_a_promotion_points_the_stage_to_the_release_of_the_other(
    store: Store, old_bundle: Path, new_bundle: Path
) -> None:
    old = publish(store, old_bundle)
    first = promote(store, NAME, "dev", "prod", hand())
    new = publish(store, new_bundle)

    second = promote(store, NAME, "dev", "prod", hand("bert@lab"))

    assert (first.old, first.new) == (None, old)
    assert (second.old, second.new) == (old, new)
    pointer = read_stage(store, NAME, "prod").pointer
    assert second.moved == pointer
    assert pointer is not None
    assert [(move.release, move.by, move.action) for move in pointer.moves] == [
        (new, "bert@lab", "promote"),
        (old, "anna@lab", "promote"),
    ]


def test_a_promotion_says_what_differs(store: Store, old_bundle: Path, new_bundle: Path) -> None:
    publish(store, old_bundle, "prod")
    publish(store, new_bundle)

    comparison = promote(store, NAME, "dev", "prod", hand()).comparison

    assert comparison is not None
    assert [str(each) for each in comparison.differences] == [
        "labels gone: red",
        "labels added: crimson",
        "recipe.resize: bilinear → nearest",
        "accuracy: 50.0% of 10 pictures → 75.0% of 10 pictures",
    ]
    assert comparison.golden is not None
    # It sees the same class and gives it another name: that is what a caller would notice.
    assert (comparison.golden.same, comparison.golden.pictures) == (0, 1)


def test_a_release_can_be_promoted_by_its_digest(
    store: Store, old_bundle: Path, new_bundle: Path
) -> None:
    old = publish(store, old_bundle)
    publish(store, new_bundle)

    assert promote(store, NAME, old[:12], "prod", hand()).new == old
    assert release_at(store, "prod") == old


def test_a_stage_that_is_there_already_is_not_written(store: Store, old_bundle: Path) -> None:
    publish(store, old_bundle)
    promote(store, NAME, "dev", "prod", hand())
    before = everything(store)

    change = promote(store, NAME, "dev", "prod", hand("bert@lab"))

    assert not change.is_needed
    assert change.moved is None
    assert everything(store) == before


@pytest.mark.parametrize(
    "act",
    [
        lambda store: promote(store, NAME, "dev", "prod", hand(dry_run=True)),
        lambda store: rollback(store, NAME, "dev", hand(dry_run=True)),
    ],
    ids=["promote", "rollback"],
)
def test_a_dry_run_says_the_same_and_changes_nothing(
    store: Store, old_bundle: Path, new_bundle: Path, act: Callable[[Store], Change]
) -> None:
    old = publish(store, old_bundle)
    promote(store, NAME, "dev", "prod", hand())
    new = publish(store, new_bundle)
    before = everything(store)

    change = act(store)

    assert {change.old, change.new} == {old, new}
    assert change.comparison is not None
    assert change.comparison.differences
    assert change.moved is None
    assert everything(store) == before


def test_a_release_that_misses_its_golden_answers_moves_no_pointer(
    store: Store, old_bundle: Path, wrong_bundle: Path
) -> None:
    publish(store, old_bundle)
    promote(store, NAME, "dev", "prod", hand())
    wrong = publish_release(store, wrong_bundle, NAME)
    before = everything(store)

    with pytest.raises(GoldenMismatch, match=wrong[:12]):
        promote(store, NAME, wrong, "prod", hand())
    with pytest.raises(GoldenMismatch, match=wrong[:12]):
        promote(store, NAME, wrong, "staging", hand())

    assert everything(store) == before


@pytest.mark.parametrize("file", [MODEL_FILE["litert"], "labels.txt", "golden/one.png"])
def test_a_release_with_a_flipped_bit_moves_no_pointer(
    store: Store, old_bundle: Path, new_bundle: Path, file: str
) -> None:
    old = publish(store, old_bundle, "prod")
    new = publish(store, new_bundle)
    key = layout.release(NAME, new) + file
    blob = store.read(key)
    assert blob is not None
    store.replace(key, blob.data[:-1] + bytes([blob.data[-1] ^ 1]), blob.etag)

    with pytest.raises(BundleDamaged, match=file):
        promote(store, NAME, "dev", "prod", hand())

    assert release_at(store, "prod") == old


def test_a_damaged_release_can_be_replaced_though_it_cannot_be_compared(
    store: Store, old_bundle: Path, new_bundle: Path
) -> None:
    old = publish(store, old_bundle, "prod")
    new = publish(store, new_bundle)
    key = layout.release(NAME, old) + "labels.txt"
    blob = store.read(key)
    assert blob is not None
    store.replace(key, b"something else", blob.etag)

    change = promote(store, NAME, "dev", "prod", hand())

    assert change.comparison is not None
    assert "'labels.txt' is not the file that was published" in (change.comparison.unreadable or "")
    assert release_at(store, "prod") == new


def without_golden_answers(tmp_path: Path) -> Path:
    """A release that nobody gave golden pictures."""
    return write_tiny(tmp_path / "plain", recipe=Recipe(scale=1 / 255, resize="hamming"))


def test_a_release_without_golden_answers_is_compared_without_them(
    store: Store, new_bundle: Path, tmp_path: Path
) -> None:
    publish(store, without_golden_answers(tmp_path), "prod")
    publish(store, new_bundle)

    comparison = promote(store, NAME, "dev", "prod", hand()).comparison

    assert comparison is not None
    assert comparison.golden is None
    assert "labels gone" in [each.what for each in comparison.differences]


GOLDEN_FAULTS = {
    "answers that are none": ({"golden/answers.json": b"{}"}, "golden/answers.json"),
    "a picture that is none": ({"golden/one.png": b"no picture"}, "a golden picture"),
}


@pytest.mark.parametrize(("files", "what"), GOLDEN_FAULTS.values(), ids=GOLDEN_FAULTS.keys())
def test_golden_files_that_cannot_be_read_forbid_going_there_but_not_leaving(
    store: Store, old_bundle: Path, tmp_path: Path, files: dict[str, bytes], what: str
) -> None:
    folder = write_tiny(tmp_path / "broken", files={**golden_files(old_bundle), **files})
    broken, good = publish_release(store, folder, NAME), publish(store, old_bundle)
    at = hand().at
    pointer = first(NAME, "prod", broken, at=at, by="anna@lab", action="publish")
    store.create(layout.pointer(NAME, "prod"), pointer.serialise())

    change = promote(store, NAME, "dev", "prod", hand())

    assert change.comparison is not None
    assert f"{what} cannot be read" in (change.comparison.unreadable or "")
    assert release_at(store, "prod") == good
    with pytest.raises(ModelError, match=broken[:12]):
        rollback(store, NAME, "prod", hand())


def golden_files(folder: Path) -> dict[str, bytes]:
    return {f"golden/{path.name}": path.read_bytes() for path in (folder / "golden").iterdir()}


def test_a_pointer_that_is_none_is_left_as_it_is(store: Store, old_bundle: Path) -> None:
    publish(store, old_bundle)
    store.create(layout.pointer(NAME, "prod"), b"{}")

    with pytest.raises(
        ModelError, match=r"stages/prod\.json of .*: this is no pointer .*remove it"
    ):
        promote(store, NAME, "dev", "prod", hand())

    assert pointer_bytes(store, "prod") == b"{}"


@pytest.mark.parametrize(
    ("verdict", "of_new", "said"),
    [
        ("fail", True, "recall of 'red' fell by 12 points"),
        ("pass", False, "the report is about release 000000000000"),
        ("fail", False, "the report is about release 000000000000"),
    ],
    ids=["it fails", "of another release", "it fails another release"],
)
def test_a_report_that_speaks_against_it_moves_no_pointer(
    store: Store, old_bundle: Path, new_bundle: Path, verdict: str, of_new: bool, said: str
) -> None:
    old = publish(store, old_bundle, "prod")
    new = publish(store, new_bundle)
    report = Report.model_validate(
        {
            "verdict": verdict,
            "release": new if of_new else "0" * 64,
            "reasons": ["recall of 'red' fell by 12 points"],
        }
    )

    with pytest.raises(OperatorError, match=f"is not promoted to prod: {said}"):
        promote(store, NAME, "dev", "prod", hand(), report)

    assert release_at(store, "prod") == old


def test_a_report_that_passes_this_release_lets_it_through(store: Store, old_bundle: Path) -> None:
    digest = publish(store, old_bundle)

    promote(store, NAME, "dev", "prod", hand(), Report(verdict="pass", release=digest))

    assert release_at(store, "prod") == digest
