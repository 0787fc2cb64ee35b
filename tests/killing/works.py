"""All works that are killed, by name; each is a file here."""

from __future__ import annotations

from collections.abc import Mapping

from tests.killing.ingesting import Ingesting
from tests.killing.registry import Promoting, Publishing, Swapping
from tests.killing.scene import Work
from tests.killing.service import Service
from tests.killing.training import Training

WORKS: Mapping[str, Work] = {
    "publish": Publishing(),
    "promote": Promoting(),
    "swap": Swapping(),
    "ingest": Ingesting(),
    "serve": Service(),
    "train": Training(),
}
