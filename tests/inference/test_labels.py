"""labels.txt: one label a line, and nothing that would shift what follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.errors import ModelError
from inference.labels import parse_labels, read_labels, serialise_labels


@pytest.mark.parametrize(
    ("content", "labels"),
    [
        pytest.param(b"cat\ndog\n", ("cat", "dog"), id="plain"),
        pytest.param(b"cat\r\ndog", ("cat", "dog"), id="Windows, no end of line at the end"),
        pytest.param(b"\xef\xbb\xbfcat\ndog\n\n\n", ("cat", "dog"), id="mark, empty lines at end"),
        pytest.param(b"cat\rdog\r", ("cat", "dog"), id="an old Macintosh"),
        pytest.param(
            "a\u0085b\nc\u2028d\x0be\n".encode(), ("a\u0085b", "c\u2028d\x0be"), id="no ends"
        ),
        pytest.param(b"n01\tcat\nn02\tdog\n", ("cat", "dog"), id="with ids"),
        pytest.param(b"0 Class 1\n1 Class 2\n", ("Class 1", "Class 2"), id="Teachable Machine"),
        pytest.param(b"7 up\n8 bits\n", ("7 up", "8 bits"), id="numbers that do not start at 0"),
        pytest.param(b"0 sugar\n7 up\n", ("0 sugar", "7 up"), id="numbers that do not go on"),
        pytest.param(b"0 sugar\n", ("0 sugar",), id="one line is no numbering"),
        pytest.param(b"0\n1\n2\n", ("0", "1", "2"), id="digits are the labels"),
        pytest.param(b"0 cat\ndog\n", ("0 cat", "dog"), id="one line without a number"),
        pytest.param("köter\n猫\n".encode(), ("köter", "猫"), id="UTF-8"),
    ],
)
def test_labels_are_read_one_a_line(content: bytes, labels: tuple[str, ...]) -> None:
    assert parse_labels(content, "labels.txt") == labels
    assert parse_labels(serialise_labels(labels), "labels.txt") == labels


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "labels.txt is empty"),
        (b"\n\n", "labels.txt is empty"),
        (b"cat\n\ndog\n", "line 2 of labels.txt is empty"),
        (b"caf\xe9\n", "labels.txt is not UTF-8 from byte 3 on: save it again as UTF-8"),
    ],
)
def test_what_holds_no_labels_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        parse_labels(content, "labels.txt")


def test_a_file_that_is_not_there_is_refused_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"^the labels labels\.txt cannot be read"):
        read_labels(tmp_path / "labels.txt")
