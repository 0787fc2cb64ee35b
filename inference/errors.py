"""Every error of Microlens, ordered by who can mend it.

    MicrolensError
    ├── CallerError                whoever sent the request
    │   ├── BadRequest                 the request does not say what to classify, or says it wrong
    │   ├── BadImage                   a picture that cannot be decoded
    │   ├── UnsupportedImage           not a picture in a format that is read here
    │   ├── ImageTooLarge              too many bytes or too many pixels
    │   ├── SourceNotAllowed           an address outside the buckets that may be read
    │   └── SourceNotFound             an address with nothing behind it
    └── OperatorError              whoever runs the service
        ├── SourceUnavailable          storage does not answer, or not in time
        ├── ModelNotReady              no usable model has been loaded yet
        ├── ModelError                 files that are no servable model
        │   ├── BundleDamaged              a file differs from its digest, or is missing
        │   ├── GoldenMismatch             the model does not give its golden answers
        │   ├── ModelIncomplete            files that are missing, or do not fit together, as yet
        │   ├── UnreadableModel            Keras files that cannot be read, or are not complete
        │   └── HostileModel               files that would run code, or exhaust memory
        ├── StoreConflict              somebody else wrote first
        └── SettingsError              the environment asks for something impossible

The core knows no HTTP status: `api.errors` has the one table. A message names the thing, the
value, the limit and what to do; it may be shown to the caller for every `CallerError`, and
goes to the log alone for every `OperatorError`.
"""

from __future__ import annotations


class MicrolensError(Exception):
    """The root: whatever Microlens raises on purpose."""


class CallerError(MicrolensError):
    """The request is at fault; its message is meant for whoever sent it."""


class BadRequest(CallerError):
    """The request does not say what to classify, or says it wrong."""


class BadImage(CallerError):
    """The bytes announce a picture and cannot be decoded as one."""


class UnsupportedImage(CallerError):
    """The bytes are no picture in any format that is read here."""


class ImageTooLarge(CallerError):
    """The picture has more bytes or more pixels than are accepted."""


class SourceNotAllowed(CallerError):
    """The address is no S3 address, or lies outside the buckets that may be read."""


class SourceNotFound(CallerError):
    """The address is allowed and nothing is behind it."""


class OperatorError(MicrolensError):
    """The service or its surroundings are at fault; the message goes to the log."""

    retry_seconds: float | None = None
    """After how long it is worth trying again, where that is known."""


class SourceUnavailable(OperatorError):
    """Storage does not answer, refuses, or does not answer in time; trying again may help."""


class ModelNotReady(OperatorError):
    """No usable model has been loaded yet; `retry_seconds` from now its place is looked at."""

    def __init__(self, message: str, retry_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


class ModelError(OperatorError):
    """The files are no servable model."""


class BundleDamaged(ModelError):
    """A file of a bundle is missing or differs from its digest."""


class GoldenMismatch(ModelError):
    """The model runs and does not give its golden answers."""


class ModelIncomplete(ModelError):
    """Files of a model are missing or do not fit together; what has still to come may mend it."""


class UnreadableModel(ModelError):
    """Keras files that cannot be read; the message says which layer, who wrote it, what to do."""


class HostileModel(ModelError):
    """A model file that carries code, points outside itself, or declares absurd sizes."""


class StoreConflict(OperatorError):
    """An object changed between reading and writing it: somebody else wrote first."""


class SettingsError(OperatorError):
    """The environment asks for something impossible; every mistake is named in the message."""
