"""Networks that tell colours apart by weights set by hand, and pictures of these colours.

Red, green, blue and dark: each logit is twelve times a channel's mean, that of dark is 6. This is
right for pixels from 0 to 1 and for no other recipe: a colour counts from half of full brightness,
and some of the pictures are little above that. No training is needed to know it.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

LABELS = ("red", "green", "blue", "dark")
SIZE = 16


def colour_network(keras: Any, activation: str | None = "softmax") -> Any:
    """`(n, 16, 16, 3)` in 0 to 1 → four classes; of Keras 3 or of tf-keras."""
    picture = keras.Input((SIZE, SIZE, 3), name="picture")
    x = keras.layers.Conv2D(3, 1, activation="relu", name="channels")(picture)
    x = keras.layers.GlobalAveragePooling2D(name="mean")(x)
    network = keras.Model(picture, keras.layers.Dense(4, activation, name="scores")(x))
    network.get_layer("channels").set_weights([np.eye(3)[None, None], np.zeros(3)])
    network.get_layer("scores").set_weights([np.eye(3, 4) * 12, np.array([0, 0, 0, 6])])
    return network


def two_colours(keras: Any, activation: str | None = "sigmoid") -> Any:
    """`(n, 16, 16, 3)` in 0 to 1 → one number: how likely the picture is blue and not red."""
    picture = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.GlobalAveragePooling2D()(picture)
    layer = keras.layers.Dense(1, activation)
    network = keras.Model(picture, layer(x))
    layer.set_weights([np.array([[-8.0], [0.0], [8.0]]), np.zeros(1)])
    return network


def rounding_network(keras: Any) -> Any:
    """The same in bfloat16, with logits around 200, of which that knows only the whole numbers."""
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        network = colour_network(keras)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    network.get_layer("scores").set_weights([np.eye(3, 4) * 400, np.array([0, 0, 0, 200])])
    return network


def colour_pictures(folder: Path, each: int = 8, labels: tuple[str, ...] = LABELS) -> Path:
    """A labelled folder: `each` pictures of every colour, PNG, 40 × 30, all different."""
    rng = np.random.default_rng(0)
    for label in labels:
        (folder / label).mkdir(parents=True)
        for number in range(each):
            path = folder / label / f"{number}.png"
            path.write_bytes(colour_picture(label, rng.uniform(0.52, 0.7), number))
    return folder


def colour_picture(label: str, brightness: float, seed: int = 0) -> bytes:
    """One picture: its colour, not quite even; the other channels are low."""
    rng = np.random.default_rng(seed)
    pixels = rng.uniform(0.0, 0.25, (30, 40, 3))
    if label != "dark":
        channel = LABELS.index(label)
        pixels[..., channel] = brightness + rng.uniform(-0.02, 0.02, (30, 40))
    image = Image.fromarray((pixels * 255).round().astype(np.uint8))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def write_labels(folder: Path, labels: tuple[str, ...] = LABELS) -> None:
    """`labels.txt` in `folder`."""
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in labels))
