"""Weights find their layers by name, then by order, and never by chance."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.errors import UnreadableModel
from inference.keras_files.matching import Holder, match


def holders(**sizes: int) -> list[Holder]:
    return [Holder(name, (size,)) for name, size in sizes.items()]


MATCHED: dict[str, tuple[list[Holder], list[Holder], list[int], str | None]] = {
    "the same": (holders(a=1, b=2), holders(a=1, b=2), [0, 1], None),
    "the same names in another order": (
        holders(a=1, b=1),
        holders(b=1, a=1),
        [1, 0],
        "weights found by the names of their layers",
    ),
    "other names": (
        holders(a=1, b=2),
        holders(x=1, y=2),
        [0, 1],
        "weights found by the order of their layers",
    ),
    "numbers of another session": (
        holders(dense_2=4, dense_3=4, dense_4=4),
        holders(dense_1=4, dense_2=4, dense_3=4),
        [0, 1, 2],
        "weights found by the order of their layers",
    ),
    "names of Keras 3's paths": (
        [Holder("mine", (3,), "layers/dense"), Holder("yours", (3,), "layers/dense_1")],
        [Holder("x", (3,), "layers/dense_1"), Holder("y", (3,), "layers/dense")],
        [1, 0],
        "weights found by the names of their layers",
    ),
    "a weight cut into gates": (
        [Holder("lstm", (12, 12, 4))],
        [Holder("lstm", (3,) * 4 + (3,) * 4 + (1,) * 4)],
        [0],
        None,
    ),
}


@pytest.mark.parametrize(("wanted", "stored", "places", "words"), MATCHED.values(), ids=MATCHED)
def test_the_weights_are_found(
    wanted: list[Holder], stored: list[Holder], places: list[int], words: str | None
) -> None:
    assert match(wanted, stored) == (places, words)


REFUSED: dict[str, tuple[list[Holder], list[Holder], str]] = {
    "a layer too many": (holders(a=1, b=2), holders(a=1), "b"),
    "weights too many": (holders(a=1), holders(a=1, c=2), "c"),
    "another size": (holders(a=1, b=2), holders(x=1, y=3), "'b' needs 2 numbers, and 'y'"),
    "names that contradict the order": (
        holders(left=4, right=4, top=4),
        holders(right=4, left=4, bottom=4),
        "'left' could take the weights of 'left' by its name or those of 'right'",
    ),
}


@pytest.mark.parametrize(("wanted", "stored", "says"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_or_fits_twice_is_refused_with_names(
    wanted: list[Holder], stored: list[Holder], says: str
) -> None:
    with pytest.raises(UnreadableModel) as refused:
        match(wanted, stored)
    assert says in str(refused.value)


@given(st.permutations([f"layer{number}" for number in range(6)]))
def test_equal_names_find_each_other_in_any_order(names: list[str]) -> None:
    wanted = [Holder(f"layer{number}", (7,)) for number in range(6)]
    places, _ = match(wanted, [Holder(name, (7,)) for name in names])
    assert [names[place] for place in places] == [each.name for each in wanted]
