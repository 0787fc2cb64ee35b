"""Every bound that a model file must keep before anything in it is used, in one place.

They are wide for real networks (the largest in keras.applications has 350 million parameters, a
configuration of 1.2 MB and 4,000 tensors) and narrow enough that refusing takes neither time nor
memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_FILE_BYTES: Final = 2 * 1024**3
"""One file of a model, as it lies on the disk."""

MAX_DECLARED_BYTES: Final = 2 * 1024**3
"""All tensors of an HDF5 file together, as their shapes declare them."""

DECLARED_SLACK_BYTES: Final = 32 * 1024**2
MAX_EXPANSION: Final = 50
"""What is declared may be this many times what is stored, once it is above the slack."""

MAX_HDF5_OBJECTS: Final = 100_000
MAX_ATTRIBUTE_BYTES: Final = 16 * 1024**2

MAX_JSON_BYTES: Final = 4 * 1024**2
MAX_JSON_VALUES: Final = 250_000
MAX_JSON_LENGTH: Final = 100_000
"""Of one list or object, such as the words that a layer knows. NASNet-Large, the longest network's
description known, has 1,039 layers and 62,000 values in all."""
MAX_JSON_DEPTH: Final = 100
MAX_LAYERS: Final = 5_000

MAX_ZIP_MEMBERS: Final = 10_000
MAX_DIRECTORY_BYTES: Final = 4 * 1024**2
MAX_UNZIPPED_BYTES: Final = 2 * 1024**3

MAX_GRAPH_BYTES: Final = 64 * 1024**2
"""The protobuf of a SavedModel, which holds its graph and not its weights."""

MAX_PARAMETERS: Final = 500_000_000
"""Of a whole network: 2 GB in float32."""

MAX_TENSOR_ELEMENTS: Final = 100_000_000
"""One tensor between two layers, for one picture: 400 MB in float32."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a child process that loads or converts may take: time on the wall, and memory.

    Memory is what it may write to, which the kernel counts when it is asked for and not when it
    is used. `advice` is what to do when that was too little.
    """

    seconds: float
    memory_bytes: int
    advice: str = ""

    @property
    def or_else(self) -> str:
        """The advice as the end of a sentence."""
        return f"; {self.advice}" if self.advice else ""


CONVERSION: Final = Bounds(1800.0, 12 * 1024**3)
"""The largest networks, quantised on a hundred pictures, take some minutes on two cores."""
