"""What `infra/template.yaml` puts into the environment of its functions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).parents[2] / "infra" / "template.yaml"


class Computed:
    """A value that only a stack knows: `!Ref`, `!Sub`, `!If` and the others."""


class _Loader(yaml.SafeLoader):
    """YAML in which CloudFormation's tags are values to be computed."""


_Loader.add_multi_constructor("!", lambda _loader, _suffix, _node: Computed())


def environment_of(function: str, computed: Mapping[str, str]) -> dict[str, str]:
    """The variables of a function, those that a stack computes taken from `computed`.

    Both ways must fit: a variable without a value here and one that the template no longer has
    are failures.
    """
    template: dict[str, Any] = yaml.load(TEMPLATE.read_text(), _Loader)  # noqa: S506 (a safe one)
    places = (template["Globals"]["Function"], template["Resources"][function]["Properties"])
    variables: dict[str, Any] = {}
    for place in places:
        variables |= place.get("Environment", {}).get("Variables", {})
    unknown = {name for name, value in variables.items() if isinstance(value, Computed)}
    assert unknown == set(computed), f"the template computes {sorted(unknown)}"
    return {name: str(computed.get(name, value)) for name, value in variables.items()}


def handler_of(function: str) -> str:
    """The handler of a function that is a zip."""
    template: dict[str, Any] = yaml.load(TEMPLATE.read_text(), _Loader)  # noqa: S506 (a safe one)
    return str(template["Resources"][function]["Properties"]["Handler"])
