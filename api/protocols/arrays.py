"""Arrays of numbers in place of pictures: pixels to be framed, or what the network itself takes."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence
from functools import partial
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from api.bodies import Item, Upload
from api.state import State
from api.telemetry.note import current
from inference.answers import Prediction
from inference.classifier import Query
from inference.errors import BadRequest
from inference.model import Model

Numbers = NDArray[np.uint8] | NDArray[np.float32]
"""One picture as `(height, width, channels)`: uint8 are pixels, RGB or grey, of any size;
float32 is the tensor of the network, at its size and already what the recipe would make of it."""

Given = Item | Numbers


async def predict(
    state: State, model: Model, given: Sequence[Given], wanted: Query
) -> list[list[Prediction]]:
    """What `model` says about each picture, in the order given.

    Raises what is wrong with the first that cannot be answered.
    """
    answers = await asyncio.gather(
        *(_predict(state, model, each, wanted) for each in given), return_exceptions=True
    )
    predictions: list[list[Prediction]] = []
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
        predictions.append(answer)
    return predictions


async def _predict(state: State, model: Model, given: Given, wanted: Query) -> list[Prediction]:
    if isinstance(given, np.ndarray):
        if given.shape == input_shape(model):
            rank = partial(state.classifier.rank, given, wanted, model)
            found = await state.workers.compute(rank)
            if note := current():
                note.ranked(model.identity)
            return found
        pixels = given.astype(np.uint8, copy=False)
        given = Upload(await state.workers.compute(partial(to_bmp, pixels)))
    return (await state.answer(given, wanted, model)).predictions


def input_shape(model: Model) -> tuple[int, int, int]:
    """Height, width and channels of what the network takes."""
    width, height = model.size
    return height, width, model.recipe.channels


def in_order_of_classes(predictions: Sequence[Prediction], classes: int) -> list[float]:
    """The score of every class, by its place in labels.txt."""
    scores = [0.0] * classes
    for prediction in predictions:
        scores[prediction.index] = prediction.score
    return scores


def check_count(count: int, limit: int) -> None:
    """Raise `BadRequest` unless a request about `count` pictures is about some and not too many."""
    if not 1 <= count <= limit:
        raise BadRequest(
            f"the request holds {count:,} pictures; 1 to {limit} are classified at a time"
        )


def float_tensors(data: object, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Lists of numbers, nested as `shape` says → float32; `BadRequest` when they are not that."""
    numbers = _flatten(data, shape)
    try:
        with np.errstate(over="ignore"):
            return finite(np.array(numbers, np.float32).reshape(shape))
    except OverflowError as exc:
        raise BadRequest("a number of the tensor is beyond all of float32") from exc


def byte_tensors(data: object, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Lists of 0 to 255, nested as `shape` says → uint8; `BadRequest` when they are not that."""
    numbers = _flatten(data, shape)
    if not all(type(number) is int and 0 <= number <= 255 for number in numbers):
        raise BadRequest("the tensor holds numbers that are no UINT8: pixels are 0 to 255")
    return np.array(numbers, np.uint8).reshape(shape)


def finite(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    """`tensor`, if all of it is finite; else `BadRequest`."""
    if not np.isfinite(tensor).all():
        raise BadRequest("the tensor holds numbers that are not finite, or beyond float32")
    return tensor


def _flatten(data: object, shape: tuple[int, ...]) -> list[int | float]:
    """The numbers in lists that are nested as `shape` says."""
    level = [data]
    for side in shape:
        if not all(type(each) is list and len(each) == side for each in level):
            raise BadRequest(f"the numbers of the tensor are not nested as its shape {[*shape]}")
        level = list(chain.from_iterable(level))  # type: ignore[arg-type]  # all are lists
    if not set(map(type, level)) <= {int, float}:
        raise BadRequest("the tensor holds something that is no number")
    return level  # type: ignore[return-value]  # the types were just compared


def to_bmp(pixels: NDArray[np.uint8]) -> bytes:
    """Pixels as the simplest file that is read here, so that they go the way of all pictures."""
    height, width, channels = pixels.shape
    palette = (
        bytes(chain.from_iterable((level, level, level, 0) for level in range(256)))
        if channels == 1
        else b""
    )
    rows = pixels[::-1, :, ::-1].reshape(height, width * channels)  # from below, blue first
    padded = np.pad(rows, ((0, 0), (0, -width * channels % 4))).tobytes()
    start = 14 + 40 + len(palette)
    file = struct.pack("<2sIHHI", b"BM", start + len(padded), 0, 0, start)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8 * channels, 0, 0, 0, 0, 0, 0)
    return file + info + palette + padded
