"""A store that fails at the call it is told to, before or after the work is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from inference.errors import SourceUnavailable
from inference.stores import Blob, Store, Tag, Unchanged

T = TypeVar("T")
Kind = Literal["read", "create", "replace", "list"]
WRITES: frozenset[Kind] = frozenset({"create", "replace"})
ALL: frozenset[Kind] = frozenset({"read", "create", "replace", "list"})


class Killed(BaseException):
    """The process ends here: nothing may catch this."""


def unavailable() -> BaseException:
    """What a 500, a time-out or a cut connection becomes."""
    return SourceUnavailable("the storage does not answer")


@dataclass
class SpoiledStore:
    """`inner`, whose `at`-th call of the kinds in `counted` raises `error()`, from 1 on.

    `late` lets the work be done first; `lasting` lets all calls after it fail too.
    """

    inner: Store
    at: int
    error: Callable[[], BaseException] = unavailable
    late: bool = False
    lasting: bool = False
    counted: frozenset[Kind] = ALL
    calls: list[Kind] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.inner.url

    @property
    def is_local(self) -> bool:
        return self.inner.is_local

    @property
    def was_hit(self) -> bool:
        """Whether there were as many calls as it takes to fail."""
        return len(self.calls) >= self.at

    def read(self, key: str) -> Blob | None:
        return self._call("read", lambda: self.inner.read(key))

    def read_changed(self, key: str, etag: str | None) -> Blob | Unchanged | None:
        return self._call("read", lambda: self.inner.read_changed(key, etag))

    def tag(self, key: str) -> Tag | None:
        return self._call("read", lambda: self.inner.tag(key))

    def read_tagged(self, key: str, tag: Tag) -> bytes:
        return self._call("read", lambda: self.inner.read_tagged(key, tag))

    def create(self, key: str, data: bytes) -> str:
        return self._call("create", lambda: self.inner.create(key, data))

    def replace(self, key: str, data: bytes, etag: str) -> str:
        return self._call("replace", lambda: self.inner.replace(key, data, etag))

    def list(self, prefix: str) -> Iterator[str]:
        return iter(self._call("list", lambda: [*self.inner.list(prefix)]))

    def _call(self, kind: Kind, work: Callable[[], T]) -> T:
        if kind not in self.counted:
            return work()
        self.calls.append(kind)
        number = len(self.calls)
        if number == self.at or (self.lasting and number > self.at):
            if self.late:
                work()
            raise self.error()
        return work()
