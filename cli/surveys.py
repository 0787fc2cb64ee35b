"""What lies below a prefix, and what a job over it would cost, on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.bulk.survey import Survey


def cost(survey: Survey) -> dict[str, Any]:
    """What there is and what a job over it would cost, as JSON has it."""
    from api.bulk.survey import SECONDS_EACH, estimate
    from inference.prices import prices

    dollars, table = estimate(survey.objects), prices()
    return {
        "objects": survey.objects,
        "bytes": survey.bytes,
        "not_called_like_a_picture": survey.strange,
        "dollars": {
            "function": round(dollars.function, 6),
            "storage": round(dollars.storage, 6),
            "job": round(dollars.job, 6),
            "total": round(dollars.total, 6),
        },
        "assumed": {"seconds_each": SECONDS_EACH, "memory_mb": table.mb_per_vcpu},
        "prices_of": table.read_on,
    }


def cost_lines(survey: Survey) -> list[str]:
    """The same in words."""
    found = cost(survey)
    dollars, assumed = found["dollars"], found["assumed"]
    price = (
        f"on Lambda about ${dollars['total']:,.2f}: function {dollars['function']:,.2f}, "
        f"S3 {dollars['storage']:,.2f}, job {dollars['job']:,.2f} "
        f"({assumed['seconds_each']} s and {assumed['memory_mb']:,} MB each, "
        f"us-east-1, prices of {found['prices_of']})"
    )
    lines = [f"{survey.objects:,} objects, {survey.bytes / 1e6:,.1f} MB", price]
    if survey.strange:
        lines.append(
            f"{survey.strange:,} of them are not called like a picture, and a job stops when more "
            "than half of its first 1,000 tasks fail: --suffix .jpg chooses"
        )
    return lines
