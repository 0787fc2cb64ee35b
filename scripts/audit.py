"""Look for known vulnerabilities in what is deployed: `make audit`, part of `make check`.

pip-audit asks PyPI's database about every package of the locks. Where that cannot be reached, this
says so and is no failure: a build without a network is not less safe than yesterday's.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.plurals import counted

LOCK = Path("requirements/tensorflow.lock")
"""It holds all of serve.lock in the same versions, and what publishing needs."""

SECONDS = 120
"""A network that swallows packets must not hold up a build."""

_UNREACHABLE = ("ConnectionError", "Could not connect", "ProxyError", "SSLError", "ServiceError")
"""What pip-audit's last words hold then."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What was asked about and answered, and what is known against it (`NAME VERSION: ID, …`)."""

    asked: int
    answered: int
    known: tuple[str, ...]

    @property
    def words(self) -> str:
        """The outcome in a line."""
        if self.known:
            found = counted(len(self.known), "package")
            return f"{found} with known vulnerabilities: {'; '.join(self.known)}"
        if not self.answered:
            return "NOTHING WAS AUDITED: the database of vulnerabilities cannot be reached"
        missing = self.asked - self.answered
        rest = f"; {missing} not found in the database" if missing else ""
        return f"{counted(self.answered, 'package')}, none with a known vulnerability{rest}"


def read(document: dict[str, Any]) -> Audit:
    """What pip-audit's JSON says."""
    packages = document["dependencies"]
    answered = [each for each in packages if "vulns" in each]
    known = tuple(
        f"{each['name']} {each['version']}: {', '.join(vuln['id'] for vuln in each['vulns'])}"
        for each in answered
        if each["vulns"]
    )
    return Audit(len(packages), len(answered), known)


def audit(lock: Path = LOCK) -> Audit:
    """Ask about every package of the lock; an `Audit` of nothing where nobody answers.

    Raises RuntimeError when pip-audit cannot even ask, with its last words.
    """
    command = [
        *(sys.executable, "-m", "pip_audit", "--requirement", str(lock), "--no-deps"),
        *("--disable-pip", "--format", "json", "--progress-spinner", "off", "--timeout", "10"),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Audit(0, 0, ())
    if done.stdout.startswith("{"):
        return read(json.loads(done.stdout))
    if any(sign in done.stderr for sign in _UNREACHABLE):
        return Audit(0, 0, ())
    raise RuntimeError(f"pip-audit failed: {done.stderr.strip()[-500:] or done.returncode}")


def main() -> int:
    """1 when something is known against a package, or nobody could even be asked."""
    try:
        found = audit()
    except RuntimeError as exc:
        print(f"audit: {exc}", file=sys.stderr)
        return 1
    print(f"audit: {found.words}")
    return 1 if found.known else 0


if __name__ == "__main__":
    sys.exit(main())
