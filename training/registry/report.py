"""The report that a promotion may require: somebody measured a release, and says yes or no."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from inference.errors import ModelError
from inference.manifest import Sha256


class Report(BaseModel):
    """`{"verdict": "pass"|"fail", "release": DIGEST, "reasons": […]}`; more members may follow."""

    model_config = ConfigDict(frozen=True)

    verdict: Literal["pass", "fail"]
    release: Sha256
    reasons: tuple[str, ...] = ()

    @classmethod
    def parse(cls, content: bytes) -> Report:
        """Read a report; `ModelError` if it is none."""
        try:
            return cls.model_validate_json(content)
        except ValidationError as exc:
            faults = "; ".join(
                f"{'.'.join(map(str, fault['loc'])) or 'the whole'}: {fault['msg']}"
                for fault in exc.errors(include_url=False, include_input=False)
            )
            raise ModelError(
                f'a report is {{"verdict": "pass" or "fail", "release": DIGEST, '
                f'"reasons": […]}}, and this is none: {faults}'
            ) from exc


def read_report(path: Path) -> Report:
    """The report in a file; `ModelError` with the file's name if it is none."""
    try:
        return Report.parse(path.read_bytes())
    except (OSError, ModelError) as exc:
        raise ModelError(f"{path}: {exc}") from exc
