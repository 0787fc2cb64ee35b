"""What is wrong with a document is said in a sentence that has an end."""

from __future__ import annotations

import json

import pytest

from inference.errors import ModelError
from inference.manifest import Manifest
from inference.pointers import Pointer
from inference.validation import MOST_CHARACTERS, MOST_FAULTS


def said(content: object) -> str:
    with pytest.raises(ModelError) as error:
        Manifest.parse(json.dumps(content).encode())
    return str(error.value)


def test_a_hundred_thousand_faults_are_a_few_and_their_number() -> None:
    message = said({"files": {f"file-{number}": {} for number in range(100_000)}})

    assert message.startswith("model.json is no manifest of format 1: ")
    assert message.count("; ") == MOST_FAULTS
    assert " more" in message.rpartition("; ")[2]
    assert len(message) < (MOST_FAULTS + 1) * (MOST_CHARACTERS + 2)


def test_a_name_of_a_megabyte_is_cut_and_the_value_is_not_repeated() -> None:
    message = said({"x" * 1_000_000: "the value"})

    assert len(message) < (MOST_FAULTS + 1) * (MOST_CHARACTERS + 2)
    assert "the value" not in message


def test_what_is_no_document_at_all_is_named_as_the_whole() -> None:
    assert "model.json: Input should be an object" in said([])
    with pytest.raises(ModelError, match="no pointer of format 1: the whole: Input should be"):
        Pointer.parse(b"[]")
