"""Whoever moves a pointer is written into it as USER@HOST."""

from __future__ import annotations

import getpass
import os
import socket

import pytest

from training.registry.author import this_author


def test_the_author_is_the_user_at_this_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "anna")

    assert this_author() == f"anna@{socket.gethostname()}"


@pytest.mark.parametrize("error", [OSError, KeyError])
def test_a_user_without_a_name_is_a_number(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def nameless() -> str:
        raise error

    # What Python does for a user id that is in no list, as in a container.
    monkeypatch.setattr(getpass, "getuser", nameless)

    assert this_author() == f"uid{os.getuid()}@{socket.gethostname()}"
