"""Result objects where they lie, a folder or a bucket: found one by one, read within a limit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from inference.errors import BadRequest, ImageTooLarge, SourceNotFound, SourceUnavailable

# A result with a thousand labels has 60 kB.
MOST_BYTES = 1_000_000
_ENDING = ".json"


@dataclass(frozen=True, slots=True)
class InBucket:
    """Results whose keys begin with `prefix`."""

    bucket: str
    prefix: str

    def found(self) -> Iterator[str]:
        """Their keys, in S3's order."""
        from inference import s3  # boto3 is imported only where S3 is used

        return (key for key in s3.keys(self.bucket, self.prefix) if key.endswith(_ENDING))

    def place(self, name: str) -> str:
        """Where one lies, as an operator writes it."""
        return f"s3://{self.bucket}/{name}"

    def read(self, name: str) -> bytes:
        """One of them; `BadRequest` when it is too large or went, else `SourceUnavailable`."""
        from inference import s3

        try:
            return s3.get(self.bucket, name, max_bytes=MOST_BYTES).data
        except ImageTooLarge as exc:
            raise _too_large() from exc
        except SourceNotFound as exc:
            raise BadRequest("it was deleted meanwhile") from exc


@dataclass(frozen=True, slots=True)
class InFolder:
    """Results below a folder."""

    root: Path

    def found(self) -> Iterator[str]:
        """Their paths, folder by folder, in order of name in each."""
        if not self.root.is_dir():
            raise SourceUnavailable(f"{self.root} is no folder: name one, or s3://BUCKET/PREFIX")
        for parent, folders, names in os.walk(self.root, onerror=_cannot_list):
            folders.sort()
            for name in sorted(names):
                if name.endswith(_ENDING):
                    yield str(Path(parent, name))

    def place(self, name: str) -> str:
        """Where one lies, with bytes that are no UTF-8 spelled out."""
        return os.fsencode(name).decode("utf-8", "backslashreplace")

    def read(self, name: str) -> bytes:
        """One of them; `BadRequest` when it is too large or went, else `SourceUnavailable`."""
        try:
            if not Path(name).is_file():  # a pipe would be waited for
                raise BadRequest("it is no file")
            with Path(name).open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except FileNotFoundError as exc:
            raise BadRequest("it was deleted meanwhile") from exc
        except OSError as exc:
            raise SourceUnavailable(f"{self.place(name)} cannot be read: {exc.strerror}") from exc
        if len(data) > MOST_BYTES:
            raise _too_large()
        return data


def _too_large() -> BadRequest:
    return BadRequest(f"it has more than the {MOST_BYTES:,} bytes of any result")


def _cannot_list(exc: OSError) -> None:
    raise SourceUnavailable(f"{exc.filename} cannot be listed: {exc.strerror}") from exc
