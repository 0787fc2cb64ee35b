"""Who wrote a model file: which Keras, on which backend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from inference.keras_files.documents import Config, objects
from inference.keras_files.words import words

Line = Literal[1, 2, 3]

# Arguments that Keras 2 renamed; their presence tells Keras 1 where no version is written down.
_KERAS_1_ARGUMENTS = words(
    """
    atrous_rate b_regularizer border_mode dim_ordering dropout_U dropout_W filter_length
    inner_activation input_dtype nb_filter nb_row pool_length subsample subsample_length
    W_regularizer
    """
)


@dataclass(frozen=True, slots=True)
class Writer:
    """The Keras that wrote a file, as far as the file tells."""

    keras: str | None
    backend: str | None
    line: Line
    """Which of Keras's three ways of writing the file follows."""

    def __str__(self) -> str:
        name = f"Keras {self.keras}" if self.keras else f"Keras {self.line} (no version given)"
        return f"{name} on {self.backend}" if self.backend else name


def writer_of(config: Config, keras: str | None = None, backend: str | None = None) -> Writer:
    """The writer of a description; `keras` and `backend` are what stands beside it."""
    version = keras or _text(config.get("keras_version"))
    return Writer(version, backend or _text(config.get("backend")), _line(config, version))


def _line(config: Config, version: str | None) -> Line:
    if version and version[0] in "01":
        return 1
    if version and version[0] == "2":
        return 2
    if version and version[0].isdigit():
        return 3
    parts = list(objects(config))
    if any(_KERAS_1_ARGUMENTS & part.keys() for part in parts):
        return 1
    if any("batch_input_shape" in part for part in parts):
        return 2
    return 3 if any("module" in part and "class_name" in part for part in parts) else 2


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
