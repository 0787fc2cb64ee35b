"""Protobuf on the wire: the fields of a message, without a schema and without the library."""

from __future__ import annotations

from collections.abc import Iterator

Message = memoryview


def fields(message: Message, number: int) -> Iterator[Message]:
    """The values of a field that are messages, texts or bytes; `ValueError` when damaged."""
    for found, value in parts(message):
        if found == number and isinstance(value, memoryview):
            yield value


def parts(message: Message) -> Iterator[tuple[int, int | Message]]:
    """Each field of a message: its number, and an integer or its bytes."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, place = _varint(message, place)
            yield number, value
        elif kind == 2:
            length, place = _varint(message, place)
            if place + length > len(message):
                raise ValueError("a field reaches beyond its message")
            yield number, message[place : place + length]
            place += length
        elif kind in (1, 5):
            place += 8 if kind == 1 else 4
        else:
            raise ValueError(f"wire type {kind}")


def text(value: Message) -> str:
    """A field as text, whatever stands in it."""
    return bytes(value).decode("utf-8", "replace")


def first(message: Message, number: int) -> str:
    """The first value of a field of texts; empty where there is none."""
    return next((text(value) for value in fields(message, number)), "")


def _varint(message: Message, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if place >= len(message):
            raise ValueError("an integer is cut off")
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
        if shift > 63:
            raise ValueError("an integer of more than 64 bits")
