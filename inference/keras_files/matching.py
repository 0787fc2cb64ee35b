"""Which stored layer belongs to which layer of the architecture: by name, then by order.

A pure function of names and sizes. Keras itself goes by order alone; that is right when the
same program wrote both files and silently wrong when it did not, so names that contradict the
order are looked at, and what stays ambiguous is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from inference.errors import UnreadableModel


@dataclass(frozen=True, slots=True)
class Holder:
    """A layer with weights: what it is called, and how many numbers it holds in each weight."""

    name: str
    sizes: tuple[int, ...]
    alias: str = ""

    @property
    def label(self) -> str:
        """What to call it in a message."""
        return self.name or self.alias

    @property
    def total(self) -> int:
        """All its numbers, however they are cut."""
        return sum(self.sizes)


def match(wanted: Sequence[Holder], stored: Sequence[Holder]) -> tuple[list[int], str | None]:
    """For each wanted layer the place of its weights in `stored`, and how it was found in words.

    The words are None when names and order agree. Raises `UnreadableModel`.
    """
    by_name = _by_name(wanted, stored)
    if by_name is not None:
        in_order = by_name == sorted(by_name)
        return by_name, None if in_order else "weights found by the names of their layers"
    if len(wanted) != len(stored):
        raise UnreadableModel(_different_count(wanted, stored))
    for layer, weights in zip(wanted, stored, strict=True):
        if layer.total != weights.total:
            raise UnreadableModel(
                f"layer {layer.name!r} needs {layer.total:,} numbers, and {weights.label!r} in its "
                f"place among the weights has {weights.total:,}: architecture and weights do not "
                "belong together"
            )
    _refuse_contradiction(wanted, stored)
    return list(range(len(wanted))), "weights found by the order of their layers"


def _by_name(wanted: Sequence[Holder], stored: Sequence[Holder]) -> list[int] | None:
    """The places by name, or by alias, if all names are there and all sizes fit."""
    for key in ("alias", "name"):
        names = [getattr(each, key) for each in stored]
        places = {name: place for place, name in enumerate(names)}
        if "" in places or len(places) != len(names) or len(wanted) != len(stored):
            continue
        found = [places.get(getattr(layer, key)) for layer in wanted]
        certain = [place for place in found if place is not None]
        if len(certain) == len(found) == len(set(certain)) and all(
            layer.total == stored[place].total for layer, place in zip(wanted, certain, strict=True)
        ):
            return certain
    return None


def _refuse_contradiction(wanted: Sequence[Holder], stored: Sequence[Holder]) -> None:
    """Refuse an order that gives a layer's weights to another layer of the same size.

    Names that Keras numbers by itself are no contradiction while the numbers rise on both
    sides: they only say how many models the program had made before.
    """
    places = {weights.name: place for place, weights in enumerate(stored)}
    for place, layer in enumerate(wanted):
        other = places.get(layer.name)
        if other is None or other == place or stored[other].total != layer.total:
            continue
        if _numbered_alike([each.name for each in wanted], [each.name for each in stored]):
            return
        raise UnreadableModel(
            f"layer {layer.name!r} could take the weights of {stored[other].name!r} by its name or "
            f"those of {stored[place].name!r} by its place; save architecture and weights again "
            "from one model"
        )


def _numbered_alike(wanted: list[str], stored: list[str]) -> bool:
    """Whether each name differs from its partner in its number alone, always by as much."""
    shifts: dict[str, set[int]] = {}
    for one, other in zip(wanted, stored, strict=True):
        (word, number), (other_word, other_number) = _numbered(one), _numbered(other)
        if word != other_word:
            return False
        shifts.setdefault(word, set()).add(number - other_number)
    return all(len(by) == 1 for by in shifts.values())


def _numbered(name: str) -> tuple[str, int]:
    found = re.fullmatch(r"(.*?)(?:_(\d+))?", name)
    return (found.group(1), int(found.group(2) or 0)) if found else (name, 0)


def _different_count(wanted: Sequence[Holder], stored: Sequence[Holder]) -> str:
    names, others = {each.label for each in wanted}, {each.label for each in stored}
    missing, left = sorted(names - others)[:5], sorted(others - names)[:5]
    return (
        f"the architecture has {len(wanted)} layers with weights and the weights file "
        f"{len(stored)}; without weights: {', '.join(missing) or 'none by name'}; without a "
        f"layer: {', '.join(left) or 'none by name'}"
    )
