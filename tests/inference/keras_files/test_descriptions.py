"""Whatever stands in a description, it is read or refused; no other exception gets out."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.errors import HostileModel, ModelError, UnreadableModel
from inference.keras_files.documents import Config, parse, well_formed
from inference.keras_files.envelopes import model_in
from inference.keras_files.mending.descriptions import mendings, reasons_for_care
from inference.keras_files.mending.models import canonical
from inference.keras_files.scan import scan
from inference.keras_files.shapes import estimate
from inference.keras_files.stored import Weights
from inference.keras_files.writer import Writer, writer_of

WEIGHTS = [Weights("listed", (), version, None) for version in (None, "2.3.1", "3.1.0")]


def layer(kind: str, name: str, inputs: list[Any], **config: Any) -> Config:
    return {
        "class_name": kind,
        "name": name,
        "config": {"name": name, "trainable": True, **config},
        "inbound_nodes": inputs,
    }


def model(layers: list[Config], end: str, **more: Any) -> Config:
    config = {
        "name": "m",
        "layers": layers,
        "input_layers": [["in", 0, 0]],
        "output_layers": [[end, 0, 0]],
    }
    return {"class_name": "Model", "config": config, **more}


KERAS_1 = model(
    [
        layer("InputLayer", "in", [], batch_input_shape=[None, 3, 8, 8], input_dtype="float32"),
        layer(
            "Convolution2D",
            "conv",
            [[["in", 0, 0]]],
            nb_filter=4,
            nb_row=3,
            nb_col=3,
            border_mode="same",
            subsample=[1, 1],
            dim_ordering="th",
        ),
        layer("Merge", "sum", [[["conv", 0, 0], ["conv", 0, 0]]], mode="sum", mode_type="raw"),
        layer("Flatten", "flat", [[["sum", 0, 0]]]),
        layer("Dense", "out", [[["flat", 0, 0]]], output_dim=5, activation="softmax"),
    ],
    "out",
    keras_version="1.2.2",
)


def tensor(name: str) -> Config:
    config = {"shape": [None, 8], "dtype": "float32", "keras_history": [name, 0, 0]}
    return {"class_name": "__keras_tensor__", "config": config}


KERAS_3 = model(
    [
        layer("InputLayer", "in", [], batch_shape=[None, 8], dtype="float32"),
        layer(
            "Dense",
            "hidden",
            [{"args": [tensor("in")], "kwargs": {}}],
            units=8,
            activation="hard_sigmoid",
            dtype={"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}},
        ),
        layer("Add", "out", [{"args": [[tensor("in"), tensor("hidden")]], "kwargs": {}}]),
    ],
    "out",
    module="keras",
    registered_name="Functional",
)

KERAS_0: Config = {
    "name": "Sequential",
    "class_mode": "categorical",
    "layers": [
        {
            "name": "Convolution2D",
            "input_shape": [3, 8, 8],
            "nb_filter": 4,
            "nb_row": 3,
            "nb_col": 3,
        },
        {"name": "ZeroPadding2D", "padding": [1, 1]},
        {"name": "BatchNormalization", "epsilon": 1e-6, "axis": 1, "mode": 0},
        {"name": "Flatten"},
        {"name": "Dense", "output_dim": 5, "activation": "softmax"},
    ],
}

JUNK: list[Any] = [None, True, -1, 0, 10**13, 1.5, "", "Lambda", "Sequential", [], [[]], {}]
JUNK += [[None, 3], {"class_name": "Dense", "config": {}}, [["in", 0, 0]], "channels_first"]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything in a description."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in inside:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, key))


def everything(config: Config, weights: Weights) -> None:
    """All that is done with a description before Keras sees it."""
    config = model_in(config, "it")
    writer = writer_of(config)
    with well_formed("it"):
        scan(config, "it")
        estimate(canonical(config, keras_1=writer.line == 1))
        reasons_for_care(config, writer, weights)
        for make in mendings(config, writer, weights):
            make()


@pytest.mark.parametrize("config", [KERAS_0, KERAS_1, KERAS_3], ids=["0", "1", "3"])
def test_a_description_as_it_should_be_passes(config: Config) -> None:
    everything(config, WEIGHTS[0])
    model = model_in(config, "it")
    assert estimate(canonical(model, keras_1=config is not KERAS_3)).parameters > 0


def test_code_in_a_description_of_keras_0_is_refused() -> None:
    layers = [*KERAS_0["layers"], {"name": "Lambda", "function": "Yw=="}]
    with pytest.raises(HostileModel, match="it carries program code"):
        scan(model_in({**KERAS_0, "layers": layers}, "it"), "it")


@pytest.mark.parametrize("name", ["Lambda", "Custom>Lambda", "CustomScale"])
def test_the_name_of_a_layer_that_keras_registers_lets_no_other_through(name: str) -> None:
    config = {"name": "x", "function": ["4wEAAA==", None, None]}
    part = {"class_name": name, "registered_name": "Custom>CustomScaleLayer", "config": config}
    with pytest.raises(ModelError):
        scan(model_in({"class_name": "Sequential", "config": [part]}, "it"), "it")


@given(st.sampled_from([KERAS_0, KERAS_1, KERAS_3]), st.data(), st.sampled_from(WEIGHTS))
def test_a_description_with_anything_in_any_place_is_read_or_refused(
    config: Config, data: st.DataObject, weights: Weights
) -> None:
    changed = copy.deepcopy(config)
    for path in data.draw(st.lists(st.sampled_from(list(places(config))), max_size=3)):
        inner: Any = changed
        try:
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = data.draw(st.sampled_from(JUNK))
        except (IndexError, KeyError, TypeError):
            continue  # an earlier change took the place away
    outcome = "read"
    try:
        everything(changed, weights)
    except ModelError as exc:
        outcome = str(exc)
    assert outcome


DOCUMENTS = {
    "no JSON": (b"{", UnreadableModel, "no JSON"),
    "no object": (b"[1]", UnreadableModel, "no JSON object"),
    "no text": (b"\xff\xfe\x00", UnreadableModel, "no JSON"),
    "a number of 10,000 digits": (b'{"a": ' + b"9" * 10_000 + b"}", UnreadableModel, "no JSON"),
    "too deep": (b'{"a": ' + b"[" * 200 + b"]" * 200 + b"}", HostileModel, "deep"),
    "too long": (b" " * 9_000_000, HostileModel, "bytes"),
    "too long a list": (b'{"a": [' + b"0," * 120_000 + b"0]}", HostileModel, "120,001"),
    "too many values": (
        b'{"a": [' + (b"[" + b"0," * 1_000 + b"0],") * 300 + b"0]}",
        HostileModel,
        "250,000",
    ),
}


@pytest.mark.parametrize(("content", "error", "says"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_that_is_none_is_refused(
    content: bytes, error: type[ModelError], says: str
) -> None:
    with pytest.raises(error) as refused:
        parse(content, "it")
    assert says in str(refused.value)


def test_json_inside_a_json_string_is_read_and_a_byte_order_mark_is_skipped() -> None:
    assert parse(json.dumps(json.dumps({"a": 1})), "it") == {"a": 1}
    assert parse(b"\xef\xbb\xbf" + b'{"a": 1}', "it") == {"a": 1}


WRITERS = {
    "by version": ({"keras_version": "2.1.6", "backend": "theano"}, Writer("2.1.6", "theano", 2)),
    "Keras 1 by its words": ({"config": {"nb_filter": 3}}, Writer(None, None, 1)),
    "Keras 3 by its modules": (
        {"module": "keras", "class_name": "Sequential", "config": {}},
        Writer(None, None, 3),
    ),
    "Keras 2 otherwise": ({"class_name": "Sequential", "config": {}}, Writer(None, None, 2)),
}


@pytest.mark.parametrize(("config", "writer"), WRITERS.values(), ids=WRITERS)
def test_the_writer_is_told_by_version_or_by_its_ways(config: Config, writer: Writer) -> None:
    assert writer_of(config) == writer
