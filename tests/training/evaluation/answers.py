"""Answers and folders that tests measure."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from PIL import Image

from tests.inference.tiny import COLOURS
from training.evaluation.asking import Answered, Asked
from training.labelled import LabelledPicture


def answered(truth: int, *ranked: tuple[int, float], name: str = "", ms: float = 1.0) -> Answered:
    """A picture of the class `truth`, and what was answered, best first."""
    name = name or f"{truth}/{ranked}.png"
    picture = LabelledPicture(name, Path(name), truth)
    return Answered(picture, hashlib.sha256(name.encode()).digest(), ranked, ms)


def asked(*every: Answered) -> Asked:
    """All of them, asked one by one in a second."""
    return Asked(every, (), len(every), 1.0, 1)


def noisy_colours(folder: Path, each: int, noise: float, seed: int = 0) -> Path:
    """A labelled folder of red, green and blue pictures, 12 × 8; with much noise some mislead."""
    rng = np.random.default_rng(seed)
    for index, colour in enumerate(COLOURS):
        (folder / colour).mkdir(parents=True)
        for number in range(each):
            means = rng.normal(0.4, noise, 3)
            means[index] += 0.2
            pixels = np.clip(means + rng.normal(0, 0.05, (8, 12, 3)), 0, 1)
            image = Image.fromarray((pixels * 255).round().astype(np.uint8))
            image.save(folder / colour / f"{number:03}.png")
    return folder
