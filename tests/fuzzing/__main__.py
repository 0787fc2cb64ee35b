"""`make fuzz` (SECONDS=600, TARGET=all): atheris over whatever strangers send.

What is found lies under `.cache/fuzzing/NAME/found/`; once it is mended, the file goes to
`tests/fuzzing/corpus/NAME/`, which `make test` runs through its target every time. What the fuzzer
learns stays in `.cache/fuzzing/NAME/corpus/` for the next run.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

from tests.fuzzing.targets import TARGETS

PROJECT = Path(__file__).parents[2]
KEPT = Path(__file__).parent / "corpus"
CACHE = PROJECT / ".cache" / "fuzzing"
INPUT_SECONDS, INPUT_BYTES, MEMORY_MB = 5, 4_096, 1_500
"""An input that takes longer, or more memory, is a finding; longer inputs are not made."""


def fuzz(name: str, seconds: int, cache: Path = CACHE) -> tuple[int, list[Path]]:
    """Fuzz one target; how many inputs were tried, and the files that broke it."""
    learned, found = cache / name / "corpus", cache / name / "found"
    for folder in (learned, found):
        folder.mkdir(parents=True, exist_ok=True)
    for seed in TARGETS[name].seeds():
        (learned / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
    command = [
        *(sys.executable, "-m", "tests.fuzzing.fuzzer", name, str(learned)),
        *([str(KEPT / name)] if (KEPT / name).is_dir() else []),
        *(f"-max_total_time={seconds}", f"-timeout={INPUT_SECONDS}", f"-max_len={INPUT_BYTES}"),
        *(f"-rss_limit_mb={MEMORY_MB}", f"-artifact_prefix={found}/", "-print_final_stats=1"),
    ]
    # libFuzzer writes its progress, and the traceback of what it finds, to standard error.
    done = subprocess.run(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True, check=False)
    tried = re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr)
    files = sorted(found.iterdir())
    if done.returncode or files:
        print(done.stderr[-4_000:], file=sys.stderr)
    if done.returncode and not files:
        raise SystemExit(f"the fuzzer of {name} ended with {done.returncode}")
    return int(tried[1]) if tried else 0, files


def main() -> int:
    """Fuzz as the arguments say; 1 when something was found."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("seconds", type=int, help="how long, for each target")
    parser.add_argument("target", nargs="?", default="all", choices=["all", *TARGETS])
    given = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        raise SystemExit("atheris is not installed: pip install 'atheris>=3' (Linux, Python 3.11+)")
    broken = 0
    for name in TARGETS if given.target == "all" else [given.target]:
        tried, files = fuzz(name, given.seconds)
        print(
            f"fuzz: {name}: {tried:,} inputs in {given.seconds} s, {len(files)} found", flush=True
        )
        for path in files:
            print(f"  {path.relative_to(PROJECT)}")
        broken += len(files)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
