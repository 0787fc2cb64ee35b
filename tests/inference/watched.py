"""A store that remembers what was asked of it, and fails when it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from inference.errors import SourceUnavailable
from inference.stores import Blob, Store, Tag, Unchanged


@dataclass
class Watched:
    """Passes everything on to `store`; `asked` is what was asked, as `METHOD KEY`.

    `before` is called with that text first, and may raise.
    """

    store: Store
    before: Callable[[str], None] = lambda _: None
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.store.url

    @property
    def is_local(self) -> bool:
        return self.store.is_local

    def read(self, key: str) -> Blob | None:
        self._ask(f"read {key}")
        return self.store.read(key)

    def read_changed(self, key: str, etag: str | None) -> Blob | Unchanged | None:
        self._ask(f"read_changed {key}")
        return self.store.read_changed(key, etag)

    def tag(self, key: str) -> Tag | None:
        self._ask(f"tag {key}")
        return self.store.tag(key)

    def read_tagged(self, key: str, tag: Tag) -> bytes:
        self._ask(f"read_tagged {key}")
        return self.store.read_tagged(key, tag)

    def create(self, key: str, data: bytes) -> str:
        self._ask(f"create {key}")
        return self.store.create(key, data)

    def replace(self, key: str, data: bytes, etag: str) -> str:
        self._ask(f"replace {key}")
        return self.store.replace(key, data, etag)

    def list(self, prefix: str) -> Iterator[str]:
        self._ask(f"list {prefix}")
        return self.store.list(prefix)

    def fail_at(self, number: int, error: Exception | None = None) -> None:
        """From now on raise at the `number`-th question, once."""
        last = len(self.asked) + number

        def before(_: str) -> None:
            if len(self.asked) == last:
                raise error or SourceUnavailable("s3://secret-bucket cannot be reached: told to")

        self.before = before

    def heal(self) -> None:
        """Fail no more, and forget what was asked."""
        self.before = lambda _: None
        self.asked.clear()

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        self.before(what)
