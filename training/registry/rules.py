"""The rules of the registry, as functions of plain values: nothing is read, nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from inference import layout
from inference.pointers import Move, Pointer
from training.registry.report import Report

Standing = Literal["current", "remembered", "unreferenced"]


def reasons_against(
    release: str,
    report: Report | None,
    replaced: str | None = None,
    data_sha256: str | None = None,
) -> tuple[str, ...]:
    """Why `release` may not be promoted; none when it may. Without a report every one may.

    `replaced` is the release that it takes over from, if there is one: a comparison is about these
    two and no others. `data_sha256` is the digest of the pictures that the report must rest on,
    where somebody named them.
    """
    if report is None:
        return ()
    if report.release != release:
        other = layout.abbreviated(report.release)
        return (f"the report is about release {other}, not about {layout.abbreviated(release)}",)
    if report.against and replaced not in (None, release, report.against):
        compared, old = map(layout.abbreviated, (report.against, replaced))
        return (f"the report compares it with release {compared}, and it would replace {old}",)
    if data_sha256 and report.data_sha256 != data_sha256:
        was = f"{report.data_sha256[:12]}…" if report.data_sha256 else "none that it names"
        return (f"the report rests on other pictures: {was}, and not {data_sha256[:12]}…",)
    if report.passes:
        return ()
    return report.reasons or (f"the report's verdict is {report.verdict}, without a reason",)


def rollback_target(pointer: Pointer) -> str | None:
    """The release before the current one; None when the pointer remembers none.

    A rollback takes back the move before it, so the next one goes further back: two rollbacks in
    a row never end where they began. What was rolled back is no longer a place to go back to,
    until somebody promotes or publishes it again.
    """
    undone = _line(reversed(pointer.moves))
    return undone[-2] if len(undone) > 1 else None


def standing(release: str, pointers: Iterable[Pointer]) -> Standing:
    """Whether a stage points to `release`, remembers it, or none knows of it any more."""
    found: Standing = "unreferenced"
    for pointer in pointers:
        if pointer.release == release:
            return "current"
        if any(move.release == release for move in pointer.history):
            found = "remembered"
    return found


def first_moves(pointers: Iterable[Pointer]) -> Mapping[str, Move]:
    """Of each release that the pointers remember, the earliest move that named it."""
    earliest: dict[str, Move] = {}
    for move in (move for pointer in pointers for move in pointer.moves):
        known = earliest.get(move.release)
        if known is None or move.since < known.since:
            earliest[move.release] = move
    return earliest


def _line(oldest_first: Iterable[Move]) -> list[str]:
    """The releases that lead to the current one, oldest first, without what was rolled back."""
    line: list[str] = []
    for move in oldest_first:
        if move.action == "rollback":
            while line and line[-1] != move.release:
                line.pop()
        if not line or line[-1] != move.release:
            line.append(move.release)
    return line
