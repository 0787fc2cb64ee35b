"""IAM's decision about one request: what the statements of a policy come to.

A Deny that applies wins, and what no Allow applies to is refused. Only what the template makes use
of is known here; anything else raises, so that no statement is passed over unread.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

KNOWN: Final = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
ANYBODY: Final = "somebody on the Internet"


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks of AWS.

    `principal` is a service's name or `ANYBODY`; a role's own policy does not ask for it. `facts`
    are the values of the keys that conditions compare.
    """

    action: str
    resource: str = ""
    principal: str = ANYBODY
    facts: Mapping[str, str] = field(default_factory=dict)


def allows(policy: Mapping[str, Any], request: Request) -> bool:
    """Whether the policy lets the request through."""
    found = {each["Effect"] for each in policy["Statement"] if _applies(each, request)}
    assert found <= {"Allow", "Deny"}
    return found == {"Allow"}


def listed(value: str | list[str]) -> list[str]:
    """One or several, as several."""
    return [value] if isinstance(value, str) else value


def _applies(statement: Mapping[str, Any], request: Request) -> bool:
    if unknown := set(statement) - KNOWN:
        raise ValueError(f"{unknown} is not known here: add it")
    actions = [each.lower() for each in listed(statement["Action"])]
    # A role's trust policy names no resource: it is about the role.
    resources = listed(statement.get("Resource", request.resource))
    return (
        any(_is_like(each, request.action.lower()) for each in actions)
        and any(_is_like(each, request.resource) for each in resources)
        and _is_of(statement.get("Principal", "*"), request.principal)
        and all(
            _holds(operator, wanted, request.facts.get(key))
            for operator, pairs in statement.get("Condition", {}).items()
            for key, wanted in pairs.items()
        )
    )


def _is_of(wanted: Any, principal: str) -> bool:
    match wanted:
        case "*":
            return True
        case {"Service": services, **others} if not others:
            return principal in listed(services)
    raise ValueError(f"the principal {wanted} is not known here: add it")


def _holds(operator: str, wanted: str | list[str], value: str | None) -> bool:
    """Whether a condition holds; where the request has no such key it does not."""
    if operator not in ("ArnEquals", "Bool", "StringEquals"):
        raise ValueError(f"the condition {operator} is not known here: add it")
    compare = _is_like if operator == "ArnEquals" else str.__eq__
    return value is not None and any(compare(each, value) for each in listed(wanted))


def _is_like(pattern: str, text: str) -> bool:
    """IAM's wildcards: `*` also goes over slashes."""
    parts = (".*" if each == "*" else "." if each == "?" else re.escape(each) for each in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None
