"""The zip, the same bytes for the same files, and what weighs most in it."""

from __future__ import annotations

import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MAX_UNZIPPED_BYTES: Final = 262_144_000
"""What Lambda takes, layers included: 250 MB of 1024 × 1024 bytes."""
MAX_ZIPPED_BYTES: Final = 50_000_000
"""What Lambda takes without a detour through S3, rounded down."""

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the oldest time that a zip can hold
_MODE: Final = 0o100644


class TooLarge(Exception):
    """A package that Lambda would not take."""


@dataclass(frozen=True, slots=True)
class Part:
    """A top-level entry of a package: its bytes in the function and, where known, in the zip."""

    name: str
    unzipped: int
    zipped: int = 0


def write_zip(folder: Path, path: Path) -> list[Part]:
    """Pack `folder`; its parts, the largest first. Raises `TooLarge`, leaving no file."""
    check(measure(folder))
    partial = path.with_suffix(".partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name in sorted(file.relative_to(folder).as_posix() for file in files(folder)):
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system, entry.external_attr = 3, _MODE << 16
                archive.writestr(entry, (folder / name).read_bytes())
            zipped: Counter[str] = Counter()
            for info in archive.infolist():
                zipped[_part_of(info.filename)] += info.compress_size
        parts = [Part(each.name, each.unzipped, zipped[each.name]) for each in measure(folder)]
        check(parts, partial.stat().st_size)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return parts


def measure(folder: Path) -> list[Part]:
    """The parts of a package that is not zipped, the largest first."""
    sizes: Counter[str] = Counter()
    for path in files(folder):
        sizes[_part_of(path.relative_to(folder).as_posix())] += path.stat().st_size
    return [Part(name, size) for name, size in sizes.most_common()]


def check(parts: list[Part], zipped: int = 0) -> None:
    """Refuse what Lambda would refuse, and say what weighs most."""
    unzipped = sum(each.unzipped for each in parts)
    heaviest = ", ".join(f"{each.name} {each.unzipped:,}" for each in parts[:3])
    if unzipped > MAX_UNZIPPED_BYTES:
        raise TooLarge(
            f"{unzipped:,} bytes unzipped; Lambda takes {MAX_UNZIPPED_BYTES:,}. "
            f"The largest parts: {heaviest}. Take the container image instead"
        )
    if zipped > MAX_ZIPPED_BYTES:
        raise TooLarge(
            f"{zipped:,} bytes zipped; an upload may have {MAX_ZIPPED_BYTES:,}. "
            f"The largest parts: {heaviest}. Take the container image instead"
        )


def table(parts: list[Part], rows: int = 12) -> str:
    """The largest parts and the sum, in lines."""
    others = parts[rows:]
    rest = Part(
        f"{len(others)} more",
        sum(each.unzipped for each in others),
        sum(each.zipped for each in others),
    )
    whole = Part(
        "together", sum(each.unzipped for each in parts), sum(each.zipped for each in parts)
    )
    lines = [f"{'part':24}{'bytes':>14}{'zipped':>14}"]
    for each in (*parts[:rows], *([rest] if others else []), whole):
        zipped = f"{each.zipped:,}" if each.zipped else ""
        lines.append(f"{each.name:24}{each.unzipped:>14,}{zipped:>14}".rstrip())
    return "\n".join(lines)


def files(folder: Path) -> list[Path]:
    """All files of a package."""
    return [path for path in folder.rglob("*") if path.is_file()]


def _part_of(name: str) -> str:
    """The package that a file belongs to; libraries that a wheel carries are part of it."""
    top = name.partition("/")[0].removesuffix(".py")
    return {"numpy.libs": "numpy", "pillow.libs": "PIL", "pydantic_core": "pydantic"}.get(top, top)
