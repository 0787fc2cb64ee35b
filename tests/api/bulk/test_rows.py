"""A result becomes a row; whatever else lies there is told apart and never an error."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bulk.rows import columns, condition, row
from inference.errors import BadRequest

PREDICTIONS = [
    {"label": "tabby", "score": 0.75, "index": 281},
    {"label": "=1+1", "score": 0.25, "index": 7},
]
RESULT: dict[str, Any] = {
    "predictions": PREDICTIONS,
    "model": {"name": "cats", "release": "ab" * 32, "stage": None},
    "image": {"source": "s3://b/k", "format": "PNG", "width": 6, "height": 4, "sha256": "cd" * 32},
    "timing_ms": {"fetch": 1.0, "decode": 2.0, "infer": 3.0, "total": 6.5},
    "bucket": "b",
    "key": "k ü",
    "versionId": None,
    "eTag": "e",
    "sequencer": None,
    "lastModified": "2026-11-22T03:00:00+00:00",
}
REFUSED = {"code": "bad_image", "detail": "cut off", "bucket": "b", "key": "k", "eTag": "e"}


def rowed(document: object, top_k: int = 1) -> dict[str, Any]:
    return row(json.dumps(document).encode(), "s3://r/b/k.json", top_k)


def test_a_result_has_a_value_in_each_column_in_their_order() -> None:
    found = rowed(RESULT, 3)

    assert list(found) == list(columns(3))
    assert found == {
        "bucket": "b",
        "key": "k ü",
        "version_id": None,
        "etag": "e",
        "last_modified": datetime(2026, 11, 22, 3, tzinfo=UTC),
        "label": "tabby",
        "score": 0.75,
        "label_2": "=1+1",
        "score_2": 0.25,
        "label_3": None,
        "score_3": None,
        "decision": None,
        "labels": None,
        "coverage": None,
        "model": "cats",
        "release": "ab" * 32,
        "stage": None,
        "format": "PNG",
        "width": 6,
        "height": 4,
        "sha256": "cd" * 32,
        "total_ms": 6.5,
        "code": None,
        "detail": None,
        "result": "s3://r/b/k.json",
    }


def test_the_answer_of_a_calibrated_model_has_its_decision_and_all_labels_in_one_text() -> None:
    found = rowed(RESULT | {"decision": "review", "labels": ["tabby", "lynx"], "coverage": 0.95})

    assert (found["decision"], found["labels"], found["coverage"]) == (
        "review",
        "tabby; lynx",
        0.95,
    )


def test_a_picture_that_was_refused_has_a_code_and_no_label() -> None:
    found = rowed(REFUSED)

    assert (found["code"], found["detail"], found["label"]) == ("bad_image", "cut off", None)


MALFORMED = {
    "nothing": b"",
    "half": json.dumps(RESULT).encode()[:40],
    "no UTF-8": b'{"a": "\xff"}',
    "a list": b"[]",
    "neither": b'{"bucket": "b", "key": "k"}',
    "no picture": b'{"code": "bad_image"}',
    "a prediction that is none": b'{"predictions": [1], "bucket": "b", "key": "k"}',
    "deep": b"[" * 100_000,
    "a long number": b'{"code": "x", "bucket": ' + b"9" * 5_000 + b"}",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_result_is_refused_with_the_reason(data: bytes) -> None:
    with pytest.raises(BadRequest, match=r"^it"):
        row(data, "r", 1)


ODD: dict[str, tuple[dict[str, Any], str, object]] = {
    "a score that is no number": ({"predictions": [{"score": float("nan")}]}, "score", None),
    "an endless score": ({"predictions": [{"score": 10**400}]}, "score", None),
    "a score that is a truth": ({"predictions": [{"score": True}]}, "score", None),
    "half of a character": ({"predictions": [{"label": "\ud800"}]}, "label", "\\ud800"),
    "a width beyond 64 bits": ({"image": {"width": 2**63}}, "width", None),
    "a time without a zone": ({"lastModified": "2026-11-22T03:00:00"}, "last_modified", None),
    "a model that is a word": ({"model": "cats"}, "release", None),
}


@pytest.mark.parametrize(("change", "name", "value"), ODD.values(), ids=ODD.keys())
def test_a_value_that_a_table_cannot_hold_is_left_empty(
    change: dict[str, Any], name: str, value: object
) -> None:
    assert rowed({**RESULT, **change})[name] == value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


VERDICT = ("decision", "labels", "coverage")


@given(
    st.dictionaries(st.sampled_from([*RESULT, *VERDICT, "code", "detail"]), JSON), st.integers(1, 3)
)
def test_any_json_is_a_row_of_the_right_types_or_refused(
    document: dict[str, Any], top_k: int
) -> None:
    try:
        found = row(json.dumps({**RESULT, **document}).encode(), "r", top_k)
    except BadRequest:
        return
    for name, kind in columns(top_k).items():
        assert found[name] is None or type(found[name]) is kind
        if kind is str:
            assert isinstance(str(found[name]).encode(), bytes)  # UTF-8 can hold it


CONDITIONS = {
    "label": ("label=tabby", True),
    "another label": ("label=tabb", False),
    "a label with a sign": ("label_2==1+1", True),
    "a score": ("score=0.750", True),
    "a number": ("width=6", True),
    "nothing": ("code=", True),
    "not nothing": ("label=", False),
    "of what is empty": ("stage=prod", False),
    "a time": ("last_modified=2026-11-22T04:00:00+01:00", True),
}


@pytest.mark.parametrize(("text", "holds"), CONDITIONS.values(), ids=CONDITIONS.keys())
def test_a_condition_holds_for_the_rows_with_that_value(text: str, holds: bool) -> None:
    assert condition(text, 2)(rowed(RESULT, 2)) is holds


@pytest.mark.parametrize("text", ["label", "colour=red", "width=wide", "label_2=x", "=x"])
def test_a_condition_that_cannot_be_names_what_can(text: str) -> None:
    with pytest.raises(BadRequest, match=r"COLUMN=VALUE with one of bucket, key|of the column"):
        condition(text, 1)
