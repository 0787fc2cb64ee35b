"""A document on stdout is one that every reader of JSON takes."""

from __future__ import annotations

import json

import pytest

from cli.documents import print_json


def test_a_document_holds_every_name_as_it_was(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """A file's name may be no UTF-8, and is then half of characters to Python."""
    document = {"names": ["猫.jpg", "caf\udce9.jpg", "two\nlines"]}

    print_json(document)

    printed = capfdbinary.readouterr().out
    assert json.loads(printed.decode("utf-8")) == document
    assert "猫".encode() in printed
