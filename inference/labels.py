"""`labels.txt`: one label a line, in the order of the network's output."""

from __future__ import annotations

from pathlib import Path

from inference.errors import ModelError

_MOST_BYTES = 10_000_000


def read_labels(path: Path) -> tuple[str, ...]:
    """The labels in a file, as `parse_labels` has them; `ModelError` if it cannot be read."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ModelError(f"{path.name} has more than {_MOST_BYTES:,} bytes")
        content = path.read_bytes()
    except OSError as exc:
        raise ModelError(f"the labels {path.name} cannot be read: {exc.strerror}") from exc
    return parse_labels(content, path.name)


def parse_labels(content: bytes, where: str) -> tuple[str, ...]:
    """One label a line, without what surrounds it; `id<TAB>label` is a label with an id.

    Where every line starts with its own number, from 0 on, as Teachable Machine writes them
    (`0 Class 1`), the numbers are no part of the labels. A file of one such line stays as it is.
    Empty lines at the end are nobody's label; one in between is refused, because everything
    after it would be shifted. Raises `ModelError`.
    """
    try:
        lines = label_lines(content.decode("utf-8-sig").rstrip())
    except UnicodeDecodeError as exc:
        raise ModelError(
            f"{where} is not UTF-8 from byte {exc.start:,} on: save it again as UTF-8, or convert "
            f"it, such as by iconv -f WINDOWS-1252 -t UTF-8"
        ) from exc
    labels = _unnumbered(tuple(line.rpartition("\t")[2].strip() for line in lines))
    if not labels:
        raise ModelError(f"{where} is empty: it has one label a line, in the order of the output")
    for number, label in enumerate(labels, start=1):
        if not label:
            raise ModelError(f"line {number} of {where} is empty: every class has a label")
    return labels


def label_lines(text: str) -> list[str]:
    """The lines of the text, which end as on Linux, Windows or an old Macintosh.

    Not by `splitlines`: to that a label ends at U+0085 too, which is what is left of an ellipsis
    of Windows, and at half a dozen other characters that no editor shows as an end.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def _unnumbered(labels: tuple[str, ...]) -> tuple[str, ...]:
    """The labels without their own indices, if each one has its own in front of it."""
    parts = [label.partition(" ") for label in labels]
    numbered = all(
        number == str(index) and rest.strip() for index, (number, _, rest) in enumerate(parts)
    )
    return tuple(rest.strip() for _, _, rest in parts) if numbered and len(parts) > 1 else labels


def serialise_labels(labels: tuple[str, ...]) -> bytes:
    """The bytes of a bundle's `labels.txt`."""
    return "".join(f"{label}\n" for label in labels).encode()
