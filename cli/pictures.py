"""The pictures that a command line names: found first, read one by one later."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import NoReturn

import typer

from inference.addresses import parse_address
from inference.errors import (
    ImageTooLarge,
    OperatorError,
    SourceNotAllowed,
    SourceNotFound,
    SourceUnavailable,
)
from inference.sources import Fetched, Sources

SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".gif"),
    *(".bmp", ".dib", ".tif", ".tiff", ".avif", ".heic", ".heif"),
)
"""What the name of a picture in a folder ends with, in small or capital letters."""

_HINT = "PATH"


def find_pictures(paths: Iterable[str]) -> list[str]:
    """Every picture that `paths` name, in their order; folders are searched, in order of name.

    Raises `typer.BadParameter` for a path that leads nowhere, a folder without pictures and a
    malformed S3 address: all are found out before any work begins.
    """
    found: list[str] = []
    for path in paths:
        if is_address(path):
            found.append(_checked(path))
        elif path and os.path.isdir(path):  # noqa: PTH112 - pathlib raises for a name too long
            found += _in_folder(path)
        elif os.path.exists(path):  # noqa: PTH110 - as above
            found.append(path)
        else:
            raise typer.BadParameter(
                f"{path!r} {_why_nothing(path)}: name files, folders or s3://BUCKET/KEY",
                param_hint=_HINT,
            )
    return found


def is_address(path: str) -> bool:
    """Whether `path` is an address in S3."""
    return path.startswith("s3://")


def buckets_of(paths: Iterable[str]) -> frozenset[str]:
    """The buckets that `paths` name.

    Whoever types an address uses rights of his own, so these may be read, unlike those that
    somebody names over HTTP.
    """
    return frozenset(_bucket(path) for path in paths if is_address(path))


def read_picture(path: str, sources: Sources) -> Fetched:
    """The bytes of one file or S3 object; never many more than are accepted.

    Raises `SourceNotFound`, `SourceNotAllowed`, `SourceUnavailable` or `ImageTooLarge`.
    """
    if is_address(path):
        return sources.fetch(path)
    start = perf_counter()
    data = _read_file(path, sources.max_bytes)
    return Fetched(data, as_text(path), (perf_counter() - start) * 1e3)


def as_text(path: str) -> str:
    """The path as text that any JSON can hold: bytes that are no UTF-8 are spelled out."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _why_nothing(path: str) -> str:
    """What is wrong with a path that leads nowhere."""
    try:
        target = os.readlink(path)  # noqa: PTH115 - as above
    except (OSError, ValueError):  # no link, or no name that a system holds
        return "does not exist"
    return f"is a link to {target!r}, which leads nowhere"


def _bucket(address: str) -> str:
    return address.removeprefix("s3://").partition("/")[0]


def _checked(address: str) -> str:
    try:
        parse_address(address, {_bucket(address)})
    except SourceNotAllowed as exc:
        raise typer.BadParameter(f"{address!r}: {exc}", param_hint=_HINT) from exc
    return address


def _in_folder(folder: str) -> Sequence[str]:
    pictures = list(_walk(folder))
    if not pictures:
        raise typer.BadParameter(
            f"the folder {folder!r} holds no picture: no file in it ends with one of "
            f"{' '.join(SUFFIXES)}",
            param_hint=_HINT,
        )
    return pictures


def _walk(folder: str) -> Iterator[str]:
    """The pictures below `folder`; what begins with a dot is hidden, links to folders end here."""
    for parent, folders, names in os.walk(folder, onerror=_cannot_list):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = os.path.join(parent, name)  # noqa: PTH118 -- "./a" would become "a"
            looks_like_one = name.lower().endswith(SUFFIXES) and not name.startswith(".")
            if looks_like_one and not _would_be_waited_for(path):
                yield path


def _would_be_waited_for(path: str) -> bool:
    """Whether it is a pipe or a device, which is read only by whoever names it."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - as above
    except OSError:  # a link that leads nowhere is a failure to be told
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def _cannot_list(exc: OSError) -> NoReturn:
    raise OperatorError(f"the folder {exc.filename!r} cannot be listed: {exc.strerror}") from exc


def _read_file(path: str, max_bytes: int) -> bytes:
    try:
        with Path(path).open("rb") as file:
            # The size is not asked for beforehand: a pipe has none.
            data = file.read(max_bytes + 1)
    except FileNotFoundError as exc:
        raise SourceNotFound(f"{as_text(path)} does not exist any more") from exc
    except PermissionError as exc:
        raise SourceNotAllowed(f"{as_text(path)} may not be read: {exc.strerror}") from exc
    except OSError as exc:
        raise SourceUnavailable(f"{as_text(path)} cannot be read: {exc.strerror}") from exc
    if len(data) > max_bytes:
        raise ImageTooLarge(
            f"the file has more than the {max_bytes:,} bytes that are accepted: send a smaller "
            "picture, or set MICROLENS_MAX_IMAGE_BYTES"
        )
    return data
