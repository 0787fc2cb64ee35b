"""Two releases side by side: what differs, and what the new one says to the old one's pictures."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from inference.bundle import Bundle
from inference.errors import CallerError, ModelError
from inference.golden import GoldenAnswers
from inference.manifest import GOLDEN_ANSWERS
from inference.model import Model
from inference.pictures.decoding import PictureLimits, decode
from inference.stores import Store
from training.registry.differences import Difference, differences
from training.registry.releases import read_release


@dataclass(frozen=True, slots=True)
class GoldenAgreement:
    """Of the old release's golden pictures: how many get the same best label from the new one."""

    same: int
    pictures: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a caller may notice when one release takes the place of another.

    `unreadable` says why there is no comparison: a damaged release may be replaced as well.
    """

    differences: tuple[Difference, ...] = ()
    golden: GoldenAgreement | None = None
    unreadable: str | None = None


def compare(store: Store, name: str, digest: str, new: Model) -> Comparison:
    """Compare the release `digest`, which goes, with the one that comes; never a `ModelError`."""
    try:
        old = read_release(store, name, digest)
        labels = old.labels()
        found = differences(old.manifest, new.bundle.manifest, labels, new.labels)
        return Comparison(found, _golden_agreement(old, labels, new))
    except ModelError as exc:
        return Comparison(unreadable=str(exc))


def _golden_agreement(old: Bundle, labels: tuple[str, ...], new: Model) -> GoldenAgreement | None:
    """None if the old release has no golden answers."""
    if GOLDEN_ANSWERS not in old.manifest.files:
        return None
    try:
        golden = GoldenAnswers.model_validate_json(old.read(GOLDEN_ANSWERS))
    except ValidationError as exc:
        raise ModelError(f"{GOLDEN_ANSWERS} cannot be read") from exc
    same = sum(
        labels[answer.top[0].index : answer.top[0].index + 1]
        == (_best_label(new, old.read(f"golden/{answer.picture}")),)
        for answer in golden.answers
    )
    return GoldenAgreement(same, len(golden.answers))


def _best_label(model: Model, data: bytes) -> str:
    try:
        picture = decode(data, model.size, model.recipe, PictureLimits())
    except CallerError as exc:
        raise ModelError(f"a golden picture cannot be read: {exc}") from exc
    return model.labels[int(model.scores(picture.pixels).argmax())]
