"""A whole description, mended for the reader that understands its writer best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from inference.errors import UnreadableModel
from inference.keras_files.converting import Conversion
from inference.keras_files.documents import Config, objects, rewritten
from inference.keras_files.graph import is_model, layers_of, name_of
from inference.keras_files.mending.arguments import any_batch, put_right
from inference.keras_files.mending.deviations import deviations
from inference.keras_files.mending.keras3 import as_keras_2
from inference.keras_files.mending.layout import channels_last, has_channels_first
from inference.keras_files.mending.models import canonical
from inference.keras_files.mending.operations import with_modules
from inference.keras_files.mending.pooling import pooled_by_theano
from inference.keras_files.mending.theano import padded_by_theano
from inference.keras_files.scan import trains_its_own_way, without_training
from inference.keras_files.stored import Weights
from inference.keras_files.writer import Writer

_WRAPPED = ("layer", "backward_layer", "forward_layer", "cell")


@dataclass(frozen=True, slots=True)
class Mended:
    """A description that `library` builds, what its weights need, and in words what was done."""

    config: Config
    library: Literal["keras", "tf_keras"]
    words: tuple[str, ...]
    conversion: Conversion


def reasons_for_care(config: Config, writer: Writer, weights: Weights) -> tuple[str, ...]:
    """Why a reader would take the files without complaint and answer differently."""
    parts = list(objects(config))
    found = {
        "Keras 1 laid kernels out differently": writer.line == 1 or _line(weights) == 1,
        "Theano turned its kernels": "theano" in (writer.backend, weights.backend),
        "channels come first": any(
            part.get("data_format") == "channels_first" or part.get("dim_ordering") == "th"
            for part in parts
        ),
        "a nested model brings its losses": any(
            part.get("compile_config") for part in parts if part is not config
        ),
        "hard_sigmoid changed": _line(weights) not in (None, writer.line)
        and _has_hard_sigmoid(parts),
        "weights lie a group deeper": bool(weights.nested_in),
        "the batch has a fixed size": _has_fixed_batch(parts),
        "it was trained with classes of its own": trains_its_own_way(config),
    }
    return tuple(reason for reason, applies in found.items() if applies)


def mendings(config: Config, writer: Writer, weights: Weights) -> tuple[Callable[[], Mended], ...]:
    """What makes the description into forms that a reader may build, the most faithful first.

    Raises `UnreadableModel` for files that cannot be meant for each other; what is returned
    raises it for what no later Keras can express.
    """
    hard = _has_hard_sigmoid(list(objects(config)))
    line = _line(weights)
    if hard and writer.line < 3 and line == 3:
        raise UnreadableModel(
            f"hard_sigmoid means one thing to Keras {writer.line}, which wrote the architecture, "
            "and another to Keras 3, which wrote the weights; save both from one program"
        )
    if writer.line < 3:
        return (partial(_for_keras_2, config, writer, weights),)
    old_weights = hard and line is not None and line < 3
    ways: list[Callable[[], Mended]] = []
    if not has_channels_first(config) and not old_weights:
        ways.append(partial(_for_keras_3, config))
    if not hard or old_weights:
        ways.append(partial(_for_keras_2, config, writer, weights))
    return tuple(ways)


def _for_keras_3(config: Config) -> Mended:
    plain = without_training(config)
    model = with_modules(plain)
    words = ["operations without their module"] if model != plain else []
    model, changed = _batch_opened(model)
    return Mended(model, "keras", (*words, *changed), Conversion())


def _batch_opened(model: Config) -> tuple[Config, list[str]]:
    if not _has_fixed_batch(list(objects(model))):
        return model, []
    opened: Config = rewritten(model, lambda part: any_batch("", part)[1])
    return opened, ["a batch of a fixed size"]


def _for_keras_2(config: Config, writer: Writer, weights: Weights) -> Mended:
    """What tf-keras builds, in the words of Keras 2 and channels-last."""
    words = {
        1: ["a description of Keras 1, in the words of Keras 2"],
        2: [],
        3: ["a description of Keras 3, in the words of Keras 2"],
    }[writer.line]
    plain = without_training(config)
    described = as_keras_2(plain) if writer.line == 3 else plain
    model = canonical(described, keras_1=writer.line == 1)
    spread = deviations(model, weights.keras or writer.keras) if writer.line == 1 else {}
    words += ["normalisations that stored a deviation, not a variance"] if spread else []
    for change in (_layers_put_right, _batch_opened):
        model, changed = change(model)
        words += changed
    first = dict(_orders(model))
    theano, why = _theano(writer, weights, any(first.values()))
    words += why
    if theano:
        model, padded = padded_by_theano(model)
        words += [f"zeros as Theano put them around the input of {name!r}" for name in padded]
    if any(first.values()):
        model = channels_last(model)
        words.append("channels first: the model now takes (height, width, channels)")
    if theano:
        model, pooled = pooled_by_theano(model)
        words += [f"a border as Theano put it around the input of {name!r}" for name in pooled]
    if weights.nested_in:
        words.append(f"weights that lie a group deeper, in {weights.nested_in!r}")
    conversion = Conversion(_line(weights) == 1, theano, first, spread)
    return Mended(model, "tf_keras", tuple(words), conversion)


def _layers_put_right(model: Config) -> tuple[Config, list[str]]:
    """All layers of a canonical model after the rules for arguments."""
    words: list[str] = []

    def one(layer: Config) -> Config:
        if is_model(layer):
            inner = layer["config"]
            new_layers = [one(each) for each in layers_of(layer)]
            return {**layer, "config": {**inner, "layers": new_layers}}
        name, config, said = put_right(str(layer["class_name"]), dict(layer["config"]))
        words.extend(word for word in said if word not in words)
        for key in _WRAPPED:
            if isinstance(config.get(key), dict) and "class_name" in config[key]:
                config[key] = one(config[key])
        kept: Config = {key: layer[key] for key in ("name", "inbound_nodes") if key in layer}
        return {**kept, "class_name": name, "config": config}

    return one(model), words


def _orders(model: Config) -> list[tuple[str, bool]]:
    """Of every layer that has an order of its dimensions: its name, and whether it is the first."""
    return [
        (name_of(part), part["config"].get("data_format") == "channels_first")
        for part in objects(model)
        if isinstance(part.get("config"), dict) and "data_format" in part["config"]
    ]


def _theano(writer: Writer, weights: Weights, channels_first: bool) -> tuple[bool, list[str]]:
    """Whether kernels are turned as Theano did, and what to say of it.

    Keras 1 did not write its backend down. The names of its weights tell; where they are only
    numbered, channels first came from Theano, whose order that was.
    """
    backend = weights.backend or writer.backend
    if backend is not None:
        turned = backend == "theano"
        return turned, ["kernels turned by 180°: they are Theano's"] if turned else []
    if _line(weights) != 1:
        return False, []
    if weights.named_by == "theano":
        return True, ["no backend is named; the weights bear Theano's names: kernels turned"]
    if weights.named_by is None and channels_first:
        return True, ["no backend is named; channels first in Keras 1 is Theano's: kernels turned"]
    return False, []


def _line(weights: Weights) -> int | None:
    """Which Keras wrote the weights; the first wrote lists without a version."""
    if weights.keras:
        return {"0": 1, "1": 1, "2": 2}.get(weights.keras[0], 3)
    return 1 if weights.style == "listed" else None


def _has_fixed_batch(parts: list[Config]) -> bool:
    """Whether an input takes so many pictures at once and no other number, for no reason."""
    stateful = any(part.get("stateful") is True for part in parts)
    return not stateful and any(any_batch("", part)[1] != part for part in parts)


def _has_hard_sigmoid(parts: list[Config]) -> bool:
    return any(value == "hard_sigmoid" for part in parts for value in part.values())
