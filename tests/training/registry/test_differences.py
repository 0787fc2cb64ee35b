"""What differs between two releases, in words that an operator understands."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.manifest import (
    Accuracy,
    Agreement,
    FileDigest,
    Input,
    Manifest,
    Origin,
    Output,
    Quantisation,
)
from inference.recipe import Recipe
from tests.inference.tiny import tiny_files, tiny_manifest
from training.registry.differences import as_size_of_file, differences, some_labels

FILES = tiny_files()
LABELS = ("red", "green", "blue")
AS_MEASURED = "99.0% of 100 pictures as the original, scores at most"


def manifest(**changes: Any) -> Manifest:
    """The manifest of the tiny bundle with `changes`."""
    return tiny_manifest(FILES).model_copy(update=changes)


def sized(model_bytes: int) -> dict[str, FileDigest]:
    """Files with a model of that size."""
    return {
        "labels.txt": FileDigest(bytes=15, sha256="0" * 64),
        "model.tflite": FileDigest(bytes=model_bytes, sha256="0" * 64),
        "golden/one.png": FileDigest(bytes=9_999_999, sha256="0" * 64),
    }


def accuracy(top1: float, data: str = "0") -> Accuracy:
    return Accuracy(top1=top1, pictures=1_000, data_sha256=data * 64)


def int8(top1: float, max_difference: float) -> Quantisation:
    agreement = Agreement(top1=top1, max_difference=max_difference, pictures=100)
    return Quantisation(scheme="int8", agreement=agreement)


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "nothing": ({}, {}, []),
    "what made it": ({}, {"made_by": {"keras": "3.15.1"}}, []),
    "recipe": (
        {"recipe": Recipe(mean=(127.0,), colour="RGB")},
        {"recipe": Recipe(mean=(103.939, 116.779, 123.68), colour="BGR")},
        ["recipe.colour: RGB → BGR", "recipe.mean: 127 → 103.939, 116.779, 123.68"],
    ),
    "size of the picture": (
        {},
        {"input": Input(width=380, height=381, dtype="float32")},
        ["input size: 6 × 4 → 380 × 381"],
    ),
    "dtype of the input": (
        {},
        {"input": Input(width=6, height=4, dtype="uint8")},
        ["input dtype: float32 → uint8"],
    ),
    "activation": (
        {},
        {"output": Output(classes=3, activation="softmax")},
        ["activation: sigmoid → softmax"],
    ),
    "quantisation": (
        {},
        {"quantisation": int8(0.99, 0.1196)},
        [
            "quantisation: none → int8",
            f"agreement: not measured → {AS_MEASURED} 0.1196 off",
        ],
    ),
    "agreement": (
        {"quantisation": int8(0.99, 0.1)},
        {"quantisation": int8(0.99, 0.25)},
        [
            f"agreement: {AS_MEASURED} 0.1 off → {AS_MEASURED} 0.25 off",
        ],
    ),
    "accuracy": (
        {"accuracy": accuracy(0.888)},
        {"accuracy": accuracy(0.88)},
        ["accuracy: 88.8% of 1,000 pictures → 88.0% of 1,000 pictures"],
    ),
    "accuracy on other pictures": (
        {"accuracy": accuracy(0.888)},
        {"accuracy": accuracy(0.888, "1")},
        ["accuracy: 88.8% of 1,000 pictures → 88.8% of 1,000 pictures (not the same pictures)"],
    ),
    "accuracy that is no longer measured": (
        {"accuracy": accuracy(0.888)},
        {},
        ["accuracy: 88.8% of 1,000 pictures → not measured"],
    ),
    "size of the model": (
        {"files": sized(5_274_000)},
        {"files": sized(71_000_000)},
        ["model size: 5.3 MB → 71.0 MB"],
    ),
    "licence": (
        {"origin": Origin(source="a", licence="MIT")},
        {"origin": Origin(source="b")},
        ["origin.source: a → b", "origin.licence: MIT → none"],
    ),
}


@pytest.mark.parametrize(("old", "new", "said"), CASES.values(), ids=CASES.keys())
def test_each_part_of_the_manifest_that_matters_is_compared(
    old: dict[str, Any], new: dict[str, Any], said: list[str]
) -> None:
    found = differences(manifest(**old), manifest(**new), LABELS, LABELS)

    assert [str(each) for each in found] == said


LABEL_CASES: dict[str, tuple[str, str, list[str]]] = {
    "added": ("a b", "a b c", ["labels added: c"]),
    "gone": ("a b c", "a c", ["labels gone: b"]),
    "renamed": ("a b c", "a x c", ["labels gone: b", "labels added: x"]),
    "reordered": ("a b c", "b a c", ["labels reordered: 2 of 3, the first where a was is b"]),
    "put in front": ("a b", "x a b", ["labels added: x"]),
    "many": (
        "a",
        "a b c d e f",
        ["labels added: b, c, d and 2 more"],
    ),
    "twice the same": ("crane a crane", "crane a crane", []),
    "one of two gone": ("crane a crane", "crane a", ["labels gone: crane"]),
    "all at once": (
        "a b c",
        "c a x",
        [
            "labels gone: b",
            "labels added: x",
            "labels reordered: 2 of 2, the first where a was is c",
        ],
    ),
}


@pytest.mark.parametrize(("old", "new", "said"), LABEL_CASES.values(), ids=LABEL_CASES.keys())
def test_labels_that_came_went_or_moved_are_named(old: str, new: str, said: list[str]) -> None:
    found = differences(manifest(), manifest(), old.split(), new.split())

    assert [str(each) for each in found] == said


LISTS = st.lists(st.sampled_from("abcdef"), max_size=8)


@given(LISTS)
def test_the_same_labels_do_not_differ(labels: list[str]) -> None:
    assert differences(manifest(), manifest(), labels, labels) == ()


@given(LISTS, LISTS)
def test_different_labels_always_differ_and_both_ways_alike(old: list[str], new: list[str]) -> None:
    there = {each.what: each for each in differences(manifest(), manifest(), old, new)}
    back = {each.what: each for each in differences(manifest(), manifest(), new, old)}

    assert (there == {}) == (old == new)
    assert Counter(there["labels gone"].old if "labels gone" in there else ()) == Counter(
        back["labels added"].new if "labels added" in back else ()
    )
    assert Counter(old) - Counter(new) == Counter(
        there["labels gone"].old if "labels gone" in there else ()
    )
    assert ("labels reordered" in there) == ("labels reordered" in back)


@given(st.sampled_from(list(CASES)), st.sampled_from(list(CASES)))
def test_swapping_two_releases_swaps_old_and_new(one: str, other: str) -> None:
    a, b = manifest(**CASES[one][1]), manifest(**CASES[other][1])

    there = [(each.what, each.old, each.new) for each in differences(a, b, LABELS, LABELS)]
    back = [(each.what, each.new, each.old) for each in differences(b, a, LABELS, LABELS)]

    assert there == back


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0.0 kB"), (99_999, "100.0 kB"), (5_274_000, "5.3 MB")]
)
def test_sizes_are_written_as_people_read_them(size: int, words: str) -> None:
    assert as_size_of_file(size) == words


def test_exactly_as_many_labels_as_are_named_need_no_count() -> None:
    assert some_labels(["a", "b", "c"]) == "a, b, c"
