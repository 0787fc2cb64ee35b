"""What an inference request asks for: the pictures in its one input, and the outputs wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import FailFast, Field

from api.protocols.arrays import Given, check_count
from api.protocols.documents import Words, parse_as
from api.protocols.open_inference.data import files, pixels, tensors
from inference.errors import BadRequest

SCORES: Final = "scores"
LABEL: Final = "label"
HEADER_LENGTH = "Inference-Header-Content-Length"

Side = Annotated[int, Field(ge=0, lt=2**31)]


class InputParameters(Words):
    """Where the data of an input are, when they are not in the JSON."""

    binary_data_size: Annotated[int, Field(ge=0)] | None = None
    shared_memory_region: str | None = None


class Input(Words):
    """The one input."""

    name: str
    shape: Annotated[list[Side], FailFast()]
    datatype: str
    parameters: InputParameters = InputParameters()
    data: list[Any] | None = None


class OutputParameters(Words):
    """How an output is wanted; `classification` is a count of best classes, 0 for none."""

    binary_data: bool | None = None
    classification: Annotated[int, Field(ge=0)] = 0
    shared_memory_region: str | None = None


class Output(Words):
    """An output that is wanted."""

    name: Literal["scores", "label"]
    parameters: OutputParameters = OutputParameters()


class RequestParameters(Words):
    """How all outputs are wanted of which nothing else is said."""

    binary_data_output: bool = False


class InferRequest(Words):
    """The JSON of a request."""

    id: str | None = None
    parameters: RequestParameters = RequestParameters()
    inputs: Annotated[list[Input], Field(min_length=1, max_length=1), FailFast()]
    outputs: Annotated[list[Output], FailFast()] = Field(default=[])


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was understood: the pictures, and what is wanted of them."""

    id: str | None
    given: list[Given]
    outputs: list[Output]
    binary: bool


def parse_request(
    body: bytes, header_length: str | None, shape: tuple[int, int, int], limit: int
) -> Asked:
    """The request in `body`; `shape` is what the network takes, `limit` counts pictures.

    Raises `BadRequest`. Nothing is made larger than the bytes that came.
    """
    header, rest = _split(body, header_length)
    said = parse_as(InferRequest, header)
    source = said.inputs[0]
    regions = [part.parameters.shared_memory_region for part in said.outputs]
    if any(region is not None for region in (source.parameters.shared_memory_region, *regions)):
        raise BadRequest("shared memory is not read here: send the data in the request")
    if (size := source.parameters.binary_data_size) is None:
        if rest:
            raise BadRequest(f"{len(rest):,} bytes follow the JSON, and no input claims them")
        if source.data is None:
            raise BadRequest("the input has neither data nor a binary_data_size")
    elif size != len(rest):
        raise BadRequest(f"the input says {size:,} bytes, and {len(rest):,} follow the JSON")
    given = _given(source, None if size is None else rest, shape, limit)
    return Asked(said.id, given, _wanted(said), said.parameters.binary_data_output)


def _split(body: bytes, header_length: str | None) -> tuple[bytes, bytes]:
    """The JSON, and the bytes after it."""
    if header_length is None:
        return body, b""
    if not (header_length.isdecimal() and len(header_length) < 12):
        raise BadRequest(f"{HEADER_LENGTH}: {header_length[:40]!r} is no length")
    length = int(header_length)
    if length > len(body):
        raise BadRequest(f"{HEADER_LENGTH} is {length:,}, and the body has {len(body):,} bytes")
    return body[:length], body[length:]


def _wanted(said: InferRequest) -> list[Output]:
    names = [output.name for output in said.outputs]
    if len(set(names)) < len(names):
        raise BadRequest("an output is asked for twice")
    for output in said.outputs:
        if output.parameters.classification and output.name != SCORES:
            raise BadRequest(f"classification: only {SCORES!r} can be classified")
    return said.outputs or [Output(name=SCORES), Output(name=LABEL)]


def _given(
    source: Input, binary: bytes | None, shape: tuple[int, int, int], limit: int
) -> list[Given]:
    """The pictures in the one input, by its datatype."""
    sides = tuple(source.shape)
    if sides:
        check_count(sides[0], limit)
    match source.datatype:
        case "BYTES" if len(sides) == 1 or (len(sides) == 2 and sides[1] == 1):
            return [*files(source.data, binary, sides[0])]
        case "UINT8" if len(sides) == 4 and sides[3] in (1, 3) and 0 not in sides:
            return [*pixels(source.data, binary, sides)]
        case "FP32" if sides[1:] == shape:
            return [*tensors(source.data, binary, sides)]
    raise BadRequest(
        f"an input of {source.datatype[:20]!r} with the shape {source.shape[:8]} is not taken: "
        "send BYTES [n] (files of pictures), UINT8 [n, height, width, 3] (pixels), or FP32 "
        f"[n, {', '.join(map(str, shape))}] (what the network takes)"
    )
