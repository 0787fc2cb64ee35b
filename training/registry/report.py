"""The report that a promotion may require: somebody measured a release, and says yes or no.

`microlens compare --out` writes one that is bound to two releases and to the pictures; anybody may
write a shorter one by hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from inference.errors import ModelError
from inference.manifest import Sha256
from inference.validation import faults_in

Passed = Literal["pass", "better", "no_worse"]
Failed = Literal["fail", "worse", "undecided"]
PASSED: Final = frozenset(get_args(Passed))
COMPARED: Final = frozenset({"better", "no_worse", "worse", "undecided"})
"""Verdicts about two releases, which say nothing without the second."""


class Report(BaseModel):
    """What was measured of `release`; more members may follow.

    `against` is the release that it was compared with, `data_sha256` the digest of the pictures:
    a comparison has both.
    """

    model_config = ConfigDict(frozen=True)

    verdict: Passed | Failed
    release: Sha256
    reasons: tuple[str, ...] = ()
    against: Sha256 | None = None
    data_sha256: Sha256 | None = None

    @model_validator(mode="after")
    def _is_bound(self) -> Self:
        if self.verdict in COMPARED and not (self.against and self.data_sha256):
            raise ValueError(
                f"the verdict {self.verdict!r} needs 'against' and 'data_sha256', as "
                "microlens compare writes them"
            )
        return self

    @property
    def passes(self) -> bool:
        """Whether the verdict lets the release through."""
        return self.verdict in PASSED

    @classmethod
    def parse(cls, content: bytes) -> Report:
        """Read a report; `ModelError` if it is none."""
        try:
            return cls.model_validate_json(content)
        except ValidationError as exc:
            raise ModelError(
                'a report is what microlens compare --out writes, or {"verdict": "pass" or "fail", '
                f'"release": DIGEST, "reasons": […]}}, and this is none: {faults_in(exc)}'
            ) from exc


def read_report(path: Path) -> Report:
    """The report in a file; `ModelError` with the file's name if it is none."""
    try:
        return Report.parse(path.read_bytes())
    except (OSError, ModelError) as exc:
        raise ModelError(f"{path}: {exc}") from exc
