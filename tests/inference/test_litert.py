"""The LiteRT loader: one model, many threads, the same scores; and no model but the described."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.bundle import Bundle, read_bundle
from inference.cores import cores
from inference.errors import ModelError
from inference.loaders import litert, load_runtime
from inference.manifest import Input
from inference.model import Model
from inference.recipe import Recipe
from inference.stores.directory import DirectoryStore
from tests.inference.networks import CUSTOM_OPERATOR, DType, Flaw, channel_means
from tests.inference.tiny import HEIGHT, TO_UNIT, WIDTH, write_tiny


def tiny(folder: Path, dtype: DType = "float32", **changes: Any) -> Bundle:
    return read_bundle(DirectoryStore(write_tiny(folder, dtype, **changes)))


def pictures(count: int, width: int, height: int) -> list[NDArray[np.uint8]]:
    random = np.random.default_rng(3)
    return [random.integers(0, 256, (height, width, 3), dtype=np.uint8) for _ in range(count)]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every interpreter that is made in the test."""
    interpreters: list[object] = []
    make = litert.make_interpreter

    def counted(model: bytes, threads: int = 1) -> Any:
        interpreters.append(make(model, threads))
        return interpreters[-1]

    monkeypatch.setattr(litert, "make_interpreter", counted)
    return interpreters


@pytest.mark.parametrize("dtype", ["float32", "uint8", "int8"])
def test_scores_are_what_the_network_computes_in_every_dtype(dtype: DType, tmp_path: Path) -> None:
    model = Model(tiny(tmp_path, dtype))
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[...] = (204, 102, 51)

    assert model.scores(pixels) == pytest.approx([0.8, 0.4, 0.2], abs=1e-6)


def test_bgr_swaps_what_the_network_sees(tmp_path: Path) -> None:
    recipe = Recipe.model_validate(TO_UNIT.model_dump() | {"colour": "BGR"})
    model = Model(tiny(tmp_path, recipe=recipe))
    pixels = np.full((HEIGHT, WIDTH, 3), (204, 102, 51), np.uint8)

    assert model.scores(pixels) == pytest.approx([0.2, 0.4, 0.8], abs=1e-6)


def test_eight_threads_get_the_scores_that_one_gets(default_model: Model) -> None:
    pixels = pictures(4, *default_model.size)
    alone = [default_model.scores(each) for each in pixels]

    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(default_model.scores, pixels * 8))

    assert len(together) == 32
    for index, scores in enumerate(together):
        assert np.array_equal(scores, alone[index % 4])


def test_all_cores_together_give_the_same_scores_bit_for_bit(default_model: Model) -> None:
    for pixels in pictures(4, *default_model.size):
        alone = default_model.scores(pixels, alone=True)

        assert np.array_equal(alone, default_model.scores(pixels))


def test_whoever_is_not_as_alone_as_he_thinks_is_answered_all_the_same(
    default_model: Model,
) -> None:
    pixels = pictures(4, *default_model.size)
    expected = [default_model.scores(each) for each in pixels]

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda each: default_model.scores(each, alone=True), pixels * 8))

    for index, scores in enumerate(found):
        assert np.array_equal(scores, expected[index % 4])


def test_one_interpreter_more_than_cores_is_made_at_most_however_many_threads_ask(
    default_bundle: Bundle, made: list[object]
) -> None:
    model = Model(default_bundle)
    pixels = pictures(1, *model.size)[0]

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(model.scores, [pixels] * 32))

    assert 1 <= len(made) <= cores() + 1


def test_on_one_core_there_is_one_interpreter(
    default_bundle: Bundle, made: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(litert, "cores", lambda: 1)
    model = Model(default_bundle)
    pixels = pictures(1, *model.size)[0]

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(model.scores, [pixels] * 8))
    model.scores(pixels, alone=True)

    assert len(made) == 1


@pytest.mark.parametrize("alone", [True, False])
def test_one_caller_at_a_time_is_served_by_one_interpreter(
    alone: bool, tmp_path: Path, made: list[object]
) -> None:
    model = Model(tiny(tmp_path), alone=alone)

    for pixels in pictures(20, WIDTH, HEIGHT):
        model.scores(pixels, alone=alone)

    assert len(made) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"input": Input(width=7, height=4, dtype="float32")},
            "[1, 4, 6, 3] instead of [1, 4, 7, 3]",
        ),
        (
            {"input": Input(width=6, height=5, dtype="float32")},
            "[1, 4, 6, 3] instead of [1, 5, 6, 3]",
        ),
        (
            {"input": Input(width=6, height=4, dtype="uint8")},
            "input dtype float32 instead of uint8",
        ),
        ({"recipe": Recipe(colour="L")}, "[1, 4, 6, 3] instead of [1, 4, 6, 1]"),
    ],
    ids=["width", "height", "dtype", "channels"],
)
def test_a_model_that_differs_from_its_manifest_is_told_how(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=re.escape(words)) as error:
        load_runtime(tiny(tmp_path, **changes))

    assert "the model differs from its manifest" in str(error.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0", b"no model at all", bytes(1_000), b"\x1c\0\0\0TFL3" + b"\xff" * 500],
    ids=["empty", "one-byte", "text", "zeros", "only-the-magic"],
)
def test_bytes_that_are_no_model_are_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="LiteRT cannot load the model"):
        load_runtime(tiny(tmp_path, files={"model.tflite": content}))


@pytest.mark.parametrize("eighths", range(1, 8))
def test_a_model_that_was_cut_off_is_refused(eighths: int, tmp_path: Path) -> None:
    whole = channel_means(WIDTH, HEIGHT, "float32")
    cut = whole[: len(whole) * eighths // 8]

    with pytest.raises(ModelError):
        load_runtime(tiny(tmp_path, files={"model.tflite": cut}))


@pytest.mark.parametrize(
    ("flaw", "words"),
    [
        ("two outputs", "has 1 inputs and 2 outputs; a classifier has one of each"),
        ("custom operator", CUSTOM_OPERATOR),
    ],
)
def test_a_network_that_is_no_classifier_is_refused_with_words(
    flaw: Flaw, words: str, tmp_path: Path
) -> None:
    files = {"model.tflite": channel_means(WIDTH, HEIGHT, "float32", flaw)}

    with pytest.raises(ModelError, match=words):
        load_runtime(tiny(tmp_path, files=files))


def test_an_operator_that_fails_when_it_runs_is_a_model_error_every_time(tmp_path: Path) -> None:
    files = {"model.tflite": channel_means(WIDTH, HEIGHT, "float32", "fails when it runs")}
    model = Model(tiny(tmp_path, files=files))
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)

    # More often than there are interpreters: a failed run must hand its interpreter back.
    for alone in (True, False) * (cores() + 2):
        with pytest.raises(ModelError, match="LiteRT cannot run the model: gather index"):
            model.scores(pixels, alone=alone)
