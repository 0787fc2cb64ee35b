"""JSON of a model: read within bounds, and walked without recursion."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from inference.errors import HostileModel, UnreadableModel
from inference.keras_files.limits import (
    MAX_JSON_BYTES,
    MAX_JSON_DEPTH,
    MAX_JSON_LENGTH,
    MAX_JSON_VALUES,
)

Config = dict[str, Any]
"""A part of a model's description, as Keras writes it: JSON objects of any shape."""


def parse(content: bytes | str, what: str) -> Config:
    """The JSON object in `content`; `what` names it in messages.

    A text that holds the JSON as a string (`json.dump(model.to_json(), …)`, a common slip) is
    read as what was meant.
    """
    if len(content) > MAX_JSON_BYTES:
        raise HostileModel(
            f"{what} has {len(content):,} bytes of JSON; at most {MAX_JSON_BYTES:,} are read"
        )
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        value = json.loads(text)
        if isinstance(value, str):
            value = json.loads(value)
    except RecursionError as exc:
        raise HostileModel(f"{what} is nested more than {MAX_JSON_DEPTH} deep") from exc
    except ValueError as exc:  # bad UTF-8, bad JSON, and numbers of thousands of digits
        raise UnreadableModel(f"{what} is no JSON: {exc}") from exc
    if not isinstance(value, dict):
        raise UnreadableModel(f"{what} holds no JSON object that describes a model")
    _bound(value, what)
    return value


def _bound(value: Config, what: str) -> None:
    """Refuse what takes long to walk through, before anybody does so twice."""
    for count, (node, depth) in enumerate(walk(value)):
        if depth > MAX_JSON_DEPTH:
            raise HostileModel(f"{what} is nested more than {MAX_JSON_DEPTH} deep")
        if count > MAX_JSON_VALUES:
            raise HostileModel(f"{what} holds more than {MAX_JSON_VALUES:,} values")
        if isinstance(node, dict | list) and len(node) > MAX_JSON_LENGTH:
            raise HostileModel(
                f"{what} holds a list of {len(node):,} values; at most {MAX_JSON_LENGTH:,} are read"
            )


@contextmanager
def well_formed(what: str) -> Iterator[None]:
    """Have a description that is JSON and otherwise put together wrongly refused in words.

    Whoever walks a description of others meets numbers where lists should be, and the reverse;
    all of them are found here rather than one by one.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as exc:
        raise UnreadableModel(
            f"{what} describes a model in a way that no Keras does ({type(exc).__name__}: "
            f"{str(exc)[:80]}); write it again with the program that made it"
        ) from exc
    except RecursionError as exc:
        raise HostileModel(f"{what} nests models too deep") from exc


def walk(value: object) -> Iterator[tuple[object, int]]:
    """Every object, list and scalar in `value`, itself included, with its depth."""
    stack: list[tuple[object, int]] = [(value, 0)]
    while stack:
        node, depth = stack.pop()
        yield node, depth
        if isinstance(node, Mapping):
            stack.extend((child, depth + 1) for child in node.values())
        elif isinstance(node, list | tuple):
            stack.extend((child, depth + 1) for child in node)


def rewritten(value: Any, change: Callable[[Config], Config]) -> Any:
    """`value` with each JSON object in it as `change` makes it, inner ones first."""
    if isinstance(value, list):
        return [rewritten(each, change) for each in value]
    if isinstance(value, dict):
        return change({key: rewritten(each, change) for key, each in value.items()})
    return value


def objects(value: object) -> Iterator[Config]:
    """Every JSON object in `value`, itself included."""
    return (node for node, _ in walk(value) if isinstance(node, dict))
