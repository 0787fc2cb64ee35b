"""Watching the incoming folders of a registry on this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from inference import layout
from inference.errors import MicrolensError
from inference.stores import Store, Tag
from training.incoming import Incoming
from training.orders import Run
from training.status import Status


@dataclass
class Watch:
    """Looks at every incoming folder again and again; not for several threads.

    A folder is attended to when it looks as it did the time before, because whoever copies a
    large file is not done when its name appears. On a `dry_run` nothing is written to the store.
    """

    store: Store
    run: Run
    worker: str
    dry_run: bool = False
    _seen: dict[str, dict[str, Tag]] = field(default_factory=dict)
    _told: dict[str, Status] = field(default_factory=dict)
    _troubles: dict[str, str] = field(default_factory=dict)

    def look(self, tell: Callable[[Status], None], *, settled: bool = False) -> list[str]:
        """Attend to each folder that lies still, or to all if they are `settled`.

        `tell` gets every status that is new. Returns what could not be attended to and why, a
        sentence each, and each of them once for as long as it stands.
        """
        try:
            folders = sorted({folder for key in self.store.list("") if (folder := _folder(key))})
        except MicrolensError as exc:
            return self._new({"": str(exc)})
        troubles = {}
        for name in folders:
            if not layout.is_name(name):
                troubles[name] = _stranger(name, self.store.url)
                continue
            try:
                incoming = Incoming(self.store, name, self.run, self.worker, dry_run=self.dry_run)
                self._look_at(incoming, tell, settled)
            except (MicrolensError, OSError, ValueError) as exc:
                # One model's trouble is not the others'; the next look tries it again.
                troubles[name] = f"{name} cannot be attended to: {exc}"
        return self._new(troubles)

    def _new(self, troubles: dict[str, str]) -> list[str]:
        new = [text for name, text in troubles.items() if self._troubles.get(name) != text]
        self._troubles = troubles
        return new

    def _look_at(self, incoming: Incoming, tell: Callable[[Status], None], settled: bool) -> None:
        tags = incoming.look()
        lies_still = self._seen.get(incoming.name) == tags
        self._seen[incoming.name] = tags
        status = incoming.attend() if settled or lies_still else None
        if status and self._told.get(incoming.name) != status:
            self._told[incoming.name] = status
            tell(status)


def _folder(key: str) -> str | None:
    """What the model would be called to which the file under `key` was dropped, if it was."""
    first, _, rest = key.partition("/")
    if first == "incoming" and rest:
        return first
    return first if rest.startswith("incoming/") else None


def _stranger(name: str, url: str) -> str:
    if name == "incoming":
        return (
            f"{url}/incoming/ belongs to no model: files are dropped into NAME/incoming/; if "
            f"{url} is the model's own folder, watch the one above it"
        )
    return (
        f"what lies in {name}/incoming/ is left alone, because no model can be called {name!r}: "
        f"a name is {layout.NAME_RULE}"
    )
