"""What a command measures: a model in this process, or a running service by its address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import sleep
from typing import Protocol

from cli.models import load_model
from cli.outcomes import Declined
from cli.service import Service
from inference.answers import Answer, ModelIdentity
from inference.bundle import Bundle
from inference.classifier import Classifier, Query
from inference.cores import cores
from inference.errors import BadImage, MicrolensError, ModelError, OperatorError
from inference.layout import abbreviated
from inference.manifest import Accuracy
from inference.model import Model
from inference.references import parse_reference
from inference.settings import Settings
from inference.sources import Fetched
from training.evaluation.asking import TOP, Subject

# A service has cores of its own, perhaps many: enough pictures are on their way to use them.
_SENT_AT_ONCE = 8
_OF_THE_PICTURE = frozenset({"bad_image", "unsupported_image", "image_too_large"})
_PAUSES = (0.1, 0.3, 1.0, 3.0, 10.0)
_QUERY = Query(TOP, 0.0)


class Opened(Protocol):
    """A subject whose classes are known, and which has not been loaded."""

    @property
    def labels(self) -> Sequence[str]:
        """Its classes."""

    def load(self) -> Subject:
        """The subject, ready to be asked."""


@dataclass(frozen=True, slots=True)
class OpenedModel:
    """A bundle that was read; nothing of its network is in memory."""

    settings: Settings
    bundle: Bundle
    labels: Sequence[str]

    def load(self) -> Subject:
        """Load and verify it. Raises `ModelError`, also when its stage has moved meanwhile."""
        model = load_model(self.settings)
        if model.identity.release != self.bundle.release:
            raise ModelError(
                f"{self.settings.model} was {abbreviated(self.bundle.release)} a moment ago and is "
                f"{abbreviated(model.identity.release)} now: measure it again"
            )
        return LocalSubject(self.settings, model, Classifier.of(self.settings))


@dataclass(frozen=True, slots=True)
class LocalSubject:
    """A model in this process; a picture for each core is worked on at once."""

    settings: Settings
    model: Model
    classifier: Classifier

    @property
    def text(self) -> str:
        """What the operator called it."""
        return self.settings.model

    @property
    def identity(self) -> ModelIdentity:
        """Which model it is."""
        return self.model.identity

    @property
    def labels(self) -> Sequence[str]:
        """Its classes."""
        return self.model.labels

    @property
    def accuracy(self) -> Accuracy | None:
        """That of its manifest."""
        return self.model.bundle.manifest.accuracy

    @property
    def at_once(self) -> int:
        """As many as there are cores."""
        return cores()

    @property
    def max_bytes(self) -> int:
        """The setting."""
        return self.settings.max_image_bytes

    def ask(self, picture: Fetched) -> Answer:
        """As the service would answer."""
        return self.classifier.classify(picture, _QUERY, self.model)


@dataclass(frozen=True, slots=True)
class ServiceSubject:
    """The model behind a service; times are those of whole requests."""

    service: Service
    identity: ModelIdentity
    labels: Sequence[str]
    max_bytes: int
    at_once: int = _SENT_AT_ONCE
    accuracy: Accuracy | None = None

    @property
    def text(self) -> str:
        """Its address."""
        return self.service.url

    def load(self) -> Subject:
        """Itself: the service has its model in memory."""
        return self

    def ask(self, picture: Fetched) -> Answer:
        """What it answers to the picture's bytes, asked again after a pause while it is busy."""
        pauses = iter(_PAUSES)
        while True:
            try:
                return self.service.classify(picture, _QUERY)
            except Declined as exc:
                seconds = next(pauses, None) if exc.problem.get("code") == "busy" else None
                if seconds is None:
                    raise self._fault(picture, exc) from exc
            sleep(seconds)

    def _fault(self, picture: Fetched, declined: Declined) -> MicrolensError:
        """Whose fault a refusal is: the picture's, or the service's."""
        detail = str(declined.problem.get("detail") or declined.problem.get("title"))
        if declined.problem.get("code") in _OF_THE_PICTURE:
            return BadImage(detail)
        return OperatorError(f"{self.text} refused {picture.source}: {detail}")


def open_subject(text: str, settings: Settings, token: str | None) -> Opened:
    """What `text` names, by an address that begins with http or else as MICROLENS_MODEL does.

    Reads its labels and nothing of its network. Raises `OperatorError`.
    """
    if text.startswith(("http://", "https://")):
        service = Service(text.rstrip("/"), token)
        service.greet()
        return ServiceSubject(
            service, service.identity(), service.labels(), settings.max_image_bytes
        )
    chosen = settings.model_copy(update={"model": text})
    reference = parse_reference(text, settings.cache)
    try:
        bundle = reference.bundle()
        return OpenedModel(chosen, bundle, bundle.labels())
    except ModelError as exc:
        raise ModelError(f"the model at {reference} cannot be read: {exc}") from exc
