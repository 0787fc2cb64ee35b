"""Watching the incoming folders of a registry on this machine."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from inference import layout
from inference.errors import MicrolensError, StoreConflict
from inference.stores import Store, Tag
from training.incoming import Incoming
from training.orders import Run
from training.status import Status

log = logging.getLogger(__name__)


@dataclass
class Watch:
    """Looks at every incoming folder again and again; not for several threads.

    A folder is attended to when it looks as it did the time before, because whoever copies a
    large file is not done when its name appears.
    """

    store: Store
    run: Run
    worker: str
    _seen: dict[str, dict[str, Tag]] = field(default_factory=dict)
    _told: dict[str, Status] = field(default_factory=dict)

    def names(self) -> list[str]:
        """The models that have something in their incoming folder."""
        found = {key.partition("/")[0] for key in self.store.list("") if _is_incoming(key)}
        return sorted(found)

    def look(self, tell: Callable[[Status], None], *, settled: bool = False) -> None:
        """Attend to each folder that lies still, or to all if they are `settled`.

        `tell` gets every status that is new.
        """
        for name in self.names():
            try:
                self._look_at(Incoming(self.store, name, self.run, self.worker), tell, settled)
            except (MicrolensError, OSError, ValueError) as exc:
                # One model's trouble is not the others'; the next look tries it again.
                log.error("%s cannot be attended to: %s", name, exc)

    def _look_at(self, incoming: Incoming, tell: Callable[[Status], None], settled: bool) -> None:
        tags = incoming.look()
        if settled or self._seen.get(incoming.name) == tags:
            self._attend(incoming, tell)
        self._seen[incoming.name] = tags

    def _attend(self, incoming: Incoming, tell: Callable[[Status], None]) -> None:
        try:
            status = incoming.attend()
        except StoreConflict:
            return  # the next look comes soon
        if status and self._told.get(incoming.name) != status:
            self._told[incoming.name] = status
            tell(status)


def _is_incoming(key: str) -> bool:
    name, _, rest = key.partition("/")
    return layout.is_name(name) and rest.startswith("incoming/")
