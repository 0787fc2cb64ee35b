"""What a hostile file would do does not happen: it is refused quickly, and Keras is not asked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.inference.keras_files.hostile import CASES, Case

ROOT = Path(__file__).parents[3]
MAX_SECONDS = 2.0
MAX_BYTES = 300_000_000

# Loads the folder, and says what came of it and what it took. What `getrusage` calls the peak of
# a child counts the parent that started it; the kernel's own figure does not, where there is one.
PROGRAM = """
import json, re, resource, sys, time
from pathlib import Path
from inference.errors import ModelError
from inference.keras_files.loading import load
started = time.process_time()
said = {"error": None}
try:
    load(Path(sys.argv[1]))
except ModelError as exc:
    said = {"error": type(exc).__name__, "message": str(exc)}
said["seconds"] = time.process_time() - started
status = Path("/proc/self/status")
peak = re.search("VmHWM:\\s+(\\d+) kB", status.read_text() if status.exists() else "")
said["bytes"] = int(peak[1]) * 1024 if peak else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
said["asked"] = sorted({"tensorflow", "keras", "tf_keras"} & set(sys.modules))
print(json.dumps(said))
"""


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_it_is_refused_before_keras_is_asked_within_two_seconds_and_300_mb(
    tmp_path: Path, case: Case
) -> None:
    folder, canary = tmp_path / "model", tmp_path / "canary"
    folder.mkdir()
    case.write(folder, canary)
    child = subprocess.run(
        [sys.executable, "-c", PROGRAM, folder],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = json.loads(child.stdout or "{}")
    assert said.get("error") == case.error, (said, child.stderr[-2000:])
    assert case.says in said["message"]
    assert said["asked"] == []
    assert said["seconds"] < MAX_SECONDS
    assert said["bytes"] < MAX_BYTES
    assert not canary.exists()
    assert str(tmp_path) not in said["message"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]
