"""A JSON body is parsed within a bound, whatever it is made of."""

from __future__ import annotations

import tracemalloc

import pytest
from pydantic import ValidationError

from api.protocols.documents import MAX_OBJECTS, MAX_VALUES, Words, parse_as, parse_object
from api.protocols.hugging_face import Question
from api.protocols.open_inference.requests import InferRequest
from api.protocols.rekognition.requests import DetectLabels
from inference.errors import BadRequest

COSTLIEST = {
    "empty lists": b"[]," * (MAX_VALUES // 2 - 10),
    "numbers": b"1e9," * (MAX_VALUES - 10),
    "objects": b'{"":{}},' * (MAX_OBJECTS // 2 - 10),
}


@pytest.mark.parametrize("content", COSTLIEST.values(), ids=COSTLIEST.keys())
def test_a_twentieth_of_the_costliest_document_takes_5_megabytes(content: bytes) -> None:
    part = content[: len(content) // 20].rpartition(b",")[0]
    body = b'{"a":[' + part + b",0]}"
    tracemalloc.start()  # which makes it ten times as slow
    document = parse_object(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert document["a"]
    assert peak < 5_000_000


@pytest.mark.parametrize("content", COSTLIEST.values(), ids=COSTLIEST.keys())
def test_twice_as_much_is_refused_before_it_takes_any(content: bytes) -> None:
    body = b'{"a":[' + content * 2 + b"0]}"
    tracemalloc.start()
    with pytest.raises(BadRequest, match="at most 2,000,000 are read, 10,000 of them objects"):
        parse_object(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000


MANY = b"[" + b"true," * 50_000 + b"true]"
MEMBERS = b"{" + b",".join(b'"%d":1' % each for each in range(50_000)) + b"}"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        pytest.param(DetectLabels, b'{"Image":{},"Features":%b}' % MANY, id="features"),
        pytest.param(
            DetectLabels,
            b'{"Image":{},"Settings":{"GeneralLabels":{"LabelInclusionFilters":%b}}}' % MANY,
            id="filters",
        ),
        pytest.param(InferRequest, b'{"inputs":%b}' % MANY, id="inputs"),
        pytest.param(
            InferRequest,
            b'{"inputs":[{"name":"x","shape":%b,"datatype":"BYTES"}]}' % MANY,
            id="shape",
        ),
        pytest.param(
            InferRequest,
            b'{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES"}],"outputs":%b}' % MANY,
            id="outputs",
        ),
        pytest.param(Question, b'{"inputs":"x","parameters":%b}' % MEMBERS, id="parameters"),
    ],
)
def test_the_first_of_many_faults_is_the_only_one_that_is_kept(
    kind: type[Words], body: bytes
) -> None:
    with pytest.raises(BadRequest) as refused:
        parse_as(kind, body)
    cause = refused.value.__cause__
    assert isinstance(cause, ValidationError)
    assert cause.error_count() <= 2


def test_what_is_read_is_the_object_that_was_written() -> None:
    assert parse_object(b'{"a": [1, 2.5, "x", null, {"b": true}]}') == {
        "a": [1, 2.5, "x", None, {"b": True}]
    }
