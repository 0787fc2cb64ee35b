"""Errors: the tree that is drawn is the tree that exists."""

from __future__ import annotations

import re

import pytest

from inference import errors
from inference.errors import CallerError, MicrolensError, OperatorError

CLASSES = {
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, MicrolensError)
}


def drawn() -> dict[str, str | None]:
    """Each class in the drawing → the one that it hangs from, by its place in the line."""
    parents: dict[str, str | None] = {}
    above: list[tuple[int, str]] = []
    for line in str(errors.__doc__).splitlines():
        found = re.match(r"    ([ │├└─]*)([A-Z]\w+)", line)
        if found is None:
            continue
        depth, name = len(found[1]), found[2]
        above = [each for each in above if each[0] < depth]
        parents[name] = above[-1][1] if above else None
        above.append((depth, name))
    return parents


def test_the_drawing_shows_every_error_below_its_parent_and_no_other() -> None:
    real = {each.__name__: each.__base__.__name__ for each in CLASSES if each.__base__}

    assert drawn() == {**real, "MicrolensError": None}


def test_every_error_is_either_the_callers_or_the_operators() -> None:
    for each in CLASSES - {MicrolensError}:
        assert issubclass(each, CallerError) != issubclass(each, OperatorError)


@pytest.mark.parametrize("error", sorted(CLASSES, key=str), ids=lambda error: error.__name__)
def test_every_error_says_in_a_sentence_what_it_means(error: type[MicrolensError]) -> None:
    assert error.__doc__ is not None
    assert error.__doc__.endswith(".")
    assert str(error("the thing, the value")) == "the thing, the value"
