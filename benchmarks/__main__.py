"""The bench: `python -m benchmarks`, or `make bench`.

Measures Microlens, the floor and the peers, and writes RESULTS.md, results.svg and results.json.
What is needed and not there yet is installed and built first, which takes some minutes once.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from benchmarks.chart import chart
from benchmarks.cold_start import measure_cold_starts
from benchmarks.contenders import ours, peers
from benchmarks.cost import MEMORY_MB, measure_cost
from benchmarks.draft import measure_draft
from benchmarks.growth import by_connections, by_model, by_pictures
from benchmarks.machine import this_machine
from benchmarks.memory import measure_memory
from benchmarks.networks import INT8, NETWORKS, network_folder
from benchmarks.photographs import SIZES, photographs
from benchmarks.report import report
from benchmarks.results import Results, Swaps
from benchmarks.size import measure_size
from benchmarks.targets import targets
from benchmarks.warm import measure_warm
from benchmarks.workshop import PROJECT, cache, say


@dataclass(frozen=True, slots=True)
class Effort:
    """How many rounds, and how long: enough to trust, or enough to see that it works."""

    rounds: int
    cold_rounds: int
    few_rounds: int
    scale: float
    memory: tuple[int, ...]
    swaps: int
    cost_answers: int
    cost_sizes: tuple[int, ...]


FULL = Effort(8, 5, 3, 1.0, (1_000, 10_000), 100, 40, MEMORY_MB)
QUICK = Effort(2, 1, 1, 0.2, (100, 1_000), 10, 10, (512, 1024, 1769))


def _parts(
    results: Results, effort: Effort, pictures: Path | None
) -> dict[str, Callable[[], None]]:
    """Each part puts what it measured into `results`."""

    def warm() -> None:
        results.warm = measure_warm([ours(), ours(INT8), *peers()], effort.rounds, effort.scale)

    def cold() -> None:
        results.cold = measure_cold_starts(effort.cold_rounds)

    def memory() -> None:
        results.memory = measure_memory(effort.memory, effort.rounds, 2.0 * effort.scale)

    def size() -> None:
        results.size = measure_size()

    def growth() -> None:
        results.pictures = by_pictures(effort.rounds, 3.0 * effort.scale)
        results.connections = by_connections(effort.few_rounds, 2.0 * effort.scale)
        results.models = by_model(effort.few_rounds, 2.0 * effort.scale)

    def swaps() -> None:
        results.swaps = _swaps(effort.swaps)

    def cost() -> None:
        results.cost = measure_cost(effort.few_rounds, effort.cost_answers, effort.cost_sizes)

    def draft() -> None:
        results.draft = measure_draft(pictures)

    every = (warm, cold, memory, size, growth, swaps, cost, draft)
    return {part.__name__: part for part in every}


def _swaps(count: int) -> Swaps:
    """`benchmarks.swaps` in a process of its own: it holds the client and the releases."""
    say(f"{count} swaps")
    command = [sys.executable, "-m", "benchmarks.swaps", f"--swaps={count}"]
    done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, check=True)
    found: Swaps = json.loads(done.stdout)
    return found


def _prepare() -> None:
    """Make what is kept between runs, before anything is measured."""
    for size in SIZES:
        photographs(size)
    for network in NETWORKS:
        network_folder(network)
    peers()


def main() -> None:
    """Measure, write, and print which targets were kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few short rounds; writes to .cache")
    parser.add_argument("--only", default="", help="parts, separated by commas")
    parser.add_argument("--pictures", type=Path, help="a folder of pictures for the draft part")
    parser.add_argument("--out", type=Path, help="a folder for the results")
    asked = parser.parse_args()
    results = Results(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", this_machine(), quick=asked.quick)
    parts = _parts(results, QUICK if asked.quick else FULL, asked.pictures)
    chosen = asked.only.split(",") if asked.only else list(parts)
    if unknown := set(chosen) - set(parts):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    _prepare()
    start = monotonic()
    for name in chosen:
        parts[name]()
        say(f"{name} is done after {(monotonic() - start) / 60:.1f} minutes")
    results.minutes = (monotonic() - start) / 60
    # Results of a part or of a hurry do not take the place of those of a whole run.
    whole = not asked.quick and not asked.only
    _write(results, asked.out or (Path(__file__).parent if whole else cache() / "partial"))


def _write(results: Results, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if results.warm:
        (folder / "results.svg").write_text(chart(results.warm))
    page = report(results, "results.svg" if results.warm else None)
    (folder / "results.json").write_text(results.to_json())
    (folder / "RESULTS.md").write_text(page)
    for each in targets(results):
        state = {True: "kept", False: "MISSED", None: "      "}[each.kept]
        print(f"{state:6}  {each.claim}: {each.found} {f'({each.wanted})' * bool(each.wanted)}")
    say(f"written: {folder}/RESULTS.md, results.json, results.svg")


if __name__ == "__main__":
    main()
