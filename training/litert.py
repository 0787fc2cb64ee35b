"""Keras networks as LiteRT flatbuffers: float32, float16 weights, or full-integer int8.

A network is a model of Keras 3 or of `tf-keras`, from `(n, height, width, channels) float32`.

The same network and pictures give the same bytes, from one process to the next.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Iterable
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.lite.python.convert_phase import ConverterError

from inference.errors import ModelError

log = logging.getLogger(__name__)

MADE_BY = {"keras": keras.__version__, "tensorflow": tf.__version__}
"""What converts: for the manifest."""

# The converter's own, and what its calibrator raises.
_FAULTS = (ConverterError, RuntimeError, ValueError)

# What making constants of variables raises where a graph holds what has none, and Python where
# a later TensorFlow has taken this way out.
_FAULTS_OF_FREEZING = (tf.errors.OpError, AttributeError, LookupError, TypeError)

# How the converter names an operation that LiteRT lacks, with the tensors that it was given.
_LACKING = re.compile(r"^\t?tf\.(?P<name>\w+)\((?P<tensors>[^)]*)\) -> ", re.MULTILINE)
_ELEMENT = re.compile(r"[<x]((?!x)[a-z]+\d+)>")
_MOST_NAMED = 8
_MOST_TEXT = 300


Configure = Callable[[Any], None]
"""What is asked of a converter before it converts."""


def _as_it_is(converter: Any) -> None:
    """Float32 throughout."""


def to_float32(network: Any) -> bytes:
    """`network` as a flatbuffer that computes in float32, as the network itself does."""
    return _convert(network)


def to_float16(network: Any) -> bytes:
    """`network` with its weights in float16, half the size; it computes in float32."""

    def halve(converter: Any) -> None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]

    return _convert(network, halve)


def to_int8(network: Any, calibration: Iterable[NDArray[np.float32]]) -> bytes:
    """`network` in 8-bit integers throughout, `uint8` pixels in, `float32` out.

    `calibration` holds input tensors `(1, height, width, channels)` of ordinary pictures: their
    activations fix the range of every tensor. Weights get a scale per output channel. The output
    is dequantised in the flatbuffer; give a network that ends in logits, because 8 bits hold a
    probability only to 1/256. Raises `ModelError` where an operation has no integer form.
    """
    tensors = list(calibration)
    if not tensors:
        raise ModelError("quantisation to int8 needs pictures to calibrate on, and got none")

    def quantise(converter: Any) -> None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([tensor] for tensor in tensors)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.float32

    return _convert(network, quantise)


def _convert(network: Any, configure: Configure = _as_it_is) -> bytes:
    """By the network's function; by a SavedModel what cannot be converted so.

    A SavedModel is what TensorFlow advises. A network of 19 million numbers takes a gigabyte and
    several times as long by it: docs/decisions/0029-converted-by-its-function.md.
    """
    try:
        return _by_function(network, configure)
    except (*_FAULTS, *_FAULTS_OF_FREEZING) as exc:
        log.info("%r is not converted by its function: %s", network.name, _in_short(str(exc)))
    try:
        return _by_saved_model(network, configure)
    except _FAULTS as exc:
        reason = _in_short(str(exc))
        raise ModelError(f"LiteRT cannot express {network.name!r}: {reason}") from exc


def _by_function(network: Any, configure: Configure) -> bytes:
    function = tf.function(lambda picture: network(picture, training=False))
    concrete = function.get_concrete_function(_picture(network))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete])
    configure(converter)
    with warnings.catch_warnings():
        # Those of the calibration pictures are meant, and it has them.
        warnings.filterwarnings("ignore", "Statistics for quantized inputs", UserWarning)
        return bytes(converter.convert())


def _by_saved_model(network: Any, configure: Configure) -> bytes:
    """A SavedModel of our own: `from_keras_model` prints each variable of the network."""
    with TemporaryDirectory() as folder:
        _export(network, folder)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        configure(converter)
        return bytes(converter.convert())


def _picture(network: Any) -> tf.TensorSpec:
    """What the flatbuffer takes: any number of pictures at once."""
    return tf.TensorSpec(network.input_shape, tf.float32, name="picture")


def _in_short(report: str) -> str:
    """What the converter's report comes to: the operations that are lacking, or its first line.

    The report itself holds the whole network, and is as long.
    """
    found = {
        " of ".join(filter(None, (match["name"], "/".join(sorted(set(types))))))
        for match in _LACKING.finditer(report)
        for types in [_ELEMENT.findall(match["tensors"])]
    }
    if not found:
        first = report.strip().partition("\n")[0]
        return first if len(first) <= _MOST_TEXT else f"{first[:_MOST_TEXT]}…"
    named = sorted(found)[:_MOST_NAMED]
    more = f" and {len(found) - len(named)} more" if len(found) > len(named) else ""
    return f"it has no {', '.join(named)}{more}"


def _export(network: Any, folder: str) -> None:
    """Write the inference side of `network`."""
    signature = [_picture(network)]
    if isinstance(network, keras.Model):
        archive = keras.export.ExportArchive()
        archive.track(network)
        archive.add_endpoint("serve", lambda picture: network(picture, training=False), signature)
        archive.write_out(folder, verbose=False)
        return
    module = tf.Module()
    module.network = network
    serve = tf.function(lambda picture: network(picture, training=False), signature)
    tf.saved_model.save(module, folder, signatures=serve)
