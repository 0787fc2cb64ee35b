"""cfn-lint finds nothing in the template, as it is written and as SAM transforms it."""

from __future__ import annotations

import json

import pytest
from cfnlint.api import lint
from cfnlint.core import get_rules

from tests.infra.stacks import REGION, TEMPLATE, stack


def found(text: str) -> list[str]:
    """Everything that cfn-lint has to say, its advice too."""
    rules = get_rules([], [], ["I"])
    return [str(match) for match in lint(text, rules, [REGION])]


@pytest.mark.slow
def test_the_template_as_it_is_written_is_clean() -> None:
    assert found(TEMPLATE.read_text(encoding="utf-8")) == []


@pytest.mark.slow
def test_the_transformed_template_is_clean() -> None:
    """Some rules, that of circles among them, see only what SAM has made of the template."""
    # SAM puts this parameter's value into what it makes, so nobody refers to it any more.
    rest = [each for each in found(json.dumps(stack().template)) if "Rollout not used" not in each]

    assert rest == []
