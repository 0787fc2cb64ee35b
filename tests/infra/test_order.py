"""No resource waits for itself: bucket → policy → function → role → bucket.

On the SAM file cfn-lint does not see such a circle.
"""

from __future__ import annotations

import copy
from graphlib import CycleError, TopologicalSorter
from typing import Any

import pytest

from tests.infra.stacks import stack


def test_nothing_waits_for_itself() -> None:
    resources = stack().template["Resources"]
    order = order_of_making(resources)

    assert set(order) == set(resources)
    assert order.index("PicturesQueuePolicy") < order.index("PicturesBucket")


def test_a_circle_would_be_found() -> None:
    resources = copy.deepcopy(stack().template["Resources"])
    statement = resources["PicturesQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"][0]
    statement["Condition"]["ArnEquals"] = {"Fn::GetAtt": ["PicturesBucket", "Arn"]}

    with pytest.raises(CycleError, match="PicturesQueuePolicy"):
        order_of_making(resources)


def order_of_making(resources: dict[str, Any]) -> list[str]:
    """The resources in an order in which each can be made after those that it refers to."""
    waits_for = {name: _named_in(each, set(resources)) - {name} for name, each in resources.items()}
    return list(TopologicalSorter(waits_for).static_order())


def _named_in(node: Any, names: set[str]) -> set[str]:
    """Every resource that a part of the template refers to."""
    if isinstance(node, list):
        return {found for each in node for found in _named_in(each, names)}
    if isinstance(node, dict):
        return {found for pair in node.items() for found in _named_in_pair(*pair, names)}
    return set()


def _named_in_pair(key: str, value: Any, names: set[str]) -> set[str]:
    match key:
        case "Ref" | "DependsOn" if isinstance(value, str):
            return {value} & names
        case "DependsOn":
            return set(value) & names
        case "Fn::GetAtt":
            return {value.partition(".")[0] if isinstance(value, str) else value[0]}
        case "Fn::Sub":
            text = value if isinstance(value, str) else value[0]
            own = set() if isinstance(value, str) else _named_in(value[1], names)
            return own | {name for name in names if f"${{{name}}}" in text or f"${{{name}." in text}
    return _named_in(value, names)
