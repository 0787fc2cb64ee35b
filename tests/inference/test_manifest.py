"""The manifest: read strictly, written the same every time, and never a way out of the bundle."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from inference.bundle import Bundle
from inference.errors import ModelError
from inference.manifest import Accuracy, Manifest, release_digest
from tests.inference.tiny import tiny_files, tiny_manifest


def test_a_manifest_that_is_read_and_written_again_has_the_same_bytes() -> None:
    accuracy = Accuracy(top1=0.875, pictures=1_000, data_sha256="0" * 64)
    content = tiny_manifest(tiny_files(), accuracy=accuracy).serialise()

    assert Manifest.parse(content).serialise() == content
    assert content.endswith(b"}\n")


def test_the_default_models_manifest_is_in_its_own_serialisation(default_bundle: Bundle) -> None:
    blob = default_bundle.store.read("model.json")

    assert blob is not None
    assert Manifest.parse(blob.data).serialise() == blob.data


def test_the_release_is_the_sha256_of_the_manifests_bytes() -> None:
    content = tiny_manifest(tiny_files()).serialise()

    assert release_digest(content) == hashlib.sha256(content).hexdigest()
    assert release_digest(content + b" ") != release_digest(content)


def fields() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(tiny_manifest(tiny_files()).serialise())
    return content


GONE = object()
"""In place of a value: the field is missing."""


def changed(path: tuple[str, ...], value: object) -> bytes:
    """The tiny manifest with one field replaced, or without it."""
    whole = fields()
    part = whole
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    if value is GONE:
        del part[path[-1]]
    return json.dumps(whole).encode()


LABELS = ("files", "labels.txt")
FAULTS: dict[str, tuple[tuple[str, ...], object, str]] = {
    "another-format": (("format",), 2, "format"),
    "name-with-a-path": (("name",), "../up", "name"),
    "name-in-capitals": (("name",), "Upper", "name"),
    "name-too-long": (("name",), "x" * 64, "name"),
    "unknown-loader": (("loader",), "pickle", "loader"),
    "no-input": (("input",), GONE, "input"),
    "no-width": (("input", "width"), 0, "input.width"),
    "too-high": (("input", "height"), 4_097, "input.height"),
    "unknown-dtype": (("input", "dtype"), "float64", "input.dtype"),
    "std-of-zero": (("recipe", "std"), [0], "std holds a zero"),
    "unknown-in-recipe": (("recipe", "resample"), "x", "recipe.resample"),
    "no-classes": (("output", "classes"), 0, "output.classes"),
    "unknown-activation": (("output", "activation"), "relu", "output.activation"),
    "unknown-scheme": (("quantisation", "scheme"), "int4", "quantisation.scheme"),
    "accuracy-above-1": (
        ("accuracy",),
        {"top1": 1.5, "pictures": 1, "data_sha256": "0" * 64},
        "accuracy.top1",
    ),
    "short-digest": ((*LABELS, "sha256"), "0" * 63, "files.labels.txt.sha256"),
    "digest-in-capitals": ((*LABELS, "sha256"), "A" * 64, "files.labels.txt.sha256"),
    "digest-and-newline": ((*LABELS, "sha256"), "0" * 64 + "\n", "files.labels.txt.sha256"),
    "negative-length": ((*LABELS, "bytes"), -1, "files.labels.txt.bytes"),
    "no-labels": (LABELS, GONE, "does not list 'labels.txt'"),
    "no-model": (("files", "model.tflite"), GONE, "does not list 'model.tflite'"),
    "unknown-field": (("extra",), 1, "extra"),
}


@pytest.mark.parametrize(("path", "value", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_named(path: tuple[str, ...], value: object, words: str) -> None:
    with pytest.raises(ModelError) as error:
        Manifest.parse(changed(path, value))

    assert words in str(error.value)
    assert str(error.value).startswith("model.json is no manifest of format 1")


def test_all_faults_are_named_at_once() -> None:
    manifest = fields()
    manifest["format"], manifest["input"]["width"] = 9, "wide"
    del manifest["output"]

    with pytest.raises(ModelError) as error:
        Manifest.parse(json.dumps(manifest).encode())

    assert all(words in str(error.value) for words in ("format", "input.width", "output"))


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../labels.txt",
            "golden/../../x",
            "..",
            "/etc/passwd",
            "//x",
            "a//b",
            "./a",
            "a/.",
            "a/",
        ),
        *("", ".", "golden\\..\\x", "a\0b", "a\nb", "model.json"),
    ],
)
def test_a_file_that_is_no_plain_path_inside_the_bundle_is_refused(name: str) -> None:
    manifest = fields()
    manifest["files"][name] = {"bytes": 1, "sha256": "0" * 64}

    with pytest.raises(ModelError, match="no plain relative path"):
        Manifest.parse(json.dumps(manifest).encode())


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"format": 1}', b"[" * 5_000, b'{"a":' * 5_000],
    ids=["empty", "null", "list", "cut", "not-UTF-8", "only-format", "deep-lists", "deep-objects"],
)
def test_what_is_no_manifest_at_all_is_a_model_error(content: bytes) -> None:
    with pytest.raises(ModelError, match=r"model\.json is no manifest of format 1: "):
        Manifest.parse(content)
