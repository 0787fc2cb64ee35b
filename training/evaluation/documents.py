"""What was measured, as one JSON document; docs/evaluate.md describes its members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from inference.answers import ModelIdentity
from training.evaluation.asking import Answered, Asked
from training.evaluation.decided import Decided, decided
from training.evaluation.figures import ClassFigures, Figures, Share
from training.evaluation.paired import CONFIDENCE
from training.evaluation.pairing import Comparison
from training.evaluation.reliability import Bin
from training.spelling import spelled

FORMAT: Final = 1
_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One model on one folder: what became of the pictures, and what that comes to."""

    reference: str
    identity: ModelIdentity
    labels: Sequence[str]
    folder: Path
    asked: Asked
    figures: Figures

    @property
    def decided(self) -> Decided | None:
        """What was decided, where the model is calibrated."""
        return decided(self.asked.answered, self.labels)

    @property
    def mistakes(self) -> list[Answered]:
        """The pictures that were taken for something else, the surest mistake first."""
        return mistakes(self.asked.answered)


def mistakes(answered: Sequence[Answered]) -> list[Answered]:
    """Those whose answer is wrong, the surest first."""
    wrong = (each for each in answered if not each.is_right)
    return sorted(wrong, key=lambda each: (-each.score, each.name))


def evaluation(found: Evaluation) -> dict[str, Any]:
    """The document of `microlens evaluate`: every number in it is finite."""
    figures, asked = found.figures, found.asked
    return {
        "format": FORMAT,
        "kind": "evaluation",
        "model": _model(found.reference, found.identity),
        "data": _data(found.folder, asked),
        "accuracy": _share(figures.accuracy),
        "top_k": {str(k): _share(share) for k, share in figures.top.items()},
        "macro": _rounded(asdict(figures.macro)),
        "weighted": _rounded(asdict(figures.weighted)),
        "classes": [_class(each) for each in figures.classes],
        "confusion": [
            {
                "label": found.labels[each.truth],
                "label_index": each.truth,
                "answer": found.labels[each.answer],
                "answer_index": each.answer,
                "pictures": each.count,
            }
            for each in figures.confusion
        ],
        "calibration": {
            "ece": round(figures.reliability.ece, _DECIMALS),
            "largest_gap": round(figures.reliability.largest, _DECIMALS),
            "bins": [_bin(each) for each in figures.reliability.bins],
        },
        "decisions": asdict(found.decided) if found.decided else None,
        "latency_ms": {
            "p50": round(figures.p50_ms, 3),
            "p95": round(figures.p95_ms, 3),
            "at_once": asked.at_once,
        },
        "seconds": round(asked.seconds, 3),
        "mistakes": [
            {"picture": spelled(each.name), **_answers(each, found.labels)}
            for each in found.mistakes
        ],
    }


def comparison(found: Comparison) -> dict[str, Any]:
    """The document of `microlens compare`, which `microlens promote --require` takes."""
    low, high = found.interval
    return {
        "format": FORMAT,
        "kind": "comparison",
        "verdict": found.verdict,
        "release": found.second.identity.release,
        "against": found.first.identity.release,
        "data_sha256": found.data_sha256,
        "margin": found.margin,
        "summary": found.summary,
        "reasons": list(found.reasons),
        "first": _side(found, "first"),
        "second": _side(found, "second"),
        "pictures": {
            "compared": found.paired.pictures,
            "both_right": found.paired.both,
            "only_first_right": found.paired.only_first,
            "only_second_right": found.paired.only_second,
            "both_wrong": found.paired.neither,
        },
        "difference": {
            "value": round(found.paired.difference, _DECIMALS),
            "low": round(low, _DECIMALS),
            "high": round(high, _DECIMALS),
            "confidence": CONFIDENCE,
        },
        "mcnemar_p": float(f"{found.p:.6g}"),
        "broken": [_broken(name, reason) for name, reason in found.broken.items()],
        "changed": [
            {
                "picture": spelled(each.name),
                "change": each.kind,
                "first": _answers(each.first, found.first.labels),
                "second": _answers(each.second, found.second.labels),
            }
            for each in found.changed
        ],
    }


def _side(found: Comparison, which: str) -> dict[str, Any]:
    side = found.first if which == "first" else found.second
    share = found.accuracies[0 if which == "first" else 1]
    return {**_model(side.reference, side.identity), "accuracy": _share(share)}


def _model(reference: str, identity: ModelIdentity) -> dict[str, Any]:
    return {"reference": reference, **identity.model_dump()}


def _data(folder: Path, asked: Asked) -> dict[str, Any]:
    return {
        "folder": spelled(str(folder)),
        "sha256": asked.data_sha256,
        "found": asked.found,
        "answered": len(asked.answered),
        "complete": asked.is_whole,
        "broken": [_broken(each.name, each.reason) for each in asked.broken],
    }


def _broken(name: str, reason: str) -> dict[str, str]:
    return {"picture": spelled(name), "reason": spelled(reason)}


def _share(share: Share) -> dict[str, Any]:
    return {
        "value": round(share.value, _DECIMALS),
        "low": round(share.low, _DECIMALS),
        "high": round(share.high, _DECIMALS),
        "right": share.count,
        "pictures": share.of,
    }


def _class(figures: ClassFigures) -> dict[str, Any]:
    return _rounded(asdict(figures))


def _bin(each: Bin) -> dict[str, Any]:
    return _rounded(asdict(each))


def _answers(each: Answered, labels: Sequence[str]) -> dict[str, Any]:
    return {
        "label": labels[each.truth],
        "answer": labels[each.answer],
        "score": each.score,
        "ranked": [
            {"label": labels[index], "index": index, "score": score} for index, score in each.ranked
        ],
    }


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, _DECIMALS) if isinstance(value, float) else value
        for name, value in values.items()
    }
