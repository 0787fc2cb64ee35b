"""A loaded Keras model as a classifier: one picture in, one number per class out.

Works on models of Keras 3 and of `tf-keras` alike; what they share is the functional interface.
Nothing here is imported from either before it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from inference.errors import ModelError
from inference.framing import Size

Library = Literal["keras", "tf_keras"]

_PICTURE = (1, 3)
# Layers that change nothing in the values of an answer while a picture is classified.
_TRANSPARENT = {"Reshape", "Flatten", "Dropout", "Identity", "Permute", "Squeeze"}


@dataclass(frozen=True, slots=True)
class Ending:
    """The layer that applies the last activation, and which that is: `softmax`, `linear`, …"""

    layer: Any
    activation: str
    twice: bool = False

    def make_linear(self) -> None:
        """Let the layer leave its activation out from now on; the model itself is changed."""
        if hasattr(self.layer, "activation"):
            self.layer.activation = _unchanged
        else:
            self.layer.call = _unchanged


@dataclass(frozen=True, slots=True)
class Network:
    """A model that looks at pictures of one size; `outputs` are the model's own.

    `model` has one input and one output; `flat` says that the input has no axis for channels.
    """

    model: Any
    library: Library
    size: Size
    channels: int
    outputs: int
    flat: bool
    ending: Ending | None

    @property
    def parameters(self) -> int:
        """How many numbers were learned."""
        return int(self.model.count_params())

    def build(self, classes: int, *, linear: bool = False, logits: bool = False) -> Any:
        """A Keras model from `(n, height, width, channels) float32` to `(n, classes)`.

        One output that decides between two classes becomes two; `logits` says that it is no
        score. `linear` leaves the last activation out, for good: logits are given from then on.
        """
        library = import_module(self.library)
        width, height = self.size
        picture = library.Input((height, width, self.channels), name="picture")
        entry = library.layers.Reshape((height, width))(picture) if self.flat else picture
        if linear and self.ending:
            self.ending.make_linear()
        answer = library.layers.Reshape((self.outputs,), name="answer")(self.model(entry))
        if classes == 2 and self.outputs == 1:
            # A sigmoid is a softmax over 0 and its logit; of scores, the other is what is left.
            other = (0.0, 0.0) if linear or logits else (-1.0, 1.0)
            first = library.layers.Rescaling(*other, name="first")(answer)
            answer = library.layers.Concatenate(name="both")([first, answer])
        return library.Model(picture, answer, name="classifier")


def understand(model: Any, library: Library, size: Size | None) -> Network:
    """The classifier in `model`; a `ModelError` says what makes it none.

    `size` is that of the pictures, for a network that looks at any; it is refused where it
    differs from the network's own.
    """
    shape = _picture_shape(_only(model.inputs, "input"))
    outputs = _classes(_only(model.outputs, "output"))
    own = (shape[1], shape[0])
    if None in own and size is None:
        raise ModelError(
            f"the network looks at pictures of any size, (n, {_words(shape)}): say which it was "
            "trained with, by --size WIDTHxHEIGHT"
        )
    if size and any(mine not in (None, wanted) for mine, wanted in zip(own, size, strict=True)):
        raise ModelError(f"the network looks at {own[0]} × {own[1]}, not at {size[0]} × {size[1]}")
    return Network(
        model,
        library,
        size or (int(shape[1] or 0), int(shape[0] or 0)),
        int(shape[2] or 1),
        outputs,
        len(model.inputs[0].shape) == 3,
        find_ending(model.outputs[0]),
    )


def find_ending(tensor: Any) -> Ending | None:
    """Where the last activation before `tensor` is applied; None where that cannot be told."""
    layer = _producer(tensor)
    for _ in range(100):  # nested models and layers that pass values on; a loop would be a fault
        name = type(layer).__name__
        if hasattr(layer, "layers") and getattr(layer, "outputs", None):
            layer = _producer(layer.outputs[0])
        elif name in _TRANSPARENT or (name == "Activation" and _activation(layer) == "linear"):
            layer = _producer(layer.input)
        else:
            break
    activation = _activation(layer)
    if activation is None:
        return None
    alone = type(layer).__name__ in ("Activation", "Softmax")
    before = find_ending(layer.input) if alone and activation == "softmax" else None
    twice = before is not None and before.activation == "softmax"
    return Ending(layer, activation, twice)


def _producer(tensor: Any) -> Any:
    """The layer that made a symbolic tensor: the first member of its history in both Keras."""
    return tensor._keras_history[0]  # noqa: SLF001 -- neither Keras says it in public


def _activation(layer: Any) -> str | None:
    if type(layer).__name__ == "Softmax":
        return "softmax"
    function = getattr(layer, "activation", None)
    return str(getattr(function, "__name__", type(function).__name__)) if function else None


def _unchanged(inputs: Any, **_: Any) -> Any:
    """The values as they come, in place of an activation."""
    return inputs


def _only(tensors: Sequence[Any], what: str) -> Any:
    if len(tensors) != 1:
        names = ", ".join(str(each.name) for each in tensors)
        raise ModelError(f"the network has {len(tensors)} {what}s ({names}); a classifier has one")
    return tensors[0]


def _picture_shape(tensor: Any) -> tuple[int | None, int | None, int]:
    """Height, width (None for any) and channels of the pictures that an input takes."""
    shape = tuple(tensor.shape)[1:]
    if len(shape) == 2:  # grey pictures without an axis for it, as in many a first network
        shape = (*shape, 1)
    if len(shape) != 3 or shape[2] not in _PICTURE:
        raise ModelError(
            f"the network's input is (n, {_words(tuple(tensor.shape)[1:])}); pictures are "
            "(n, height, width, 3), or 1 for grey"
        )
    return shape[0], shape[1], int(shape[2])


def _classes(tensor: Any) -> int:
    """How many numbers an answer has; `ModelError` for a map of them over the picture."""
    shape = tuple(tensor.shape)[1:]
    if not shape or shape[-1] is None or any(each != 1 for each in shape[:-1]):
        raise ModelError(
            f"the network's output is (n, {_words(shape)}), an answer for each place in the "
            "picture; a classifier gives (n, classes): add a pooling layer, or publish another"
        )
    return int(shape[-1])


def _words(shape: Sequence[int | None]) -> str:
    return ", ".join("any" if each is None else str(each) for each in shape)
